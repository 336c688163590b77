"""What each command of DCGAN.py settles, says and does; the command line itself."""

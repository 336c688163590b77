"""Models on disk: this program's own checkpoints, and those of the 2017 program."""

"""Images and captions: found, read once, cached, and fed to training in batches."""

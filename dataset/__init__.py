"""Images and captions: find them, decode them once into a cache, feed them to training."""

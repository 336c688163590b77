"""One training run: its plan, the trainer, the loop, its log and its warnings."""

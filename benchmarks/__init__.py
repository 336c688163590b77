"""Programs that measure this project: speed, the text encoder, both recipes, robustness."""

"""Write a trained model for other places: one module for each suffix of `config.EXPORTS`."""

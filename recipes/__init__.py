"""Recipes: how the networks are built and updated, the default one and that of 2017."""

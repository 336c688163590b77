"""How networks are updated: the default recipe and that of 2017, by name."""

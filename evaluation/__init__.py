"""How good a model is: the classifier, the figures, the sheets and the report."""

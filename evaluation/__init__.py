"""How good a model is: the classifier, metrics, figures, sheets and the report."""

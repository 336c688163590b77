"""Programs that make what ships: the text encoder, the classifier, word lists, the release."""

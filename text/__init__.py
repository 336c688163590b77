"""Words: colours and their names, descriptions, paraphrases, tokens, word vectors."""

"""Files of every kind: written whole, read within bounds; images, sheets, LiteRT models."""

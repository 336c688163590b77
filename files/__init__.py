"""Write files whole and read other people's within bounds; images, sheets, LiteRT models."""

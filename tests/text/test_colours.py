"""Colours: labels read from captions, and captions made from labels."""

import numpy as np

from text.colours import caption, pair_index, parse_labels


def test_labels():
    captions = [
        "blue hair red eyes",
        "Red eyes, BLUE hair, smile",
        "blue-hair",
        "blue hair, green hair, red eyes",
        "a girl",
        "silver hair yellow eyes",
        "blue hair long hair red eyes, blue hair",
    ]
    wanted = [[3, 8], [3, 8], [3, -1], [-1, 8], [-1, -1], [-1, 9], [3, 8]]
    assert parse_labels(captions).tolist() == wanted
    assert pair_index(np.array(wanted[:2])).tolist() == [38, 38]
    assert caption(np.array([3, 8])) == "blue hair red eyes"

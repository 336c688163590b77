"""The hair and eye colours that a model knows, and labels: their indices."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

HAIR_COLOURS = (
    *("aqua", "black", "blonde", "blue", "brown", "gray"),
    *("green", "orange", "pink", "purple", "red", "white"),
)
EYE_COLOURS = (
    *("aqua", "black", "blue", "brown", "green"),
    *("orange", "pink", "purple", "red", "yellow"),
)
COLOURS = {"hair": HAIR_COLOURS, "eyes": EYE_COLOURS}


def parse_labels(captions: Sequence[str]) -> np.ndarray:
    """Read the hair and eye colours that captions name.

    Args:
        captions: M texts. A colour counts where its plain name stands before `hair` or `eyes`.

    Returns:
        Labels of shape (M, 2): the index of the hair colour in `HAIR_COLOURS` and of the eye
        colour in `EYE_COLOURS`; -1 where a caption names no colour or more than one.

    Example:
        >>> parse_labels(["aqua hair", "blue hair, aqua eyes, red eyes"]).tolist()
        [[0, -1], [3, -1]]
    """
    labels = np.full((len(captions), 2), -1)
    for row, text in enumerate(captions):
        for slot, (name, colours) in enumerate(COLOURS.items()):
            named = {*re.findall(rf"(\w+)[ -]{name}\b", text.lower())} & {*colours}
            if len(named) == 1:
                labels[row, slot] = colours.index(*named)
    return labels


def caption(label: np.ndarray) -> str:
    """Return the tags that describe a label.

    Args:
        label: The hair and the eye colour, shape (2,), both from 0.

    Returns:
        Two tags.

    Example:
        >>> caption(np.array([3, 8]))
        'blue hair red eyes'
    """
    return f"{HAIR_COLOURS[label[0]]} hair {EYE_COLOURS[label[1]]} eyes"


def pair_index(labels: np.ndarray) -> np.ndarray:
    """Number the pairs of hair and eye colour.

    Args:
        labels: Labels of shape (N, 2).

    Returns:
        Numbers of shape (N,): from 0 to 119, in the order of the hair colours and then of the eye
        colours; without meaning where a colour is -1.
    """
    return labels[:, 0] * len(EYE_COLOURS) + labels[:, 1]

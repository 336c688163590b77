"""The hair and eye colours a model knows, and the labels made of them."""

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
    """The colours that captions name, as (M, 2) labels; -1 for none, or more than one.

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
    """The tags of a label.

    Example:
        >>> caption(np.array([3, 8]))
        'blue hair red eyes'
    """
    return f"{HAIR_COLOURS[label[0]]} hair {EYE_COLOURS[label[1]]} eyes"


def pair_index(labels: np.ndarray) -> np.ndarray:
    """Labels (N, 2) as one number each, (N,)."""
    return labels[:, 0] * len(EYE_COLOURS) + labels[:, 1]

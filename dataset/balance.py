"""How many images show each thing that captions tell, and each pair of colours."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable

import numpy as np

from dataset.faces import Dataset
from text.attributes import ATTRIBUTE_OF, COLOUR_FACTS, Facts
from text.colours import EYE_COLOURS, HAIR_COLOURS, parse_labels
from text.facts import read_tags


@dataclasses.dataclass(frozen=True, eq=False)
class Balance:
    """Counts of images."""

    pairs: np.ndarray  # (13, 11) int: by hair and eye colour; last where the caption names none
    attributes: Counter[str]  # by every other fact that captions state


def count_facts(dataset: Dataset, read: Callable[[list[str]], list[Facts]] | None) -> Balance:
    """Count images by what their captions state.

    Args:
        dataset: The data set, with M captions.
        read: Reads the facts of texts that are no lists of tags, N texts -> N facts; None if there
            is no encoder that can.
    """
    captions = dataset.captions
    images = np.bincount(dataset.caption_ids, minlength=len(captions))
    heard: list[Facts] = read(captions) if read else [{} for _ in captions]
    labels = parse_labels(captions)
    pairs = np.zeros((len(HAIR_COLOURS) + 1, len(EYE_COLOURS) + 1), int)
    attributes: Counter[str] = Counter()
    for caption, facts, label, count in zip(captions, heard, labels, images, strict=True):
        facts = facts | read_tags(caption)[0]
        stated = [name for name, true in facts.items() if true]
        hair, eyes = (
            number if number >= 0 else _colour(stated, slot)
            for number, slot in zip(label, COLOUR_FACTS, strict=True)
        )
        pairs[hair, eyes] += count
        for name in stated:
            if ATTRIBUTE_OF.get(name, name) not in COLOUR_FACTS:
                attributes[name] += int(count)
    return Balance(pairs, attributes)


def _colour(stated: list[str], slot: str) -> int:
    """Return the index of the first colour that is stated; -1 if none is."""
    return next((COLOUR_FACTS[slot].index(n) for n in stated if n in COLOUR_FACTS[slot]), -1)

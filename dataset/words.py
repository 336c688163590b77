"""Words of captions that a sentence encoder does not know, or that change nothing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from dataset.faces import Dataset
from text.tokens import Reading

TRIED = 1000  # of the commonest words, at most, are looked at
_EXAMPLES = 3  # captions in which a word is left out
_SAME = 1e-3  # largest difference of sentence vectors that no generator would notice


class Reader(Protocol):
    """What is asked of an encoder."""

    def read(self, text: str) -> Reading:
        """Split a text into words."""

    def encode(self, texts: list[str]) -> np.ndarray:
        """Return N sentence vectors, (N, D)."""


def unknown_words(dataset: Dataset, readings: Sequence[Reading]) -> Counter[str]:
    """Count the images whose captions have each word that the encoder does not know.

    Args:
        dataset: Images, with M captions.
        readings: M, what the encoder reads in the captions.
    """
    images = np.bincount(dataset.caption_ids, minlength=len(dataset.captions))
    counts: Counter[str] = Counter()
    for reading, count in zip(readings, images, strict=True):
        counts.update(dict.fromkeys(reading.unknown, int(count)))
    return counts


def wordless(dataset: Dataset, readings: Sequence[Reading]) -> int:
    """Count the images whose captions have none but unknown words; see `unknown_words`."""
    blank = [set(reading.words) <= set(reading.unknown) for reading in readings]
    return int(np.array(blank, bool)[dataset.caption_ids].sum())


def idle_words(dataset: Dataset, readings: Sequence[Reading], encoder: Reader) -> Counter[str]:
    """Count the images whose captions have each word that the encoder knows but passes over.

    Without such a word, the sentence vector is the same.

    Args:
        dataset: Images, with M captions.
        readings: M, what the encoder reads in the captions.
        encoder: The encoder.
    """
    images = np.bincount(dataset.caption_ids, minlength=len(dataset.captions))
    counts: Counter[str] = Counter()
    texts: dict[str, list[str]] = {}  # some captions of each word
    unknown = {word for reading in readings for word in reading.unknown}
    for caption, count in zip(dataset.captions, images, strict=True):
        for word in set(re.findall(r"[^\W\d_]+", caption.lower())):
            counts[word] += int(count)
            if len(examples := texts.setdefault(word, [])) < _EXAMPLES:
                examples.append(caption)
    words = [word for word, _ in counts.most_common(TRIED) if word not in unknown]
    pairs = [(word, text, _without(word, text)) for word in words for text in texts[word]]
    pairs = [pair for pair in pairs if encoder.read(pair[2]).words]
    if not pairs:
        return Counter()
    before, after = (encoder.encode([pair[k] for pair in pairs]) for k in (1, 2))
    changes = np.abs(before - after).max(axis=1) > _SAME
    busy = {pair[0] for pair, change in zip(pairs, changes, strict=True) if change}
    tried = {pair[0] for pair in pairs}
    return Counter({word: counts[word] for word in words if word in tried - busy})


def _without(word: str, text: str) -> str:
    return re.sub(rf"(?<![^\W\d_]){re.escape(word)}(?![^\W\d_])", "", text, flags=re.IGNORECASE)

"""Words that an encoder does not know, or passes over."""

import dataclasses
import re

import numpy as np
import pytest

from dataset.cache import load_dataset
from dataset.words import idle_words, unknown_words
from text.tokens import Reading

KNOWN = {"blue": 1.0, "red": 2.0, "hair": 4.0, "signature": 0.0, "the": 0.0}


class Reader:
    """An encoder whose vectors are sums over words; some words add nothing."""

    def read(self, text: str) -> Reading:
        words = re.findall(r"\w+", text.lower())
        return Reading(words, {}, [word for word in words if word not in KNOWN])

    def encode(self, texts: list[str]) -> np.ndarray:
        return np.array([[sum(KNOWN.get(w, 8.0) for w in self.read(t).words)] for t in texts])


@pytest.fixture
def dataset(faces, tmp_path):
    found = load_dataset(faces, None, 32, tmp_path / "cache")
    captions = ["the blue hair", "red hair, Signature", "xyzzy hair", "signature"]
    ids = np.array([0, 0, 0, 1, 1, 2, 3], np.int32)
    return dataclasses.replace(found, captions=captions, caption_ids=ids)


@pytest.fixture
def readings(dataset):
    return [Reader().read(caption) for caption in dataset.captions]


def test_unknown_words_are_counted_by_images(dataset, readings):
    assert unknown_words(dataset, readings) == {"xyzzy": 1}


def test_words_that_change_nothing_are_counted_by_images(dataset, readings):
    assert idle_words(dataset, readings, Reader()) == {"signature": 3, "the": 3}

"""How often captions tell what."""

import dataclasses

import numpy as np
import pytest

from dataset.balance import count_facts
from dataset.cache import load_dataset
from text.colours import EYE_COLOURS, HAIR_COLOURS


@pytest.fixture
def told(faces, tmp_path):
    """Return a function that makes a data set of one image for each caption."""
    dataset = load_dataset(faces, None, 32, tmp_path / "cache")

    def make(*captions: str):
        ids = np.arange(len(captions), dtype=np.int32)
        return dataclasses.replace(dataset, captions=list(captions), caption_ids=ids)

    return make


def test_pairs_and_other_facts_are_counted_by_images(told):
    dataset = told("blue hair red eyes", "blue hair, smile", "hat", "blue hair red eyes, long hair")
    dataset = dataclasses.replace(dataset, caption_ids=np.array([0, 0, 1, 2, 3], np.int32))
    balance = count_facts(dataset, None)
    blue, red = HAIR_COLOURS.index("blue"), EYE_COLOURS.index("red")
    assert balance.pairs[blue, red] == 3 and balance.pairs[blue, -1] == 1
    assert balance.pairs[-1, -1] == 1 and balance.pairs.sum() == 5
    assert balance.attributes == {"smile": 1, "hat": 1, "long hair": 1}


def test_what_an_encoder_reads_in_sentences_counts_too(told):
    dataset = told("her locks are like the sky", "no hat")
    heard = [{"blue hair": True, "red eyes": False}, {"hat": False}]
    balance = count_facts(dataset, lambda captions: heard)
    assert balance.pairs[HAIR_COLOURS.index("blue"), -1] == 1 and not balance.attributes

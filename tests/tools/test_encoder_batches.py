"""Batches for the sentence encoder: sentences and their neighbours, as word ids."""

import itertools

import numpy as np
import pytest

from text.colour_names import TELLING_WORDS
from text.facts import FACT_WORDS
from tools import encoder_batches
from tools.encoder_batches import EOS, UNK, batches, vocabulary


def test_the_vocabulary_is_by_frequency_after_end_and_unknown():
    assert vocabulary([[["b", "a"], ["c", "a"]], [["c"]]]) == ["<eos>", "UNK", "a", "c", "b"]


def test_batches_are_sentences_of_one_length_with_their_neighbours_each_once_an_epoch(monkeypatch):
    monkeypatch.setattr(encoder_batches, "UNKNOWN_RATE", 0)
    texts = [["a", "b b", "c", "d", "e e e"], ["f", "g g", "h h"]]
    stories = [[text.split() for text in story] for story in texts]
    words = vocabulary(stories)
    data = batches(stories, words, seed=0)
    seen = []
    for _ in range(2):  # lengths 1 and 2 of the middle sentences
        batch = next(data)
        assert not np.any(batch.sentence == EOS)
        assert np.all(batch.previous[:, -1] == EOS)
        assert np.all(batch.next[:, -1] == EOS)
        for rows in zip(*batch, strict=True):
            seen.append(tuple(" ".join(words[i] for i in row if i != EOS) for row in rows))
    triples = {("b b", "a", "c"), ("d", "c", "e e e"), ("g g", "f", "h h")}
    assert set(seen) == triples
    assert len(seen) == len(triples)


def test_words_that_tell_nothing_are_read_as_unknown_but_none_has_to_be_predicted(
    story_words, monkeypatch
):
    stories = story_words(600)
    words = vocabulary(stories)

    def read(rate):
        monkeypatch.setattr(encoder_batches, "UNKNOWN_RATE", rate)
        some = list(itertools.islice(batches(stories, words, seed=0), 30))
        assert not any(np.any(ids == UNK) for batch in some for ids in batch[1:])
        return np.concatenate([batch.sentence.ravel() for batch in some])

    rate = encoder_batches.UNKNOWN_RATE
    whole, some = read(0), read(rate)
    telling = np.isin(np.array(words)[whole], list(TELLING_WORDS | FACT_WORDS))
    np.testing.assert_array_equal(some[telling], whole[telling])
    assert np.mean(some[~telling] == UNK) == pytest.approx(rate, rel=0.15)


def test_rare_words_are_not_in_the_vocabulary():
    stories = [[["blue"], ["hair"]]] * 2000 + [[["zeta", "beta"]], [["beta"]]]
    assert vocabulary(stories) == ["<eos>", "UNK", "blue", "hair"]
    assert vocabulary(stories[1:]) == ["<eos>", "UNK", "blue", "hair"]
    assert vocabulary(stories[2:]) == ["<eos>", "UNK", "blue", "hair", "beta"]


def test_what_is_too_long_is_left_out(monkeypatch):
    monkeypatch.setattr(encoder_batches, "LONGEST", 3)
    monkeypatch.setattr(encoder_batches, "LONGEST_NEIGHBOUR", 2)
    monkeypatch.setattr(encoder_batches, "UNKNOWN_RATE", 0)
    texts = [["a", "b b b", "c c", "d d d", "e"], ["f", "g g g g", "h"], ["i", "j", "k"]]
    stories = [[text.split() for text in story] for story in texts]
    words = vocabulary(stories)
    seen = {words[b.sentence[0, 0]] for b in itertools.islice(batches(stories, words, 0), 10)}
    assert seen == {"b", "d", "j"}  # g itself and the neighbours of c are too long

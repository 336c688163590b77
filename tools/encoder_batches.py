"""Turn stories into batches of word ids for the training of the sentence encoder."""

from __future__ import annotations

import collections
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from text.colour_names import TELLING_WORDS
from text.denials import MARK, mark_denials
from text.facts import FACT_WORDS
from text.tokens import plain_words

BATCH = 128  # texts per update
UNKNOWN_RATE = 0.1  # share of the words, other than colours, hair and eyes, read as UNK
LONGEST = 40  # words of a text that is encoded, at most
LONGEST_NEIGHBOUR = 16  # words of a text that is predicted
EOS, UNK = 0, 1  # word ids; the others follow by frequency

Story = list[list[str]]  # the words of each of its texts


class Batch(NamedTuple):
    """Word ids of B sentences and their neighbours, which end in `EOS` and are padded with it."""

    sentence: np.ndarray  # (B, T) int32, all of the same length
    previous: np.ndarray  # (B, T') int32
    next: np.ndarray  # (B, T'') int32


def split_stories(stories: list[list[str]], extra: Iterable[str] = ()) -> list[Story]:
    """Split the texts of stories into words as an encoder reads them, denied ones marked.

    Args:
        stories: Texts, from `tools.stories`.
        extra: Further tags that are facts.
    """
    markable = TELLING_WORDS | FACT_WORDS | {word for tag in extra for word in plain_words(tag)}
    return [
        [mark_denials(plain_words(text), markable.__contains__) for text in story]
        for story in stories
    ]


def vocabulary(stories: list[Story]) -> list[str]:
    """List the words of stories: `<eos>`, `UNK`, then by frequency, ties by spelling.

    Words with fewer occurrences than one per thousand stories are left out: the model reads them
    as unknown.
    """
    counts = collections.Counter(word for story in stories for text in story for word in text)
    known = [word for word, count in counts.items() if 1000 * count >= len(stories)]
    return ["<eos>", "UNK", *sorted(known, key=lambda word: (-counts[word], word))]


def batches(stories: list[Story], words: list[str], seed: int) -> Iterator[Batch]:
    """Yield batches of sentences and their neighbours without end, each story once per epoch.

    The second text of a story, the fourth, and so on are sentences; the others, their neighbours.

    The sentences of a batch have the same length. The encoders therefore need no mask, and end in
    the state that the NumPy reader computes. The neighbours are padded; the loss ignores that.

    Args:
        stories: Stories of 3, 5, 7, ... texts, each of one or more words.
        words: The vocabulary; its order gives the ids.
        seed: Decides the order of the batches and which words are read as unknown.
    """
    rng = np.random.default_rng(seed)
    # Unknown words are none of these: an unknown thing that has a colour is not hair or eyes.
    telling = TELLING_WORDS | FACT_WORDS
    kept = np.array([word in telling or word.startswith(MARK) for word in words])
    by_length = _triples_by_length(stories, words)
    while True:
        epoch = []
        for triples in by_length.values():
            order = rng.permutation(len(triples))
            epoch += [[triples[i] for i in part] for part in _chunks(order, BATCH)]
        for number in rng.permutation(len(epoch)):
            previous, current, following = zip(*epoch[number], strict=True)
            sentence = np.array(current, np.int32)
            chosen = rng.random(sentence.shape) < UNKNOWN_RATE
            sentence[chosen & ~kept[sentence]] = UNK
            yield Batch(sentence, _padded(previous), _padded(following))


def _triples_by_length(
    stories: list[Story], words: list[str]
) -> dict[int, list[tuple[list[int], list[int], list[int]]]]:
    """Return the ids of sentences with their neighbours (previous, sentence, next), by length."""
    ids = {word: number for number, word in enumerate(words)}
    by_length = collections.defaultdict(list)
    for story in stories:
        coded = [[ids.get(word, UNK) for word in text] for text in story]
        for before, text, after in zip(coded[::2], coded[1::2], coded[2::2], strict=False):
            if len(text) <= LONGEST and max(len(before), len(after)) <= LONGEST_NEIGHBOUR:
                by_length[len(text)].append((before, text, after))
    return by_length


def _chunks(order: np.ndarray, size: int) -> list[np.ndarray]:
    return np.split(order, range(size, len(order), size))


def _padded(sentences: tuple[list[int], ...]) -> np.ndarray:
    width = max(map(len, sentences)) + 1  # at least one EOS each
    return np.array([s + [EOS] * (width - len(s)) for s in sentences], np.int32)

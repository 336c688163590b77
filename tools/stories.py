"""Stories for the sentence encoder to learn from."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable

from text.colours import EYE_COLOURS, HAIR_COLOURS
from text.paraphrases import Speaker


def stories(count: int, seed: int, without: Iterable[str] = ()) -> list[list[str]]:
    """Tells stories for a sentence encoder to learn from: six sentences about one character.

    All sentences of a story mean the same hair and eye colour, hair length and kind of person,
    in changing words, so that an encoder that predicts a sentence's neighbours has to learn what
    the words mean and not which they are (Kiros et al. 2015, "Skip-Thought Vectors"). What else
    is said (clothes, mood, place, and their colours) is no help with the neighbours, so it
    learns to pass that over.

    Args:
        count: How many. Every 120 of them have each pair of hair and eye colour once.
        seed: The same seed tells the same stories.
        without: Names of colours to leave out; not the plain ones.

    Returns:
        `count` lists of 6 texts, of one or more sentences each.

    Example:
        >>> len(stories(2, seed=0)[0])
        6
    """
    rng, without = random.Random(seed), frozenset(without)
    told = []
    pairs = itertools.cycle(itertools.product(HAIR_COLOURS, EYE_COLOURS))
    for hair, eyes in itertools.islice(pairs, count):
        speaker = Speaker(rng, hair, eyes, without)
        forms = (speaker.brief, speaker.tags, speaker.sentence, speaker.part, speaker.neither)
        told.append([form() for form in rng.choices(forms, (50, 11, 26, 11, 2), k=6)])
    return told

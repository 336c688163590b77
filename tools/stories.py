"""Stories for the sentence encoder to learn from."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable

from text.colours import EYE_COLOURS, HAIR_COLOURS
from text.paraphrases import Speaker


def stories(count: int, seed: int, without: Iterable[str] = ()) -> list[list[str]]:
    """Generate stories of six sentences, each about one character.

    All sentences of a story mean the same hair and eye colour, hair length and kind of person, in
    changing words. An encoder that predicts a sentence's neighbours therefore has to learn what
    words mean, not which ones they are (Kiros et al. 2015, "Skip-Thought Vectors"). Everything
    else in a sentence (clothes, mood, place, and their colours) does not help to predict its
    neighbours, so the encoder learns to ignore it.

    Args:
        count: Number of stories. Every 120 of them have each pair of hair and eye colour once.
        seed: The same seed gives the same stories.
        without: Names of colours to leave out; not the plain names.

    Returns:
        `count` lists of 6 texts, of one or more sentences each.

    Example:
        >>> len(stories(2, seed=0)[0])
        6
    """
    rng, without = random.Random(seed), frozenset(without)
    generated = []
    pairs = itertools.cycle(itertools.product(HAIR_COLOURS, EYE_COLOURS))
    for hair, eyes in itertools.islice(pairs, count):
        speaker = Speaker(rng, hair, eyes, without)
        forms = (speaker.brief, speaker.tags, speaker.sentence, speaker.part, speaker.neither)
        generated.append([form() for form in rng.choices(forms, (50, 11, 26, 11, 2), k=6)])
    return generated

"""Stories for the sentence encoder to learn from."""

from __future__ import annotations

import itertools
import random
from collections.abc import Collection, Iterable, Sequence

from text.attributes import ATTRIBUTES, COLOUR_FACTS, Facts
from text.colours import EYE_COLOURS, HAIR_COLOURS
from text.speaker import Speaker

TEXTS = 7  # of a story: every second one is read, and those beside it are predicted
WHOLE = 0.8  # share of texts to be read that say all that their story is about
PREDICTED = 4  # facts that a text to be predicted says, at most
_HOW_MANY = ((0, 1, 2, 3, 4, 5, 6), (42, 26, 15, 8, 4, 3, 2))  # facts besides colours, weights
_DENIED = 0.25  # share of these facts that are denied
_STATED_COLOUR, _DENIED_COLOUR = 0.84, 0.14  # shares of stories


def stories(
    count: int, seed: int, without: Iterable[str] = (), extra: Sequence[str] = ()
) -> list[list[str]]:
    """Generate stories of seven texts, each about one character.

    A story is about a few facts: hair and eye colour, and some of the other attributes. Its texts
    say all of them, or some, in changing words. An encoder that predicts a text's neighbours
    therefore has to learn what words mean, not which ones they are (Kiros et al. 2015,
    "Skip-Thought Vectors"). Everything else in a text (clothes, mood, place, and their colours)
    does not help to predict its neighbours, so the encoder learns to ignore it.

    The second, fourth and sixth text are of every kind. Those beside them, which are predicted, are
    brief: fewer words than facts would have to be guessed, and training takes half the time.

    Args:
        count: Number of stories. Every 120 of them have each pair of hair and eye colour once.
        seed: The same seed gives the same stories.
        without: Names of colours to leave out; not the plain names.
        extra: Further tags that are facts, from the captions of a data set.

    Returns:
        `count` lists of 7 texts, of one or more sentences each.

    Example:
        >>> len(stories(2, seed=0)[0])
        7
    """
    rng, without = random.Random(seed), frozenset(without)
    speaker = Speaker(rng, without)
    pairs = itertools.cycle(itertools.product(HAIR_COLOURS, EYE_COLOURS))
    return [
        [(_text if place % 2 else _neighbour)(rng, speaker, facts) for place in range(TEXTS)]
        for hair, eyes in itertools.islice(pairs, count)
        for facts in [subject(rng, hair, eyes, extra)]
    ]


def subject(rng: random.Random, hair: str, eyes: str, extra: Collection[str] = ()) -> Facts:
    """Choose what a story is about: the facts that its texts say.

    Args:
        rng: The source of every choice.
        hair: The character's hair colour.
        eyes: The character's eye colour.
        extra: Further tags that may be facts.
    """
    facts: Facts = {}
    for slot, colour in (("hair", hair), ("eyes", eyes)):
        if rng.random() < _STATED_COLOUR:
            facts[f"{colour} {slot}"] = True
        if rng.random() < _DENIED_COLOUR:
            facts[rng.choice([name for name in COLOUR_FACTS[slot] if name not in facts])] = False
    (count,) = rng.choices(*_HOW_MANY)
    for attribute in rng.sample(list(ATTRIBUTES), count):
        values = ATTRIBUTES[attribute]
        stated = rng.random() > _DENIED
        facts[rng.choice(values).name] = stated
        if stated and len(values) > 1 and rng.random() < 0.05:  # long hair, not short
            facts.setdefault(rng.choice(values).name, False)
    if extra:
        (count,) = rng.choices((0, 1, 2, 3, 5), (3, 3, 2, 1, 1))
        facts |= dict.fromkeys(rng.sample(list(extra), min(count, len(extra))), True)
    return facts


def _text(rng: random.Random, speaker: Speaker, facts: Facts) -> str:
    """Return a text of any kind that says the facts, or some of them."""
    said = facts if rng.random() < WHOLE else _some(rng, facts, rng.randint(1, max(1, len(facts))))
    if not said or rng.random() < 0.02:
        return speaker.neither()
    ways = (speaker.brief, speaker.tags, speaker.sentence)
    return rng.choices(ways, (30, 15, 55))[0](said)


def _neighbour(rng: random.Random, speaker: Speaker, facts: Facts) -> str:
    """Return a brief text that says the facts."""
    return speaker.brief(_some(rng, facts, PREDICTED)) if facts else speaker.neither()


def _some(rng: random.Random, facts: Facts, count: int) -> Facts:
    """Return at most so many of the facts."""
    return {name: facts[name] for name in rng.sample(list(facts), min(count, len(facts)))}

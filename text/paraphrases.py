"""Paraphrases of a caption: a random part of what it says, in ever new words."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

from text.attributes import (
    ATTRIBUTE_OF,
    CHOICES,
    COLOUR_FACTS,
    MANY_COLOURS,
    Facts,
    as_drawn,
    as_tags,
)
from text.colour_names import NAMES
from text.facts import NO_THING, colour_of, read_list
from text.speaker import PLAIN_SHARE, Speaker

# Raise it when `paraphrase` returns other texts than before, or encoders read them otherwise: their
# vectors are cached.
VERSION = 16
# Share of paraphrases that say all, as `as_drawn` words it ...
_AS_DRAWN = 0.5
# ... and how much of a caption the others say: both colours, one of them, or none ...
_BOTH, _ONE = 0.6, 0.3
_HOW_MANY = ((0, 1, 2, 3, None), (20, 20, 15, 10, 35))  # ... and of its other facts; None: all
_DENIED = 0.15  # share of paraphrases that also deny what is not true ...
_DENIALS = ((1, 2, 3), (2, 1, 1))  # ... and how many things


def paraphrase(caption: str, count: int, seed: int) -> list[str]:
    """Return paraphrases of a caption.

    Of a caption of tags, half of the paraphrases say all its facts in plain tags. The others are
    reworded freely and say a random part: colours most often; now and then one thing alone, or
    nothing. What is left out can then vary as it does in the data. Tags that are not facts are kept
    or left out as they are. In a caption that is no list of tags, only the colours before `hair`
    and `eyes` may get other names.

    Args:
        caption: The caption of an image.
        count: How many texts to return, from 1.
        seed: The same seed gives the same texts.

    Returns:
        `count` texts. The first is the caption itself; some may be equal.

    Example:
        >>> paraphrase("blue hair red eyes", 3, seed=0)[0]
        'blue hair red eyes'
    """
    rng = random.Random(f"{seed} {caption}")
    reword = _rewording(rng, caption)
    return [caption, *(reword() for _ in range(count - 1))]


def recombine(captions: Sequence[str], count: int, seed: int) -> list[str]:
    """Return captions that say the hair of one caption, the eyes of another, the rest of a third.

    So each thing is said as often as before, but with all colours.

    Args:
        captions: Of each image, in any order; those that are no lists of tags are passed over.
        count: How many captions to make.
        seed: The same seed gives the same captions.

    Returns:
        Captions; fewer than `count` where the parts of some state nothing, none without a list of
        tags.

    Example:
        >>> recombine(["blue hair red eyes, hat", "pink hair aqua eyes"], 4, seed=1)[2:]
        ['pink hair, aqua eyes, hat', 'blue hair, aqua eyes, hat']
    """
    rng = random.Random(seed)
    lists = {caption: read_list(caption) for caption in dict.fromkeys(captions)}
    read = [found[0] for found in map(lists.get, captions) if found]
    found = []
    for _ in range(count if read else 0):
        hair, eyes, rest = rng.choices(read, k=3)
        facts = {name: True for name in hair if hair[name] and ATTRIBUTE_OF[name] == "hair"}
        facts |= {name: True for name in eyes if eyes[name] and ATTRIBUTE_OF[name] == "eyes"}
        facts |= {name: rest[name] for name in rest if ATTRIBUTE_OF[name] not in COLOUR_FACTS}
        if any(facts.values()):
            found.append(as_tags(facts))
    return found


def _rewording(rng: random.Random, caption: str) -> Callable[[], str]:
    """Return a function that rewords a caption in another way each time."""
    if found := read_list(caption):
        facts, others = found

        def reword() -> str:
            plain = _all(rng, facts, others) if rng.random() < _AS_DRAWN else ""
            return plain or _some(rng, facts, others)

        return reword
    return lambda: _TAG.sub(lambda m: f"{_renamed(rng, m[1], m[2])} {m[2]}", caption)


def _all(rng: random.Random, facts: Facts, others: list[str]) -> str:
    """Say what is true as it is drawn, and some of the other tags."""
    true = {name: True for name, stated in facts.items() if stated}
    colours = {name: True for name in true if ATTRIBUTE_OF[name] in COLOUR_FACTS}
    rest = {name: True for name in true if name not in colours} | _denial(rng, facts)
    rest = dict(rng.sample([*rest.items()], len(rest)))
    return ", ".join(filter(None, (*_few(rng, others), as_drawn(rest | colours))))


def _some(rng: random.Random, facts: Facts, others: list[str]) -> str:
    """Say a random part of the facts in any words, and some of the other tags."""
    return _say(rng, _part(rng, facts), _few(rng, others))


def _few(rng: random.Random, tags: list[str]) -> list[str]:
    return [tag for tag in tags if rng.random() < 0.5]


def _part(rng: random.Random, facts: Facts) -> Facts:
    """Choose a random part of facts, perhaps with more that deny what is not true."""
    colours = [name for name in facts if ATTRIBUTE_OF[name] in COLOUR_FACTS]
    rest = [name for name, stated in facts.items() if stated and name not in colours]
    share = rng.random()
    if share > _BOTH:
        colours = rng.sample(colours, min(1, len(colours))) if share < _BOTH + _ONE else []
    (count,) = rng.choices(*_HOW_MANY)
    rest = rng.sample(rest, len(rest))[:count]
    return {name: facts[name] for name in (*colours, *rest)} | _denial(rng, facts)


def _denial(rng: random.Random, facts: Facts) -> Facts:
    """Now and then, deny values that are not true: the caption says so, or it states others."""
    if rng.random() >= _DENIED:
        return {}
    untrue: dict[str, list[str]] = {}  # by attribute
    for name, stated in facts.items():
        attribute = ATTRIBUTE_OF[name]
        if not stated:
            untrue.setdefault(attribute, []).append(name)
        elif not facts.get(MANY_COLOURS.get(attribute, "")):
            others = (other for other in CHOICES[attribute] if other not in facts)
            untrue.setdefault(attribute, []).extend(others)
    candidates = [names for names in untrue.values() if names]
    (count,) = rng.choices(*_DENIALS)
    chosen = rng.sample(candidates, min(count, len(candidates)))
    return {rng.choice(names): False for names in chosen}


def _say(rng: random.Random, facts: Facts, kept: list[str]) -> str:
    """Say facts, and tags that say nothing of a face that this project knows."""
    speaker = Speaker(rng, invents=False)
    if not facts and not kept:
        return speaker.neither()
    if kept:
        tags = [*speaker.tags(facts).split(", "), *kept] if facts else kept
        return ", ".join(rng.sample(tags, len(tags)))
    return rng.choices((speaker.tags, speaker.sentence, speaker.brief), (4, 4, 2))[0](facts)


_TAG = re.compile(rf"([\w-]+) ((?ai:hair|eyes))\b{NO_THING}")  # (?a): no dotless i, no long s


def _renamed(rng: random.Random, word: str, slot: str) -> str:
    """Return the word before `hair` or `eyes`, by another name if it is a colour."""
    colour = colour_of().get((word.lower(), slot.lower()))
    if colour is None or rng.random() < PLAIN_SHARE:
        return word
    return rng.choice(NAMES[slot.lower()][colour])

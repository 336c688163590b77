"""What a generator was shown: how many images' captions stated each fact.

A generator can draw only what it was shown. The record tells which facts of a text it can heed,
and how often to draw each colour where a text leaves the colours open.
"""

from __future__ import annotations

import bisect
import itertools
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from text.attributes import ATTRIBUTE_OF, COLOUR_FACTS, Facts, as_drawn

LEAST_IMAGES = 20  # with fewer, a fact is not learnt ...
LEAST_SHARE = 0.0025  # ... nor with less than this share of the images
Shown = Mapping[str, int]  # fact -> images whose captions stated it


def count_shown(facts: Sequence[str], stated: np.ndarray, images: np.ndarray) -> dict[str, int]:
    """Count the images whose captions state each fact.

    Args:
        facts: F names.
        stated: (M, F) bool, which facts each of M captions states.
        images: (M,) int, the images with each caption.

    Returns:
        Images by fact, in the order of `facts`; 0 for a fact that no caption states.
    """
    return dict(zip(facts, map(int, images @ stated), strict=True))


def keep_former(shown: Shown, former: Shown) -> dict[str, int]:
    """Keep what a generator knew from other data, where the data of now say nothing of it.

    Args:
        shown: Counts of the data of now.
        former: The record of the weights that training starts from; may be empty.

    Returns:
        The counts of now, but for attributes of which they teach no value: a few images, or
        captions without it. These keep their former counts. What was known and is in a few images
        of now counts as learnt.

    Example:
        >>> keep_former({"red hair": 3, "hat": 50}, {"red hair": 900, "hat": 40})
        {'red hair': 900, 'hat': 50}
        >>> keep_former({"red hair": 90, "blue hair": 3}, {"red hair": 900, "blue hair": 900})
        {'red hair': 90, 'blue hair': 21}
    """
    taught = {ATTRIBUTE_OF.get(name, name) for name in learnt(shown, shown)}
    known = {*learnt(former, former)}
    enough = math.ceil(1.05 * least_images(shown))  # for what follows as well

    def counted(name: str, count: int) -> int:
        if ATTRIBUTE_OF.get(name, name) not in taught:
            return former.get(name, count)
        return max(count, enough) if count and name in known else count

    return {name: counted(name, count) for name, count in shown.items()}


def without_effect(facts: Facts, shown: Shown) -> list[str]:
    """Return the facts of a text that a generator has not learnt, in their order.

    Args:
        facts: What the text states or denies.
        shown: The generator's record. Without one, nothing is known and the list is empty.
    """
    least = least_images(shown)
    return [name for name in facts if shown and shown.get(name, 0) < least]


def learnt(names: Iterable[str], shown: Shown) -> list[str]:
    """Return those of some facts that a generator has learnt: all, if it has no record."""
    names = list(names)
    idle = {*without_effect(dict.fromkeys(names, True), shown)}
    return [name for name in names if name not in idle]


def least_images(shown: Shown) -> float:
    """Return the number of images that a fact must be stated of to be learnt."""
    totals: Counter[str] = Counter()
    for name, count in shown.items():
        totals[ATTRIBUTE_OF.get(name, name)] += count
    # Nearly all images: those whose captions say the most usual thing, such as a hair colour.
    images = max(totals.values(), default=0)
    return max(LEAST_IMAGES, LEAST_SHARE * images)


def to_draw(facts: Facts, shown: Shown, numbers: Sequence[float]) -> str:
    """Say in tags what is to be drawn for a text: what is printed of it, with both colours.

    A generator was shown faces with colours. Left open, they would be a mean of all, so they are
    chosen as often as they were shown. The text's own words are not used: they move its vector
    beyond what they state, and a generator was never shown some of these places.

    Args:
        facts: What the text states or denies. A denied colour is not chosen.
        shown: The generator's record. A colour that it lacks is not chosen, and other facts that
            it has not learnt are left out.
        numbers: Two random numbers in [0, 1), for the hair and for the eyes.

    Returns:
        Tags, as `text.attributes.as_drawn` orders them; empty if nothing is stated and no colour
        was shown.

    Example:
        >>> to_draw({"smile": True}, {"red hair": 90, "blue eyes": 80, "smile": 50}, (0.5, 0.5))
        'smile, red hair blue eyes'
    """
    colours = []
    for names, number in zip(COLOUR_FACTS.values(), numbers, strict=True):
        counts = [0 if facts.get(name) is False else shown.get(name, 0) for name in names]
        totals = list(itertools.accumulate(counts))
        if stated := [name for name in names if facts.get(name)]:
            colours += stated
        elif totals[-1]:
            colours.append(names[bisect.bisect_right(totals, number * totals[-1])])
    heeded = learnt(facts, shown)
    others = {name: facts[name] for name in heeded if ATTRIBUTE_OF.get(name) not in COLOUR_FACTS}
    return as_drawn(others | dict.fromkeys(colours, True))

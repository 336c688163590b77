"""What a generator was shown: how many images' captions stated each fact.

A generator can draw only what it was shown. The record tells which facts of a text it can heed,
and how often to draw each value of what a text leaves open.
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
INSTEAD = {"man": "boy"}  # what is drawn of a fact that is not learnt
UNLESS = {"girl": "boy"}  # what all faces are that do not show a value, once that is learnt
Shown = Mapping[str, int]  # fact -> images whose captions stated it
Lots = Mapping[str, Mapping[str, int]]  # attribute -> value, or nothing -> images


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
    """Return the facts of a text that change nothing in what a generator draws, in their order.

    Args:
        facts: What the text states or denies.
        shown: The generator's record. Without one, nothing is known and the list is empty.

    Example:
        >>> without_effect({"girl": True, "hat": True}, {"red hair": 90, "boy": 40, "hat": 0})
        ['hat']
    """
    known = {*learnt((*facts, *UNLESS.values(), *INSTEAD.values()), shown)}

    def has_effect(name: str) -> bool:
        implied = facts[name] and UNLESS.get(name) in known
        return name in known or INSTEAD.get(name) in known or implied

    return [name for name in facts if not has_effect(name)]


def learnt(names: Iterable[str], shown: Shown) -> list[str]:
    """Return those of some facts that a generator has learnt: all, if it has no record."""
    least = least_images(shown)
    return [name for name in names if not shown or shown.get(name, 0) >= least]


def instead(name: str, shown: Shown) -> list[str]:
    """Return what is drawn instead of a fact that a generator has not learnt, if it learnt that."""
    other = INSTEAD.get(name)
    return [other] if other and learnt([name, other], shown) == [other] else []


def with_instead(facts: Facts, shown: Shown) -> Facts:
    """Return facts with what is drawn instead of those that a generator has not learnt.

    Args:
        facts: What a text states or denies.
        shown: The generator's record.

    Returns:
        The facts in their order. What is not learnt stays among them.

    Example:
        >>> with_instead({"man": True}, {"red hair": 90, "boy": 40, "man": 0})
        {'boy': True, 'man': True}
    """
    said: dict[str, bool] = {}
    for name, stated in facts.items():
        said |= dict.fromkeys((*instead(name, shown), name), stated)
    return said


def least_images(shown: Shown) -> float:
    """Return the number of images that a fact must be stated of to be learnt."""
    return max(LEAST_IMAGES, LEAST_SHARE * _images(shown))


def _images(shown: Shown) -> int:
    """Return nearly all images: those whose captions say the most usual thing, as a hair colour."""
    totals: Counter[str] = Counter()
    for name, count in shown.items():
        totals[ATTRIBUTE_OF.get(name, name)] += count
    return max(totals.values(), default=0)


def lots_of(shown: Shown) -> Lots:
    """Return what is drawn by lot, and how often, of each attribute that a text leaves open.

    Args:
        shown: The generator's record.

    Returns:
        By attribute, the hair and the eyes first: images by colour. Of other attributes, images by
        value that is learnt and, by the empty name, those with none of them. Empty without a
        record.

    Example:
        >>> lots_of({"red hair": 90, "blue eyes": 80, "scarf": 50, "halo": 3})
        {'hair': {'red hair': 90}, 'eyes': {'blue eyes': 80}, 'neck': {'scarf': 50, '': 40}}
    """
    if not shown:
        return {}
    lots: dict[str, dict[str, int]] = {
        slot: {name: shown[name] for name in names if shown.get(name)}
        for slot, names in COLOUR_FACTS.items()
    }
    for name in learnt(shown, shown):
        if (attribute := ATTRIBUTE_OF.get(name, name)) not in COLOUR_FACTS:
            lots.setdefault(attribute, {})[name] = shown[name]
    images = _images(shown)
    for attribute in lots.keys() - COLOUR_FACTS:
        lots[attribute][""] = images - sum(lots[attribute].values())
    return lots


def to_draw(facts: Facts, shown: Shown, lots: Lots, numbers: Sequence[float]) -> str:
    """Say in tags what is to be drawn for a text: what is printed of it, and what it leaves open.

    A generator was shown faces with colours. Left open, they would be a mean of all, so they are
    drawn by lot, as often as they were shown. So is the rest, unless the text speaks of it: a
    record does not tell what goes together, such as short hair and boys, but a generator learns it.
    The text's own words are not used: they move its vector beyond what they state, and a generator
    was never shown some of these places.

    Args:
        facts: What the text states or denies. A denied value is not drawn.
        shown: The generator's record. Facts that it has not learnt are left out, but for colours.
        lots: What is drawn by lot, from `lots_of`.
        numbers: As many random numbers in [0, 1).

    Returns:
        Tags, as `text.attributes.as_drawn` orders them; empty if nothing is stated and no colour
        was shown.

    Example:
        >>> record = {"red hair": 90, "blue eyes": 80, "smile": 50, "hat": 45}
        >>> to_draw({"smile": True}, record, lots_of(record), (0.5, 0.5, 0.1, 0.4))
        'smile, red hair blue eyes'
        >>> to_draw({"smile": False}, record, lots_of(record), (0.5, 0.5, 0.1, 0.4))
        'no smile, red hair blue eyes'
    """
    facts = with_instead(facts, shown)
    colours = [name for name in facts if ATTRIBUTE_OF.get(name) in COLOUR_FACTS]
    drawn = {name: facts[name] for name in learnt(facts, shown) if name not in colours}
    stated = {ATTRIBUTE_OF.get(name, name) for name, is_stated in facts.items() if is_stated}
    if drawn:  # of what the text speaks of, what is denied is drawn otherwise
        stated |= lots.keys() - COLOUR_FACTS - {ATTRIBUTE_OF.get(name, name) for name in drawn}
    drawn |= {name: True for name in colours if facts[name]}
    for (attribute, lot), number in zip(lots.items(), numbers, strict=True):
        names = [name for name in lot if name not in facts]
        totals = list(itertools.accumulate(lot[name] for name in names))
        if any(totals) and attribute not in stated:
            drawn[names[bisect.bisect_right(totals, number * totals[-1])]] = True
    drawn.pop("", None)
    return as_drawn(drawn)

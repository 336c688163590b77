"""What a text says, word by word, to compare it with the facts that it was given."""

import functools
import random
import re
from collections.abc import Callable

import pytest

from text.attributes import VALUES, Facts
from text.colour_names import NAMES
from text.colours import EYE_COLOURS, HAIR_COLOURS
from text.tokens import plain_words
from tools.stories import subject

POSSESSIVES = ("her", "his", "the", "their", "its")
ARTICLES = {"a", "an", *POSSESSIVES}
# Words for values that texts also use for something else: *waves of blue hair*, *a short skirt*.
OTHER_USES = {("pale",), ("waves",), ("long",), ("short",), ("closed",), ("hair", "up")}
OTHER_USES |= {("one", "eye", "shut")}
OTHER_USES |= {("one", "eye", "closed"), ("eyes", "closed")}
OTHER_USES |= {("male",), ("megane",)}  # made-up words may be words
# Values that forms about two colours say without any of their words: *half red half blue hair*.
TWO_COLOURED = {"multicolored hair", "heterochromia"}


@functools.cache
def phrases() -> dict[tuple[str, ...], str]:
    """Return the value of each way to say one, by its words without an article."""
    found = {}
    for value in VALUES.values():
        for phrase in (*value.tags, *value.nouns, *value.doing, *value.adjectives):
            for her in POSSESSIVES:
                words = plain_words(phrase.replace("{her}", her))
                found[tuple(words)] = value.name
                if words[0] in ARTICLES or phrase.startswith("two "):
                    found[tuple(words[1:])] = value.name
    return found


def words_for_values(text: str) -> list[tuple[str, tuple[str, ...]]]:
    """Return the values that a text has words for, and these words; the longest phrases first."""
    words, found = tuple(plain_words(text)), []
    while words:
        lengths = range(min(len(words), max(map(len, phrases()))), 0, -1)
        length = next((n for n in lengths if words[:n] in phrases()), 0)
        if length:
            found.append((phrases()[words[:length]], words[:length]))
        words = words[length or 1 :]
    return found


@pytest.fixture(scope="session")
def denials() -> Callable[[str], list[str]]:
    """Return a function that finds the words of a text that deny something."""
    words = "no|not|without|never|isn't|aren't|doesn't|anything but|except|minus|leave out"
    return re.compile(rf"\b(?:{words})\b").findall


@pytest.fixture(scope="session")
def check_values():
    """Check that a text has words for the values of its facts, and for no others."""

    def check(text: str, facts: Facts) -> None:
        found = words_for_values(text)
        strange = [(name, words) for name, words in found if name not in facts]
        assert {words for _, words in strange} <= OTHER_USES, (text, strange)
        names = {name for name in facts if name in VALUES} - TWO_COLOURED
        missing = names - {name for name, _ in found}
        assert not missing or any(words in OTHER_USES for _, words in found), (text, missing)

    return check


ALL_NAMES = {name for names in NAMES.values() for group in names.values() for name in group}
# A word, and the hair or the eyes that it describes: not a hair ribbon, which is no hair.
DESCRIBED = re.compile(
    r"([\w-]+)[ -](hair|locks|tresses|eyes|irises|orbs|haired|eyed)\b"
    r"(?! (?:ribbon|bow|ornament|accessory|jewelry|band|tie|clip|flower|pin|bun|over|covering"
    r"|scrunchie|elastic|(?:[bdfgklmnprstvz][aeiou]){2,4}\b))"
)


@pytest.fixture(scope="session")
def wrong_colours():
    """Return the colours that a text gives to hair or eyes and that are not among its facts."""

    def find(text: str, facts: Facts) -> list[tuple[str, str]]:
        said = {
            slot: {word for c in colours if f"{c} {slot}" in facts for word in colours[c]}
            for slot, colours in NAMES.items()
        }
        wrong = []
        for word, noun in DESCRIBED.findall(text):
            slot, other = ("hair", "eyes") if noun[0] in "hlt" else ("eyes", "hair")
            # It may also describe a noun before it: "hair black eyes blue".
            if word in ALL_NAMES - said[slot] - said[other]:
                wrong.append((word, slot))
        return wrong

    return find


@pytest.fixture(scope="session")
def story_facts() -> Callable[[int, int], list[Facts]]:
    """Return a function from a count and a seed to facts such as stories are about."""

    def draw(count: int, seed: int) -> list[Facts]:
        rng = random.Random(seed)
        pairs = [(rng.choice(HAIR_COLOURS), rng.choice(EYE_COLOURS)) for _ in range(count)]
        return [subject(rng, hair, eyes) for hair, eyes in pairs]

    return draw

"""Tells stories and paraphrases: faces in words, never twice the same."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Collection

from text.colour_names import AS_PERSON, FIRST_PARTS, NAMES, SHADES
from text.grammar import (
    ASIDES,
    ASIDES_SAID,
    ASKED,
    BRIEF,
    EYES,
    FACES,
    HAIR,
    NEITHER,
    PARTS,
    PEOPLE,
    PERSONS,
    SAID,
    SAME,
    WORDS,
)

VERSION = 4  # raise it when `paraphrases` gives other texts than before
PLAIN = 0.45  # share of colours that are said by their plain names: the rest is tied to these
_SYLLABLES = [f"{a}{b}" for a in "bdfgklmnprstvz" for b in "aeiou"]


class Speaker:
    """Words one character, each time anew.

    Args:
        rng: The source of every choice.
        hair: One of `HAIR_COLOURS`.
        eyes: One of `EYE_COLOURS`.
        without: Names of colours that are not used.
    """

    def __init__(
        self, rng: random.Random, hair: str, eyes: str, without: Collection[str] = ()
    ) -> None:
        self._rng, self._colours, self._without = rng, {"hair": hair, "eyes": eyes}, without
        self._plain = PLAIN
        person = AS_PERSON.get(hair, "")
        self._person = "" if any(word in person for word in without) else person
        # A character keeps these; all else that is said beside the colours changes.
        self._looks = rng.choice(PEOPLE) | {"length": self._expand(WORDS["length"])}

    def brief(self) -> str:
        """Little more than both colours, mostly by their plain names."""
        self._plain = 0.9
        text = self._expand(self._rng.choice(BRIEF))
        self._plain = PLAIN
        return text

    def tags(self) -> str:
        """Tags in any order, with others among them or not."""
        asides = ["{tag}"] * self._rng.choice((0, 0, 0, 1, 1, 2, 3, 5))
        tags = ["{h} hair", "{e} eyes", *asides]
        self._rng.shuffle(tags)
        return self._expand(self._rng.choice((" ", " ", ", ", ", ", "; ")).join(tags))

    def sentence(self) -> str:
        """One or more sentences about hair and eyes."""
        forms = FACES + SAID
        if self._person and self._rng.random() < 0.15:
            forms = PERSONS
        elif self._colours["hair"] == self._colours["eyes"] and self._rng.random() < 0.5:
            forms = SAME
        text = self._rng.choice(forms)
        if text in FACES and self._rng.random() < 0.25:
            text = self._rng.choice(ASKED).replace("{text}", text)
        return self._expand(text)

    def part(self) -> str:
        """Hair or eyes, not both."""
        if self._person and self._rng.random() < 0.1:
            return self._expand("[a|the|] {person}[[,|] {aside}|]")
        return self._expand(self._rng.choice(PARTS))

    def neither(self) -> str:
        """All but the colours."""
        return self._expand(self._rng.choice(NEITHER))

    def _expand(self, text: str) -> str:
        """Makes the choices of a form until nothing is left to choose."""
        while "[" in text or "{" in text:
            text = re.sub(r"\[([^\[\]]*)\]", lambda m: self._rng.choice(m[1].split("|")), text)
            text = re.sub(r"\{(\w+)\}", lambda m: self._word(m[1]), text)
        text = re.sub(r"\ba (?=[aeiou])", "an ", " ".join(text.split()))
        return re.sub(r" (?=[,.;:?])", "", text)

    def _word(self, name: str) -> str:
        if name in ("h", "e"):
            return self._colour("hair" if name == "h" else "eyes")
        if name == "any":  # the colour of some other thing
            slot = self._rng.choice(("hair", "eyes"))
            return self._name(slot, self._rng.choice(tuple(NAMES[slot])))
        if name == "person":
            return self._person
        if name == "unknown" or (name in ("wear", "thing") and self._rng.random() < 0.5):
            # A word that no one knows: what has a colour is more than can be listed.
            return "".join(self._rng.choices(_SYLLABLES, k=3))
        if name in _CHOICES:
            return self._rng.choice(_CHOICES[name])
        return self._looks.get(name) or WORDS[name]

    def _colour(self, slot: str) -> str:
        """A colour of the character, plain more often than not: the rest is tied to that."""
        colour = self._colours[slot]
        word = colour if self._rng.random() < self._plain else self._name(slot, colour)
        if word == colour and self._rng.random() < 0.2:
            parts = [*FIRST_PARTS[colour].split(), *NAMES[slot][colour]]
            parts = [part for part in parts if part not in self._without and part != colour]
            word = f"{self._rng.choice(parts)} {word}"
        return f"{self._rng.choice(SHADES)} {word}" if self._rng.random() < 0.12 else word

    def _name(self, slot: str, colour: str) -> str:
        names = NAMES[slot][colour]
        return self._rng.choice([name for name in names if name not in self._without])


_CHOICES = {"H": HAIR, "E": EYES, "aside": ASIDES, "aside_said": ASIDES_SAID}


def paraphrase(caption: str, count: int, seed: int) -> list[str]:
    """Words a caption anew.

    A caption of one hair colour and one eye colour is told in any way. One of more tags about
    hair and eyes, or of one colour only, keeps its tags, in any order and other names of their
    colours. Any other keeps its words but for the colours that stand before `hair` and `eyes`.

    Args:
        caption: As in the tags of an image.
        count: How many, from 1.
        seed: The same seed gives the same texts.

    Returns:
        `count` texts; the first is the caption itself, and some may be equal.

    Example:
        >>> paraphrase("blue hair red eyes", 3, seed=0)[0]
        'blue hair red eyes'
    """
    rng = random.Random(f"{seed} {caption}")
    again = _reworder(rng, caption)
    return [caption, *(again() for _ in range(count - 1))]


def _reworder(rng: random.Random, caption: str) -> Callable[[], str]:
    """A function that words a caption anew each time."""
    lower = caption.lower()
    tags = [(text.split(), slot) for text, slot in _TAG.findall(lower)]
    colours = {slot: [_colour_of(w[-1], slot) for w, s in tags if s == slot] for slot in NAMES}
    (hair, *more_hair), (eyes, *more_eyes) = (colours[slot] or [None] for slot in NAMES)
    if tags and not _TAG.sub("", lower).strip(" ,;."):  # nothing but tags
        said = {word for words, _ in tags for word in words[:-1]}
        if hair and eyes and not more_hair and not more_eyes and said <= _BEFORE_COLOURS:
            speaker = Speaker(rng, hair, eyes)
            forms = (speaker.tags, speaker.sentence, speaker.part, speaker.neither)
            return lambda: rng.choices(forms, (34, 38, 24, 4))[0]()

        def shuffled() -> str:
            mixed = rng.sample(tags, len(tags))
            parts = [f"{' '.join(_renamed(rng, words, slot))} {slot}" for words, slot in mixed]
            start = rng.choice(("", "", "a girl with ", "she has ", "a face with "))
            return start + rng.choice((" ", ", ", " and ")).join(parts)

        return shuffled

    def renamed() -> str:
        return _TAG.sub(lambda m: f"{' '.join(_renamed(rng, m[1].split(), m[2]))} {m[2]}", caption)

    return renamed


# What may stand before a colour and need not be told again.
_BEFORE_COLOURS = {word for shade in SHADES for word in shade.split()}.union(
    *(parts.split() for parts in FIRST_PARTS.values()),
    *(names for slot in NAMES.values() for names in slot.values()),
)
_TAG = re.compile(  # (?a): no dotless i, no long s
    r"((?:[\w-]+ )??[\w-]+) ((?ai:hair|eyes))\b"
    r"(?! (?:ribbon|bow|ornament|band|clip|tie|flower|pin|accessor(?:y|ie)|shadow|patch)s?\b)"
)


def _renamed(rng: random.Random, words: list[str], slot: str) -> list[str]:
    """The words before `hair` or `eyes`, the last of them by another name if it is a colour."""
    colour = _colour_of(words[-1].lower(), slot.lower())
    if colour is None or rng.random() < PLAIN:
        return words
    return [*words[:-1], rng.choice(NAMES[slot.lower()][colour])]


def _colour_of(word: str, slot: str) -> str | None:
    return next((colour for colour, names in NAMES[slot].items() if word in names), None)

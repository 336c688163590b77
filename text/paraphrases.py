"""Describe faces in ever new words: a speaker for one character, and paraphrases of a caption."""

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

VERSION = 4  # raise it when `paraphrase` returns other texts than before: their vectors are cached
PLAIN_SHARE = 0.45  # of colours called by their plain names, which the other names are learnt from
_SYLLABLES = [f"{a}{b}" for a in "bdfgklmnprstvz" for b in "aeiou"]


class Speaker:
    """Describes one character, in new words each time.

    Args:
        rng: The source of every choice.
        hair: One of `HAIR_COLOURS`.
        eyes: One of `EYE_COLOURS`.
        without: Names of colours to leave out; not the plain ones.
    """

    def __init__(
        self, rng: random.Random, hair: str, eyes: str, without: Collection[str] = ()
    ) -> None:
        self._rng, self._colours, self._without = rng, {"hair": hair, "eyes": eyes}, without
        self._plain_share = PLAIN_SHARE
        person = AS_PERSON.get(hair, "")
        self._person = "" if any(word in person for word in without) else person
        # A character keeps these; everything else beside the colours changes from text to text.
        self._traits = rng.choice(PEOPLE) | {"length": self._expand(WORDS["length"])}

    def brief(self) -> str:
        """Return little more than both colours, mostly by their plain names."""
        self._plain_share = 0.9
        text = self._expand(self._rng.choice(BRIEF))
        self._plain_share = PLAIN_SHARE
        return text

    def tags(self) -> str:
        """Return both colours as tags, in any order, perhaps among other tags."""
        asides = ["{tag}"] * self._rng.choice((0, 0, 0, 1, 1, 2, 3, 5))
        tags = ["{h} hair", "{e} eyes", *asides]
        self._rng.shuffle(tags)
        return self._expand(self._rng.choice((" ", " ", ", ", ", ", "; ")).join(tags))

    def sentence(self) -> str:
        """Return one or more sentences about hair and eyes."""
        forms = FACES + SAID
        if self._person and self._rng.random() < 0.15:
            forms = PERSONS
        elif self._colours["hair"] == self._colours["eyes"] and self._rng.random() < 0.5:
            forms = SAME
        form = self._rng.choice(forms)
        if form in FACES and self._rng.random() < 0.25:
            form = self._rng.choice(ASKED).replace("{text}", form)
        return self._expand(form)

    def part(self) -> str:
        """Return a text about the hair or the eyes, not both."""
        if self._person and self._rng.random() < 0.1:
            return self._expand("[a|the|] {person}[[,|] {aside}|]")
        return self._expand(self._rng.choice(PARTS))

    def neither(self) -> str:
        """Return a text that names neither colour."""
        return self._expand(self._rng.choice(NEITHER))

    def _expand(self, form: str) -> str:
        """Make the choices of a form, and of what they bring in, until none is left."""
        text = form
        while "[" in text or "{" in text:
            text = re.sub(r"\[([^\[\]]*)\]", lambda m: self._rng.choice(m[1].split("|")), text)
            text = re.sub(r"\{(\w+)\}", lambda m: self._fill(m[1]), text)
        text = re.sub(r"\ba (?=[aeiou])", "an ", " ".join(text.split()))
        return re.sub(r" (?=[,.;:?])", "", text)

    def _fill(self, name: str) -> str:
        """Return what `{name}` stands for, which may be a form again."""
        if name in ("h", "e"):
            return self._colour("hair" if name == "h" else "eyes")
        if name == "any":  # the colour of some other thing
            slot = self._rng.choice(("hair", "eyes"))
            return self._name(slot, self._rng.choice(tuple(NAMES[slot])))
        if name == "person":
            return self._person
        if name == "unknown" or (name in ("wear", "thing") and self._rng.random() < 0.5):
            # A made-up word: no list can name all the things that have a colour.
            return "".join(self._rng.choices(_SYLLABLES, k=3))
        if name in _FORMS:
            return self._rng.choice(_FORMS[name])
        return self._traits.get(name) or WORDS[name]

    def _colour(self, slot: str) -> str:
        """Return a name of the character's hair or eye colour, perhaps with a word before it."""
        colour = self._colours[slot]
        word = colour if self._rng.random() < self._plain_share else self._name(slot, colour)
        if word == colour and self._rng.random() < 0.2:
            parts = [*FIRST_PARTS[colour].split(), *NAMES[slot][colour]]
            parts = [part for part in parts if part not in self._without and part != colour]
            word = f"{self._rng.choice(parts)} {word}"
        return f"{self._rng.choice(SHADES)} {word}" if self._rng.random() < 0.12 else word

    def _name(self, slot: str, colour: str) -> str:
        """Return any name of a colour, the plain one included."""
        names = NAMES[slot][colour]
        return self._rng.choice([name for name in names if name not in self._without])


_FORMS = {"H": HAIR, "E": EYES, "aside": ASIDES, "aside_said": ASIDES_SAID}


def paraphrase(caption: str, count: int, seed: int) -> list[str]:
    """Return paraphrases of a caption.

    A caption that is one hair colour and one eye colour is reworded freely. Any other caption of
    tags about hair and eyes keeps its tags; their order changes, and their colours may get other
    names. In any other caption, only the colours before `hair` and `eyes` may get other names.

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


def _rewording(rng: random.Random, caption: str) -> Callable[[], str]:
    """Return a function that rewords a caption in another way each time."""
    lower = caption.lower()
    tags = [(text.split(), slot) for text, slot in _TAG.findall(lower)]
    colours = {slot: [_colour_of(w[-1], slot) for w, s in tags if s == slot] for slot in NAMES}
    (hair, *more_hair), (eyes, *more_eyes) = (colours[slot] or [None] for slot in NAMES)
    if tags and not _TAG.sub("", lower).strip(" ,;."):  # nothing but tags
        before = {word for words, _ in tags for word in words[:-1]}
        if hair and eyes and not more_hair and not more_eyes and before <= _BEFORE_COLOURS:
            speaker = Speaker(rng, hair, eyes)
            ways = (speaker.tags, speaker.sentence, speaker.part, speaker.neither)
            return lambda: rng.choices(ways, (34, 38, 24, 4))[0]()

        def shuffle_tags() -> str:
            mixed = rng.sample(tags, len(tags))
            parts = [f"{' '.join(_renamed(rng, words, slot))} {slot}" for words, slot in mixed]
            start = rng.choice(("", "", "a girl with ", "she has ", "a face with "))
            return start + rng.choice((" ", ", ", " and ")).join(parts)

        return shuffle_tags

    def rename_colours() -> str:
        return _TAG.sub(lambda m: f"{' '.join(_renamed(rng, m[1].split(), m[2]))} {m[2]}", caption)

    return rename_colours


# Words that may stand before a colour and that a paraphrase may drop.
_BEFORE_COLOURS = {word for shade in SHADES for word in shade.split()}.union(
    *(parts.split() for parts in FIRST_PARTS.values()),
    *(names for slot in NAMES.values() for names in slot.values()),
)
_TAG = re.compile(  # (?a): no dotless i, no long s
    r"((?:[\w-]+ )??[\w-]+) ((?ai:hair|eyes))\b"
    r"(?! (?:ribbon|bow|ornament|band|clip|tie|flower|pin|accessor(?:y|ie)|shadow|patch)s?\b)"
)


def _renamed(rng: random.Random, words: list[str], slot: str) -> list[str]:
    """Return the words before `hair` or `eyes`, the last by another name if it is a colour."""
    colour = _colour_of(words[-1].lower(), slot.lower())
    if colour is None or rng.random() < PLAIN_SHARE:
        return words
    return [*words[:-1], rng.choice(NAMES[slot.lower()][colour])]


def _colour_of(word: str, slot: str) -> str | None:
    """Return the colour that a word is a name of, if any."""
    return next((colour for colour, names in NAMES[slot].items() if word in names), None)

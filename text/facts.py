"""Understand tags: the facts that each of them states or denies."""

from __future__ import annotations

import functools
import re
from collections.abc import Collection

from text.attributes import ATTRIBUTE_OF, ATTRIBUTES, MANY_COLOURS, VALUES, Facts, Value
from text.colour_names import (
    FIRST_PARTS,
    NAMES,
    OTHER_WORDS,
    PLAIN_WORDS,
    SLOT_WORDS,
)
from text.rewritings import (
    COLOUR,
    COLOUR_WORDS,
    COLOURS,
    IN_HAIR,
    PART,
    REWRITINGS,
    SHADE_WORDS,
    SLOTS,
    SYNONYMS,
    one_of,
    one_word,
)
from text.tokens import plain_words

# Denials in front of a tag, longest first, and the words after them that add nothing.
TAG_DENIALS = (
    ("not", "wearing"),
    ("does", "not", "have"),
    ("no",),
    ("not",),
    ("without",),
    ("never",),
)
LONGEST_TAG = 4  # words; what is longer is a sentence
FILLERS = {"a", "an", "the", "any", "she", "he", "her", "his", "their", "wearing", "with", "has"}
FILLERS |= {"and"}
# People called by the colour of their hair.
PERSONS = {"blonde": "blonde", "blond": "blonde", "brunette": "brown", "redhead": "red"}
HAIRSTYLES = {"length", "shape", "fringe", "tied"}  # whose colour is that of the hair
# What stands after *hair* and *eyes* where these are not what is described: a pattern.
NO_THING = (
    rf"(?! (?:{IN_HAIR}|buns?|shadow|patch(?:es)?)\b"
    r"| over\b| covering\b| in\b| between\b| down\b| closed\b| shut\b)"
)
COLOUR_PAIR = rf"({COLOUR}{PART})(?={COLOURS}{PART})"  # two tags without a comma
_FUNCTION_WORDS = {
    *("a", "an", "the", "of", "in", "on", "to", "down", "by", "up", "with", "and"),
    *("her", "head", "s"),
}
_DENYING_WORDS = {"no", "not", "without", "never", "doesn", "isn", "aren", "t", "but"}
# Words of values that do not tell any of them.
_TELLING_NOTHING = _FUNCTION_WORDS | _DENYING_WORDS | {*SLOTS, "eye", "two", "very", "face"}
_TELLING_NOTHING |= {"mouth", "lips", "cut", "side"}


def _said_of(value: Value) -> str:
    """Return a pattern of the words that tell a value."""
    phrases = " ".join((*value.tags, *value.nouns, *value.adjectives, *value.doing))
    words = {*plain_words(phrases.replace("{her}", "")), *plain_words(value.name)}
    return one_word(filter(str.isalnum, words - _TELLING_NOTHING))


# Which words bear out that a text states or denies a fact: patterns of words with a space before
# each and behind the last. Of a colour, these are a name of it and a word for hair or for eyes. Of
# two colours, two names as well.
BORNE_OUT = {
    name: _said_of(value) + (rf"|{COLOUR}.*{COLOUR}" if name in MANY_COLOURS.values() else "")
    for name, value in VALUES.items()
} | {
    f"{colour} {slot}": rf"(?=.*{one_word(SLOT_WORDS[slot])})"
    rf".*{one_of('|'.join(names + (('redhead', 'redheaded') if colour == 'red' else ())))}"
    for slot, colours in NAMES.items()
    for colour, names in colours.items()
}
# The words that matter in a text about other facts than colours: those of values, and denials.
FACT_WORDS = (
    frozenset(
        word
        for value in VALUES.values()
        for phrase in (*value.tags, *value.nouns, *value.adjectives, *value.doing)
        for word in plain_words(phrase)
    ).difference(_FUNCTION_WORDS)
    | _DENYING_WORDS
)
# The last words of values' phrases, one of which a phrase has if it speaks of a face.
TELLING = one_word(
    {
        plain_words(phrase)[-1]
        for value in VALUES.values()
        for phrase in (*value.tags, *value.nouns, *value.doing)
    }.union(SLOTS, PERSONS)
    - COLOUR_WORDS
    - _FUNCTION_WORDS
    - {"cat", "dog", "fox", "rabbit", "tails", "tan"}  # mostly in names
)
# The longer ones of the tags' words: what misspelt words are corrected to, beside colours.
FACT_SPELLINGS = tuple(
    sorted(
        {
            word
            for value in VALUES.values()
            for tag in value.tags
            for word in plain_words(tag)
            if len(word) > 4
        }.difference(PLAIN_WORDS, OTHER_WORDS)
    )
)


def assign_colours(words: list[str], taught: tuple[str, ...] = ()) -> list[str]:
    """Say in plain words what each colour belongs to, where people leave it to the reader.

    The colours of other things are left out, and sentences become tags: see `REWRITINGS`. Hair and
    eyes of two colours are named so, and keep the first. Of colours alone, the first is the hair's
    and the second the eyes'.

    Args:
        words: The words of a text, from `plain_words`.
        taught: What an encoder was taught: tags that stay as they are.

    Example:
        >>> " ".join(assign_colours("dark blue hair ribbon , pink and red hair".split()))
        'hair ribbon , multicolored pink hair'
        >>> " ".join(assign_colours("gold , blue".split()))
        'gold hair , blue eyes'
    """
    text = f" {' '.join(words)} "
    for pattern, instead in _rewritings(taught):
        if pattern.search(text):  # few do, and `sub` takes long to begin
            text = pattern.sub(instead, text)
    return text.split()


def rewritings_for(taught: Collection[str]) -> list[tuple[str, str]]:
    """Return `REWRITINGS`, and what keeps tags that an encoder was taught, such as `red dress`."""
    own = [tag for tag in taught if " " in tag and tag not in ATTRIBUTE_OF]
    kept = [(rf" {tag}(?= )", f" {tag.replace(' ', '_')}") for tag in own]
    return [*kept, *REWRITINGS, *([("_", " ")] if kept else [])]


@functools.cache
def _rewritings(taught: tuple[str, ...]) -> list[tuple[re.Pattern[str], str]]:
    return [(re.compile(pattern), instead) for pattern, instead in rewritings_for(taught)]


def read_tag(tag: str) -> Facts | None:
    """Return the facts that a tag states or denies.

    Args:
        tag: A tag or a short phrase, such as `long blue hair`, `no glasses` or `red hair ribbon`.

    Returns:
        The facts; None if a word of the tag is not understood or the tag says nothing of a face.

    Example:
        >>> read_tag("long teal hair"), read_tag("no hat"), read_tag("school uniform")
        ({'long hair': True, 'aqua hair': True}, {'hat': False}, None)
    """
    words = tuple(word for word in plain_words(tag) if word.isalnum())
    for denial in TAG_DENIALS:
        if words[: len(denial)] == denial:
            found = _read_words(words[len(denial) :])
            return dict.fromkeys(found, False) if found else None
    return _read_words(words)


def read_tags(caption: str) -> tuple[Facts, list[str]]:
    """Return the facts of a list of tags, and the tags that say nothing of a face.

    Args:
        caption: Tags separated by commas or semicolons, or tags about hair and eyes that follow
            each other without any.

    Returns:
        The facts, the first where two tags contradict each other; and the other tags as they are.
    """
    facts: Facts = {}
    others = []
    for tag in split_tags(caption):
        found = read_tag(tag)
        if found is None:
            others.append(tag)
        else:
            facts = found | facts
    return facts, others


def read_list(caption: str) -> tuple[Facts, list[str]] | None:
    """Return what `read_tags` does for a list of tags that states a fact; None for other texts."""
    facts, others = read_tags(caption)
    is_list = all(len(tag.split()) <= LONGEST_TAG for tag in others)
    return (facts, others) if facts and is_list else None


def split_tags(caption: str) -> list[str]:
    """Split a caption at commas and semicolons, and after *hair* and *eyes* where none follows.

    A part that begins with *hair* or *eyes* has their colours behind them; it is not split there.
    """
    tags = []
    for part in re.split("[,;]", caption):
        are_slots = [word.lower() in SLOTS for word in part.split()]
        if sum(are_slots) > 1 and not are_slots[0]:
            part = re.sub(rf"(?ai)\b(hair|eyes)\b(?! *$){NO_THING}", r"\1,", part)
        tags += [tag for tag in map(str.strip, part.split(",")) if tag]
    return tags


def _read_words(words: tuple[str, ...]) -> Facts | None:
    """Return the facts that words state: those of a value, perhaps with a colour, or a colour."""
    said, words = words, tuple(word for word in words if word not in FILLERS)
    if words in (values := tag_values()):
        return {values[words]: True}
    for i in range(1, len(words)):
        name = values.get(words[i:])
        if name in VALUES and (found := _read_coloured(name, words[:i])):
            return found
    if words and words[-1] in PERSONS and (colour := _read_colour(words, "hair")):
        return {f"{colour} hair": True}  # strawberry blonde
    if words and words[-1] in SLOTS:
        inside = {*said[said.index(words[0]) :]}
        if inside & FILLERS <= {"and"}:  # not: gold and the eyes
            return _read_part(words[:-1], SLOTS[words[-1]])
    return None


def _read_coloured(name: str, words: tuple[str, ...]) -> Facts | None:
    """Return the facts of a value with words before it, which must be a colour."""
    attribute, colour = ATTRIBUTE_OF[name], _read_colour(words, "hair")
    if attribute in HAIRSTYLES or attribute == "person":
        told = colour and (attribute != "person" or words[-1] in PERSONS)  # no blue girl
        return {name: True, f"{colour} hair": True} if told else None
    # A red hair ribbon is a hair ribbon, whatever the colour.
    return {name: True} if colour or _read_colour(words, "eyes") else None


def _read_part(words: tuple[str, ...], slot: str) -> Facts | None:
    """Return the facts of the words before *hair* or *eyes*: adjectives, and one colour at most."""
    values = adjective_values(slot)
    names, rest = [], []
    while words:
        length = next((n for n in (3, 2, 1) if words[:n] in values), 0)
        if length:
            names.append(values[words[:length]])
        else:
            rest.append(words[0])
        words = words[length or 1 :]
    if rest:
        colour = _read_colour(tuple(rest), slot)
        if colour is None:
            return None
        names.append(f"{colour} {slot}")
    facts = dict.fromkeys(names, True)
    contradictory = len({ATTRIBUTE_OF[name] for name in facts}) < len(facts)
    return None if contradictory else facts or None


def _read_colour(words: tuple[str, ...], slot: str) -> str | None:
    """Return the colour that words stand for: a name, perhaps with others of it or with shades."""
    colour = colour_of().get((words[-1], slot))
    if colour is None:
        return None
    known = {*SHADE_WORDS, *FIRST_PARTS.get(colour, "").split(), *NAMES[slot][colour]}
    return colour if known.issuperset(words) else None


@functools.cache
def colour_of() -> dict[tuple[str, str], str]:
    """Return the colour that each name stands for, by (name, slot)."""
    return {
        (name, slot): colour
        for slot, colours in NAMES.items()
        for colour, names in colours.items()
        for name in names
    }


@functools.cache
def tag_values() -> dict[tuple[str, ...], str]:
    """Return the value of each tag and of each noun phrase, by its words."""
    found: dict[tuple[str, ...], str] = {}
    for value in VALUES.values():
        for phrase in (*value.nouns, *value.doing, *value.tags):
            plain = plain_words(phrase.replace("{her}", ""))
            words = tuple(word for word in plain if word not in FILLERS)
            found.setdefault(words, value.name)
            if phrase.startswith("two "):  # red buns
                found.setdefault(words[1:], value.name)
    found |= {tuple(tag.split()): value for tag, value in SYNONYMS.items()}
    found |= {(value.adjectives[0],): value.name for value in ATTRIBUTES["length"]}  # long, red
    return found | {(word,): f"{colour} hair" for word, colour in PERSONS.items()}


@functools.cache
def adjective_values(slot: str) -> dict[tuple[str, ...], str]:
    """Return the value of each adjective of *hair* or of *eyes*, by its words."""
    values = (
        value
        for attribute, group in ATTRIBUTES.items()
        if (attribute == "eyelids") == (slot == "eyes")
        for value in group
    )
    return {tuple(plain_words(word)): value.name for value in values for word in value.adjectives}

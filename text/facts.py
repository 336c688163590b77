"""Understand tags: the facts that each of them states or denies."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from text.attributes import ATTRIBUTE_OF, ATTRIBUTES, VALUES, Facts
from text.colour_names import FIRST_PARTS, NAMES, OTHER_WORDS, PLAIN_WORDS, SHADES
from text.tokens import plain_words

# Denials in front of a value, longest first, and the words after them that add nothing.
_DENIALS = (
    ("not", "wearing"),
    ("does", "not", "have"),
    ("no",),
    ("not",),
    ("without",),
    ("never",),
)
_FILLERS = {"a", "an", "the", "any", "her", "his", "their", "wearing", "with", "has", "and"}
_SLOTS = {"hair": "hair", "haired": "hair", "hairs": "hair", "eyes": "eyes", "eyed": "eyes"}
# People called by the colour of their hair.
PERSONS = {"blonde": "blonde", "blond": "blonde", "brunette": "brown", "redhead": "red"}
_HAIRSTYLES = {"length", "shape", "fringe", "tied"}  # whose colour is that of the hair
_SHADES = {word for shade in SHADES for word in shade.split()}


# What stands after *hair* and *eyes* where these are not what is described: a pattern.
NO_THING = (
    r"(?! (?:ribbon|bow|ornament|band|clip|tie|flower|pin|bun|accessor(?:y|ie)|shadow|patch)"
    r"(?:e?s)?\b"
    r"| over\b| covering\b| in\b| between\b| down\b| closed\b| shut\b)"
)
# The words that matter in a text about other facts than colours.
FACT_WORDS = frozenset(
    word
    for value in VALUES.values()
    for phrase in (*value.tags, *value.nouns, *value.adjectives, *value.doing)
    for word in plain_words(phrase)
) | {"no", "not", "without", "never", "doesn", "isn", "aren", "t", "any", "but"}


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
    for denial in _DENIALS:
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


def split_tags(caption: str) -> list[str]:
    """Split a caption at commas and semicolons, and after *hair* and *eyes* where none follows."""
    tags = []
    for part in re.split("[,;]", caption):
        words = part.split()
        if sum(word.lower() in _SLOTS for word in words) > 1:
            part = re.sub(rf"(?ai)\b(hair|eyes)\b(?! *$){NO_THING}", r"\1,", part)
        tags += [tag for tag in map(str.strip, part.split(",")) if tag]
    return tags


def _read_words(words: tuple[str, ...]) -> Facts | None:
    words = tuple(word for word in words if word not in _FILLERS)
    if words in (values := tag_values()):
        return {values[words]: True}
    if words and words[-1] in _SLOTS:
        return _read_part(words[:-1], _SLOTS[words[-1]])
    for i in range(1, len(words)):
        if _is_colour(words[:i]) and words[i:] in values:
            name = values[words[i:]]
            if ATTRIBUTE_OF[name] in _HAIRSTYLES:
                return {name: True, f"{colour_of()[words[i - 1], 'hair']} hair": True}
            return {name: True}  # a red hair ribbon is a hair ribbon, whatever the colour
    return None


def _is_colour(words: tuple[str, ...]) -> bool:
    """Return whether words are a colour, perhaps with a shade."""
    names = colour_of()
    return (words[-1], "hair") in names and all(word in _SHADES for word in words[:-1])


def _read_part(words: tuple[str, ...], slot: str) -> Facts | None:
    """Return the facts of the words before *hair* or *eyes*."""
    facts: Facts = {}
    while words:
        found = next(_adjectives(words, slot), None)
        if found is None:
            return None
        name, length = found
        if name:
            if name in facts or any(one.endswith(slot) and one in colour_facts() for one in facts):
                return None
            facts[name] = True
        words = words[length:]
    return facts or None


def _adjectives(words: tuple[str, ...], slot: str) -> Iterator[tuple[str, int]]:
    """Yield a value that the first words stand for, or "" for none, and how many words it takes."""
    for length in (3, 2, 1):
        name = adjective_values(slot).get(words[:length])
        if name and len(words) >= length:
            yield name, length
    colour = colour_of().get((words[0], slot))
    following = colour_of().get((words[1], slot)) if len(words) > 1 else None
    if following and words[0] in FIRST_PARTS.get(following, "").split():
        yield "", 1  # the first word of a name in two words, such as jet black
    if colour and following is None:
        yield f"{colour} {slot}", 1
    if words[0] in _SHADES or (colour and following):
        yield "", 1


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
def colour_facts() -> frozenset[str]:
    """Return the names of all facts about colours."""
    return frozenset(f"{colour} {slot}" for slot in NAMES for colour in NAMES[slot])


@functools.cache
def tag_values() -> dict[tuple[str, ...], str]:
    """Return the value of each tag and of each noun phrase, by its words."""
    found: dict[tuple[str, ...], str] = {}
    for value in VALUES.values():
        for phrase in (*value.nouns, *value.doing, *value.tags):
            for form in _expanded(phrase):
                words = (word for word in plain_words(form) if word not in _FILLERS)
                found.setdefault(tuple(words), value.name)
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


def _expanded(phrase: str) -> list[str]:
    """Return a phrase with each of its choices `[a|b]` made and `{her}` left out."""
    phrase = phrase.replace("{her}", "")
    choice = re.search(r"\[([^\[\]]*)\]", phrase)
    if choice is None:
        return [phrase]
    options = choice[1].split("|")
    return [form for word in options for form in _expanded(phrase.replace(choice[0], word, 1))]

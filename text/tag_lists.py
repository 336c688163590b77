"""Find what a long list of tags says of a face."""

from __future__ import annotations

import re
from collections.abc import Collection

from text.attributes import COLOUR_FACTS, MANY_COLOURS, RIVALS_OF, Facts, as_tags
from text.facts import COLOUR_PAIR, TELLING, read_tag
from text.rewritings import SIGNS

LONG = 7  # tags; a list that is shorter is read as it stands
SHORT_TAG = 3.0  # tokens of a tag and its comma, on average at most; what is longer is a sentence
FUNCTION_WORDS = {"a", "an", "the", "with", "and", "her", "his", "has", "have", "is", "are", "she"}
_WEIGHT = re.compile(r":\s*-?\d+(?:\.\d+)?(?=\s*[)\]},;]|\s*$)")
_MODEL_TAG = re.compile(r"<[^<>]*>")  # <lora:name:1> names another model's file
_BRACKETS = re.compile(r"[()\[\]{}]|\\(?=[()])")


def separate_tags(text: str) -> str:
    """Return a text whose words have underscores as people write tags: `a_b c_d` as `a b, c d`.

    Args:
        text: Any text. Underscores in a sentence, or beside commas, become spaces.
    """
    words = text.split()
    function_words = FUNCTION_WORDS.intersection(text.lower().split())
    joined = sum("_" in word.strip("_") for word in words)
    is_list = joined > 1 and not re.search("[,;]", text) and not function_words
    return " ".join((", " if is_list else " ").join(words).replace("_", " ").split())


def strip_weights(text: str) -> str:
    """Return a text without the weights and brackets that image generators read in prompts.

    Signs become words: `blue/pink hair` is of both colours, and `-hat` is no hat.
    """
    text = _BRACKETS.sub(" ", _WEIGHT.sub("", _MODEL_TAG.sub(" ", text)))
    for sign, words in SIGNS:
        text = re.sub(sign, words, text, flags=re.IGNORECASE)
    return text


def shorten(text: str, facts: Collection[str] = ()) -> str:
    """Return what a long list of tags says of a face: phrases about it, and its facts by name.

    A list of a picture board has up to a hundred tags; most name clothes, places, artists and
    characters, many with colours. An encoder that forgets a little with each word would lose the
    hair among them.

    Args:
        text: The tokens of a text, its commas included, with a space between any two. A text that
            is no long list, or says nothing of a face, is returned as it is.
        facts: Further tags that are facts.
    """
    tags = [tag for tag in text.split(",") if tag.strip()]
    if len(tags) < LONG or len(text.split()) > SHORT_TAG * len(tags):
        return text
    found, others = facts_of(text, facts)
    kept = [tag.strip() for tag in others if re.search(TELLING, tag)]
    return ", ".join(filter(None, dict.fromkeys((*kept, as_tags(found))))) or text


def facts_of(text: str, more: Collection[str] = ()) -> tuple[Facts, list[str]]:
    """Return the facts of tags, and the tags that are not understood.

    Args:
        text: Tokens with a space between any two; tags are between commas.
        more: Further tags that are facts.

    Returns:
        Facts, colours first; of two that contradict each other, the first. Hair or eyes of two
        colours keep the first, and are named as of more than one. Then the other tags, each between
        spaces.
    """
    facts: Facts = {}
    stated: set[str] = set()  # attributes
    others = []
    for tag in re.sub(COLOUR_PAIR, r"\1 ,", f" {text} ").split(","):
        plain = " ".join(tag.lower().split())
        found = {plain: True} if plain in more else read_tag(tag) or {}
        if plain and not found:
            others.append(tag)
        for name, is_stated in found.items():
            attribute = RIVALS_OF.get(name, name)
            if is_stated and attribute in stated and not facts.get(name):
                name = MANY_COLOURS.get(attribute, "")
            if name and name not in facts:
                facts[name] = is_stated
                stated |= {attribute} if is_stated else set()
    colours = [name for names in COLOUR_FACTS.values() for name in names if name in facts]
    return {name: facts[name] for name in (*colours, *facts)}, others

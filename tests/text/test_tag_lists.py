"""Long lists of tags, as picture boards and prompts have them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from text.attributes import FACTS
from text.descriptions import clean
from text.facts import TELLING, read_tags
from text.tag_lists import LONG, separate_tags, shorten, strip_weights
from text.tokens import plain_words

BOARD = (
    "solo, school uniform, blue hair, red dress, long hair, looking at viewer, green eyes, "
    "black gloves, white background, no hat, hair between eyes, glasses, outdoors, pink ribbon"
)
FOUND = "hair between eyes, blue hair, green eyes, long hair, no hat, glasses, hair ribbon"


def tokens(text):
    """Return a text as `Encoder.read` hands it on: tokens with spaces between them."""
    return " ".join(plain_words(strip_weights(text)))


@pytest.mark.parametrize(
    ("text", "separated"),
    [
        ("blue_hair red_eyes solo", "blue hair, red eyes, solo"),
        ("Blue_Hair  1girl\tred_eyes", "Blue Hair, 1girl, red eyes"),
        ("blue_hair, red_eyes", "blue hair, red eyes"),
        ("blue_hair; red_eyes", "blue hair; red eyes"),
        ("blue_hair and red_eyes", "blue hair and red eyes"),
        ("The girl has blue_hair red_eyes", "The girl has blue hair red eyes"),
        ("A dark_red long_coat", "A dark red long coat"),
        ("blue_hair solo", "blue hair solo"),
        ("blue hair red eyes", "blue hair red eyes"),
        ("_ __ _blue_", "blue"),
        ("", ""),
    ],
)
def test_underscores_join_the_words_of_a_tag(text, separated):
    assert separate_tags(text) == separated == clean(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("(blue hair:1.2), [red eyes]", "blue hair , red eyes"),
        ("((blue hair)), {{red eyes}}", "blue hair , red eyes"),
        ("(blue hair, red eyes:-0.5)", "blue hair , red eyes"),
        ("blue hair:1.1, red eyes : 2", "blue hair , red eyes"),
        ("<lora:some_style-2:0.8> blue hair", "blue hair"),
        (r"rem \(re:zero\), blue hair", "rem re : zero , blue hair"),
        ("hair: blue, eyes: red", "hair : blue , eyes : red"),
        ("at 10:30 she has blue hair", "at 10 : 30 she has blue hair"),
        ("she < he", "she he"),
    ],
)
def test_weights_and_brackets_of_prompts_are_dropped(text, words):
    assert tokens(text) == words


def test_a_long_list_is_read_by_its_phrases_and_its_facts_colours_first():
    assert shorten(tokens(BOARD)) == FOUND
    weighted = ", ".join(f"({tag}:1.{i % 10})" for i, tag in enumerate(BOARD.split(", ")))
    assert shorten(tokens(f"<lora:x:1>, {weighted}")) == FOUND
    underscored = " ".join(tag.replace(" ", "_") for tag in BOARD.split(", "))
    assert shorten(tokens(clean(underscored))) == FOUND
    assert shorten(tokens(BOARD.upper())) == FOUND


@pytest.mark.parametrize(
    "text",
    [
        "blue hair, red eyes, solo, school uniform",
        "a, b, c, d, e, f, g, h",
        "solo, school uniform, outdoors, sky, cloud, tree, bird, dress",
        "a girl with long blue hair walks home, it rains, her eyes are red, she is sad, she has no "
        "umbrella, a red car stops, its driver is an old man with a beard, she runs",
    ],
)
def test_what_is_short_or_a_sentence_or_says_nothing_stays(text):
    assert shorten(tokens(text)) == tokens(text)


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        ("blonde hair, red hair", "blonde hair, multicolored hair"),
        ("no hat, hat", "no hat"),
        ("hat, no hat", "hat"),
        ("red hair ribbon, green hair", "green hair, hair ribbon"),
        ("blue dress, white sky, red horns", "horns"),
        ("short hair, no long hair", "short hair, no long hair"),
        ("long green hair", "green hair, long hair"),
        ("apron", "apron"),
        ("red apron, horns", "horns"),
    ],
)
def test_contradictions_and_the_colours_of_other_things(tags, found):
    others = ["solo", "outdoors", "night sky", "tree", "upper body", "1970s", "bird", "cup"]
    assert shorten(tokens(", ".join([*others, tags])), ("apron",)) == found
    assert shorten(tokens(", ".join([tags, *others])), ("apron",)) == found


def test_the_length_from_which_a_list_is_long():
    rest = ["solo"] * (LONG - 2)
    assert shorten(tokens(", ".join(["red hair", *rest]))) == tokens(", ".join(["red hair", *rest]))
    assert shorten(tokens(", ".join(["red hair", *rest, "solo"]))) == "red hair"


@given(st.text(max_size=80) | st.lists(st.sampled_from(BOARD.split(", "))).map(", ".join))
def test_any_text_is_shortened_to_phrases_and_facts_or_left(text):
    before = tokens(separate_tags(text))
    after = shorten(before)
    own = {tag.strip() for tag in before.split(",")}
    for tag in after.split(", ") if after != before else ():
        facts, _ = read_tags(tag)
        is_phrase = not facts and tag in own and re.search(TELLING, f" {tag} ")
        assert is_phrase or (facts and set(facts) <= set(FACTS)), tag
    assert tokens(shorten(tokens(after))) == tokens(after) or after == before

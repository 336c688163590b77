"""Variations differ in one attribute, and keep what else a text says."""

import pytest

from config import TEXT_ENCODER
from skipthoughts_encoder import load_encoder
from text.attributes import FACTS
from text.colours import EYE_COLOURS, HAIR_COLOURS
from text.variations import attributes, edited, variations


def texts(encoder, text, attribute, names):
    return [found.text for found in variations(encoder, text, attribute, names, {})]


def test_a_model_without_a_record_varies_colours():
    known = attributes({})
    assert list(known) == ["hair", "eyes"]
    assert known["eyes"] == tuple(f"{colour} eyes" for colour in EYE_COLOURS)


def test_a_model_with_a_record_varies_what_it_was_shown():
    shown = dict.fromkeys(FACTS, 0) | {
        "red hair": 900, "blue hair": 500, "black hair": 3, "red eyes": 900,
        "glasses": 100, "twintails": 80, "multicolored hair": 100,
    }  # fmt: skip
    assert attributes(shown) == {
        "hair": ("blue hair", "red hair"),
        "eyes": ("red eyes",),
        "tied": ("twintails",),
        "glasses": ("glasses",),
    }


def test_what_else_a_text_says_stays(fact_encoder):
    encoder = fact_encoder("cyborg")
    text = "glasses and twintails, no hat, red eyes, cyborg, multicolored hair"
    assert texts(encoder, text, "hair", ("red hair", "blue hair")) == [
        f"{hair}, red eyes, twintails, glasses, no hat, cyborg"
        for hair in ("red hair", "blue hair")
    ]
    assert texts(encoder, text, "glasses", ("glasses",))[1] == (
        "red eyes, twintails, no glasses, no hat, multicolored hair, cyborg"
    )


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ("red hair", "red hair, green eyes, twintails, glasses, no hat"),
        ("no glasses", "blue hair, green eyes, twintails, no glasses, no hat"),
        ("ponytail", "blue hair, green eyes, ponytail, glasses, no hat"),
        ("scarf", "blue hair, green eyes, twintails, glasses, no hat, scarf"),
        ("no blue hair", "no blue hair, green eyes, twintails, glasses, no hat"),
        ("zzz", "blue hair, green eyes, twintails, glasses, no hat"),
    ],
)
def test_a_change_leaves_the_rest(fact_encoder, change, text):
    before = "blue hair, green eyes, twintails, glasses, no hat"
    assert edited(fact_encoder(), before, change, {}) == text


def test_a_change_to_a_man_gives_a_boy_if_only_boys_are_learnt(fact_encoder):
    shown = {"blue hair": 90, "boy": 40, "girl": 50}
    assert edited(fact_encoder(), "blue hair, girl", "man", shown) == "blue hair, boy"


def test_what_is_not_learnt_takes_back_what_it_contradicts(fact_encoder):
    shown = {"blue hair": 90, "boy": 40, "girl": 0}
    assert edited(fact_encoder(), "blue hair, boy", "girl", shown) == "blue hair"


def test_without_a_probe_a_change_is_a_description(published):
    assert edited(published, "blue hair", "red eyes", {}) == "red eyes"


@pytest.mark.parametrize("text", ["She has crimson eyes.", "red eyes", "big red eyes, hiar"])
def test_an_encoder_without_a_probe_keeps_the_other_colour(text):
    encoder = load_encoder(TEXT_ENCODER)
    if encoder.probe is not None:
        pytest.skip("the encoder that ships has a probe")
    names = attributes({})["hair"]
    expected = [f"{colour} hair, red eyes" for colour in HAIR_COLOURS]
    assert texts(encoder, text, "hair", names) == expected


def test_a_published_encoder_keeps_plain_colours(published):
    names = attributes({})["hair"]
    assert texts(published, "a girl with red eyes", "hair", names)[0] == "aqua hair, red eyes"
    assert texts(published, "a girl", "hair", names)[0] == "aqua hair"

"""What a generator was shown, and the colours that are drawn where a text leaves them open."""

import numpy as np
import pytest

from sampler import Sampler
from text.attributes import COLOUR_FACTS
from text.explanations import read_facts
from text.shown import count_shown, keep_former, learnt, to_draw, without_effect
from tools.encoder_probe import labelled_texts

SHOWN = {"red hair": 60, "blue hair": 40, "black eyes": 10, "aqua eyes": 90, "hat": 30}


def test_images_are_counted_by_the_facts_of_their_captions():
    stated = np.array([[True, False, True], [False, False, True]])
    counted = count_shown(["hat", "cap", "smile"], stated, np.array([3, 4]))
    assert counted == {"hat": 3, "cap": 0, "smile": 7}
    assert all(type(count) is int for count in counted.values()), "for JSON"


@pytest.mark.parametrize(
    ("hats", "hairs", "idle"),
    [(19, 100, True), (20, 100, False), (249, 10**5, True), (250, 10**5, False)],
)
def test_what_was_hardly_shown_has_no_effect(hats, hairs, idle):
    shown = {"hat": hats, "red hair": hairs, "blue hair": 0}
    facts = {"red hair": True, "hat": False}
    assert without_effect(facts, shown) == ["hat"] * idle
    assert without_effect({"cyborg": True}, shown) == ["cyborg"]
    assert without_effect(facts, {}) == [], "without a record nothing is known"


def test_what_new_data_say_nothing_of_stays_known():
    former = {"red hair": 900, "blue hair": 800, "aqua eyes": 1700, "black eyes": 0, "hat": 0}
    few = {"red hair": 19, "blue hair": 2, "aqua eyes": 21, "black eyes": 0, "hat": 0}
    assert keep_former(few, former) == {**few, "red hair": 900, "blue hair": 800}
    assert keep_former(few, {}) == few, "from random weights"
    assert keep_former(former, few) == former


@pytest.mark.parametrize(
    ("facts", "drawn"),
    [
        ({"hat": True}, "hat, red hair aqua eyes"),
        ({"hat": False}, "no hat, red hair aqua eyes"),
        ({"green hair": True}, "green hair aqua eyes"),
        ({"red hair": False}, "blue hair aqua eyes"),
        ({"pink hair": True, "red eyes": True, "aqua eyes": False}, "pink hair red eyes"),
        ({}, "red hair aqua eyes"),
        ({"smile": True, "cyborg": False}, "red hair aqua eyes"),
    ],
)
def test_what_was_learnt_is_drawn_with_both_colours(facts, drawn):
    assert to_draw(facts, SHOWN, (0.5, 0.5)) == drawn


def test_what_was_never_shown_is_not_drawn():
    assert to_draw({}, {"hat": 30}, (0.5, 0.5)) == ""
    assert to_draw({}, {"red hair": 3, "blue hair": 0}, (0.9, 0.9)) == "red hair"
    nothing_left = {"red hair": False, "blue hair": False}
    assert to_draw(nothing_left, SHOWN, (0.8, 0.8)) == "aqua eyes"


def test_colours_are_drawn_as_often_as_they_were_shown():
    random = np.random.default_rng(0)
    drawn = [to_draw({}, SHOWN, random.random(2).tolist()) for _ in range(2000)]
    for names in COLOUR_FACTS.values():
        wanted = np.array([SHOWN.get(name, 0) for name in names]) / 100
        found = np.array([sum(name in text for text in drawn) for name in names]) / 2000
        np.testing.assert_allclose(found, wanted, atol=0.03)
        assert (found[wanted == 0] == 0).all()
    ends = (0.0, float(np.nextafter(1, 0)))
    assert to_draw({}, SHOWN, ends) == "blue hair black eyes"


def test_what_is_drawn_of_the_shipped_model_is_what_is_read():
    """No word of a text is left that could move a face away from what is printed."""
    sampler = Sampler.load("pretrained")
    encoder, shown = sampler.encoder, sampler.header.shown
    texts = [text for text, _ in labelled_texts(200, 1)]
    facts = read_facts(encoder, texts)
    drawn = [to_draw(each, shown, (0.2, 0.6)) for each in facts]
    again = read_facts(encoder, drawn)
    for text, stated, found in zip(texts, facts, again, strict=True):
        colours = {n for names in COLOUR_FACTS.values() for n in names}
        heeded = {n: stated[n] for n in learnt(stated, shown)}
        kept = {n: is_stated for n, is_stated in heeded.items() if is_stated or n not in colours}
        assert kept.items() <= found.items(), text
        assert {*found} - {*kept} <= colours, text

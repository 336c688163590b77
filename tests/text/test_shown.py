"""What a generator was shown, and what is drawn where a text leaves something open."""

import numpy as np
import pytest

from sampler import Sampler
from text.attributes import COLOUR_FACTS
from text.explanations import read_facts
from text.shown import (
    count_shown,
    keep_former,
    learnt,
    lots_of,
    to_draw,
    with_instead,
    without_effect,
)
from tools.encoder_probe import labelled_texts

SHOWN = {"red hair": 60, "blue hair": 40, "black eyes": 10, "aqua eyes": 90, "hat": 30}
COLOUR_LOTS = {slot: lots_of(SHOWN)[slot] for slot in COLOUR_FACTS}


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
    assert to_draw(facts, SHOWN, COLOUR_LOTS, (0.5, 0.5)) == drawn


def test_what_was_never_shown_is_not_drawn():
    def drawn(facts, shown, number):
        lots = lots_of(shown)
        return to_draw(facts, shown, lots, [number] * len(lots))

    assert drawn({}, {}, 0.5) == ""
    assert drawn({}, {"red hair": 3, "blue hair": 0}, 0.9) == "red hair"
    nothing_left = {"red hair": False, "blue hair": False}
    assert drawn(nothing_left, SHOWN, 0.8) == "aqua eyes"
    everywhere = {"red hair": 90, "blue eyes": 90, "hat": 90, "scarf": 3}
    assert drawn({}, everywhere, 0.99) == "hat, red hair blue eyes"
    assert drawn({"hat": False}, everywhere, 0.99) == "no hat, red hair blue eyes"


def test_all_that_is_left_open_is_drawn_as_often_as_it_was_shown():
    random = np.random.default_rng(0)
    shown = SHOWN | {"long hair": 50, "short hair": 25, "medium hair": 3, "nonsense": 60}
    lots = lots_of(shown)
    assert [*lots] == ["hair", "eyes", "headwear", "length", "nonsense"]
    drawn = [to_draw({}, shown, lots, random.random(5).tolist()) for _ in range(2000)]
    for name, count in shown.items():
        found = sum(name in text for text in drawn) / 2000
        assert found == pytest.approx(count / 100 if count > 3 else 0, abs=0.03), name
    ends = [0.0, float(np.nextafter(1, 0))] * 3
    assert to_draw({}, shown, lots, ends[:5]) == "hat, nonsense, blue hair black eyes"


@pytest.mark.parametrize(
    ("facts", "drawn"),
    [
        ({"short hair": True}, "short hair, blue hair aqua eyes"),
        ({"long hair": False}, "no long hair, short hair, blue hair aqua eyes"),
        ({"medium hair": True}, "blue hair aqua eyes"),  # without effect, but another is wrong
        ({"medium hair": False}, "long hair, blue hair aqua eyes"),
    ],
)
def test_what_is_stated_or_denied_is_not_drawn_by_lot(facts, drawn):
    shown = SHOWN | {"hat": 0, "long hair": 50, "short hair": 25, "medium hair": 3}
    assert to_draw(facts, shown, lots_of(shown), (0.1, 0.05, 0.1)) == drawn


@pytest.mark.parametrize(
    ("facts", "more", "drawn"),
    [
        ({"man": True}, {"boy": 40, "man": 3}, "boy, red hair aqua eyes"),
        ({"man": False}, {"boy": 40}, "no boy, red hair aqua eyes"),
        ({"boy": False, "man": True}, {"boy": 40, "man": 3}, "boy, red hair aqua eyes"),
        ({"man": True}, {"boy": 40, "man": 30}, "man, red hair aqua eyes"),
        ({"man": True}, {"boy": 3, "man": 3}, "red hair aqua eyes"),
    ],
)
def test_a_man_is_drawn_as_a_boy_if_only_boys_are_learnt(facts, more, drawn):
    assert to_draw(facts, SHOWN | more, COLOUR_LOTS, (0.5, 0.5)) == drawn


def test_a_record_does_not_tell_what_goes_together():
    shown = SHOWN | {"long hair": 100, "boy": 40}
    lots = lots_of(shown)
    numbers = [0.1] * len(lots)
    assert to_draw({}, shown, lots, numbers) == "hat, long hair, boy, blue hair aqua eyes"
    assert to_draw({"boy": True}, shown, lots, numbers) == "boy, blue hair aqua eyes"
    denied = to_draw({"boy": False}, shown, lots, numbers)
    assert denied == "no boy, blue hair aqua eyes"
    unknown = to_draw({"cyborg": True}, shown, lots, numbers)
    assert unknown == "hat, long hair, boy, blue hair aqua eyes"


def test_what_is_drawn_of_the_shipped_model_is_what_is_read():
    """No word of a text is left that could move a face away from what is printed."""
    sampler = Sampler.load("pretrained")
    encoder, shown = sampler.encoder, sampler.header.shown
    texts = [text for text, _ in labelled_texts(200, 1)]
    facts = [with_instead(facts, shown) for facts in read_facts(encoder, texts)]
    lots = {slot: sampler.header.lots[slot] for slot in COLOUR_FACTS}
    drawn = [to_draw(each, shown, lots, (0.2, 0.6)) for each in facts]
    again = read_facts(encoder, drawn)
    for text, stated, found in zip(texts, facts, again, strict=True):
        colours = {n for names in COLOUR_FACTS.values() for n in names}
        heeded = {n: stated[n] for n in learnt(stated, shown)}
        kept = {n: is_stated for n, is_stated in heeded.items() if is_stated or n not in colours}
        assert kept.items() <= found.items(), text
        assert {*found} - {*kept} <= colours, text

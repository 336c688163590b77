"""Stories for the sentence encoder to learn from; tests/text looks at their texts."""

import hashlib
import random

import pytest

from text.attributes import ATTRIBUTE_OF, ATTRIBUTES, COLOUR_FACTS, FACTS
from text.colour_names import NAMES
from text.grammar import HELD_OUT
from text.tokens import plain_words
from tools.stories import TEXTS, stories, subject

ALL_NAMES = {name for names in NAMES.values() for group in names.values() for name in group}


def test_stories_are_seven_texts_each_and_follow_from_the_seed():
    first = stories(130, seed=3)
    assert first == stories(130, seed=3) != stories(130, seed=4)
    assert first[:7] == stories(7, seed=3)
    assert len(first) == 130
    assert {len(story) for story in first} == {TEXTS} == {7}
    assert all(plain_words(text) for story in first for text in story)


@pytest.mark.parametrize(
    ("without", "extra", "sha256"),
    [
        ((), (), "071c50e999b5ff7960e64e8b1bd20f1838614d9734ea80dfca2d0dea368b75b1"),
        (("teal",), (), "3be121098315e9652438392b069d082d9dab82322763a9c8751a28f444905ec9"),
        (
            (),
            ("apron", "school uniform"),
            "1dbf65701a518fa0b49499aa188b27c11a8277ae087c19cb08fb0bf4c928f875",
        ),
    ],
)
def test_stories_stay_as_they_were(without, extra, sha256):
    """The encoder that ships learnt from stories such as these."""
    texts = [text for story in stories(600, 0, without, extra) for text in story]
    assert hashlib.sha256("\n".join(texts).encode()).hexdigest() == sha256


def test_a_subject_is_facts_that_can_be_true_together():
    rng = random.Random(0)
    subjects = [subject(rng, "blue", "red", ("apron", "solo")) for _ in range(3000)]
    for facts in subjects:
        stated = [ATTRIBUTE_OF.get(name, name) for name, is_stated in facts.items() if is_stated]
        assert len(stated) == len(set(stated)), facts
    counts = {name: sum(name in facts for facts in subjects) for name in (*FACTS, "apron", "solo")}
    assert min(counts.values()) > 5
    assert 0.8 < counts["blue hair"] / len(subjects) < 0.9
    others = [
        is_stated
        for facts in subjects
        for name, is_stated in facts.items()
        if ATTRIBUTE_OF.get(name) in ATTRIBUTES
    ]
    assert 0.2 < 1 - sum(others) / len(others) < 0.3
    assert set(ATTRIBUTES).isdisjoint(COLOUR_FACTS)


def test_every_name_of_a_colour_is_used_but_those_to_leave_out():
    def words(texts):
        return {word for story in texts for text in story for word in plain_words(text)}

    without = ("ginger", "raven", "teal", "olive", "ivory")
    assert words(stories(2000, seed=0)) >= ALL_NAMES
    assert not words(stories(2000, 0, without)) & set(without)


def test_held_out_forms_are_never_used():
    def masked(text):
        return " ".join("*" if word in ALL_NAMES else word for word in plain_words(text))

    held_out = {masked(form.format(h="blue", e="red")) for form in HELD_OUT}
    for story in stories(2000, seed=0):
        for text in story:
            assert not any(form in masked(text) for form in held_out), text

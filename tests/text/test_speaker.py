"""What a speaker says of a character: its facts, all of them and no others."""

import random
import re

import pytest

from text import speaker
from text.attributes import ATTRIBUTE_OF, ATTRIBUTES, FACTS, VALUES
from text.colour_names import NAMES
from text.facts import read_tags
from text.grammar import BRIEF, FACES, NEITHER, PARTS, PERSONS, SAID, SAME
from text.speaker import Speaker
from text.tokens import plain_words

WAYS = ("brief", "tags", "sentence")
TWO_COLOURED = {"multicolored hair", "heterochromia"}
ADJECTIVES = tuple(word for value in VALUES.values() for word in value.adjectives)


@pytest.fixture
def say(monkeypatch):
    """Return a function that says facts in one of the three ways, in new words each time.

    It puts commas between tags: without any, even a reader may take *hair flower crown* amiss.
    """
    for name in ("_SEPARATORS", "_BRIEF_SEPARATORS"):
        assert {" ", ", "} <= set(getattr(speaker, name))
        monkeypatch.setattr(speaker, name, (", ",))
    one = Speaker(random.Random(0))
    return lambda way, facts: getattr(one, way)(facts)


@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_left_to_choose(say, story_facts, way):
    for facts in story_facts(800, seed=1):
        text = say(way, facts)
        assert text == " ".join(text.split())
        assert not re.search(r"[\[\]{}|]| [.,;:?]|\ba [aeiou]", text), text
        assert bool(plain_words(text)) or not facts


@pytest.mark.parametrize("way", WAYS)
def test_every_value_is_said_and_no_other(say, story_facts, check_values, way):
    for facts in filter(None, story_facts(1500, seed=2)):
        check_values(say(way, facts), facts)


@pytest.mark.parametrize("way", WAYS)
def test_no_colour_is_said_of_hair_or_eyes_but_their_own(say, story_facts, wrong_colours, way):
    for facts in story_facts(1500, seed=3):
        if not TWO_COLOURED & set(facts):
            text = say(way, facts)
            assert not wrong_colours(text, facts), (text, facts)


@pytest.mark.parametrize("way", WAYS)
def test_a_colour_is_said_by_one_of_its_names(say, way):
    for slot, colours in NAMES.items():
        for colour, names in colours.items():
            for _ in range(10):
                words = plain_words(say(way, {f"{colour} {slot}": True}))
                persons = {"redhead", "redheaded", "brunette", "ginger", "red", "dark", "raven"}
                assert {*names, *persons}.intersection(words), words


def test_tags_give_the_facts_back(say, story_facts):
    whole = 0
    for facts in story_facts(2000, seed=4):
        text = say("tags", facts)
        found, others = read_tags(text)
        assert found.items() <= facts.items(), (text, facts)
        if not any(tag.startswith(ADJECTIVES) for tag in others):  # *long, blue hair* has a comma
            assert found == facts, (text, facts)
            whole += 1
    assert whole > 1700


@pytest.mark.parametrize("name", FACTS)
@pytest.mark.parametrize("stated", [True, False])
def test_each_fact_alone_is_said_as_a_tag(say, name, stated):
    for _ in range(8):
        assert read_tags(say("tags", {name: stated}))[0] == {name: stated}


@pytest.mark.parametrize("way", WAYS)
def test_what_is_denied_stands_with_a_word_that_denies_it(say, story_facts, denials, way):
    for facts in story_facts(1000, seed=5):
        text = say(way, facts)
        count = len(denials(text))
        assert count >= sum(not stated for stated in facts.values()) > 0 or all(facts.values())
        assert count == 0 or not all(facts.values()), text


@pytest.mark.parametrize(("kind", "pronouns"), [("girl", "she|her"), ("man", "he|his")])
def test_pronouns_are_those_of_the_person(say, kind, pronouns):
    others = {"she", "her", "he", "his"} - set(pronouns.split("|"))
    found = set()
    for _ in range(200):
        words = plain_words(say("sentence", {kind: True, "glasses": True, "red hair": True}))
        found.update(words)
        assert not others.intersection(words), words
    assert set(pronouns.split("|")) <= found


def test_who_is_he_is_not_called_a_heroine(say):
    texts = [say("sentence", {"blue hair": True, "red eyes": True}) for _ in range(2000)]
    words = {word for text in texts if text.startswith("he ") for word in plain_words(text)}
    assert "hero" in words and words.isdisjoint({"heroine", "princess", "maid", "witch"})


def test_a_second_colour_is_not_one_that_is_denied(say):
    facts = {"blue hair": True, "multicolored hair": True}
    others = NAMES["hair"].keys() - {"blue", "green"}
    facts |= {f"{colour} hair": False for colour in sorted(others)}
    texts = [say("sentence", facts) for _ in range(200)]
    seconds = re.findall(r"half blue,? half (.+?) hair", "\n".join(texts))
    assert seconds and {name.split()[-1] for name in seconds} <= {*NAMES["hair"]["green"]}


def test_closed_eyes_of_two_colours_are_no_wink(say):
    facts = {"closed eyes": True, "heterochromia": True, "blue eyes": True}
    assert not any("one eye" in say("sentence", facts) for _ in range(300))


def test_what_says_nothing_of_the_face_has_no_fact(check_values):
    one = Speaker(random.Random(0))
    texts = [one.neither() for _ in range(500)]
    assert len(set(texts)) > 400
    for text in texts:
        check_values(text, {})
        assert read_tags(text)[0] == {}, text


@pytest.mark.parametrize("way", WAYS)
def test_names_to_leave_out_are_not_used(way):
    without = ("brunette", "ginger", "raven", "teal", "olive", "ivory")
    one = Speaker(random.Random(0), without)
    for slot, colours in NAMES.items():
        for colour in colours:
            for _ in range(20):
                words = plain_words(getattr(one, way)({f"{colour} {slot}": True}))
                assert not {*without}.intersection(words)


def test_a_tag_of_a_data_set_is_said_as_it_is(say):
    for way in WAYS:
        assert "school uniform" in say(way, {"school uniform": True, "red hair": True})


def test_texts_are_varied_and_follow_from_the_generator(story_facts):
    facts = story_facts(300, seed=6)
    first, second = (
        [s.sentence(f) for f in facts] for s in map(Speaker, map(random.Random, (1, 1)))
    )
    other = [s.sentence(f) for s in [Speaker(random.Random(2))] for f in facts]
    assert first == second != other
    assert len(set(first)) > 270


def test_every_form_names_the_colours_that_it_is_for():
    both = (*FACES, *SAID, *BRIEF)
    assert all(re.search(r"\{[hH]\}", f) and re.search(r"\{[eE]\}", f) for f in both)
    assert all(re.search(r"\{[hH]\}", form) for form in (*PARTS["hair"], *SAME))
    assert all(re.search(r"\{[eE]\}", form) for form in PARTS["eyes"])
    assert all("{person}" in f and re.search(r"\{(?:[eE]|e)\}", f) for f in PERSONS)
    assert not any(re.search(r"\{[hHeE]\}", form) for form in NEITHER)


def test_every_value_has_a_tag_and_a_phrase():
    names = [value.name for group in ATTRIBUTES.values() for value in group]
    assert len(names) == len(set(names)) == len(VALUES)
    assert set(FACTS) == set(ATTRIBUTE_OF) and len(FACTS) == len(ATTRIBUTE_OF)
    for value in VALUES.values():
        assert value.nouns or value.adjectives or value.doing, value.name
        assert all(word == word.strip() != "" for word in (*value.tags, *value.nouns))

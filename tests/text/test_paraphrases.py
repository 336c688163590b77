"""Paraphrases of captions: they say parts of a caption, and nothing that it does not."""

import hashlib
import random
import re
from collections import Counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from config import TEXT_ENCODER
from skipthoughts_encoder import load_encoder
from text.attributes import ATTRIBUTE_OF, CHOICES, VALUES
from text.colour_names import AS_PERSON, NAMES
from text.colours import EYE_COLOURS, HAIR_COLOURS
from text.explanations import read_facts
from text.facts import read_tags
from text.paraphrases import VERSION, paraphrase, recombine
from text.tokens import plain_words

PAIRS = [(hair, eyes) for hair in HAIR_COLOURS for eyes in EYE_COLOURS]
LISTS = (
    *("1girl, blonde hair, blue eyes, long hair, smile", "boy, short hair, no hat, glasses"),
    *("solo, school uniform, red eyes, twintails", "cat ears, blush, open mouth, braids, horns"),
    *("silver hair; dark skin; pointy ears; collar", "eyepatch, veil", "Long Hair, Solo, BLUSH"),
)
RESTS = ("long hair, smile, no boy", "short hair, hairclip", "boy, serious", "choker, open mouth")
TEXTS_SHA256 = "4b897316922a4746f0d75fc2d4532864dacf3a45964857e8c17a2617a9e4de7d"


def said(slot, colour):
    """Return all names of a colour, with the words for a person who has it."""
    words = set(NAMES[slot][colour])
    if slot == "hair":
        words |= set(re.findall(r"\w+", AS_PERSON.get(colour, "").replace("head", " head")))
    return words


def test_texts_stay_as_they_were():
    """Cached vectors depend on them; to change them on purpose, raise `VERSION`."""
    captions = [f"{hair} hair {eyes} eyes" for hair, eyes in PAIRS]
    captions += [*LISTS, "A boy with Red hair, and green eyes", "smile", "school uniform"]
    texts = [text for caption in captions for text in paraphrase(caption, 40, seed=0)]
    digest = hashlib.sha256("\n".join(texts).encode()).hexdigest()
    assert (VERSION, len(texts), digest) == (16, 40 * len(captions), TEXTS_SHA256)


@pytest.mark.parametrize(("hair", "eyes"), PAIRS[::7])
def test_most_paraphrases_of_a_pair_name_both_colours(hair, eyes, wrong_colours, denials):
    caption = f"{hair} hair {eyes} eyes"
    found = paraphrase(caption, 100, seed=1)
    assert found[0] == caption and len(set(found)) > 30
    assert found == paraphrase(caption, 100, seed=1) != paraphrase(caption, 100, seed=2)
    assert found[:9] == paraphrase(caption, 9, seed=1)
    both = neither = 0
    for text in found:
        words = set(plain_words(text))
        named = [bool(words & said("hair", hair)), bool(words & said("eyes", eyes))]
        facts = {f"{hair} hair": True, f"{eyes} eyes": True}
        assert denials(text) or not wrong_colours(text, facts), text
        both += all(named)
        neither += not any(named)
    assert both > 45 and neither < 25


@pytest.mark.parametrize("caption", LISTS)
def test_a_paraphrase_states_nothing_that_the_caption_does_not(
    caption, check_values, wrong_colours, denials
):
    facts, _ = read_tags(caption)
    whole = ", ".join(name for name in facts if name in VALUES)
    for text in paraphrase(caption, 200, seed=0)[1:]:
        found, _ = read_tags(text)
        if "," in text:  # without commas, much is ambiguous
            assert all(facts.get(name) for name, stated in found.items() if stated), text
        if not denials(text):
            check_values(f"{text}, {whole}", facts)  # a part of the facts is enough
            assert not wrong_colours(text, facts), text


def test_half_of_the_paraphrases_say_all_as_it_is_drawn():
    """Nothing else is drawn: `text.shown.to_draw` has the same words."""
    found = paraphrase("smile, red eyes, long hair, no hat, blue hair", 400, seed=0)[1:]
    others = "smile, long hair|long hair, smile"
    all_told = [text for text in found if re.fullmatch(f"(?:{others}), blue hair red eyes", text)]
    denied = r"(?:smile, |long hair, |no [a-z- ]+, ){3,5}blue hair red eyes"
    assert 140 < len(all_told) < 200
    assert 10 < sum(bool(re.fullmatch(denied, text)) for text in found) < 60


@pytest.mark.parametrize("caption", LISTS)
def test_what_is_denied_is_contradicted_by_the_caption(caption):
    facts, _ = read_tags(caption)
    checked = 0
    for text in paraphrase(caption, 400, seed=0)[1:]:
        found, _ = read_tags(text)
        for name in (name for name, stated in found.items() if not stated):
            others = set(CHOICES[ATTRIBUTE_OF[name]]) - {name}
            assert facts.get(name) is not True, text
            assert facts.get(name) is False or any(facts.get(other) for other in others), text
            checked += 1
    assert checked > 10


def test_up_to_three_things_are_denied_at_once():
    found = paraphrase("red hair, blue eyes, long hair, no hat, no boy", 400, seed=0)[1:]
    counts = Counter(list(read_tags(text)[0].values()).count(False) for text in found)
    assert 300 < counts[0] < 370
    assert counts[1] > counts[2] and set(counts) == {0, 1, 2, 3}


@pytest.mark.parametrize(
    ("caption", "slot"),
    [("blue eyes, heterochromia", "eyes"), ("red hair, multicolored hair", "hair")],
)
def test_of_two_colours_none_is_made_up_and_none_denied(caption, slot):
    for text in paraphrase(caption, 300, seed=0):
        found, _ = read_tags(text)
        denied = [name for name, stated in found.items() if not stated]
        assert slot not in [ATTRIBUTE_OF[name] for name in denied], text
        assert not re.search(r"\bone eye|\bhalf\b|\bother\b|\b(?:tips|streaks)\b", text), text


def test_other_tags_are_kept_as_they_are_or_left_out():
    found = paraphrase("School Uniform, red hair, ♥ [x]", 100, seed=0)[1:]
    assert 30 < sum("School Uniform" in text for text in found) < 70
    assert 30 < sum("♥ [x]" in text for text in found) < 70


@pytest.mark.parametrize(
    "caption", ["Blue hair, RED eyes", "red eyes blue hair", "light blue hair; dark red eyes"]
)
def test_a_pair_is_recognised_however_it_is_written(caption):
    assert read_tags(caption) == ({"blue hair": True, "red eyes": True}, [])
    found = paraphrase(caption, 30, seed=0)
    assert found[0] == caption and len(set(found)) > 10


def test_a_sentence_keeps_its_words_except_names_of_colours():
    caption = "A boy who has Red hair and a blue hat, and whose other green eyes are not red eyes"
    found = paraphrase(caption, 60, seed=0)
    assert len(set(found)) > 20
    for text in found:
        colours = re.fullmatch(
            r"A boy who has (\w+) hair and a blue hat, and whose other (\w+) eyes are not "
            r"(\w+) eyes",
            text,
        )
        assert colours is not None, text
        hair, eyes, others = colours.groups()
        assert hair.lower() in NAMES["hair"]["red"]
        assert eyes in NAMES["eyes"]["green"] and others in NAMES["eyes"]["red"]


@pytest.mark.parametrize(
    "caption",
    [
        *("", ",", ". ; ,", "hair", "♥", "long haır", "school uniform, solo"),
        *("a man in a blue hat", "a girl with a red hair ribbon and a bow", "no eyes"),
    ],
)
def test_a_caption_without_facts_that_are_understood_stays(caption):
    assert paraphrase(caption, 6, seed=0) == [caption] * 6


TAGS = [tag for value in VALUES.values() for tag in value.tags]


@given(
    st.text(max_size=60)
    | st.lists(
        st.sampled_from(["blue", "Red", "long", "hair", "Hair", "eyes", "EYES", "a", "with"])
        | st.sampled_from(["and", ",", ".", "-", "no", "not", "hat", "smile", "solo"])
        | st.sampled_from(["golden", "haır", "eyeſ", "{h}", "[a|b]", "\\1", "é", "\n"])
    ).map(" ".join)
    | st.lists(st.sampled_from(TAGS), max_size=8).map(", ".join),
    st.integers(1, 5),
    st.integers(0, 3),
)
@example("blue haır red eyes", 5, 0)
@example("blue hair red eyeſ", 5, 0)
@settings(max_examples=300)
def test_any_caption_has_paraphrases(caption, count, seed):
    found = paraphrase(caption, count, seed)
    assert found[0] == caption and len(found) == count
    assert found == paraphrase(caption, count, seed)
    if plain_words(caption):
        assert all(plain_words(text) for text in found)


@given(st.lists(st.sampled_from(TAGS), max_size=6, unique=True), st.integers(0, 99))
def test_no_list_of_facts_is_contradicted(tags, seed):
    facts, _ = read_tags(", ".join(random.Random(seed).sample(tags, len(tags))))
    for text in paraphrase(", ".join(tags), 6, seed):
        found, _ = read_tags(text if "," in text else "")
        assert all(name in facts for name, stated in found.items() if stated), text
        assert not any(name in facts for name, stated in found.items() if not stated), text


def test_parts_of_several_captions_are_recombined():
    captions = [*["red hair aqua eyes, long hair"] * 38, "blue hair pink eyes, boy, short hair"]
    captions += ["green hair, hat, no glasses", "a sentence about red hair and nothing else at all"]
    found = [read_tags(caption)[0] for caption in recombine(captions, 4000, seed=0)]
    assert found == [read_tags(caption)[0] for caption in recombine(captions, 4000, seed=0)]
    said = Counter(name for facts in found for name, stated in facts.items() if stated)
    assert said["red hair"] == pytest.approx(3800, rel=0.02)
    for rare in ("blue hair", "green hair", "pink eyes", "boy", "hat"):  # 1 in 40, as in the images
        assert said[rare] == pytest.approx(100, rel=0.3), rare
    together = Counter(map(frozenset, found))
    assert together[frozenset(("red hair", "aqua eyes", "short hair", "boy"))] > 50, "of no image"
    assert not any(facts.get("long hair") and facts.get("short hair") for facts in found)
    assert all(facts["glasses"] is False for facts in found if facts.get("hat"))
    assert recombine(captions[-1:], 5, seed=0) == [] == recombine([], 5, seed=0)
    assert recombine(["no hat", "no glasses"], 5, seed=0) == []
    assert {*recombine(["red hair", "aqua eyes"], 50, seed=0)} == {
        *("red hair", "aqua eyes", "red hair, aqua eyes"),
    }
    plain = recombine(["red hair aqua eyes", "blue hair pink eyes"], 50, seed=0)
    assert {*plain} == {f"{h} hair, {e} eyes" for h in ("red", "blue") for e in ("aqua", "pink")}


def test_paraphrases_are_read_as_what_the_captions_say():
    """Else training learns what is wrong, such as that girls are boys, who are called *he*."""
    encoder = load_encoder(TEXT_ENCODER)
    captions = [f"{hair} hair {eyes} eyes" for hair, eyes in PAIRS[::3]]
    captions += [f"{caption}, {rest}" for caption in captions for rest in RESTS]
    added: Counter[str] = Counter()
    for caption in captions:
        texts = paraphrase(caption, 30, seed=0)
        stated = {name for name, is_stated in read_tags(caption)[0].items() if is_stated}
        for facts in read_facts(encoder, texts):
            added.update(name for name, is_said in facts.items() if is_said and name not in stated)
    assert max(added.values()) < 0.003 * 30 * len(captions), added.most_common(3)

"""Colours read off sentence vectors, and the explanations of what was read."""

import re

import numpy as np
import pytest

from text.colour_names import NAMES, OTHER_WORDS, PLAIN_WORDS
from text.colours import EYE_COLOURS, HAIR_COLOURS
from text.probe import TAG_FORMS, Colours, Probe, explain
from text.tokens import Reading, Spelling, plain_words

KNOWN = {*PLAIN_WORDS, *OTHER_WORDS, "a", "girl", "with", "and", "hat", ","}


class Perfect:
    """An encoder whose vectors mix the colours before `hair` and `eyes`, and nothing else."""

    spelling = Spelling(PLAIN_WORDS, OTHER_WORDS, frozenset())

    def read(self, text):
        words = plain_words(text)
        mended = {w: m for w in words if w not in KNOWN and (m := self.spelling.mend(w))}
        words = [mended.get(word, word) for word in words]
        return Reading(words, mended, [word for word in words if word not in KNOWN])

    def encode(self, texts):
        rows = []
        for text in texts:
            text = " ".join(self.read(text).words)
            row = []
            for slot, names in NAMES.items():
                found = re.search(rf"(\w+) {slot}\b", text)
                row += [found is not None and found[1] in group for group in names.values()]
            rows.append(row)
        mixing = np.random.default_rng(0).normal(size=(len(rows[0]), 40))
        return (np.array(rows) @ mixing + 3).astype(np.float32)


class Blank(Perfect):
    """An encoder whose vectors are all the same."""

    def encode(self, texts):
        return np.ones((len(list(texts)), 40), np.float32)


@pytest.fixture(scope="module")
def probe():
    return Probe(Perfect())


@pytest.mark.parametrize("halves", [True, False])
def test_all_colours_are_read_off_perfect_vectors(halves):
    probe = Probe(Perfect(), halves=halves)
    assert probe.score(TAG_FORMS) == (1, 1)
    assert probe.score(["a girl with {e} eyes and {h} hair"]) == (1, 1)
    read = probe.read(Perfect().encode(["teal hair crimson eyes", "grey hair gray eyes"]))
    assert read == [Colours("aqua", "red"), Colours("gray", "black")]


def test_nothing_is_read_off_blank_vectors():
    hair, eyes = Probe(Blank(), halves=False).score(TAG_FORMS)
    assert hair == pytest.approx(1 / len(HAIR_COLOURS))
    assert eyes == pytest.approx(1 / len(EYE_COLOURS))


def test_a_missing_colour_is_none_if_the_probe_was_fitted_with_halves(probe):
    texts = ["blue hair", "a girl with red eyes", "a girl", "blue hair red eyes"]
    read = [Colours("blue", None), Colours(None, "red"), Colours(None, None)]
    assert probe.read(probe.encoder.encode(texts)) == [*read, Colours("blue", "red")]
    both = Probe(Perfect(), halves=False)
    assert all(None not in colours for colours in both.read(Perfect().encode(texts)))


def test_a_score_tells_hair_from_eyes(probe):
    assert probe.score(["{h} hair with {e} eyeballs"]) == (1, 0)
    assert probe.score(["{e} eyes"]) == (0, 1)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("blue hair, red eyes", "hair: blue, eyes: red"),
        ("Azure_hair", "hair: blue, eyes: any"),
        ("a girl", "hair: any, eyes: any; name a hair colour and an eye colour"),
        ("blue hiar gren eyes", "hair: blue, eyes: green; hiar read as hair; gren read as green"),
        ("sparkly blue hair, zippy hat", "hair: blue, eyes: any; not understood: sparkly, zippy"),
        ("zippy gry hair", "hair: gray, eyes: any; gry read as gray; not understood: zippy"),
    ],
)
def test_a_text_is_explained(probe, text, line):
    assert explain(probe, [text]) == [line]


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("silver hair", ["silver hair, the nearest is gray"]),
        ("slver hair", ["silver hair, the nearest is gray"]),
        ("blue hair gray eyes", ["gray eyes, the nearest is black"]),
        ("gray hair gray eyes", ["gray eyes, the nearest is black"]),
        (
            "platinum hair grey eyes",
            ["platinum hair, the nearest is white", "grey eyes, the nearest is black"],
        ),
        (
            "silver hair silver eyes",
            ["silver hair, the nearest is gray", "silver eyes, the nearest is black"],
        ),
        ("silver hair black eyes", ["silver hair, the nearest is gray"]),
        ("gray hair silver eyes", ["silver eyes, the nearest is black"]),
        ("gray hair black eyes", []),
        ("black hair, a silver hat", []),
        ("gray hair, a silver hat", []),
        ("a girl with black eyes and a gray hat", []),
    ],
)
def test_a_colour_that_the_faces_lack_is_mentioned_only_where_it_was_asked_for(probe, text, asked):
    (line,) = explain(probe, [text])
    mentioned = [part for part in line.split("; ") if "nearest" in part]
    assert mentioned == [f"the faces have no {each}" for each in asked]


def test_each_text_is_explained_alone_in_one_line(probe):
    texts = ["blue hair", "silver eyes", "xyzzy", "blue hair"]
    assert explain(probe, texts) == [line for text in texts for line in explain(probe, [text])]

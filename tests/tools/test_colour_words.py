"""Colour words: the table that ships, and how one is made of WordNet and the xkcd survey."""

import numpy as np
import pytest

from config import ProjectError, UsageError
from tools import colour_words
from tools.wordnet import read_met_words, read_wordnet

NOUN = """\
  1 a licence, which is not data
00000001 07 n 01 chromatic_color 0 000 | a color that has hue
00000002 07 n 01 blue 0 001 @ 00000001 n 0000 | blue color; "a red example"
00000003 07 n 02 smalt 0 sky-blue 0 001 @ 00000002 n 0000 | a color with green in it
00000004 17 n 01 sky 0 000 | the atmosphere
00000005 05 n 01 canary 0 000 | a yellow bird
"""
ADJ = """\
00000011 00 a 01 chromatic 0 001 & 00000012 a 0000 | having hue
00000012 00 s 02 ruddy 0 very(a) 0 001 & 00000011 a 0000 | of a reddish brown
00000013 00 a 01 angry 0 000 | red with anger
"""


@pytest.fixture
def wordnet(tmp_path):
    (tmp_path / "data.noun").write_text(NOUN)
    (tmp_path / "data.adj").write_text(ADJ)
    return tmp_path


def test_the_table_is_a_word_space():
    words, features = colour_words.load()
    assert len(words) == len(set(words)) > 300
    assert features.shape == (len(words), 25)
    assert features.dtype == np.float64
    assert np.isfinite(features).all()
    assert features.any(axis=1).all()


@pytest.mark.parametrize(
    ("word", "near", "far"),
    [
        ("crimson", "red", "blue"),
        ("cerulean", "blue", "green"),
        ("charcoal", "gray", "white"),
        ("snow", "white", "gray"),
        ("towheaded", "blonde", "yellow"),
    ],
)
def test_like_colours_are_near(word, near, far):
    words, features = colour_words.load()
    row = dict(zip(words, features, strict=True))
    assert np.linalg.norm(row[word] - row[near]) < np.linalg.norm(row[word] - row[far])


def test_the_table_says_that_it_cannot_be_read(tmp_path):
    path = tmp_path / "words.csv"
    with pytest.raises(ProjectError, match=r"words\.csv"):
        colour_words.load(path)
    path.write_text("word,L\nred,1\n")
    with pytest.raises(ProjectError, match=r"words\.csv"):
        colour_words.load(path)


@pytest.mark.parametrize(
    ("text", "most", "least"),
    [
        ("a purplish red", "red", "purple"),
        ("red-brown", "brown", "red"),
        ("of green tinged with gray", "green", "gray"),
    ],
)
def test_a_tinge_counts_less(text, most, least):
    weights = colour_words.mentions(text)
    assert weights[most] > weights[least] > 0
    assert sum(weights.values()) == pytest.approx(1)


def test_spellings_are_one_colour():
    assert colour_words.mentions("greyish") == colour_words.mentions("gray") == {"gray": 1}
    assert colour_words.mentions("bluish-green") == {"aqua": 1}
    assert not colour_words.mentions("a purposeful tantrum")


def test_only_senses_that_are_colours_count(wordnet):
    weights = colour_words.wordnet_colours(read_wordnet(wordnet))
    assert set(weights) == {"blue", "smalt", "sky", "ruddy"}
    assert weights["smalt"]["blue"] > weights["smalt"]["green"] > 0
    assert not weights["blue"]["red"]  # which is in an example only
    assert weights["ruddy"]["brown"] > weights["ruddy"]["red"] > 0


def test_making_joins_both_sources(wordnet):
    names = {"ruddy red": (40.0, 60.0, 30.0), "pea": (50.0, 0.0, 1.0), "lightred": (1.0, 1.0, 1.0)}
    text = colour_words.make_table(read_wordnet(wordnet), names)
    rows = {line.split(",")[0]: line.split(",")[1:] for line in text.splitlines()}
    assert list(rows) == ["word", "blue", "pea", "ruddy", "sky", "smalt"]
    assert rows["pea"] == ["50.0", "0.0", "1.0", *["0"] * 13]
    assert rows["ruddy"][:3] == ["40.0", "60.0", "30.0"]
    assert rows["sky"][:3] == ["", "", ""]


def test_the_survey_has_both_spellings():
    pytest.importorskip("matplotlib")
    pytest.importorskip("skimage")
    names = colour_words.xkcd_names()
    assert names["grey"] == names["gray"]
    assert names["white"] == pytest.approx((100, 0, 0), abs=0.1)


def test_no_wordnet_is_one_line(tmp_path, capsys):
    assert colour_words.main(["--wordnet", str(tmp_path)]) == UsageError.exit_code
    assert capsys.readouterr().err.count("\n") == 1
    (tmp_path / "data.noun").write_text("1,2,3\n")
    with pytest.raises(UsageError, match="not a data file"):
        read_wordnet(tmp_path)


def test_met_words_are_those_that_were_counted(tmp_path):
    (tmp_path / "dict").mkdir()
    index = tmp_path / "dict" / "index.sense"
    index.write_text("free%2:41:00:: 1 1 3\nfish%1:06:00:: 2 1 1\nrare%1:06:00:: 3 1 0\n")
    for name, forms in {"noun": "mice mouse", "verb": "freed free", "adj": "rarer rare"}.items():
        (tmp_path / "dict" / f"{name}.exc").write_text(f"{forms}\n")
    verb = {"free", "frees", "freed", "freing"}  # freeing is irregular
    assert read_met_words(tmp_path) == {"fish", "fishes"} | verb
    index.write_text("blew 1\n")
    with pytest.raises(UsageError, match="not a sense index"):
        read_met_words(tmp_path)

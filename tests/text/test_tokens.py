"""Words as this project's own models read them, and what misspelt ones are taken for."""

import string
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from text.colour_names import OTHER_WORDS, PLAIN_WORDS
from text.colours import EYE_COLOURS, HAIR_COLOURS
from text.tokens import Spelling, plain_words
from tools import colour_words

SPELLING = Spelling(PLAIN_WORDS, OTHER_WORDS, frozenset(colour_words.ordinary()))

CLITICS = {"'s", "'t", "'re", "'ll", "'ve", "'d", "'m"}

# ---- plain_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Blue Hair", "blue hair"),
        ("blue-haired blue_haired BLUE‐haired", "blue haired blue haired blue haired"),
        ("blue hair;red/eyes|(long) & – —", "blue hair , red , eyes , , long , , , ,"),
        ("hair=blue: red", "hair : blue : red"),
        ("really?! yes!", "really . . yes ."),
        ("the girl's eyes, the girl’s hair", "the girl 's eyes , the girl 's hair"),
        ("don't 'blue' \"red\"", "don 't blue red"),
        ("ｂｌｕｅ hair① ﬁery", "blue hair1 fiery"),
        ("café 藍髪 2.5", "café 藍髪 2 . 5"),
        ("cafe\u0301", "café"),
        ("blue\n\thair\u2028\xa0red", "blue hair red"),
        ("♥ * @ # ~ '", ""),
        ("", ""),
    ],
)
def test_words_are_plain(text, words):
    assert plain_words(text) == words.split()


@given(st.text(max_size=80))
@settings(deadline=None, max_examples=300)
def test_any_text_is_words_and_marks(text):
    for word in plain_words(text):
        assert word in {".", ",", ":", *CLITICS} or word.isalnum(), word
        assert word == word.lower()


LATIN = st.text(string.printable + "éÉñÑøØ–’", max_size=60)


@given(LATIN, LATIN)
@settings(deadline=None, max_examples=300)
def test_case_and_composition_say_nothing_and_lines_are_independent(one, two):
    words = plain_words(one)
    assert words == plain_words(one.upper()) == plain_words(one.lower())
    assert words == plain_words(unicodedata.normalize("NFD", one))
    assert plain_words(f"{one}\n{two}") == words + plain_words(two)
    assert plain_words(" ".join(words)) == words


# ---- Spelling


@pytest.mark.parametrize(
    ("typo", "word"),
    [
        ("gren", "green"),
        ("hiar", "hair"),
        ("hari", "hair"),
        ("gry", "gray"),
        ("grren", "green"),
        ("purpel", "purple"),
        ("blye", "blue"),
        ("eyse", "eyes"),
        ("silvr", "silver"),
        ("lavendar", "lavender"),
        ("turqoise", "turquoise"),
        ("turkoise", "turquoise"),  # two edits
    ],
)
def test_what_is_one_edit_away_is_mended(typo, word):
    assert SPELLING.mend(typo) == word


@pytest.mark.parametrize(
    "word",
    [
        *("chair", "bed", "crown", "while", "wine", "read", "pair", "line", "see", "rope"),
        *("xyzzy", "sparkly", "h", "", "é", "grrreen", "turkoiz", "girl", "character"),
    ],
)
def test_ordinary_and_strange_words_are_not_mended(word):
    assert SPELLING.mend(word) is None


def test_ordinary_words_are_near_to_a_name_and_no_word_is_listed_twice():
    lists = [*PLAIN_WORDS, *OTHER_WORDS, *SPELLING.others]
    assert len(lists) == len(set(lists))
    assert all(SPELLING.near(word) for word in SPELLING.others)


def test_the_nearest_counts_and_a_tie_does_not():
    spelling = Spelling(("cat", "cut", "elephant"), ("cot", "dog", "elephants"), frozenset(["dot"]))
    assert spelling.near("ct") == ["cat", "cut"]
    assert spelling.mend("ct") is None
    assert spelling.near("cots") == ["cot"]  # of the second list, as none of the first is near
    assert spelling.mend("cots") == "cot"
    assert spelling.mend("cta") == "cat"
    assert spelling.mend("dot") is None and spelling.near("dot") == ["cot", "dog"]
    assert spelling.mend("caats") is None  # two edits
    assert spelling.mend("elephxnxt") == "elephant"  # two edits, in a long word
    assert spelling.mend("elephantz") == "elephant"  # the first list goes before a nearer other
    assert spelling.mend("elexxxnt") is None
    assert Spelling((), (), frozenset()).mend("cat") is None


@st.composite
def one_edit(draw):
    """A colour's plain name, `hair` or `eyes`, and what it is after one edit."""
    word = draw(st.sampled_from(PLAIN_WORDS))
    at = draw(st.integers(0, len(word) - 1))
    letter = draw(st.sampled_from(string.ascii_lowercase))
    edited = draw(
        st.sampled_from(
            [
                word[:at] + word[at + 1 :],
                word[:at] + letter + word[at:],
                word + letter,
                word[:at] + letter + word[at + 1 :],
                word[:at] + word[at + 1 : at + 2] + word[at] + word[at + 2 :],
            ]
        )
    )
    return word, edited


@given(one_edit())
@settings(deadline=None, max_examples=500)
def test_a_plain_name_with_one_edit_is_near_and_mended_to_nothing_else(case):
    word, edited = case
    near = SPELLING.near(edited)
    if edited not in PLAIN_WORDS:
        assert word in near
    found = SPELLING.mend(edited)
    if edited in SPELLING.others or len(near) > 1:
        assert found is None
    else:
        assert found in (word, edited)


def test_most_plain_names_are_found_again_after_any_edit():
    plain = {*HAIR_COLOURS, *EYE_COLOURS, "hair", "eyes"}
    assert set(PLAIN_WORDS) == plain
    for word in plain:
        edits = {word[:i] + word[i + 1 :] for i in range(len(word))}
        edits |= {word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in range(len(word) - 1)}
        edits -= plain | set(OTHER_WORDS) | SPELLING.others
        assert sum(SPELLING.mend(edit) == word for edit in edits) >= 0.8 * len(edits), word


def test_words_that_run_together_are_taken_apart():
    spelling = Spelling(("hair", "eyes", "blue"), ("crimson",), frozenset())
    assert [spelling.mend(word) for word in ("bluehair", "crimsoneyes", "bluehaired")] == [
        "blue hair",
        "crimson eyes",
        "blue haired",
    ]
    assert spelling.mend("mohair") is None

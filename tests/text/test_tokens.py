"""Text to words, by the rules of published models and of this project, and spelling."""

import json
import string
import subprocess
import sys
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from config import ROOT
from text import tokens
from text.colour_names import OTHER_WORDS, PLAIN_WORDS
from text.colours import EYE_COLOURS, HAIR_COLOURS
from text.facts import FACT_SPELLINGS
from text.tokens import Spelling, plain_words, tokenize
from tools import colour_words

SECOND = (*OTHER_WORDS, *FACT_SPELLINGS)
SPELLING = Spelling(PLAIN_WORDS, SECOND, frozenset(colour_words.load_correct_words()))

CLITICS = {"'s", "'t", "'re", "'ll", "'ve", "'d", "'m"}

GOLDEN = ROOT / "tests" / "golden" / "skipthoughts_tiny"
SENTENCES = json.loads((GOLDEN / "sentences.json").read_text(encoding="utf-8"))
TOKENS = json.loads((GOLDEN / "tokens.json").read_text(encoding="utf-8"))

pytestmark = pytest.mark.usefixtures("no_nltk_data")


@pytest.mark.parametrize(("text", "words"), list(zip(SENTENCES, TOKENS, strict=True)))
def test_tokens_match_the_published_program(text, words):
    assert tokenize(text) == words


PIECE = (
    st.sampled_from(["hair", "Her", "a", "x_1", "3", "1,5", "é", "ß", "ª", "²", "red-eyed", "Mr."])
    | st.sampled_from(["cannot", "Gonna", "wanna", "gımme", "GİMME", "lemme,", "etc.", "(red)"])
    | st.sampled_from(["-", "--", ",", ", ", ".", "?", "!", "'"])
    | st.sampled_from([" ", "  ", "\t", "\n", "\r", "\x1c", "\x85", "\xa0", "\u3000"])
)
PLAIN_WORD = st.from_regex(r"\w{1,4}(-\w{1,3})?[,?!]?", fullmatch=True)


@given(
    st.lists(PIECE, max_size=12).map("".join)
    | st.lists(PLAIN_WORD, max_size=8).map(" ".join)
    | st.lists(PLAIN_WORD, min_size=1, max_size=3).map(lambda words: " ".join(words) + ". ")
)
@example("Mr.")
@example("hair.\n")
@example("hair,\n")
@example("a! b? c.")
@settings(max_examples=500)
def test_plain_text_is_tokenized_as_by_nltk(text):
    from nltk.tokenize import NLTKWordTokenizer
    from nltk.tokenize.punkt import PunktSentenceTokenizer

    found = tokens._tokenize_plain(text)
    if found is not None:
        split_words = NLTKWordTokenizer().tokenize
        # As one sentence and as many as possible, so whatever the data of Punkt say.
        for sentences in ([text.strip()], PunktSentenceTokenizer().tokenize(text)):
            assert found == [token for sentence in sentences for token in split_words(sentence)]


def test_plain_text_imports_no_nltk():
    program = (
        "import sys; from text import tokens\n"
        "tokens.tokenize('a red-haired girl, blue eyes! Short hair.')\n"
        "tokens.plain_words('she’s \"odd\": (blue)_hair... 3,5 Mr.')\n"
        "assert not {'nltk', 'tensorflow', 'rapidfuzz'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)


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
def test_plain_words_of_a_text(text, words):
    assert plain_words(text) == words.split()


@given(st.text(max_size=80))
@settings(max_examples=300)
def test_any_text_gives_words_and_marks(text):
    for word in plain_words(text):
        assert word in {".", ",", ":", *CLITICS} or word.isalnum(), word
        assert word == word.lower()


LATIN = st.text(string.printable + "éÉñÑøØ–’", max_size=60)


@given(LATIN, LATIN)
@settings(max_examples=300)
def test_case_and_composition_do_not_matter_and_lines_are_independent(one, two):
    words = plain_words(one)
    assert words == plain_words(one.upper()) == plain_words(one.lower())
    assert words == plain_words(unicodedata.normalize("NFD", one))
    assert plain_words(f"{one}\n{two}") == words + plain_words(two)
    assert plain_words(" ".join(words)) == words


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
def test_a_word_one_edit_away_is_corrected(typo, word):
    assert SPELLING.mend(typo) == word


@pytest.mark.parametrize(
    "word",
    [
        *("chair", "bed", "while", "wine", "read", "pair", "line", "see", "rope"),
        *("xyzzy", "sparkly", "h", "", "é", "grrreen", "turkoiz", "girl", "character"),
    ],
)
def test_ordinary_and_strange_words_are_not_corrected(word):
    assert SPELLING.mend(word) is None


def test_listed_ordinary_words_are_near_to_a_name_and_no_word_is_listed_twice():
    ordinary = colour_words.load_correct_words([colour_words.ORDINARY])
    lists = [*PLAIN_WORDS, *SECOND, *ordinary]
    assert len(lists) == len(set(lists))
    assert all(SPELLING.near(word) for word in ordinary)
    assert SPELLING.others.issuperset(ordinary)


def test_the_nearest_word_wins_and_a_tie_does_not():
    spelling = Spelling(("cat", "cut", "elephant"), ("cot", "dog", "elephants"), frozenset(["dot"]))
    assert spelling.near("ct") == ["cat", "cut"]
    assert spelling.mend("ct") is None
    assert spelling.near("cots") == ["cot"]  # in the second list, since none of the first is near
    assert spelling.mend("cots") == "cot"
    assert spelling.mend("cta") == "cat"
    assert spelling.mend("dot") is None and spelling.near("dot") == ["cot", "dog"]
    assert spelling.mend("caats") is None  # two edits
    assert spelling.mend("elephxnxt") == "elephant"  # two edits, in a long word
    assert (
        spelling.mend("elephantz") == "elephant"
    )  # the first list wins over a nearer word of the second
    assert spelling.mend("elexxxnt") is None
    assert Spelling((), (), frozenset()).mend("cat") is None


@st.composite
def one_edit(draw):
    """Draw a plain name of a colour, `hair` or `eyes`, and the same word after one edit."""
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
@settings(max_examples=500)
def test_a_plain_name_after_one_edit_is_near_and_corrected_to_nothing_else(case):
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


def test_words_that_run_together_are_split():
    spelling = Spelling(("hair", "eyes", "blue"), ("crimson",), frozenset())
    assert [spelling.mend(word) for word in ("bluehair", "crimsoneyes", "bluehaired")] == [
        "blue hair",
        "crimson eyes",
        "blue haired",
    ]
    assert spelling.mend("mohair") is None

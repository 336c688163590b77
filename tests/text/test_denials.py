"""Which words a text denies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from text.denials import MARK, REACH, mark_denials
from text.tokens import plain_words


@pytest.mark.parametrize(
    ("text", "denied"),
    [
        ("blue hair, red eyes", []),
        ("no red eyes, blue hair", ["red", "eyes"]),
        ("she isn't smiling and has blue hair", ["smiling"]),
        ("hair that is not red. her eyes are green", ["red"]),
        ("not wearing a hat", ["wearing", "a", "hat"]),
        ("anything but blonde hair", ["blonde", "hair"]),
        ("leave out the glasses", ["the", "glasses"]),
        ("no hat or glasses", ["hat", "or", "glasses"]),
        ("not with her mouth open, blue eyes", ["with", "her", "mouth", "open"]),
        ("a girl without a hat who smiles", ["a", "hat"]),
        ("not, blue hair", []),
        ("i will never forget those red eyes", ["never"]),
        ("don't forget her hat", ["'t"]),
        ("no doubt she has red eyes, not only blue hair", ["no", "not"]),
        ("nothing but hair", []),
        ("no a b c d e f g", ["a", "b", "c", "d", "e", "f"]),
    ],
)
def test_a_denial_reaches_to_the_end_of_its_clause(text, denied):
    marked = mark_denials(plain_words(text), str.isalpha)
    assert [word.removeprefix(MARK) for word in marked] == plain_words(text)
    assert [word.removeprefix(MARK) for word in marked if word.startswith(MARK)] == denied


def test_only_some_words_are_marked():
    assert mark_denials(["no", "red", "hat"], {"hat"}.__contains__) == ["no", "red", "~hat"]


@given(st.lists(st.sampled_from(["no", "not", ",", "and", "red", "hat", "with", "her"])))
def test_no_more_than_the_reach_is_marked(words):
    marked = mark_denials(words, str.isalpha)
    assert [word.removeprefix(MARK) for word in marked] == words
    assert sum(word.startswith(MARK) for word in marked) <= REACH * len(words)
    if "no" not in words and "not" not in words:
        assert marked == words

"""Split text into words, as the published skip-thoughts program does or as this project does.

The published program runs NLTK's sentence and word tokenizers on the text as it stands. This
project's own models drop case and most punctuation, and correct misspelt words.
"""

from __future__ import annotations

import dataclasses
import functools
import re
import unicodedata
from collections.abc import Callable
from typing import NamedTuple

# Letters, digits and inner hyphens, then a mark that NLTK cuts off wherever the sentences end. NLTK
# cuts off a full stop only at the end of a sentence, so here it may only end the text.
_PLAIN_WORD = re.compile(r"(\w+(?:-\w+)*)([,?!]?)")
_PLAIN_LAST_WORD = re.compile(r"(\w+(?:-\w+)*)([,?!.]?)")
_CONTRACTION = re.compile(r"\b(?:cannot|gimme|gonna|gotta|lemme|wanna)\b", re.IGNORECASE)
# For the untrained Punkt: words that keep their full stop and do not end a sentence.
_ABBREVIATIONS = {"mr", "mrs", "ms", "dr", "prof", "st", "sr", "jr", "vs", "e.g", "i.e"}


def tokenize(text: str) -> list[str]:
    """Split a text into words as the published program does: sentences first, then words.

    Plain text takes a short cut with the same result as NLTK. Other text needs NLTK, which splits
    sentences by its `punkt_tab` data if they are installed, else by an untrained Punkt.

    Args:
        text: Any text, in any number of sentences.

    Returns:
        The tokens, with their case. Empty if the text is nothing but white space.

    Example:
        >>> tokenize("Blue hair, red eyes.")
        ['Blue', 'hair', ',', 'red', 'eyes', '.']
    """
    tokens = _tokenize_plain(text)
    if tokens is None:
        split_sentences, split_words = _nltk_splitters()
        tokens = [token for sentence in split_sentences(text) for token in split_words(sentence)]
    return tokens


def _tokenize_plain(text: str) -> list[str] | None:
    """Return the tokens of a text that needs no NLTK, whose import takes over a second, or None."""
    if _CONTRACTION.search(text):
        return None
    words = text.split()
    tokens: list[str] = []
    for number, word in enumerate(words, start=1):
        pattern = _PLAIN_WORD if number < len(words) else _PLAIN_LAST_WORD
        if not (match := pattern.fullmatch(word)):
            return None
        tokens += filter(None, match.groups())
    return tokens


@functools.cache
def _nltk_splitters() -> tuple[Callable[[str], list[str]], Callable[[str], list[str]]]:
    """Return NLTK's functions that split a text into sentences, and a sentence into words."""
    from nltk.tokenize import NLTKWordTokenizer
    from nltk.tokenize.punkt import PunktParameters, PunktSentenceTokenizer, PunktTokenizer

    try:
        sentences = PunktTokenizer("english")
    except LookupError:  # the punkt_tab data are a separate download
        parameters = PunktParameters()
        parameters.abbrev_types.update(_ABBREVIATIONS)
        sentences = PunktSentenceTokenizer(parameters)
    return sentences.tokenize, NLTKWordTokenizer().tokenize


_PLAIN_TOKEN = re.compile(r"'(?:s|t|re|ll|ve|d|m)\b|[^\W_]+|[.,:]")  # 's of she's, 't of don't
PLAIN_MARKS = str.maketrans(
    {**dict.fromkeys(";/|()&–—", ","), "=": ":", "?": ".", "!": ".", "’": "'"}
)


def plain_words(text: str) -> list[str]:
    """Split a text into words as this project's own models do, without NLTK.

    Case is dropped and compounds are taken apart. Only three punctuation marks are kept, `,`, `.`
    and `:`, which also stand for similar ones.

    Args:
        text: Any text.

    Returns:
        The tokens. Empty if the text has no letter, digit or such mark.

    Example:
        >>> plain_words("Blue-haired; what RED eyes!")
        ['blue', 'haired', ',', 'what', 'red', 'eyes', '.']
    """
    text = unicodedata.normalize("NFKC", text).lower()
    return _PLAIN_TOKEN.findall(text.translate(PLAIN_MARKS))


# Words that are near to those of faces, and spelt correctly, beside an encoder's own list.
ORDINARY = {
    "chan",
    "demo",
    "eyelash",
    "eyelashes",
    "frill",
    "frills",
    "leek",
    "mismatch",
    "mit",
    "nyan",
}
SHORTEST = 3  # letters of what is corrected to other than plain names: et is no jet


class Reading(NamedTuple):
    """How a text is read."""

    words: list[str]  # tokens, misspelt ones corrected
    mended: dict[str, str]  # as written -> as read
    unknown: list[str]  # the distinct words that the model does not know, which it reads as `UNK`

    def unknown_notes(self) -> list[str]:
        """Say which words are unknown and, if all are, which language the model reads."""
        if not self.unknown:
            return []
        known = {*self.words} - {*self.unknown}
        is_foreign = not any(letter.isalnum() for word in known for letter in word)
        language = ["the model reads English, no names"] if is_foreign else []
        return [f"not understood: {', '.join(self.unknown)}", *language]


@dataclasses.dataclass(frozen=True)
class Spelling:
    """The words that misspelt ones are corrected to: the content of `encoder.json`."""

    first: tuple[str, ...]  # the plain names of colours, `hair` and `eyes`
    second: tuple[str, ...]  # other names, tried if none of the first is near
    others: frozenset[str]  # words that are near to those above but spelt correctly

    def mend(self, word: str) -> str | None:
        """Correct the spelling of an unknown word.

        Args:
            word: A word in lower case.

        Returns:
            The one nearest word, or None if there is none or more than one; `blue hair` for two
            words that run together.
        """
        for end in ("hair", "haired", "eyes", "eyed"):
            start = word.removesuffix(end)
            if start != word and start in (*self.first, *self.second):
                return f"{start} {end}"
        near = () if word in self.others or word in ORDINARY else self.near(word)
        return near[0] if len(near) == 1 else None

    def near(self, word: str) -> list[str]:
        """Return the nearest words of the first list that has any near enough.

        Near enough is one edit (Damerau-Levenshtein: a letter too many, missing or wrong, or two
        letters swapped), or two edits for a word of 8 letters or more.
        """
        from rapidfuzz.distance import DamerauLevenshtein

        limit = 2 if len(word) >= 8 else 1
        for names in (self.first, self.second)[: 1 if len(word) < SHORTEST else 2]:
            edits = [DamerauLevenshtein.distance(word, n, score_cutoff=limit) for n in names]
            least = min(edits, default=limit + 1)
            if least <= limit:
                return [name for name, count in zip(names, edits, strict=True) if count == least]
        return []

"""From text to words: as the published skip-thoughts program does it, and as this project does.

The published one is NLTK's sentence and word tokenizers on text as it stands. This project's own
models drop case and most punctuation, and mend what is misspelt.
"""

from __future__ import annotations

import dataclasses
import functools
import re
import unicodedata
from collections.abc import Callable

# Letters, digits and inner hyphens, with a mark that NLTK cuts off wherever the sentences end. A
# full stop is cut off at the end of a sentence only, so it is plain at the end of the text only.
_PLAIN_WORD = re.compile(r"(\w+(?:-\w+)*)([,?!]?)")
_PLAIN_LAST_WORD = re.compile(r"(\w+(?:-\w+)*)([,?!.]?)")
_CONTRACTION = re.compile(r"\b(?:cannot|gimme|gonna|gotta|lemme|wanna)\b", re.IGNORECASE)
# For the untrained Punkt: what keeps its full stop and does not end a sentence.
_ABBREVIATIONS = {"mr", "mrs", "ms", "dr", "prof", "st", "sr", "jr", "vs", "e.g", "i.e"}


def tokenize(text: str) -> list[str]:
    """Split a text into words as the published program does: sentences first, then words.

    Plain text takes a short cut that yields what NLTK would. For any other, NLTK is imported;
    sentences are split by its `punkt_tab` data if they are installed, else by untrained Punkt.

    Args:
        text: Any text, in any number of sentences.

    Returns:
        The tokens, case kept. Empty for a text of white space.

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
    """The tokens of a text that needs no NLTK (importing it costs over a second), else None."""
    words = text.split()
    matches = [_PLAIN_WORD.fullmatch(word) for word in words[:-1]]
    matches += [_PLAIN_LAST_WORD.fullmatch(word) for word in words[-1:]]
    if not all(matches) or _CONTRACTION.search(text):
        return None
    return [token for match in matches for token in match.groups() if token]


@functools.cache
def _nltk_splitters() -> tuple[Callable[[str], list[str]], Callable[[str], list[str]]]:
    """NLTK's splitters of text into sentences and of a sentence into words."""
    from nltk.tokenize import NLTKWordTokenizer
    from nltk.tokenize.punkt import PunktParameters, PunktSentenceTokenizer, PunktTokenizer

    try:
        sentences = PunktTokenizer("english")
    except LookupError:  # the punkt_tab data are a separate download
        parameters = PunktParameters()
        parameters.abbrev_types.update(_ABBREVIATIONS)
        sentences = PunktSentenceTokenizer(parameters)
    return sentences.tokenize, NLTKWordTokenizer().tokenize


_PLAIN_TOKEN = re.compile(r"'(?:s|t|re|ll|ve|d|m)\b|[^\W_]+|[.,:]")  # 's, 't: of she's, don't
_PLAIN_MARKS = str.maketrans(
    {**dict.fromkeys(";/|()&–—", ","), "=": ":", "?": ".", "!": ".", "’": "'"}
)


def plain_words(text: str) -> list[str]:
    """Split a text into words as this project's own models do, without NLTK.

    Case is dropped, compounds are taken apart, and of punctuation `,`, `.` and `:` stay, which
    stand for their like.

    Args:
        text: Any text.

    Returns:
        The tokens. Empty for a text without letters, digits and those marks.

    Example:
        >>> plain_words("Blue-haired; what RED eyes!")
        ['blue', 'haired', ',', 'what', 'red', 'eyes', '.']
    """
    text = unicodedata.normalize("NFKC", text).lower()
    return _PLAIN_TOKEN.findall(text.translate(_PLAIN_MARKS))


@dataclasses.dataclass(frozen=True)
class Spelling:
    """What misspelt words are mended to: the content of `encoder.json`."""

    first: tuple[str, ...]  # the plain names of colours, `hair` and `eyes`
    second: tuple[str, ...]  # other names, tried where none of the first is near
    others: frozenset[str]  # words near to those above that are no misspellings

    def mend(self, word: str) -> str | None:
        """The one word that an unknown word is a misspelling of, or None; two if run together."""
        for end in ("hair", "haired", "eyes", "eyed"):
            start = word.removesuffix(end)
            if start != word and start in (*self.first, *self.second):
                return f"{start} {end}"
        near = () if word in self.others else self.near(word)
        return near[0] if len(near) == 1 else None

    def near(self, word: str) -> list[str]:
        """The nearest words, of the first list that has any near enough.

        That is within one edit (Damerau-Levenshtein: a letter too many, missing, wrong, or two
        changed about), two if the word has 8 letters or more.
        """
        from rapidfuzz.distance import DamerauLevenshtein

        limit = 2 if len(word) >= 8 else 1
        for names in (self.first, self.second):
            edits = [DamerauLevenshtein.distance(word, n, score_cutoff=limit) for n in names]
            least = min(edits, default=limit + 1)
            if least <= limit:
                return [name for name, count in zip(names, edits, strict=True) if count == least]
        return []

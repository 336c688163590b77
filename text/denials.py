"""Find what a text denies, and mark the words of it."""

from __future__ import annotations

from collections.abc import Callable

MARK = "~"  # before a word that is denied; no word of a text has it
REACH = 6  # words behind a denial, at most, that it can be about
DENIALS = {"no", "not", "without", "never", "minus", "except", "'t"}  # 't of isn't
PAIRS = {("anything", "but"), ("leave", "out"), ("other", "than")}  # two words that deny
# Behind a denial, these deny nothing of a face (pseudo-negation): do not forget her red eyes.
PSEUDO = {
    *("forget", "only", "just", "merely", "doubt", "matter", "wonder", "stop", "resist", "miss")
}
MARKS = {",", ".", ":"}  # of punctuation; they end a clause, and so do some words behind others
ENDS = {"but", "and", "with", "who", "while", "having", "she", "he"}


def mark_denials(words: list[str], is_marked: Callable[[str], bool]) -> list[str]:
    """Mark words that a denial is about, so that they differ from words that are meant.

    A denial reaches to the end of its clause, as in NegEx (Chapman et al. 2001, "A Simple Algorithm
    for Identifying Negated Findings and Diseases in Discharge Summaries").

    Args:
        words: The words of a text, from `plain_words`.
        is_marked: Whether a word is one that can be marked.

    Returns:
        As many words. A denial that denies nothing is marked itself.

    Example:
        >>> mark_denials("blue hair , no red eyes".split(), str.isalpha)
        ['blue', 'hair', ',', 'no', '~red', '~eyes']
    """
    marked: list[str] = []
    left = 0  # words that the present denial still reaches
    for place, (word, following) in enumerate(zip(words, [*words[1:], ""], strict=False)):
        denies = word in DENIALS or (place and (words[place - 1], word) in PAIRS)
        if denies and following in PSEUDO:
            word = MARK + word  # a word that no encoder knows, and that says nothing
        elif denies:
            left = REACH
        elif word in MARKS or (word in ENDS and left < REACH):
            left = 0
        elif left:
            left -= 1
            word = MARK + word if is_marked(word) else word
        marked.append(word)
    return marked

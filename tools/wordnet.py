"""Read a WordNet database of version 3.0 or 3.1: nouns, adjectives, and words met in texts."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from config import UsageError


class Synset(NamedTuple):
    """A set of words with the same meaning."""

    file: str  # number of the lexicographer's file, which stands for a domain
    kind: str  # n, a or s (satellite adjective)
    lemmas: list[str]
    similar: list[str]  # keys of the synsets that a `&` points to
    parents: list[str]  # keys of the hypernyms
    definition: str  # without the examples


def read_wordnet(folder: Path) -> dict[str, Synset]:
    """Read the nouns and adjectives of a WordNet database.

    Args:
        folder: The folder with `data.noun` and `data.adj`, or the one that holds it as `dict`.

    Returns:
        Synsets by part of speech and offset, such as `n04969961`, in the order of the files.

    Raises:
        UsageError: The files are missing or not WordNet's.
    """
    found: dict[str, Synset] = {}
    for name in ("data.noun", "data.adj"):
        lines = _read_lines(folder, name)
        try:
            found |= dict(_synset(line) for line in lines if not line.startswith("  "))
        except (ValueError, IndexError):
            raise UsageError(f"{name} in {folder} is not a data file of WordNet.") from None
    return found


def read_met_words(folder: Path) -> set[str]:
    """Read which single words were met in the texts that WordNet's authors counted.

    Args:
        folder: As for `read_wordnet`; its `index.sense` has the counts, and `*.exc` the irregular
            forms.

    Returns:
        The words, the plurals of nouns, and the regular and irregular forms of verbs.

    Raises:
        UsageError: A file is missing or not WordNet's.
    """
    met: set[str] = set()
    try:
        for line in _read_lines(folder, "index.sense"):
            sense, _, _, count = line.split()
            word, kind = sense.split("%")
            if int(count) and word.isalpha():
                met |= {word, *_regular_forms(word, kind[0])}
    except ValueError:
        raise UsageError(f"index.sense in {folder} is not a sense index of WordNet.") from None
    for name in ("noun.exc", "verb.exc", "adj.exc"):
        forms = (line.split() for line in _read_lines(folder, name))
        met |= {form for form, *words in forms if form.isalpha() and not met.isdisjoint(words)}
    return met


def _regular_forms(word: str, kind: str) -> list[str]:
    """Return the plural of a noun (kind 1), or the forms of a verb (kind 2)."""
    hisses = word.endswith(("s", "x", "z", "ch", "sh"))
    forms = [word + ("es" if hisses else "s")] if kind in "12" else []
    if kind == "2":
        stem = word.removesuffix("e")
        forms += [f"{stem}ed", f"{stem}ing"]
    return forms


def synset_and_hypernyms(key: str, synsets: dict[str, Synset]) -> Iterator[Synset]:
    """Yield a synset and its hypernyms, the nearest first."""
    while key in synsets:
        yield synsets[key]
        key = next(iter(synsets[key].parents), "")


def _read_lines(folder: Path, name: str) -> list[str]:
    folder = folder / "dict" if (folder / "dict").is_dir() else folder
    try:
        return (folder / name).read_text("latin-1").splitlines()
    except OSError as error:
        raise UsageError(f"No WordNet in {folder}: {name}: {error.strerror}.") from None


def _synset(line: str) -> tuple[str, Synset]:
    """Parse a line of a data file into a key and its synset."""
    head, gloss = line.split(" | ", 1)
    offset, file, kind, count, *rest = head.split()
    size = 2 * int(count, 16)
    lemmas = [re.sub(r"\(\w+\)$", "", lemma) for lemma in rest[:size:2]]
    pointers = rest[size + 1 : size + 1 + 4 * int(rest[size])]
    targets: dict[str, list[str]] = defaultdict(list)
    for symbol, target, part in zip(pointers[::4], pointers[1::4], pointers[2::4], strict=True):
        targets[symbol].append(part + target)
    definition = re.sub(r'"[^"]*"?', "", gloss)
    key = ("a" if kind == "s" else kind) + offset
    parents = targets["@"] + targets["@i"]
    return key, Synset(file, kind, lemmas, targets["&"], parents, definition)

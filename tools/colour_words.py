"""Makes colour_words.csv, which says of some hundred words what colour they are.

The encoder learns the words of stories only. For other words, Kiros et al. (2015), "Skip-Thought
Vectors", https://arxiv.org/abs/1506.06726, section 2.2, map another word space into the encoder's.
This is that other space, derived from two public sources: Princeton WordNet 3.1 (its notice is in
LICENSE-WordNet.txt) and the names that the xkcd colour survey found, with their RGB (CC0).
"""

from __future__ import annotations

import argparse
import csv
import io
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from config import ROOT, ProjectError, UsageError
from files.writing import replacing
from text.colour_names import OTHER_WORDS, PLAIN_WORDS
from text.colours import EYE_COLOURS, HAIR_COLOURS
from text.tokens import Spelling

TABLE = ROOT / "tools" / "colour_words.csv"
ORDINARY = ROOT / "tools" / "ordinary_words.txt"
LAB = ("L", "a", "b")
COLOURS = tuple(sorted({*HAIR_COLOURS, *EYE_COLOURS}))
_ALIASES = {  # other spellings and next of kin; -ish and -ness are taken off before
    **dict.fromkeys(("cyan", "turquoise", "aquamarine"), "aqua"),
    **dict.fromkeys(("grey", "silver", "silvery"), "gray"),
    **dict.fromkeys(("gold", "golden"), "yellow"),
    **dict.fromkeys(("tan", "beige"), "brown"),
    "blond": "blonde",
    "redd": "red",
    "violet": "purple",
}
# How a colour is, not which one; and what xkcd's public wrote that nobody wants to read.
_NOT_COLOURS = re.compile(
    "(light|dark).*|baby|bland|bleach|bright|brilliant|complementary|cool|deep|dirt|drab|dull|dusk|"
    "faded|fair|medium|muddy|murky|neutral|pale|pastel|powder|royal|swamp|toxic|ugly|vivid|warm|"
    "very|booger|diarrhea|poop?|puke|shit|snot|vomit"
)
_HEADS = ("chromatic", "achromatic", "colored", "colorless", "blond", "brunet")
_ROOTS = ("chromatic_color", "achromatic_color")
_MATERIALS = ("transparent_gem", "opaque_gem", "quartz", "noble_metal", "hair_dye", "earth_color")
_THINGS = ("05", "13", "17", "20", "27")  # files of animals, food, objects, plants, substances
_PERSON, _SUBSTANCE = "18", "27"
_RADIUS = 25.0  # of the radial basis functions, in Lab; with the scale, chosen by leave-one-out
_WORDNET_SCALE = 2.0
_LEMMA, _PARENT, _GLOSS = 3.0, 2.0, 1.0  # weights of evidence


class Synset(NamedTuple):
    """What words have in common that mean the same."""

    file: str  # number of the lexicographer's file: the domain
    kind: str  # n, a or s (satellite)
    lemmas: list[str]
    similar: list[str]  # keys of the synsets that a `&` points at
    parents: list[str]  # keys of the hypernyms
    definition: str  # without the examples


def read_wordnet(folder: Path) -> dict[str, Synset]:
    """Reads the nouns and adjectives of a WordNet database, of version 3.0 or 3.1.

    Args:
        folder: Where `data.noun` and `data.adj` are, or a `dict` folder with them.

    Returns:
        Synsets by part of speech and offset, such as `n04969961`, in the order of the files.

    Raises:
        UsageError: The files are not there or not WordNet's.
    """
    found = {}
    for name in ("data.noun", "data.adj"):
        lines = _lines(folder, name)
        try:
            found |= dict(_synset(line) for line in lines if not line.startswith("  "))
        except (ValueError, IndexError):
            raise UsageError(f"{name} in {folder} is not a data file of WordNet.") from None
    return found


def _lines(folder: Path, name: str) -> list[str]:
    """The lines of one of WordNet's files."""
    folder = folder / "dict" if (folder / "dict").is_dir() else folder
    try:
        return (folder / name).read_text("latin-1").splitlines()
    except OSError as error:
        raise UsageError(f"No WordNet in {folder}: {name}: {error.strerror}.") from None


def _synset(line: str) -> tuple[str, Synset]:
    head, gloss = line.split(" | ", 1)
    offset, file, kind, count, *rest = head.split()
    size = 2 * int(count, 16)
    lemmas = [re.sub(r"\(\w+\)$", "", lemma) for lemma in rest[:size:2]]
    pointers = rest[size + 1 : size + 1 + 4 * int(rest[size])]
    to: dict[str, list[str]] = defaultdict(list)
    for symbol, target, part in zip(pointers[::4], pointers[1::4], pointers[2::4], strict=True):
        to[symbol].append(part + target)
    definition = re.sub(r'"[^"]*"?', "", gloss)
    key = ("a" if kind == "s" else kind) + offset
    return key, Synset(file, kind, lemmas, to["&"], to["@"] + to["@i"], definition)


def _colour(token: str) -> str | None:
    """The colour that a token of a definition names, with `-ish` or not."""
    for word in (token, re.sub("(ish|ness)$", "", token), re.sub("(ish|ness)$", "e", token)):
        word = _ALIASES.get(word, word)
        if word in COLOURS:
            return word
    return None


def mentions(text: str) -> Counter[str]:
    """Weighs the colours that a text names: what is only a tinge counts half.

    Returns:
        Weights that sum to 1, or nothing.

    Example:
        >>> mentions("a purplish red")["red"]
        0.6666666666666666
    """
    text = re.sub(r"\b(blue|bluish)[ -]green\b|\bgreenish[ -]blue\b", "aqua", text.lower())
    tokens, found = re.findall("[a-z]+", text), Counter()
    for before, token, after in zip(["", *tokens], tokens, [*tokens[1:], ""], strict=False):
        if colour := _colour(token):
            tinge = token.endswith("ish") or bool(_colour(after)) or before == "with"
            found[colour] += 0.5 if tinge else 1.0
    return _normal(found)


def _normal(weights: Counter[str]) -> Counter[str]:
    total = sum(weights.values())
    return Counter({colour: weight / total for colour, weight in weights.items()})


def wordnet_colours(synsets: dict[str, Synset]) -> dict[str, Counter[str]]:
    """Weighs what WordNet says of the colours of words.

    Of a word, only its senses that are colours count; if it has none, the compounds with it that
    are, such as sky-blue; and last the gems and the like.

    Args:
        synsets: As from `read_wordnet`.

    Returns:
        word -> colour -> weight, which sum to 1, of the words that name a colour.
    """
    heads = {key for key, s in synsets.items() if s.kind == "a" and s.lemmas[0] in _HEADS}
    things = {word for s in synsets.values() if s.file in _THINGS for word in s.lemmas}
    # What is said of the word itself, of a compound with it, and of the gem or the like.
    said: tuple[dict[str, Counter[str]], ...] = tuple(defaultdict(Counter) for _ in range(3))
    for key, synset in synsets.items():
        above = list(_above(key, synsets))[1:]
        kinds = {lemma for one in above for lemma in one.lemmas}
        is_colour = (
            key in heads
            or not heads.isdisjoint(synset.similar)
            or not kinds.isdisjoint(_ROOTS)
            or (synset.file == _PERSON and "hair" in synset.definition)
            or (synset.kind != "n" and bool(re.search(r"\bin colou?r\b", synset.definition)))
        )
        is_material = synset.file == _SUBSTANCE and not kinds.isdisjoint(_MATERIALS)
        if not (is_colour or is_material):
            continue
        evidence: Counter[str] = Counter()
        for weight, texts in (
            (_LEMMA, [" ".join(synset.lemmas)]),
            (_PARENT, [" ".join(one.lemmas) for one in above]),
            (_GLOSS, [synset.definition]),
        ):
            # The nearest hypernym that is a colour counts, not all the way up.
            for colour, share in next(filter(None, map(mentions, texts)), Counter()).items():
                evidence[colour] += weight * share
        if any("blond" in synsets[target].lemmas for target in synset.similar):
            evidence["blonde"] += _PARENT
        for lemma in synset.lemmas if evidence else ():
            word = _word(lemma, things) if is_colour else lemma
            if re.fullmatch("[a-z]{3,}(?<!ness)", word) and not _NOT_COLOURS.fullmatch(word):
                rank = (0 if word == lemma else 1) if is_colour else 2
                said[rank][word].update(evidence)
    return {word: _normal(found) for word, found in (said[2] | said[1] | said[0]).items()}


def _above(key: str, synsets: dict[str, Synset]) -> Iterator[Synset]:
    """A synset and its hypernyms, the nearest first."""
    while key in synsets:
        yield synsets[key]
        key = next(iter(synsets[key].parents), "")


def _word(lemma: str, things: set[str]) -> str:
    """The word that a lemma of a colour is about, or `""`: sky-blue is about the sky."""
    first, *rest = re.split("[-_]", lemma)
    if len(rest) == 1 and first in things and not _colour(first):
        return first if _colour(rest[0]) or re.fullmatch("colou?red", rest[0]) else ""
    return "" if rest else first


def xkcd_names() -> dict[str, tuple[float, ...]]:
    """Reads the survey's names and their CIE Lab.

    Returns:
        name, of lower-case words between single spaces -> L, a, b. Both grey and gray are there.

    Raises:
        ProjectError: matplotlib or scikit-image is not installed.
    """
    try:
        from matplotlib.colors import XKCD_COLORS, to_rgb
        from skimage.color import rgb2lab
    except ImportError as error:
        raise ProjectError(
            f"No {error.name}. The table is made with: pip install matplotlib scikit-image"
        ) from None
    lab = rgb2lab(np.array([to_rgb(code) for code in XKCD_COLORS.values()]))
    names = (re.sub("[^a-z]+", " ", name.removeprefix("xkcd:")) for name in XKCD_COLORS)
    found = dict(zip(names, map(tuple, lab.tolist()), strict=True))
    return found | {name.replace("grey", "gray"): values for name, values in found.items()}


def make(synsets: dict[str, Synset], names: dict[str, tuple[float, ...]]) -> str:
    """Makes the table, as CSV.

    Args:
        synsets: As from `read_wordnet`.
        names: As from `xkcd_names`.

    Returns:
        A header, then a word a line by spelling: its CIE Lab, empty where xkcd lacks the word, and
        its weights of the colours, which sum to 1, or are 0 where WordNet says nothing.
    """
    weights = wordnet_colours(synsets)
    containing = defaultdict(list)
    for name in names:
        for word in set(name.split()):
            containing[word].append(name)
    words = {word for word in names if word.isalpha() and not _NOT_COLOURS.fullmatch(word)}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["word", *LAB, *COLOURS])
    for word in sorted(words | set(weights)):
        last = [name for name in containing[word] if name.endswith(f" {word}")]
        like = [names[name] for name in ([word] if word in names else last or containing[word])]
        lab = np.mean(like, axis=0).round(1).tolist() if like else [""] * 3
        shares = weights.get(word, Counter())
        writer.writerow([word, *lab, *(f"{round(shares[colour], 3):g}" for colour in COLOURS)])
    return text.getvalue()


def ordinary_words(folder: Path) -> list[str]:
    """Lists words of English that a misspelt word of a description could be taken for.

    Args:
        folder: As for `read_wordnet`; its `index.sense` counts how often words were met in texts.

    Returns:
        Words that were met, and are as near to a colour or key word as a misspelling would be.

    Raises:
        UsageError: The file is not there or not WordNet's.
    """
    met = set()
    try:
        for line in _lines(folder, "index.sense"):
            sense, _, _, count = line.split()
            word, kind = sense.split("%")
            if int(count) and word.isalpha():
                met |= {word, f"{word}s"} if kind.startswith("1") else {word}  # 1: a noun
    except ValueError:
        raise UsageError(f"index.sense in {folder} is not a sense index of WordNet.") from None
    spelling = Spelling(PLAIN_WORDS, OTHER_WORDS, frozenset())
    return sorted(w for w in met.difference(PLAIN_WORDS, OTHER_WORDS) if spelling.near(w))


def load(path: Path = TABLE) -> tuple[list[str], np.ndarray]:
    """Reads the table as a word space, fit for least squares.

    Args:
        path: The table as it was made.

    Returns:
        The V words, and their features (V, 25), float64: how near a word is to each of the colours
        that have a Lab, as radial basis functions that are 0 where the word has none, then
        WordNet's weights, scaled.

    Raises:
        ProjectError: The table cannot be read.

    Example:
        >>> words, features = load()
        >>> features.shape == (len(words), 25)
        True
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        words = [row["word"] for row in rows]
        lab = np.array([[float(row[axis] or "nan") for axis in LAB] for row in rows])
        weights = np.array([[float(row[colour]) for colour in COLOURS] for row in rows])
        centres = lab[[words.index(colour) for colour in COLOURS]]
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ProjectError(f"Cannot read {path} as a table of colour words: {error}") from error
    centres = centres[~np.isnan(centres[:, 0])]  # the survey has no blonde
    squares = np.square(lab[:, None] - centres).sum(-1)
    near = np.nan_to_num(np.exp(-squares / (2 * _RADIUS**2)))
    return words, np.hstack([near, _WORDNET_SCALE * weights])


def ordinary(path: Path = ORDINARY) -> list[str]:
    """Reads the words of `ordinary_words`, as they were written."""
    try:
        return path.read_text("utf-8").split()
    except (OSError, ValueError) as error:
        raise ProjectError(f"Cannot read {path} as a list of words: {error}") from error


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--wordnet", type=Path, required=True, help="folder of WordNet's data.*")
    options = parser.parse_args(arguments)
    try:
        text = make(read_wordnet(options.wordnet), xkcd_names())
        with replacing(TABLE) as file:
            file.write(text.encode())
        ordinary = ordinary_words(options.wordnet)
        with replacing(ORDINARY) as file:
            file.write("".join(f"{word}\n" for word in ordinary).encode())
    except ProjectError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    print(f"Made {TABLE.name}: {text.count(chr(10)) - 1} words, {ORDINARY.name}: {len(ordinary)}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())

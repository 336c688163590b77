"""Make colour_words.csv, which lists some hundred words and the colours they mean.

    python3 -m tools.colour_words --wordnet DIR

The encoder learns only the words of its stories. For other words, Kiros et al. (2015),
"Skip-Thought Vectors", https://arxiv.org/abs/1506.06726, section 2.2, map another word space into
the encoder's. This is that other space. It is derived from two public sources: Princeton WordNet
3.1 (its notice is in LICENSE-WordNet.txt), and the names that the xkcd colour survey found, with
their RGB (CC0).
"""

from __future__ import annotations

import argparse
import csv
import io
import re
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from config import ROOT, ProjectError, prepare_environment, reporting
from files.writing import replacing
from text.colour_names import OTHER_WORDS, PLAIN_WORDS
from text.colours import EYE_COLOURS, HAIR_COLOURS
from text.facts import FACT_SPELLINGS
from text.tokens import Spelling
from tools.wordnet import Synset, read_met_words, read_wordnet, synset_and_hypernyms

TABLE = ROOT / "tools" / "colour_words.csv"
ORDINARY = ROOT / "tools" / "ordinary_words.txt"
FOREIGN = ROOT / "tools" / "foreign_words.txt"  # names and words of other languages; by hand
LAB = ("L", "a", "b")
COLOURS = tuple(sorted({*HAIR_COLOURS, *EYE_COLOURS}))
Weights = defaultdict[str, float]  # colour -> weight; 0 unless it is set
_ALIASES = {  # other spellings and close relatives, without -ish and -ness
    **dict.fromkeys(("cyan", "turquoise", "aquamarine"), "aqua"),
    **dict.fromkeys(("grey", "silver", "silvery"), "gray"),
    **dict.fromkeys(("gold", "golden"), "yellow"),
    **dict.fromkeys(("tan", "beige"), "brown"),
    "blond": "blonde",
    "redd": "red",
    "violet": "purple",
}
# Words for the kind of a colour, not for which one; and vulgar answers to the xkcd survey.
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
# Chosen together by leave-one-out.
_RADIUS = 25.0  # of the radial basis functions, in Lab
_WORDNET_SCALE = 2.0  # of WordNet's weights beside these
_LEMMA, _PARENT, _GLOSS = 3.0, 2.0, 1.0  # weights of evidence


def _colour(token: str) -> str | None:
    """Return the colour that a token of a definition names, with or without `-ish`."""
    for word in (token, re.sub("(ish|ness)$", "", token), re.sub("(ish|ness)$", "e", token)):
        word = _ALIASES.get(word, word)
        if word in COLOURS:
            return word
    return None


def mentions(text: str) -> Weights:
    """Weigh the colours that a text names; a mere tinge counts half.

    Returns:
        Weights that sum to 1; empty if the text names no colour.

    Example:
        >>> mentions("a purplish red")["red"]
        0.6666666666666666
    """
    text = re.sub(r"\b(blue|bluish)[ -]green\b|\bgreenish[ -]blue\b", "aqua", text.lower())
    tokens = re.findall("[a-z]+", text)
    found: Weights = defaultdict(float)
    for before, token, after in zip(["", *tokens], tokens, [*tokens[1:], ""], strict=False):
        if colour := _colour(token):
            tinge = token.endswith("ish") or bool(_colour(after)) or before == "with"
            found[colour] += 0.5 if tinge else 1.0
    return _normal(found)


def _normal(weights: Weights) -> Weights:
    total = sum(weights.values())
    return defaultdict(float, {colour: weight / total for colour, weight in weights.items()})


def wordnet_colours(synsets: dict[str, Synset]) -> dict[str, Weights]:
    """Weigh which colours words mean, according to WordNet.

    Only senses that are colours count. If a word has none, compounds with it that are colours
    count, such as sky-blue for sky; failing that, gems and other coloured materials.

    Args:
        synsets: From `read_wordnet`.

    Returns:
        word -> colour -> weight, for the words that name a colour. The weights of a word sum to 1.
    """
    heads = {key for key, s in synsets.items() if s.kind == "a" and s.lemmas[0] in _HEADS}
    things = {word for s in synsets.values() if s.file in _THINGS for word in s.lemmas}
    # Evidence on the word itself, on compounds with it, and on materials of its name.
    ranks: tuple[dict[str, Weights], ...] = tuple(
        defaultdict(lambda: defaultdict(float)) for _ in range(3)
    )
    for key, synset in synsets.items():
        above = list(synset_and_hypernyms(key, synsets))[1:]
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
        evidence = _evidence(synset, above)
        if any("blond" in synsets[target].lemmas for target in synset.similar):
            evidence["blonde"] += _PARENT
        for lemma in synset.lemmas if evidence else ():
            word = _word(lemma, things) if is_colour else lemma
            if re.fullmatch("[a-z]{3,}(?<!ness)", word) and not _NOT_COLOURS.fullmatch(word):
                rank = (0 if word == lemma else 1) if is_colour else 2
                for colour, weight in evidence.items():
                    ranks[rank][word][colour] += weight
    found = ranks[2] | ranks[1] | ranks[0]  # the first ranks overrule the last
    return {word: _normal(evidence) for word, evidence in found.items()}


def _evidence(synset: Synset, above: list[Synset]) -> Weights:
    """Weigh the colours that a synset's lemmas, nearest coloured hypernym and definition name."""
    evidence: Weights = defaultdict(float)
    for weight, texts in (
        (_LEMMA, [" ".join(synset.lemmas)]),
        (_PARENT, [" ".join(one.lemmas) for one in above]),
        (_GLOSS, [synset.definition]),
    ):
        # Of the hypernyms, only the nearest that names a colour counts.
        named: Weights = next(filter(None, map(mentions, texts)), defaultdict(float))
        for colour, share in named.items():
            evidence[colour] += weight * share
    return evidence


def _word(lemma: str, things: set[str]) -> str:
    """Return the word that a lemma of a colour is about (sky-blue: sky), or an empty string."""
    first, *rest = re.split("[-_]", lemma)
    if len(rest) == 1 and first in things and not _colour(first):
        return first if _colour(rest[0]) or re.fullmatch("colou?red", rest[0]) else ""
    return "" if rest else first


def xkcd_names() -> dict[str, tuple[float, ...]]:
    """Return the names of the xkcd colour survey with their CIE Lab values.

    Returns:
        name, in lower case with single spaces -> L, a, b. Names with grey are there with gray too.

    Raises:
        ProjectError: matplotlib or scikit-image is not installed.
    """
    try:
        from matplotlib.colors import XKCD_COLORS, to_rgb
        from skimage.color import rgb2lab
    except ImportError as error:
        raise ProjectError(
            f"No {error.name}. The table needs: python3 -m pip install matplotlib scikit-image"
        ) from None
    lab = rgb2lab(np.array([to_rgb(code) for code in XKCD_COLORS.values()]))
    names = (re.sub("[^a-z]+", " ", name.removeprefix("xkcd:")) for name in XKCD_COLORS)
    found = dict(zip(names, map(tuple, lab.tolist()), strict=True))
    return found | {name.replace("grey", "gray"): values for name, values in found.items()}


def make_table(synsets: dict[str, Synset], names: Mapping[str, tuple[float, ...]]) -> str:
    """Make the table, as CSV.

    Args:
        synsets: From `read_wordnet`.
        names: From `xkcd_names`.

    Returns:
        A header, then one word per line, sorted by spelling: its CIE Lab values, empty if the
        survey lacks the word, and its weights of the colours. These sum to 1, or are all 0 if
        WordNet gives the word no colour.
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
        shares: Mapping[str, float] = weights.get(word, {})
        writer.writerow(
            [word, *lab, *(f"{round(shares.get(colour, 0), 3):g}" for colour in COLOURS)]
        )
    return text.getvalue()


def find_ordinary_words(folder: Path) -> list[str]:
    """List English words that the spelling correction would mistake for misspelt colour words.

    Args:
        folder: As for `wordnet.read_met_words`.

    Returns:
        Words met in texts that are as near to a colour or key word as a misspelling would be.

    Raises:
        UsageError: The word counts are missing or not WordNet's.
    """
    second = (*OTHER_WORDS, *FACT_SPELLINGS)
    spelling = Spelling(PLAIN_WORDS, second, frozenset())
    met = read_met_words(folder).difference(PLAIN_WORDS, second)
    return sorted(word for word in met if spelling.near(word))


def load(path: Path = TABLE) -> tuple[list[str], np.ndarray]:
    """Read the table as a word space that suits least squares.

    Args:
        path: A table from `make_table`.

    Returns:
        The V words, and their features, (V, 25) float64. The first features tell how near a word
        is to each colour that has Lab values, by radial basis functions; they are 0 if the word
        has none. The others are WordNet's weights, scaled.

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
    centres = centres[~np.isnan(centres[:, 0])]  # the survey has no "blonde"
    squares = np.square(lab[:, None] - centres).sum(-1)
    near = np.nan_to_num(np.exp(-squares / (2 * _RADIUS**2)))
    return words, np.hstack([near, _WORDNET_SCALE * weights])


def load_correct_words(paths: Sequence[Path] = (ORDINARY, FOREIGN)) -> list[str]:
    """Read the words that are no misspelt colour words: ordinary ones, names and foreign words.

    Raises:
        ProjectError: A file cannot be read.
    """
    try:
        return [word for path in paths for word in path.read_text("utf-8").split()]
    except (OSError, ValueError) as error:
        raise ProjectError(f"Cannot read the lists of words: {error}") from error


@reporting
def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python3 -m tools.colour_words",
        description="Make colour_words.csv, which lists words and the colours they mean, and "
        "ordinary_words.txt, which lists words that are no misspelt colour words.",
    )
    parser.add_argument(
        "--wordnet", type=Path, required=True, help="folder of WordNet's data.noun and data.adj"
    )
    options = parser.parse_args(arguments)
    prepare_environment()
    text = make_table(read_wordnet(options.wordnet), xkcd_names())
    with replacing(TABLE) as file:
        file.write(text.encode())
    words = find_ordinary_words(options.wordnet)
    with replacing(ORDINARY) as file:
        file.write("".join(f"{word}\n" for word in words).encode())
    print(f"Made {TABLE.name}: {text.count(chr(10)) - 1} words, {ORDINARY.name}: {len(words)}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Measure the text encoder: what can be read off its vectors, over seeds of its training.

    python3 -m benchmarks.text_encoder

measures the encoder that ships. With `--seeds 0 1 2` it also trains an encoder from each seed, on
stories without sixteen of the colour names, and measures how well vocabulary expansion makes up
for that. Training takes about 45 minutes per seed.
"""

from __future__ import annotations

import argparse
import itertools
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from benchmarks.text_facts import measure_facts
from config import ROOT, TEXT_ENCODER, prepare_environment
from skipthoughts_encoder import Encoder, load_encoder
from text.colour_names import NAMES
from text.colours import EYE_COLOURS, HAIR_COLOURS
from text.grammar import HELD_OUT
from text.probe import Probe

LEFT_OUT = (
    *("teal", "ebony", "flaxen", "cobalt", "sapphire", "brunette", "slate", "jade", "olive"),
    *("tangerine", "fuchsia", "lilac", "mauve", "scarlet", "vermilion", "vermillion", "ivory"),
)
DISTRACTED = (
    "a {c} dress, {h} hair, {e} eyes",
    "{h} hair, {e} eyes, {c} shirt",
    "she wears a {c} scarf and has {h} hair and {e} eyes",
    "{h} hair and {e} eyes on a {c} background",
    "a girl in a {c} coat with {h} hair and {e} eyes",
    "her {c} skirt, her {h} hair, her {e} eyes",
    "{e} eyes {c} gloves {h} hair {c} belt",
    "{h} hair {c} hair ribbon {e} eyes",
)
SWAPPED = ("{h} hair {e} eyes", "her eyes are {e} and her hair is {h}", *HELD_OUT)
BARS = {
    "held-out sentences, hair": 0.99,
    "held-out sentences, eyes": 0.99,
    "one synonym": 0.97,
    "two synonyms": 0.95,
    "words known by expansion only": 0.75,
    "swapped pairs": 0.99,
    "paraphrase retrieval": 0.97,
    "one-edit typos": 0.95,
    "distractor colours": 0.95,
    "stated values": 0.97,
    "denied values": 0.95,
    "absent values": 0.95,
    "denied colours": 0.95,
    "accessories' colours": 0.99,
    "bare colours": 0.99,
    "lists of 20, a, b": 0.99,
    "lists of 20, a_b": 0.99,
    "lists of 50, a, b": 0.98,
    "lists of 50, a_b": 0.98,
}
PAIRS = [(h, e) for h in HAIR_COLOURS for e in EYE_COLOURS]
Case = tuple[str, str | None, str | None]  # a text, its hair and eye colour; None: not checked


def names(slot: str, colour: str, left_out: bool) -> list[str]:
    """Return the names of a colour that are, or are not, left out; never the plain name."""
    return [n for n in NAMES[slot][colour] if (n in LEFT_OUT) == left_out and n != colour]


def synonyms(rng: np.random.Generator, count: int) -> Iterator[Case]:
    """Yield held-out sentences with synonyms from the stories for one colour, or for both."""
    for form, (h, e) in itertools.product(HELD_OUT, PAIRS):
        words, slot = {"hair": h, "eyes": e}, rng.choice(["hair", "eyes"])
        for one in ("hair", "eyes") if count == 2 else (slot,):
            words[one] = rng.choice(names(one, words[one], left_out=False))
        yield form.format(h=words["hair"], e=words["eyes"]), h, e


def left_out() -> Iterator[Case]:
    """Yield held-out sentences with each name that the stories lack; only its colour is checked."""
    for form, (h, e) in itertools.product(HELD_OUT, PAIRS):
        yield from ((form.format(h=name, e=e), h, None) for name in names("hair", h, True))
        yield from ((form.format(h=h, e=name), None, e) for name in names("eyes", e, True))


def swapped() -> Iterator[Case]:
    """Yield pairs of texts with the same two colours, exchanged between hair and eyes."""
    both = [c for c in HAIR_COLOURS if c in EYE_COLOURS]
    for form, (a, b) in itertools.product(SWAPPED, itertools.combinations(both, 2)):
        yield form.format(h=a, e=b), a, b
        yield form.format(h=b, e=a), b, a


def typos(rng: np.random.Generator) -> Iterator[Case]:
    """Yield tags with a spelling mistake, one edit in one word."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    for h, e in PAIRS * 5:
        words = [h, "hair", e, "eyes"]
        at = rng.integers(4)
        word, place = words[at], int(rng.integers(len(words[at])))
        letter = rng.choice(list(letters))
        edits = {
            word[:place] + word[place + 1 :],
            word[:place] + letter + word[place:],
            word[:place] + letter + word[place + 1 :],
            word[:place] + word[place + 1 : place + 2] + word[place] + word[place + 2 :],
        }
        words[at] = rng.choice(sorted(edits - {word}))
        yield " ".join(words), h, e


def distracted(rng: np.random.Generator) -> Iterator[Case]:
    """Yield texts that also name the colour of something else."""
    others = sorted({n for slot in NAMES.values() for group in slot.values() for n in group})
    others = [name for name in others if name not in LEFT_OUT]
    for form, (h, e) in itertools.product(DISTRACTED, PAIRS):
        yield form.format(h=h, e=e, c=rng.choice(others)), h, e


def right(probe: Probe, cases: Iterable[Case]) -> np.ndarray:
    """Return whether the checked colours of each case are read right, (N,) bool."""
    texts, *wanted = zip(*cases, strict=True)
    read = probe.read(probe.encoder.encode(texts))
    found = zip(read, *wanted, strict=True)
    return np.array([c.hair == (h or c.hair) and c.eyes == (e or c.eyes) for c, h, e in found])


def retrieval(encoder: Encoder) -> float:
    """Return how often, of all 120 tags, a held-out sentence is nearest to its own, by cosine."""
    tags = encoder.encode([f"{h} hair {e} eyes" for h, e in PAIRS])
    found = [
        (encoder.encode([form.format(h=h, e=e) for h, e in PAIRS]) @ tags.T).argmax(axis=1)
        for form in HELD_OUT
    ]
    return float(np.mean(np.stack(found) == np.arange(len(PAIRS))))


def measure(encoder: Encoder, expanded: bool, tags: Path | None = None) -> dict[str, float]:
    """Return every figure of `BARS`.

    Args:
        encoder: The encoder.
        expanded: Whether its stories lacked the names in `LEFT_OUT`; only then is there a figure
            for words known by expansion only.
        tags: Tags of a picture board, a CSV of tag,count, for the figures about lists.
    """
    probe = Probe(encoder, halves=False)  # fitted to tag forms only
    hair, eyes = probe.score(HELD_OUT)
    figures = {"held-out sentences, hair": hair, "held-out sentences, eyes": eyes}
    figures["one synonym"] = right(probe, synonyms(np.random.default_rng(0), 1)).mean()
    figures["two synonyms"] = right(probe, synonyms(np.random.default_rng(1), 2)).mean()
    if expanded:
        figures["words known by expansion only"] = right(probe, left_out()).mean()
    figures["swapped pairs"] = right(probe, swapped()).reshape(-1, 2).all(axis=1).mean()
    figures["paraphrase retrieval"] = retrieval(encoder)
    figures["one-edit typos"] = right(probe, typos(np.random.default_rng(2))).mean()
    figures["distractor colours"] = right(probe, distracted(np.random.default_rng(3))).mean()
    if encoder.probe is not None:
        figures |= measure_facts(encoder, tags)
    return {name: float(value) for name, value in figures.items()}


def by_word(encoder: Encoder) -> dict[str, float]:
    """Return the share of texts read right for each name in `LEFT_OUT`."""
    cases = list(left_out())
    good = right(Probe(encoder, halves=False), cases)
    texts = [set(text.replace("-", " ").replace(",", " ").split()) for text, _, _ in cases]
    of_word = {w: [g for g, t in zip(good, texts, strict=True) if w in t] for w in LEFT_OUT}
    return {word: float(np.mean(found)) for word, found in of_word.items() if found}


def seconds_for_1000() -> float:
    """Return the seconds that a new process takes to encode 1,000 short descriptions."""
    program = (
        "from config import TEXT_ENCODER\n"
        "from skipthoughts_encoder import load_encoder\n"
        "texts = [f'{h} hair {e} eyes number {n}' for n in range(10) for h in 'abcdefghij' "
        "for e in 'abcdefghij']\n"
        "assert load_encoder(TEXT_ENCODER).encode(texts).shape[0] == 1000\n"
    )
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)
    return time.perf_counter() - start


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python3 -m benchmarks.text_encoder",
        description="Measure the text encoder: what can be read off its vectors.",
    )
    parser.add_argument(
        "--seeds", type=int, nargs="*", default=[], help="also train an encoder from each"
    )
    parser.add_argument(
        "--work", type=Path, help="keep these encoders here, and use those that are there"
    )
    parser.add_argument(
        "--encoder", type=Path, default=TEXT_ENCODER, help="the encoder (default: %(default)s)"
    )
    parser.add_argument(
        "--tags", type=Path, help="CSV of a picture board's tag,count; for the figures about lists"
    )
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    options = parser.parse_args(arguments)
    prepare_environment()

    with tempfile.TemporaryDirectory() as scratch:
        columns, words = {}, {}
        for seed in options.seeds:
            folder = (options.work or Path(scratch)) / f"seed-{seed}"
            if not folder.exists():
                from tools.train_encoder import STORIES, UPDATES, train

                train(folder, STORIES, UPDATES, seed, LEFT_OUT)
            encoder = load_encoder(folder)
            columns[f"seed {seed}"] = measure(encoder, True, options.tags)
            words[f"seed {seed}"] = by_word(encoder)
        columns["encoder"] = measure(load_encoder(options.encoder), False, options.tags)
    speed = sorted(seconds_for_1000() for _ in range(5))[2]

    print(f"{'':32}{'bar':>8}" + "".join(f"{name:>10}" for name in columns))
    for name, bar in BARS.items():
        cells = [f"{c[name]:>10.3f}" if name in c else f"{'-':>10}" for c in columns.values()]
        print(f"{name:32}{bar:>8}" + "".join(cells))
    for name, shares in words.items():
        print(f"{name}: " + ", ".join(f"{word} {share:.2f}" for word, share in shares.items()))
    print(f"1,000 descriptions, including the start of the process: {speed:.2f} s (bar: 2)")
    if options.json:
        figures = {"bars": BARS, "figures": columns, "words": words, "seconds_for_1000": speed}
        options.json.write_text(json.dumps(figures, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())

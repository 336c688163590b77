"""Measure what a model draws of texts that people type: lists, denials, odd texts, open colours.

    python3 -m benchmarks.drawn_texts --model DIR --tags TAGS.csv

TAGS.csv has the columns tag and count: the tags of a picture board. Every figure is the
classifier's opinion; the same of real faces stands beside it where there is one.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.text_facts import board_tags, lists
from config import ROOT, prepare_environment, reporting
from evaluation.classifier import Classifier, Judged
from evaluation.evaluate import heeded
from evaluation.metrics import precision_recall
from evaluation.real_faces import RealFaces, read_real_faces
from evaluation.subject import Subject
from sampler import Sampler
from text.attributes import COLOUR_FACTS
from text.colours import EYE_COLOURS, HAIR_COLOURS

ODD_TEXTS = ROOT / "benchmarks" / "odd_texts.txt"
EACH = 48  # faces of an odd text: of 200 texts, the worst of fewer would be a matter of chance
OPEN = 400  # faces of a text that leaves the hair open
LISTS = 5  # of each pair of colours: of one list each, the share varies by .015
LIST_FACES = 4  # faces of each list
DENIED_FACES = 20  # faces of each denied colour
BARS = {
    **{f"lists of {n}, {kind} / two tags": 0.97 for n in (20, 50) for kind in ("a, b", "a_b")},
    "denied colours drawn otherwise": 0.95,
    "odd texts inside": 0.85,
    "the worst of them": 0.6,
    "hair left open: colours": "0.8 of the data's",
}
PAIRS = [(h, e) for h in HAIR_COLOURS for e in EYE_COLOURS]


class Drawer:
    """Draws texts with one model and judges the faces.

    Args:
        sampler: The model.
        seed: Decides the noise and the colours left open.
    """

    def __init__(self, sampler: Sampler, seed: int) -> None:
        self._sampler, self._seed = sampler, seed
        self.classifier = Classifier.load()

    def judge(self, texts: Sequence[str], each: int) -> Judged:
        """Draw each text so many times, and judge the faces in the order of the texts."""
        repeated = [text for text in texts for _ in range(each)]
        seeds = [(self._seed, i // each + 1, i % each + 1) for i in range(len(repeated))]
        return self.classifier.judge(self._sampler.sample(repeated, seeds, truncation=1.0, tries=1))


def both_right(judged: Judged, each: int) -> float:
    """Return the share of faces of all `PAIRS`, in order, whose colours are both right."""
    right = np.repeat([[HAIR_COLOURS.index(h), EYE_COLOURS.index(e)] for h, e in PAIRS], each, 0)
    return float((judged.colours() == right).all(axis=1).mean())


def lists_right(drawer: Drawer, tags: Path, length: int, underscored: bool) -> float:
    """Return the share of faces of long lists whose colours are both right."""
    rng, board = np.random.default_rng(length), board_tags(tags)
    rounds = [[text for text, _ in lists(rng, *board, length, underscored)] for _ in range(LISTS)]
    texts = [text for each in zip(*rounds, strict=True) for text in each]  # by pair
    return both_right(drawer.judge(texts, LIST_FACES), LISTS * LIST_FACES)


def drawn_otherwise(drawer: Drawer) -> float:
    """Return the share of faces without the colour that their text denies."""
    names = [
        (slot, i, name) for slot, group in COLOUR_FACTS.items() for i, name in enumerate(group)
    ]
    colours = drawer.judge([f"no {name}" for _, _, name in names], DENIED_FACES).colours()
    columns = np.repeat([0 if slot == "hair" else 1 for slot, _, _ in names], DENIED_FACES)
    denied = np.repeat([i for _, i, _ in names], DENIED_FACES)
    return float((colours[np.arange(len(colours)), columns] != denied).mean())


def odd_texts(drawer: Drawer, real: RealFaces) -> dict[str, float]:
    """Measure the faces of odd texts: the share inside the real faces' manifold."""
    texts = ODD_TEXTS.read_text(encoding="utf-8").splitlines()
    features = drawer.judge(texts, EACH).features.reshape(len(texts), EACH, -1)
    manifold = real.features[0]
    precision = [precision_recall(manifold, one)[0] for one in features]
    for row in np.argsort(precision)[:5]:
        print(f"  {texts[row]!r}: {precision[row]:.2f}")
    return {
        "odd texts inside": float(np.mean(precision)),
        "the worst of them": float(min(precision)),
        "real faces inside": precision_recall(manifold, real.features[1])[0],
    }


def effective_number(counts: np.ndarray) -> float:
    """Return e to the entropy of counts: how many equally frequent values vary as much."""
    shares = counts[counts > 0] / counts.sum()
    return float(np.exp(-(shares * np.log(shares)).sum()))


def measure(sampler: Sampler, tags: Path | None, seed: int) -> dict[str, float]:
    """Return every figure of one model by its name.

    Args:
        sampler: The model.
        tags: Tags of a picture board, a CSV of tag,count; None leaves lists out.
        seed: Decides every random number.
    """
    drawer, real = Drawer(sampler, seed), read_real_faces()
    pairs = drawer.judge([f"{h} hair {e} eyes" for h, e in PAIRS], LISTS * LIST_FACES)
    right = both_right(pairs, LISTS * LIST_FACES)
    figures = {"two tags, both right": right}
    if tags is not None:
        for length, underscored in itertools.product((20, 50), (False, True)):
            kind = "a_b" if underscored else "a, b"
            share = lists_right(drawer, tags, length, underscored)
            figures[f"lists of {length}, {kind} / two tags"] = share / right
    figures["denied colours drawn otherwise"] = drawn_otherwise(drawer)
    figures |= odd_texts(drawer, real)
    hair = drawer.judge(["red eyes"], OPEN).colours()[:, 0]
    shown = [sampler.header.shown.get(name, 0) for name in COLOUR_FACTS["hair"]]
    figures["hair left open: colours"] = effective_number(np.bincount(hair))
    figures["the data's"] = effective_number(np.array(shown)) if any(shown) else float("nan")
    return figures


@reporting
def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python3 -m benchmarks.drawn_texts",
        description="Measure what a model draws of texts that people type.",
    )
    parser.add_argument("--model", default="pretrained", help="model folder, or pretrained")
    parser.add_argument(
        "--tags", type=Path, help="CSV of a picture board's tag,count; for the figures about lists"
    )
    parser.add_argument("--seed", type=int, default=0, help="decides every random number")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    options = parser.parse_args(arguments)
    prepare_environment()
    sampler = Sampler.load(options.model)
    figures = measure(sampler, options.tags, options.seed)
    subject = Subject(sampler, Classifier.load(), read_real_faces(), options.seed)
    attributes = heeded(subject)
    for name, value in figures.items():
        print(f"{name:34}{value:8.3f}  {BARS.get(name, '')}")
    print(f"{'':34}{'told':>8}{'untold':>8}{'denied':>8}{'best':>8}")
    for name, found in attributes.items():
        print(f"{name:34}" + "".join(f"{share:8.3f}" for share in vars(found).values()))
    if options.json:
        heed = {name: vars(found) for name, found in attributes.items()}
        report = {"figures": figures, "attributes": heed}
        options.json.write_text(json.dumps(report, indent=1, default=float))
    return 0


if __name__ == "__main__":
    sys.exit(main())

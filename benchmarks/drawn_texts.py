"""Measure what a model draws of texts that people type: lists, denials, odd texts, open colours.

    python3 -m benchmarks.drawn_texts --model DIR --tags TAGS.csv

TAGS.csv has the columns tag and count: the tags of a picture board. Every figure is the
classifier's opinion; the same of real faces stands beside it where there is one.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.text_facts import board_tags, lists
from config import ROOT
from evaluation.classifier import ATTRIBUTES, Classifier, Judged
from evaluation.metrics import precision_recall
from evaluation.real_faces import RealFaces, read_real_faces
from sampler import Sampler
from text.attributes import COLOUR_FACTS
from text.colours import EYE_COLOURS, HAIR_COLOURS

ODD_TEXTS = ROOT / "benchmarks" / "odd_texts.txt"
EACH = 12  # faces of an odd text
OPEN = 400  # faces of a text that leaves the hair open
LIST_FACES = 4  # faces of each list, and of each pair of tags
DENIED_FACES = 20  # faces of each denied colour
TOLD_FACES = 300  # faces told an attribute, and as many told nothing of it
PAIRS = [(h, e) for h in HAIR_COLOURS for e in EYE_COLOURS]


class Drawer:
    """Draws texts with one model and judges the faces.

    Args:
        sampler: The model.
        seed: Decides the noise and the colours left open.
    """

    def __init__(self, sampler: Sampler, seed: int) -> None:
        self._sampler, self._seed = sampler, seed
        self._classifier = Classifier.load()

    def judge(self, texts: Sequence[str], each: int) -> Judged:
        """Draw each text so many times, and judge the faces in the order of the texts."""
        repeated = [text for text in texts for _ in range(each)]
        seeds = [(self._seed, i // each + 1, i % each + 1) for i in range(len(repeated))]
        return self._classifier.judge(self._sampler.sample(repeated, seeds))


def both_right(judged: Judged, each: int) -> float:
    """Return the share of faces of all `PAIRS`, in order, whose colours are both right."""
    right = np.repeat([[HAIR_COLOURS.index(h), EYE_COLOURS.index(e)] for h, e in PAIRS], each, 0)
    return float((judged.colours() == right).all(axis=1).mean())


def lists_right(drawer: Drawer, tags: Path, length: int, underscored: bool) -> float:
    """Return the share of faces of long lists whose colours are both right."""
    names, shares = board_tags(tags)
    cases = lists(np.random.default_rng(length), names, shares, length, underscored)
    return both_right(drawer.judge([text for text, _ in cases], LIST_FACES), LIST_FACES)


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


def effective_number(labels: np.ndarray) -> float:
    """Return e to the entropy of labels: the number of equally frequent values as diverse."""
    shares = np.bincount(labels) / len(labels)
    shares = shares[shares > 0]
    return float(np.exp(-(shares * np.log(shares)).sum()))


def attributes_heeded(drawer: Drawer) -> dict[str, tuple[float, float]]:
    """Return, for each attribute the classifier judges, its share when told and when not.

    All faces are also told both colours, the same pairs in both sets.
    """
    pairs = [f"{h} hair, {e} eyes" for h, e in (PAIRS * 3)[:TOLD_FACES]]
    plain = drawer.judge(pairs, 1).attributes
    heeded = {}
    for column, name in enumerate(ATTRIBUTES):
        told = drawer.judge([f"{pair}, {name}" for pair in pairs], 1).attributes
        present = [
            shares[:, column] > Classifier.load().heads[column].threshold
            for shares in (told, plain)
        ]
        heeded[name] = (float(present[0].mean()), float(present[1].mean()))
    return heeded


def measure(sampler: Sampler, tags: Path | None, seed: int) -> dict[str, float]:
    """Return every figure of one model by its name."""
    drawer, real = Drawer(sampler, seed), read_real_faces()
    pairs = drawer.judge([f"{h} hair {e} eyes" for h, e in PAIRS], LIST_FACES)
    figures = {"two tags, both right": both_right(pairs, LIST_FACES)}
    if tags is not None:
        for length, underscored in ((20, False), (20, True), (50, False), (50, True)):
            kind = "a_b" if underscored else "a, b"
            share = lists_right(drawer, tags, length, underscored)
            figures[f"lists of {length}, {kind} / two tags"] = (
                share / figures["two tags, both right"]
            )
    figures["denied colours drawn otherwise"] = drawn_otherwise(drawer)
    figures |= odd_texts(drawer, real)
    hair = drawer.judge(["red eyes"], OPEN).colours()[:, 0]
    figures["hair left open, colours"] = effective_number(hair)
    figures["of the data"] = effective_number(real.judged[0][:, 0])
    return figures

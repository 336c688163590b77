"""Measures a model: do its faces show what was asked for, do they look real, and do they vary?

The classifier in `model/classifier/` judges the faces, and every figure has beside it what it
makes of as many real faces, which it was not trained on. The GAN never learns from the classifier;
from these faces the shipped GAN did, so the distances to them cannot show copying: `memory` does.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import images
import metrics
import pixels
from cache import Dataset
from captions import EYE_COLOURS, HAIR_COLOURS
from classifier import (
    COLOURS,
    SIZE,
    Classifier,
    Real,
    caption,
    labels_of,
    pair_of,
    read_real,
    to_size,
)
from config import ModelConfig, UsageError
from files import replacing
from generate import Sampler
from wording import HELD_OUT, NAMES

PER_PAIR = 20  # faces of each pair of colours: as many as there are real ones
PER_COLOUR = 40  # faces of each colour that is named alone
MONITORED = 240  # captions that are drawn in training, twice each
LOOKED_THROUGH = 50_000  # training pictures at most, to find the nearest
COMPARED = 2000  # pictures of the data set that these are compared with
UNSEEN = 200  # faces of pairs that were not trained on
FRECHET, VARIETY = "evaluation/frechet", "evaluation/variety"  # of Monitor
SENTENCES, SYNONYMS = "held-out sentences", "with synonyms"
SHEET = (
    "blue hair red eyes",
    "pink hair green eyes",
    "blonde hair blue eyes",
    "black hair yellow eyes",
    "white hair purple eyes",
    "brown hair brown eyes",
    "a girl with long silver hair and crimson eyes",
    "She has amber eyes. Her hair is jet-black.",
    "redhead in a green coat, emerald eyes",
    "teal twintails, hazel irises",
    "orange hair",
    "GREY HIAR, LILAC EYES",
)
PAIRS = np.array([(h, e) for h in range(len(HAIR_COLOURS)) for e in range(len(EYE_COLOURS))])


def evaluate(
    sampler: Sampler,
    seed: int,
    output: Path,
    data: Dataset | None = None,
    cascade: Path | None = None,
) -> dict[str, Any]:
    """Draw faces of all pairs of colours, measure them, write sheets and `evaluation.json`.

    Args:
        sampler: The model.
        seed: The same seed gives the same figures.
        output: Folder to write to.
        data: What the model was trained on, to find the training face nearest to each drawn one;
            of the size of the model.
        cascade: A face detector for OpenCV: to find the share of faces in which it sees one.

    Returns:
        The figures, as they are written.

    Raises:
        UsageError: The cascade cannot be used.
        ProjectError: The classifier cannot be used, or the folder not be written to.
    """
    classifier, real = Classifier.load(), read_real()
    detect = detector(cascade) if cascade else None
    # What it has not seen: what its data lack, if they are here, or those that the shipped one had.
    known = real.labels if data is None else labels_of(data.captions)
    held_out = pair_of(labels_of(sampler.header.held_out))
    numbers = pair_of(PAIRS)
    unseen = PAIRS[~np.isin(numbers, pair_of(known)) | np.isin(numbers, held_out)]

    labels = np.repeat(PAIRS, PER_PAIR, axis=0)
    drawn = to_size(draw(sampler, [caption(label) for label in labels], seed))
    judged = classifier.judge(drawn)
    real_right = (real.judged == real.labels).reshape(-1, 2)
    named_alone, apart_alone = alone(sampler, classifier, real, seed)
    figures: dict[str, Any] = {
        "model": sampler.path.name,
        "step": sampler.header.step,
        "pictures": sampler.header.pictures,
        "seed": seed,
        "faces": len(drawn),
        "real faces": 2 * len(real.labels),
        "fit": {
            "real faces": shares(real_right),
            "tags": shares(judged.colours() == labels),
            **{
                name: shares(classifier.judge(draw(sampler, texts, seed)).colours() == wanted)
                for name, (texts, wanted) in told(seed).items()
            },
            "hair or eyes alone": named_alone,
            "tags, shuffled": shares(
                judged.colours() == np.random.default_rng(seed).permutation(labels)
            ),
        },
        "unseen": {
            caption(pair): shares(
                classifier.judge(draw(sampler, [caption(pair)] * UNSEEN, seed + 1)).colours()
                == pair
            )
            for pair in unseen
        },
        "colours": by_colour(judged.colours(), labels),
        "colours of real faces": by_colour(
            real.judged.reshape(-1, 2), np.tile(real.labels, (2, 1))
        ),
    }
    # As many of the same pairs as there are real faces.
    like = np.isin(pair_of(labels), pair_of(real.labels))
    figures["quality"] = quality(drawn[like], judged.features[like], real)
    figures["variety"] = apart_alone | variety(drawn, judged.features, labels, real)
    if data is not None:
        figures["memory"], sheet = memory(
            drawn[like], judged.features[like], data, classifier, seed
        )
        images.save(sheet, output / "nearest.png", "png", {})
    if detect:
        figures["detected"] = detect(drawn)
        if data is not None:
            rows = np.random.default_rng(seed).permutation(len(data))[: len(drawn)]
            figures["detected in the data"] = detect(to_size(data.read(np.sort(rows))))
    rows = [
        (text, sampler.sample([text] * 10, [(seed, row, j) for j in range(10)]))
        for row, text in enumerate(SHEET)
    ]
    images.save(images.labelled_grid(rows), output / "faces.png", "png", {})
    images.save(images.grid(drawn[::PER_PAIR], len(EYE_COLOURS)), output / "pairs.png", "png", {})
    with replacing(output / "evaluation.json") as file:
        file.write(json.dumps(rounded(figures), indent=1).encode() + b"\n")
    return figures


class Monitor:
    """The short form, for training: a few faces against the data set that is learnt from.

    Args:
        data: What is learnt from.
        model: Whose noise it is.
        seed: Decides on captions, noises and the pictures to compare with.

    Attributes:
        rows: (N,) int, the captions of the faces to be drawn.
        noise: (N, noise) float32, theirs.
    """

    def __init__(self, data: Dataset, model: ModelConfig, seed: int) -> None:
        self._classifier = Classifier.load()
        random = np.random.default_rng(seed)
        # Twice the captions of random pictures: as frequent as in the data, and never alone.
        self.rows = np.repeat(random.choice(data.caption_ids, MONITORED), 2)
        self.noise = model.draw_noise(len(self.rows), random)
        self._labels = labels_of([data.captions[row] for row in self.rows])
        compared = np.sort(random.permutation(len(data))[:COMPARED])
        judged = self._classifier.judge(data.read(compared))
        self._real = metrics.moments(judged.features)
        groups = data.caption_ids[compared]
        self._spread = 0.0
        if len(np.unique(groups)) < len(groups):
            self._spread = metrics.spread(judged.features, groups)

    def measure(self, faces: np.ndarray) -> dict[str, float]:
        """The figures of (N, S, S, 3) uint8 faces, drawn of `rows` and `noise`.

        `evaluation/hair` and `/eyes` are the shares with the colour that the caption names, where
        captions do; `/frechet` is the distance to the data, less is better; `/variety` how far
        faces of one caption are from each other, of the same in the data, where that can be told.
        """
        judged = self._classifier.judge(faces)
        named = self._labels >= 0
        right = judged.colours() == self._labels
        found = {
            name: float(right[named[:, slot], slot].mean())
            for slot, name in enumerate(COLOURS)
            if named[:, slot].any()
        }
        found = {f"evaluation/{name}": share for name, share in found.items()}
        found[FRECHET] = metrics.frechet(metrics.moments(judged.features), self._real)
        if self._spread:  # no two pictures of one caption, or equal ones, are no measure
            found[VARIETY] = metrics.spread(judged.features, self.rows) / self._spread
        return found


def draw(sampler: Sampler, texts: list[str], seed: int) -> np.ndarray:
    """A face for each text, (N, S, S, 3) uint8; text i has the noise (seed, i)."""
    return sampler.sample(texts, [(seed, i) for i in range(len(texts))])


def told(seed: int) -> dict[str, tuple[list[str], np.ndarray]]:
    """Every pair in sentences that no training text is made of: texts and labels of each kind."""
    random = np.random.default_rng(seed)
    found = {}
    for kind in (SENTENCES, SYNONYMS):
        labels = np.repeat(PAIRS, PER_PAIR // 2, axis=0)
        texts = []
        for label in labels:
            said = [colours[n] for colours, n in zip(COLOURS.values(), label, strict=True)]
            if kind == SYNONYMS:
                named = zip(NAMES.values(), said, strict=True)
                said = [random.choice(names[colour]) for names, colour in named]
            texts.append(random.choice(HELD_OUT).format(h=said[0], e=said[1]))
        found[kind] = texts, labels
    return found


def alone(
    sampler: Sampler, classifier: Classifier, real: Real, seed: int
) -> tuple[dict[str, list[float]], dict[str, dict[str, float]]]:
    """Faces of descriptions that name the hair or the eyes, and leave the other open.

    Returns:
        The shares that show it, with intervals, of `hair` and `eyes`; and for both how far faces of
        one description are from each other, `drawn`, and real faces of one colour, `real`.
    """
    features = np.concatenate(real.features)
    right, apart = {}, {}
    for slot, (name, colours) in enumerate(COLOURS.items()):
        labels = np.repeat(np.arange(len(colours)), PER_COLOUR)
        texts = [f"{colours[label]} {name}" for label in labels]
        judged = classifier.judge(draw(sampler, texts, seed))
        right[name] = share(judged.colours()[:, slot] == labels)
        apart[f"distance, {name} alone"] = {
            "drawn": metrics.spread(judged.features, labels),
            "real": metrics.spread(features, np.tile(real.labels[:, slot], 2)),
        }
    return right, apart


def share(right: np.ndarray) -> list[float]:
    """The share that is right, of (N,) bool, and its 95 % interval."""
    return [float(right.mean()), *metrics.wilson(int(right.sum()), len(right))]


def shares(right: np.ndarray) -> dict[str, list[float]]:
    """The shares that are right, of (N, 2) bool for hair and eyes, with 95 % intervals."""
    both = {"hair": right[:, 0], "eyes": right[:, 1], "both": right.all(axis=1)}
    return {name: share(each) for name, each in both.items()}


def by_colour(judged: np.ndarray, labels: np.ndarray) -> dict[str, dict[str, dict[str, float]]]:
    """Precision and recall of each colour, of (N, 2) judged and wanted labels."""
    found = {}
    for slot, (name, colours) in enumerate(COLOURS.items()):
        counts = metrics.confusion(labels[:, slot], judged[:, slot], len(colours))
        precision, recall = metrics.per_class(counts)
        found[name] = {
            colour: {"precision": float(precision[n]), "recall": float(recall[n])}
            for n, colour in enumerate(colours)
        }
    return found


def quality(drawn: np.ndarray, features: np.ndarray, real: Real) -> dict[str, Any]:
    """How like real faces drawn ones are, against the first half of these; beside it the second.

    Args:
        drawn: (N, 64, 64, 3) uint8.
        features: (N, D).
        real: N in each half.
    """
    halves = {"drawn": features, "real": real.features[1]}
    found = {
        "Fréchet distance": {
            name: metrics.frechet(metrics.moments(rows), metrics.moments(real.features[0]))
            for name, rows in halves.items()
        },
        # Below 0 for the real ones: the halves are more alike than random ones, pair for pair.
        "kernel distance": {
            name: metrics.kernel_distance(rows, real.features[0], subsets=20)[0]
            for name, rows in halves.items()
        },
    }
    both = {n: metrics.precision_recall(real.features[0], rows) for n, rows in halves.items()}
    for place, kind in enumerate(("precision", "recall")):
        found[kind] = {name: pair[place] for name, pair in both.items()}
    apart = pixels.sliced_wasserstein(pixels.patch_quantiles(drawn), real.patches)
    for side, one, two in zip(pixels.sides(SIZE), apart, real.patches_apart, strict=True):
        found[f"sliced Wasserstein, {side} px"] = {"drawn": float(one), "real": float(two)}
    return found


def variety(
    drawn: np.ndarray, features: np.ndarray, labels: np.ndarray, real: Real
) -> dict[str, Any]:
    """How unlike each other faces of one caption are, beside real faces of one caption."""
    found = pixels.diversity(drawn, pair_of(labels), features)
    return {
        "distance in a caption": {"drawn": found.features.mean, "real": float(real.variety[0])},
        "1 - SSIM in a caption": {"drawn": found.pictures.mean, "real": float(real.variety[1])},
        "least distance": {caption(PAIRS[found.features.group]): found.features.least},
    }


def memory(
    drawn: np.ndarray, features: np.ndarray, data: Dataset, classifier: Classifier, seed: int
) -> tuple[dict[str, float], np.ndarray]:
    """The training face nearest to each drawn one; a sheet of the nearest twenty.

    Returns:
        Medians of the distance of drawn and of training faces to the nearest training face that
        is no copy, and the share of drawn faces that are nearer than 99 % of these; and the
        sheet. Of many training faces, `LOOKED_THROUGH` are looked through.
    """
    random = np.random.default_rng(seed)
    rows = np.sort(random.permutation(len(data))[:LOOKED_THROUGH])
    chunks = np.array_split(rows, -(-len(rows) // 1000))
    trained = np.concatenate([classifier.judge(data.read(few)).features for few in chunks])
    index, distance = metrics.nearest(features, trained)
    some = trained[random.permutation(len(trained))[: len(features)]]
    between = metrics.nearest(some, trained, copies=False)[1]
    order = np.argsort(distance, kind="stable")[:20]
    figures = {
        "nearest training face, drawn": float(np.median(distance)),
        "nearest other training face, training": float(np.median(between)),
        "nearer than 99 % of training faces": float(np.mean(distance < np.quantile(between, 0.01))),
    }
    nearest = to_size(data.read(rows[index[order]]))
    return figures, images.labelled_grid([("drawn", drawn[order]), ("nearest", nearest)])


def detector(path: Path) -> Callable[[np.ndarray], float]:
    """A function from pictures to the share of them in which an OpenCV cascade finds a face."""
    if not path.is_file():
        raise UsageError(f"--cascade {path} is no file. Name an .xml of OpenCV's.")
    try:
        import cv2

        make = cv2.CascadeClassifier
    except (ImportError, AttributeError):  # OpenCV 5 has no cascades
        raise UsageError(
            '--cascade needs OpenCV 4: python3 -m pip install "opencv-python-headless<5"'
        ) from None
    try:
        cascade = make(str(path))
        usable = not cascade.empty()
    except (cv2.error, SystemError):  # how its Python side says that it is no cascade
        usable = False
    if not usable:
        raise UsageError(f"--cascade {path} is not a cascade that OpenCV can read.")

    def detect(pictures: np.ndarray) -> float:
        found = 0
        for picture in pictures:
            # Detectors look for faces with something around them, of 24 px and more.
            gray = np.pad(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), 16, mode="edge")
            gray = cv2.resize(gray, None, fx=2, fy=2)
            found += len(cascade.detectMultiScale(gray, 1.1, 3)) > 0
        return found / len(pictures)

    return detect


def rounded(value: Any) -> Any:
    """Numbers of a nested structure to 5 digits, as more are noise; None for what is none."""
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [rounded(item) for item in value]
    if isinstance(value, float):
        return float(f"{value:.5g}") if math.isfinite(value) else None
    return value


def table(figures: dict[str, Any]) -> str:
    """The figures for people."""

    def row(name: str, found: dict[str, list[float]]) -> str:
        cells = "  ".join(f"{f:.3f} ({low:.3f}-{high:.3f})" for f, low, high in found.values())
        return f"{name:36}{cells}"

    lines = [f"{'right (95 % interval)':36}hair                 eyes                 both"]
    lines += [row(name, found) for name, found in figures["fit"].items()]
    lines += [row(f"never seen: {name}", found) for name, found in figures["unseen"].items()]
    lines += ["", f"{'':36}{'drawn':>10}{'real':>10}{'ratio':>10}"]
    for name, found in {**figures["quality"], **figures["variety"]}.items():
        if "drawn" in found:
            drawn, real = found["drawn"], found["real"]
            ratio = f"{drawn / real:>10.2f}" if real > 0 else f"{'':>10}"
            lines.append(f"{name:36}{drawn:>10.4g}{real:>10.4g}{ratio}")
    for name, value in figures["variety"]["least distance"].items():
        lines.append(f"{'least distance: ' + name:44}{value:.4g}")
    for slot in COLOURS:
        for kind in ("precision", "recall"):
            cells = (f"{c} {f[kind]:.2f}" for c, f in figures["colours"][slot].items())
            lines.append(f"{slot} {kind:10} " + ", ".join(cells))
    for name, value in figures.get("memory", {}).items():
        lines.append(f"{name:44}{value:.4g}")
    for name in ("detected", "detected in the data"):
        if name in figures:
            lines.append(f"{name:44}{figures[name]:.4g}")
    return "\n".join(lines)

"""Measures a model: do its faces show what was asked for, do they look real, and do they vary?

The classifier in `model/classifier/` judges the faces, and every figure has beside it what it
makes of as many real faces, which it was not trained on. The GAN never learns from the classifier;
from these faces the shipped GAN did, so the distances to them cannot show copying: `memory` does.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from dataset.faces import Dataset
from evaluation import metrics
from evaluation.classifier import SIZE, Classifier, to_size
from evaluation.face_detector import detector
from evaluation.patches import diversity, patch_quantiles, sides, sliced_wasserstein
from evaluation.real_faces import RealFaces, read_real_faces
from evaluation.report import rounded
from files import sheets
from files.images import save_image
from files.writing import replacing
from sampler import Sampler
from text.colour_names import NAMES
from text.colours import COLOURS, EYE_COLOURS, HAIR_COLOURS, caption, pair_index, parse_labels
from text.grammar import HELD_OUT

PER_PAIR = 20  # faces of each pair of colours: as many as there are real ones
PER_COLOUR = 40  # faces of each colour that is named alone
LOOKED_THROUGH = 50_000  # training images at most, to find the nearest
UNSEEN = 200  # faces of pairs that were not trained on
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
    classifier, real = Classifier.load(), read_real_faces()
    detect = detector(cascade) if cascade else None
    # What it has not seen: what its data lack, if they are here, or those that the shipped one had.
    known = real.labels if data is None else parse_labels(data.captions)
    held_out = pair_index(parse_labels(sampler.header.held_out))
    numbers = pair_index(PAIRS)
    unseen = PAIRS[~np.isin(numbers, pair_index(known)) | np.isin(numbers, held_out)]

    labels = np.repeat(PAIRS, PER_PAIR, axis=0)
    drawn = to_size(draw(sampler, [caption(label) for label in labels], seed))
    judged = classifier.judge(drawn)
    real_right = (real.judged == real.labels).reshape(-1, 2)
    named_alone, apart_alone = alone(sampler, classifier, real, seed)
    figures: dict[str, Any] = {
        "model": sampler.path.name,
        "step": sampler.header.step,
        "images": sampler.header.images,
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
    like = np.isin(pair_index(labels), pair_index(real.labels))
    figures["quality"] = quality(drawn[like], judged.features[like], real)
    figures["variety"] = apart_alone | variety(drawn, judged.features, labels, real)
    if data is not None:
        figures["memory"], sheet = memory(
            drawn[like], judged.features[like], data, classifier, seed
        )
        save_image(sheet, output / "nearest.png", "png", {})
    if detect:
        figures["detected"] = detect(drawn)
        if data is not None:
            rows = np.random.default_rng(seed).permutation(len(data))[: len(drawn)]
            figures["detected in the data"] = detect(to_size(data.read(np.sort(rows))))
    rows = [
        (text, sampler.sample([text] * 10, [(seed, row, j) for j in range(10)]))
        for row, text in enumerate(SHEET)
    ]
    save_image(sheets.labelled_grid(rows), output / "faces.png", "png", {})
    save_image(sheets.grid(drawn[::PER_PAIR], len(EYE_COLOURS)), output / "pairs.png", "png", {})
    with replacing(output / "evaluation.json") as file:
        file.write(json.dumps(rounded(figures), indent=1).encode() + b"\n")
    return figures


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
    sampler: Sampler, classifier: Classifier, real: RealFaces, seed: int
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


def quality(drawn: np.ndarray, features: np.ndarray, real: RealFaces) -> dict[str, Any]:
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
    apart = sliced_wasserstein(patch_quantiles(drawn), real.patches)
    for side, one, two in zip(sides(SIZE), apart, real.patches_apart, strict=True):
        found[f"sliced Wasserstein, {side} px"] = {"drawn": float(one), "real": float(two)}
    return found


def variety(
    drawn: np.ndarray, features: np.ndarray, labels: np.ndarray, real: RealFaces
) -> dict[str, Any]:
    """How unlike each other faces of one caption are, beside real faces of one caption."""
    found = diversity(drawn, pair_index(labels), features)
    return {
        "distance in a caption": {"drawn": found.features.mean, "real": float(real.variety[0])},
        "1 - SSIM in a caption": {"drawn": found.images.mean, "real": float(real.variety[1])},
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
    return figures, sheets.labelled_grid([("drawn", drawn[order]), ("nearest", nearest)])

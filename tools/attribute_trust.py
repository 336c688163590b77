"""Measure how far a classifier's attributes are to be trusted, on faces that were held out."""

from __future__ import annotations

import numpy as np

from config import UsageError
from evaluation.attributes import ATTRIBUTES, Trust

PRECISION = 0.9  # of the faces said to show an attribute, the share that must
ABSENCE = 0.97  # of the faces said not to show it, the share that must not
LEAST = 20  # faces of which either is said: the share of fewer tells little
Half = tuple[np.ndarray, np.ndarray]  # (n,) probabilities; (n,) bool, whether shown


def measure_trust(probabilities: np.ndarray, labels: np.ndarray) -> Trust:
    """Choose thresholds by labelled faces that the classifier was not trained on.

    The balanced accuracy is that of either half by the threshold that is best for the other half,
    so no threshold is judged by the faces that it was chosen by.

    Args:
        probabilities: (2, n, A), what the classifier says of both halves.
        labels: (2, n, A), what people saw: 1, 0, or -1 where nobody looked.

    Raises:
        UsageError: A half lacks labelled faces that show an attribute, or that do not.
    """
    rows = []
    for column, name in enumerate(ATTRIBUTES):
        known = labels[..., column] >= 0
        halves = [
            (probabilities[half, known[half], column], labels[half, known[half], column] == 1)
            for half in (0, 1)
        ]
        if any(shown.all() or not shown.any() for _, shown in halves):
            raise UsageError(
                f"--labels must have faces with and without {name!r} in both halves of the faces "
                "held out. Label more."
            )
        rows.append(_measure(*halves))
    return Trust(*np.array(rows, np.float32).T)


def _measure(first: Half, second: Half) -> tuple[float, float, float, float]:
    """Return the fields of `Trust` for one attribute."""
    right = [
        (shown == (probabilities >= best_threshold(*other)), shown)
        for (probabilities, shown), other in ((first, second), (second, first))
    ]
    hits, shown = (np.concatenate(part) for part in zip(*right, strict=True))
    accuracy = (hits[shown].mean() + hits[~shown].mean()) / 2
    probabilities = np.concatenate([first[0], second[0]])
    threshold = best_threshold(probabilities, shown)
    present = _least_sure(probabilities, shown, PRECISION)
    absent = -_least_sure(-probabilities, ~shown, ABSENCE)
    return threshold, max(present, threshold), max(0.0, min(absent, threshold)), float(accuracy)


def best_threshold(probabilities: np.ndarray, shown: np.ndarray) -> float:
    """Return the probability from which to call an attribute shown: the best balanced accuracy.

    Args:
        probabilities: (n,).
        shown: (n,) bool, with both values.
    """
    order = np.argsort(probabilities)
    found = shown[order][::-1].cumsum()[::-1] / shown.sum()  # from each probability up
    refused = ((~shown[order]).cumsum() - ~shown[order]) / (~shown).sum()  # below each
    return float(probabilities[order][np.argmax(found + refused)])


def _least_sure(scores: np.ndarray, true: np.ndarray, wanted: float) -> float:
    """Return the least score from which the wanted share is true; infinite if there is none."""
    order = np.argsort(-scores)
    said = np.arange(1, len(scores) + 1)
    enough = np.flatnonzero((true[order].cumsum() >= wanted * said) & (said >= LEAST))
    return float(scores[order][enough[-1]]) if len(enough) else np.inf

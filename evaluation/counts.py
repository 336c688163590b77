"""Statistics of counts: the interval of a share, confusion matrices, precision and recall."""

from __future__ import annotations

import math

import numpy as np

Z = 1.959964  # 95 % of a normal distribution lie within this many standard deviations of its mean


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Return the 95 % confidence interval of a share (Wilson 1927, JASA 22, pages 209–212).

    Args:
        successes: From 0 to `trials`.
        trials: From 0.

    Returns:
        The ends of the interval, in [0, 1]; (0, 1) if there were no trials.

    Raises:
        ValueError: There are more successes than trials, or either number is negative.

    Example:
        >>> low, high = wilson(8, 10)
        >>> print(f"{low:.3f} to {high:.3f}")
        0.490 to 0.943
    """
    if not 0 <= successes <= trials:
        raise ValueError(f"successes must be from 0 to trials. Received: {successes} of {trials}")
    if trials == 0:
        return 0.0, 1.0
    share = successes / trials
    scale = 1 / (1 + Z**2 / trials)
    middle = scale * (share + Z**2 / (2 * trials))
    half = scale * Z * math.sqrt(share * (1 - share) / trials + Z**2 / (4 * trials**2))
    # With no successes, or nothing but successes, one end is 0 or 1 except for rounding.
    low = middle - half if successes else 0.0
    high = middle + half if successes < trials else 1.0
    return low, high


def confusion(wanted: np.ndarray, judged: np.ndarray, count: int) -> np.ndarray:
    """Count how often each class was judged to be each class.

    Args:
        wanted: `(N,)` integers, the true classes, from 0 to `count - 1`.
        judged: `(N,)` integers, the judged classes, from 0 to `count - 1`.
        count: Number of classes.

    Returns:
        `(count, count)` int64, one row per wanted class, one column per judged class.

    Raises:
        ValueError: The shapes differ, or a value is not an integer or not a class.

    Example:
        >>> confusion(np.array([0, 0, 1]), np.array([0, 1, 1]), 2).tolist()
        [[1, 1], [0, 1]]
    """
    wanted, judged = np.asarray(wanted), np.asarray(judged)
    if wanted.ndim != 1 or wanted.shape != judged.shape:
        shapes = f"{wanted.shape}, {judged.shape}"
        raise ValueError(f"wanted and judged must both be (N,). Received: {shapes}")
    for name, classes in (("wanted", wanted), ("judged", judged)):
        if classes.size and classes.dtype.kind not in "iu":
            raise ValueError(f"{name} must be integers. Received: {classes.dtype}")
        wrong = classes[(classes < 0) | (classes >= count)]
        if wrong.size:
            raise ValueError(f"{name} must be from 0 to {count - 1}. Received: {wrong[0]}")
    cells = wanted.astype(np.int64) * count + judged.astype(np.int64)
    return np.bincount(cells, minlength=count * count).reshape(count, count)


def per_class(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the precision and recall of each class.

    Args:
        counts: `(C, C)`, a confusion matrix, as `confusion` returns it.

    Returns:
        Precision, `(C,)`: the share of those judged to be of a class that are of it; NaN if none
        were judged to be. Recall, `(C,)`: the share of those of a class that were judged to be of
        it; NaN if none are.

    Raises:
        ValueError: The matrix is not square.
    """
    counts = np.asarray(counts)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1]:
        raise ValueError(f"counts must be (C, C). Received: {counts.shape}")
    right = np.diagonal(counts)
    return _shares(right, counts.sum(axis=0)), _shares(right, counts.sum(axis=1))


def _shares(parts: np.ndarray, totals: np.ndarray) -> np.ndarray:
    return np.divide(parts, totals, out=np.full(len(parts), np.nan), where=totals > 0)

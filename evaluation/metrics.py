"""What is measured of features and judgements: arrays in, numbers out. NumPy only.

Features are rows that a network makes of images, one row an image. Every number that depends
on chance takes a seed and comes out the same for the same seed. Large sets are worked through in
blocks of `BLOCK` rows, so that 6,000 against 6,000 takes well under 1 GB.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

BLOCK = 512  # rows that are worked on at a time
Z = 1.959964  # standard deviations to both sides of the mean that hold 95 % of a normal variable


def wilson(right: int, total: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927, JASA 22, pages 209–212).

    Args:
        right: Successes, from 0 to `total`.
        total: Trials.

    Returns:
        The ends of the interval, in [0, 1]; (0, 1) if there were no trials.

    Raises:
        ValueError: `right` is not a part of `total`.

    Example:
        >>> low, high = wilson(8, 10)
        >>> print(f"{low:.3f} to {high:.3f}")
        0.490 to 0.943
    """
    if not 0 <= right <= total:
        raise ValueError(f"right must be from 0 to total. Received: {right} of {total}")
    if total == 0:
        return 0.0, 1.0
    share = right / total
    scale = 1 / (1 + Z**2 / total)
    middle = scale * (share + Z**2 / (2 * total))
    half = scale * Z * math.sqrt(share * (1 - share) / total + Z**2 / (4 * total**2))
    # Where nothing or all is right, an end is 0 or 1 but for rounding.
    return middle - half if right else 0.0, middle + half if right < total else 1.0


def moments(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What `frechet` compares.

    Args:
        features: `(N, D)`, at least two rows.

    Returns:
        The mean, `(D,)`, and the unbiased covariance, `(D, D)`, both float64.

    Raises:
        ValueError: The features are not finite rows, or fewer than two.
    """
    rows = rows_of("features", features, least=2)
    mean = rows.mean(axis=0)
    rows = rows - mean
    return mean, rows.T @ rows / (len(rows) - 1)


def frechet(a: tuple[np.ndarray, np.ndarray], b: tuple[np.ndarray, np.ndarray]) -> float:
    """The squared Fréchet distance of two normal distributions (Heusel et al. 2017, eq. 6).

    |m_a - m_b|² + tr(C_a + C_b - 2 (C_a C_b)^½). It is biased: it grows as images get fewer,
    so only distances between sets of the same size can be compared.

    Args:
        a: Mean, `(D,)`, and covariance, `(D, D)`: what `moments` returns. Rank-deficient
            covariances, those of fewer rows than columns, do no harm.
        b: The same of the other set.

    Returns:
        At least 0, in squared units of the features.

    Raises:
        ValueError: The shapes do not fit together.

    Example:
        >>> features = np.random.default_rng(0).normal(size=(100, 8))
        >>> round(frechet(moments(features), moments(features + 1)), 6)
        8.0
    """
    (mean_a, cov_a), (mean_b, cov_b) = a, b
    shapes = [np.shape(values) for values in (mean_a, cov_a, mean_b, cov_b)]
    size = np.size(mean_a)
    if shapes != [(size,), (size, size)] * 2:
        raise ValueError(f"a and b must be (D,) means and (D, D) covariances. Received: {shapes}")
    # The trace of (C_a C_b)^½ is the sum of the singular values of C_a^½ C_b^½. Unlike roots of
    # the product's eigenvalues, these do not turn rounding of 1e-16 into 1e-8.
    cross = np.linalg.svd(_root(cov_a) @ _root(cov_b), compute_uv=False).sum()
    distance = np.square(mean_a - mean_b).sum() + np.trace(cov_a) + np.trace(cov_b) - 2 * cross
    return max(0.0, float(distance))


def _root(covariance: np.ndarray) -> np.ndarray:
    """The symmetric root of a covariance, whose eigenvalues are negative by rounding only."""
    values, vectors = np.linalg.eigh(covariance)
    return (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T


def kernel_distance(
    a: np.ndarray, b: np.ndarray, seed: int = 0, subsets: int = 100
) -> tuple[float, float]:
    """KID: the squared MMD with the kernel (x·y / D + 1)³ (Bińkowski et al. 2018, section 4).

    The paper's mean over random subsets tends to the unbiased estimate from all rows, its mean
    over all subsets, so that one is returned. The standard error is the spread of the estimate
    over random halves of both sets: the delete-d jackknife (Shao and Wu 1989) with d = N / 2.
    For equal distributions it is about √3 times too large.

    Args:
        a: `(N, D)` features, at least four rows.
        b: `(M, D)` features, at least four rows.
        seed: Decides on the halves; the distance does not depend on it.
        subsets: Number of halves, at least 2.

    Returns:
        The distance, whose mean over samples is 0 for samples of one distribution, and which is
        therefore often below 0 for these; and its standard error.

    Raises:
        ValueError: The features are not finite rows of one width, or too few.
    """
    a, b = _pair("a", a, "b", b, least=4)
    if subsets < 2:
        raise ValueError(f"subsets must be at least 2. Received: {subsets}")
    random = np.random.default_rng(seed)
    in_a, in_b = _halves(len(a), subsets, random), _halves(len(b), subsets, random)
    within = _kernel_mean(a, a, in_a, in_a, True) + _kernel_mean(b, b, in_b, in_b, True)
    estimates = within - 2 * _kernel_mean(a, b, in_a, in_b, False)
    return float(estimates[0]), float(estimates[1:].std(ddof=1))


def _halves(count: int, subsets: int, random: np.random.Generator) -> np.ndarray:
    """Which rows are in which subset, (count, 1 + subsets) of 0 and 1. The first has them all."""
    first = np.tile(np.arange(count) < count // 2, (subsets, 1))
    return np.vstack([np.ones((1, count)), random.permuted(first, axis=1)]).T.copy()


def _kernel_mean(
    x: np.ndarray, y: np.ndarray, in_x: np.ndarray, in_y: np.ndarray, same: bool
) -> np.ndarray:
    """The mean kernel of each subset's pairs, (1 + subsets,); without i = j in the same set."""
    sums = np.zeros(in_x.shape[1])
    for block in _blocks(len(x)):
        kernel = _cube(x[block] @ y.T, x.shape[1])
        sums += (in_x[block] * (kernel @ in_y)).sum(axis=0)
    count_x, count_y = in_x.sum(axis=0), in_y.sum(axis=0)
    if same:
        sums -= _cube(np.square(x).sum(axis=1), x.shape[1]) @ in_x
        count_y = count_y - 1
    return sums / (count_x * count_y)


def _cube(products: np.ndarray, width: int) -> np.ndarray:
    base = products / width + 1
    return base * base * base  # ten times as fast as base**3


def precision_recall(real: np.ndarray, drawn: np.ndarray, k: int = 3) -> tuple[float, float]:
    """How much of what is drawn looks real, and how much of what is real is drawn.

    Kynkäänniemi et al. 2019, section 3: a set covers what is at most as far from one of its rows
    as that row's k-th nearest neighbour in the set.

    Args:
        real: `(N, D)` features, more than `k` rows.
        drawn: `(M, D)` features, more than `k` rows. Both depend on the numbers of rows, so
            compare them at equal numbers only.
        k: Which neighbour, from 1.

    Returns:
        Precision, the share of `drawn` that `real` covers; recall, the share of `real` that
        `drawn` covers.

    Raises:
        ValueError: The features are not finite rows of one width, or too few; `k` is under 1.

    Example:
        >>> features = np.random.default_rng(0).normal(size=(100, 8))
        >>> precision_recall(features, features[:50])
        (1.0, 0.9)
    """
    if k < 1:
        raise ValueError(f"k must be at least 1. Received: {k}")
    real, drawn = _centred(*_pair("real", real, "drawn", drawn, least=k + 1))
    real_radii, drawn_radii = _radii(real, k), _radii(drawn, k)
    looks_real, is_drawn = np.zeros(len(drawn), bool), np.zeros(len(real), bool)
    for block in _blocks(len(drawn)):
        distances = _squared_distances(drawn[block], real)
        looks_real[block] = (distances <= real_radii).any(axis=1)
        is_drawn |= (distances <= drawn_radii[block, None]).any(axis=0)
    return float(looks_real.mean()), float(is_drawn.mean())


def _radii(rows: np.ndarray, k: int) -> np.ndarray:
    """The squared distance of each row to its k-th nearest neighbour, (N,)."""
    radii = np.empty(len(rows))
    for block in _blocks(len(rows)):  # the nearest of all is the row itself
        radii[block] = np.partition(_squared_distances(rows[block], rows), k, axis=1)[:, k]
    return radii


def spread(features: np.ndarray, groups: np.ndarray) -> float:
    """How far features of one group are from each other: the mean distance of two of them.

    Args:
        features: `(N, D)`.
        groups: `(N,)`. The mean is over all pairs of a group, then over the groups; those of one
            row do not count.

    Returns:
        In units of the features.

    Raises:
        ValueError: The features are not finite rows, or no group has two of them.

    Example:
        >>> spread(np.array([[0.0], [1], [5], [9]]), np.array([0, 0, 1, 1]))
        2.5
    """
    rows = rows_of("features", features, least=2)
    members = [np.flatnonzero(groups == group) for group in np.unique(groups)]
    members = [each for each in members if len(each) > 1]
    if not members:
        raise ValueError(f"A group must have two rows. Received: {len(rows)} lone ones")
    means = []
    for each in members:
        distances = np.sqrt(_squared_distances(rows[each], rows[each]))
        means.append(distances.sum() / (len(each) * (len(each) - 1)))
    return float(np.mean(means))


def nearest(
    drawn: np.ndarray, real: np.ndarray, copies: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """Finds the training image that is most like each drawn one, to see what is memorised.

    Args:
        drawn: `(N, D)` features.
        real: `(M, D)` features of the training images.
        copies: Whether a row at distance 0 counts; of training images, that is itself.

    Returns:
        The row in `real`, the first of equally near ones, `(N,)` int64; its Euclidean distance,
        `(N,)` float64, in units of the features.

    Raises:
        ValueError: The features are not finite rows of one width.
    """
    drawn, real = _centred(*_pair("drawn", drawn, "real", real, least=1))
    index, distance = np.empty(len(drawn), np.int64), np.empty(len(drawn))
    for block in _blocks(len(drawn)):
        distances = _squared_distances(drawn[block], real)
        if not copies:
            distances[distances == 0] = np.inf
        index[block] = distances.argmin(axis=1)
        distance[block] = np.linalg.norm(drawn[block] - real[index[block]], axis=1)
    return index, distance


def confusion(wanted: np.ndarray, judged: np.ndarray, count: int) -> np.ndarray:
    """Counts what was judged to be what.

    Args:
        wanted: `(N,)` integers, the true classes, from 0 to `count - 1`.
        judged: `(N,)` integers, the same of the judgement.
        count: Number of classes.

    Returns:
        `(count, count)` int64: a row for each wanted, a column for each judged class.

    Raises:
        ValueError: Two shapes, no integers, or a class that does not exist.

    Example:
        >>> confusion(np.array([0, 0, 1]), np.array([0, 1, 1]), 2).tolist()
        [[1, 1], [0, 1]]
    """
    wanted, judged = np.asarray(wanted), np.asarray(judged)
    if wanted.ndim != 1 or wanted.shape != judged.shape:
        shapes = f"{wanted.shape}, {judged.shape}"
        raise ValueError(f"wanted and judged must be (N,) both. Received: {shapes}")
    for name, classes in (("wanted", wanted), ("judged", judged)):
        if classes.size and classes.dtype.kind not in "iu":
            raise ValueError(f"{name} must be integers. Received: {classes.dtype}")
        wrong = classes[(classes < 0) | (classes >= count)]
        if wrong.size:
            raise ValueError(f"{name} must be from 0 to {count - 1}. Received: {wrong[0]}")
    cells = wanted.astype(np.int64) * count + judged.astype(np.int64)
    return np.bincount(cells, minlength=count * count).reshape(count, count)


def per_class(confusion: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The precision and recall of each class.

    Args:
        confusion: `(C, C)` counts, as `confusion` returns them.

    Returns:
        Precision, the share of those judged to be of a class that are, `(C,)`, NaN for a class
        that nothing was judged to be; recall, the share of those of a class that were judged to
        be, `(C,)`, NaN for a class that nothing is.

    Raises:
        ValueError: Not a square.
    """
    counts = np.asarray(confusion)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1]:
        raise ValueError(f"confusion must be (C, C). Received: {counts.shape}")
    right = np.diagonal(counts)
    return _shares(right, counts.sum(axis=0)), _shares(right, counts.sum(axis=1))


def _shares(parts: np.ndarray, totals: np.ndarray) -> np.ndarray:
    return np.divide(parts, totals, out=np.full(len(parts), np.nan), where=totals > 0)


def _blocks(count: int) -> Iterator[slice]:
    return (slice(start, start + BLOCK) for start in range(0, count, BLOCK))


def _squared_distances(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Squared Euclidean distances of rows, (N, M), where equal rows are at exactly 0."""
    scale = np.square(x).sum(axis=1)[:, None] + np.square(y).sum(axis=1)
    distances = scale - 2 * (x @ y.T)
    distances[distances < 1e-12 * scale] = 0  # |x|² + |y|² - 2 x·y leaves 1e-16 of what it cancels
    return distances


def _centred(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both without their common mean: the smaller the rows, the less rounding of distances."""
    mean = (a.sum(axis=0) + b.sum(axis=0)) / (len(a) + len(b))
    return a - mean, b - mean


def rows_of(name: str, features: np.ndarray, least: int = 1) -> np.ndarray:
    """Features as float64; a ValueError unless they are finite, (N, D), N at least that."""
    rows = np.asarray(features, np.float64)
    if rows.ndim != 2 or len(rows) < least or rows.shape[1] < 1:
        raise ValueError(f"{name} must be (N, D), N at least {least}. Received: {rows.shape}")
    if not np.isfinite(rows).all():
        bad = rows[~np.isfinite(rows)][0]
        raise ValueError(f"{name} must be finite. Received: {bad}")
    return rows


def _pair(
    name_a: str, a: np.ndarray, name_b: str, b: np.ndarray, least: int
) -> tuple[np.ndarray, np.ndarray]:
    """Checks the features of two sets and returns them as float64."""
    a, b = rows_of(name_a, a, least), rows_of(name_b, b, least)
    if a.shape[1] != b.shape[1]:
        widths = f"{a.shape[1]}, {b.shape[1]}"
        raise ValueError(f"{name_a} and {name_b} must be of one width. Received: {widths}")
    return a, b

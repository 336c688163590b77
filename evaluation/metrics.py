"""Distances between two sets of image features: Fréchet, kernel, precision and recall.

Arrays in, numbers out, in NumPy only. Features are rows that a network computes, one per image.
Every number that depends on chance takes a seed and is the same for the same seed.
"""

from __future__ import annotations

import numpy as np

from evaluation.features import blocks, centred, check_pair, check_rows, squared_distances


def moments(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean and covariance of features, which `frechet` compares.

    Args:
        features: `(N, D)`, at least two rows.

    Returns:
        The mean, `(D,)`, and the unbiased covariance, `(D, D)`, both float64.

    Raises:
        ValueError: The features are not finite rows, or there are fewer than two.
    """
    rows = check_rows("features", features, least=2)
    mean = rows.mean(axis=0)
    rows = rows - mean
    return mean, rows.T @ rows / (len(rows) - 1)


def frechet(a: tuple[np.ndarray, np.ndarray], b: tuple[np.ndarray, np.ndarray]) -> float:
    """Return the squared Fréchet distance of two normal distributions (Heusel et al. 2017, eq. 6).

    |m_a - m_b|² + tr(C_a + C_b - 2 (C_a C_b)^½). The estimate is biased: it grows as the number
    of images falls. Compare only distances between sets of the same size.

    Args:
        a: Mean, `(D,)`, and covariance, `(D, D)`, as `moments` returns them. A rank-deficient
            covariance, from fewer rows than columns, does no harm.
        b: The same for the other set.

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
    # The trace of (C_a C_b)^½ is the sum of the singular values of C_a^½ C_b^½. Unlike the roots
    # of the product's eigenvalues, these do not turn rounding errors of 1e-16 into 1e-8.
    cross = np.linalg.svd(_root(cov_a) @ _root(cov_b), compute_uv=False).sum()
    distance = np.square(mean_a - mean_b).sum() + np.trace(cov_a) + np.trace(cov_b) - 2 * cross
    return max(0.0, float(distance))


def _root(covariance: np.ndarray) -> np.ndarray:
    """Return the symmetric root of a covariance; only rounding makes its eigenvalues negative."""
    values, vectors = np.linalg.eigh(covariance)
    return (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T


def kernel_distance(
    a: np.ndarray, b: np.ndarray, seed: int = 0, subsets: int = 100
) -> tuple[float, float]:
    """Return KID: the squared MMD with the kernel (x·y / D + 1)³.

    From Bińkowski et al. 2018, section 4. Their mean over random subsets tends to the unbiased
    estimate from all rows, which is returned here. The standard error is the standard deviation
    of the estimate over random halves of both sets: the delete-d jackknife (Shao and Wu 1989)
    with d = N / 2. For equal distributions it is about √3 times too large.

    Args:
        a: `(N, D)` features, at least four rows.
        b: `(M, D)` features, at least four rows.
        seed: Decides the halves; the distance does not depend on it.
        subsets: Number of halves, at least 2.

    Returns:
        The distance and its standard error. For two samples of one distribution the expected
        distance is 0, so single values are often below 0.

    Raises:
        ValueError: The features are not finite rows of the same width, or there are too few.
    """
    a, b = check_pair("a", a, "b", b, least=4)
    if subsets < 2:
        raise ValueError(f"subsets must be at least 2. Received: {subsets}")
    random = np.random.default_rng(seed)
    in_a, in_b = _halves(len(a), subsets, random), _halves(len(b), subsets, random)
    within = _kernel_mean(a, a, in_a, in_a, True) + _kernel_mean(b, b, in_b, in_b, True)
    estimates = within - 2 * _kernel_mean(a, b, in_a, in_b, False)
    return float(estimates[0]), float(estimates[1:].std(ddof=1))


def _halves(count: int, subsets: int, random: np.random.Generator) -> np.ndarray:
    """Return which rows are in which subset, (count, 1 + subsets) of 0 and 1; the first has all."""
    first = np.tile(np.arange(count) < count // 2, (subsets, 1))
    return np.vstack([np.ones((1, count)), random.permuted(first, axis=1)]).T.copy()


def _kernel_mean(
    x: np.ndarray, y: np.ndarray, in_x: np.ndarray, in_y: np.ndarray, same: bool
) -> np.ndarray:
    """Return the mean kernel of each subset's pairs, (1 + subsets,).

    Args:
        x: `(N, D)`.
        y: `(M, D)`.
        in_x: `(N, 1 + subsets)`, which rows of `x` are in which subset.
        in_y: `(M, 1 + subsets)`, the same for `y`.
        same: Whether `x` and `y` are the same set; pairs of a row with itself then do not count.
    """
    sums = np.zeros(in_x.shape[1])
    for block in blocks(len(x)):
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


def precision_recall(real: np.ndarray, generated: np.ndarray, k: int = 3) -> tuple[float, float]:
    """Measure how many generated images look real, and how much of reality is generated.

    Kynkäänniemi et al. 2019, section 3: a set covers a point if the point is no farther from one
    of the set's rows than that row's k-th nearest neighbour in the set. Both figures depend on
    the numbers of rows, so compare them at equal numbers only.

    Args:
        real: `(N, D)` features, more than `k` rows.
        generated: `(M, D)` features, more than `k` rows.
        k: Which neighbour, from 1.

    Returns:
        Precision, the share of `generated` that `real` covers; recall, the share of `real` that
        `generated` covers.

    Raises:
        ValueError: The features are not finite rows of the same width, there are too few, or `k`
            is less than 1.

    Example:
        >>> features = np.random.default_rng(0).normal(size=(100, 8))
        >>> precision_recall(features, features[:50])
        (1.0, 0.9)
    """
    if k < 1:
        raise ValueError(f"k must be at least 1. Received: {k}")
    real, generated = centred(*check_pair("real", real, "generated", generated, least=k + 1))
    real_radii, generated_radii = _radii(real, k), _radii(generated, k)
    looks_real, is_covered = np.zeros(len(generated), bool), np.zeros(len(real), bool)
    for block in blocks(len(generated)):
        distances = squared_distances(generated[block], real)
        looks_real[block] = (distances <= real_radii).any(axis=1)
        is_covered |= (distances <= generated_radii[block, None]).any(axis=0)
    return float(looks_real.mean()), float(is_covered.mean())


def _radii(rows: np.ndarray, k: int) -> np.ndarray:
    """Return the squared distance of each row to its k-th nearest neighbour, (N,)."""
    radii = np.empty(len(rows))
    for block in blocks(len(rows)):  # the nearest row is the row itself
        radii[block] = np.partition(squared_distances(rows[block], rows), k, axis=1)[:, k]
    return radii

"""Rows of image features: checks, distances between rows, spread within groups.

A feature matrix has one row per image, as a network computes it. Large sets are processed in
blocks of `BLOCK` rows, so that comparing 6,000 rows with 6,000 takes well under 1 GB.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

BLOCK = 512  # rows processed at a time


def check_rows(name: str, features: np.ndarray, least: int = 1) -> np.ndarray:
    """Return features as float64 after checking them.

    Args:
        name: What the error message calls them.
        features: `(N, D)`, finite.
        least: Smallest allowed N.

    Raises:
        ValueError: The shape is wrong, or a value is NaN or infinite.
    """
    rows = np.asarray(features, np.float64)
    if rows.ndim != 2 or len(rows) < least or rows.shape[1] < 1:
        raise ValueError(f"{name} must be (N, D), N at least {least}. Received: {rows.shape}")
    if not np.isfinite(rows).all():
        bad = rows[~np.isfinite(rows)][0]
        raise ValueError(f"{name} must be finite. Received: {bad}")
    return rows


def check_pair(
    name_a: str, a: np.ndarray, name_b: str, b: np.ndarray, least: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the features of two sets as float64, as `check_rows` does; D must be the same."""
    a, b = check_rows(name_a, a, least), check_rows(name_b, b, least)
    if a.shape[1] != b.shape[1]:
        widths = f"{a.shape[1]}, {b.shape[1]}"
        raise ValueError(f"{name_a} and {name_b} must have the same width. Received: {widths}")
    return a, b


def blocks(count: int) -> Iterator[slice]:
    """Return slices of at most `BLOCK` rows that cover `count` rows."""
    return (slice(start, start + BLOCK) for start in range(0, count, BLOCK))


def centred(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Subtract the common mean from both sets: smaller values lose less to rounding."""
    mean = (a.sum(axis=0) + b.sum(axis=0)) / (len(a) + len(b))
    return a - mean, b - mean


def squared_distances(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the squared Euclidean distances of rows, `(N, M)`; exactly 0 for equal rows."""
    scale = np.square(x).sum(axis=1)[:, None] + np.square(y).sum(axis=1)
    distances = scale - 2 * (x @ y.T)
    distances[distances < 1e-12 * scale] = 0  # |x|² + |y|² - 2 x·y leaves 1e-16 of what it cancels
    return distances


def spread(features: np.ndarray, groups: np.ndarray) -> float:
    """Return the mean distance between two rows of the same group.

    Args:
        features: `(N, D)`.
        groups: `(N,)`. The mean is taken over all pairs within a group, then over the groups.
            Groups of one row do not count.

    Returns:
        In units of the features.

    Raises:
        ValueError: The features are not finite rows, or every group has only one row.

    Example:
        >>> spread(np.array([[0.0], [1], [5], [9]]), np.array([0, 0, 1, 1]))
        2.5
    """
    rows = check_rows("features", features, least=2)
    members = [np.flatnonzero(groups == group) for group in np.unique(groups)]
    members = [each for each in members if len(each) > 1]
    if not members:
        raise ValueError(f"A group must have two rows. Received: {len(rows)} groups of one")
    means = []
    for each in members:
        distances = np.sqrt(squared_distances(rows[each], rows[each]))
        means.append(distances.sum() / (len(each) * (len(each) - 1)))
    return float(np.mean(means))


def nearest(
    queries: np.ndarray, rows: np.ndarray, copies: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """Find the row nearest to each query.

    Args:
        queries: `(N, D)` features.
        rows: `(M, D)` features to search.
        copies: Whether a row at distance 0 counts. False keeps a row from finding itself.

    Returns:
        The index of the nearest row, the first of equally near ones, `(N,)` int64; and its
        Euclidean distance, `(N,)` float64, in units of the features.

    Raises:
        ValueError: The features are not finite rows of the same width.
    """
    queries, rows = centred(*check_pair("queries", queries, "rows", rows, least=1))
    index, distance = np.empty(len(queries), np.int64), np.empty(len(queries))
    for block in blocks(len(queries)):
        distances = squared_distances(queries[block], rows)
        if not copies:
            distances[distances == 0] = np.inf
        index[block] = distances.argmin(axis=1)
        distance[block] = np.linalg.norm(queries[block] - rows[index[block]], axis=1)
    return index, distance

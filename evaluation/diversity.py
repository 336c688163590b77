"""How much the images of one caption differ from each other."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from skimage.metrics import structural_similarity

from evaluation.features import check_rows
from evaluation.patches import check_images


class GroupDistances(NamedTuple):
    """Mean distances between two images of a group, summarised over the groups."""

    mean: float  # over all groups
    least: float  # of the group with the smallest one
    group: Any  # that group


class Diversity(NamedTuple):
    """Distances between images of the same caption, by two measures."""

    features: GroupDistances  # Euclidean distance of features; 0: the same
    images: GroupDistances  # 1 - SSIM, from 0, the same image, to 2


def diversity(
    images: np.ndarray, groups: np.ndarray, features: np.ndarray, seed: int = 0, pairs: int = 50
) -> Diversity:
    """Measure how much the images of one caption differ from each other.

    The structural similarity, SSIM, is that of Wang et al. 2004 with scikit-image's flat window
    of 7×7 px, averaged over the colour channels.

    Args:
        images: `(N, S, S, 3)` uint8.
        groups: `(N,)`, the caption of each image, as numbers or text. Groups of one image do not
            count.
        features: `(N, D)`.
        seed: Decides which pairs are taken.
        pairs: A group with more pairs of images than this is sampled: this many are drawn, with
            replacement. A pair takes about 1 ms.

    Returns:
        For both measures, the mean over the groups and the group with the smallest distance.

    Raises:
        ValueError: The three arrays do not fit together, or every group has only one image.
    """
    check_images("images", images)
    groups, rows = np.asarray(groups), check_rows("features", features)
    if groups.shape != (len(images),) or len(rows) != len(images):
        shapes = f"{groups.shape}, {rows.shape}, {images.shape}"
        raise ValueError(
            f"groups, features and images must have the same length. Received: {shapes}"
        )
    if pairs < 1:
        raise ValueError(f"pairs must be at least 1. Received: {pairs}")
    random = np.random.default_rng(seed)
    names, means = [], []
    for name in np.unique(groups):
        members = np.flatnonzero(groups == name)
        if len(members) > 1:
            first, second = members[_choose_pairs(len(members), pairs, random)]
            apart = np.linalg.norm(rows[first] - rows[second], axis=1).mean()
            unlike = [_dissimilarity(*images[[i, j]]) for i, j in zip(first, second, strict=True)]
            names.append(name.item())
            means.append((apart, np.mean(unlike)))
    if not names:
        raise ValueError(f"A group must have two images. Received: {len(groups)} groups of one")
    return Diversity(*(_summarise(names, values) for values in np.transpose(means)))


def _choose_pairs(count: int, pairs: int, random: np.random.Generator) -> np.ndarray:
    """Return pairs of different numbers below `count`, (2, P): all, or at most `pairs` of them."""
    if count * (count - 1) // 2 <= pairs:
        return np.array(np.triu_indices(count, 1))
    first = random.integers(count, size=pairs)
    return np.array([first, (first + random.integers(1, count, size=pairs)) % count])


def _dissimilarity(a: np.ndarray, b: np.ndarray) -> float:
    """Return 1 - SSIM of two (S, S, 3) uint8 images."""
    return 1 - structural_similarity(a, b, channel_axis=-1, data_range=255)


def _summarise(names: list[Any], means: np.ndarray) -> GroupDistances:
    return GroupDistances(float(means.mean()), float(means.min()), names[means.argmin()])

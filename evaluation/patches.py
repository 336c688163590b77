"""What is measured of the pixels themselves: patches scale by scale, and structure."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from skimage.metrics import structural_similarity

from evaluation.metrics import rows_of

PATCH = 7  # px, side of the patches of the sliced Wasserstein distance
PATCHES = 128  # patches an image and level, as long as there are no more than MAX_PATCHES
MAX_PATCHES = 2**18  # patches a set and level: 154 MB
DIRECTIONS = 512  # that the patches are projected on
QUANTILES = 128  # parts of the distribution of a projection
COARSEST = 16  # px, the least side of a level
BLOCK = 64  # images that are worked on at a time: tens of MB, for 256 px some hundred


class Spread(NamedTuple):
    """How far the images of a group are from each other on average."""

    mean: float  # over the groups
    least: float  # of the group where it is least
    group: Any  # which group that is


class Diversity(NamedTuple):
    """What `diversity` returns."""

    features: Spread  # Euclidean distance of features; 0: the same
    images: Spread  # 1 - SSIM, from 0, the same image, to 2


def patch_quantiles(images: np.ndarray, seed: int = 0) -> np.ndarray:
    """What `sliced_wasserstein` compares: how small patches are distributed, scale by scale.

    Each level of the Laplacian pyramid gives random 7×7 patches, 128 an image, fewer from over
    2,048 images on. The patches of a level are normalised by the mean and standard deviation
    of each colour channel in their own set, and projected on 512 directions. What shifts or
    scales a whole level is thus not seen.

    Args:
        images: `(N, S, S, 3)` uint8, `S` a multiple of 16.
        seed: Decides on the places and directions.

    Returns:
        `(L, 512, 128)` float32: of each level, of `sides(S)` pixels, and direction the means of
        128 equal parts of the projections in ascending order.

    Raises:
        ValueError: Not such images.
    """
    _check_images("images", images, multiple=COARSEST)
    levels = sides(images.shape[1])
    count = min(PATCHES, max(1, MAX_PATCHES // len(images)))
    quantiles = []
    for level, side in enumerate(levels):
        random = np.random.default_rng([seed, side])
        directions = random.standard_normal((DIRECTIONS, 3 * PATCH * PATCH), np.float32)
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        corners = random.integers(0, side - PATCH + 1, (len(images), count, 2))
        patches = _patches(images, level, len(levels), corners)
        # 34 MB for 32 directions
        parts = [_quantiles(few @ patches.T) for few in np.split(directions, DIRECTIONS // 32)]
        quantiles.append(np.concatenate(parts))
    return np.stack(quantiles)


def _quantiles(projected: np.ndarray) -> np.ndarray:
    """The means of `QUANTILES` equal parts of each sorted row, (R, QUANTILES)."""
    projected.sort(axis=1)
    starts = np.arange(QUANTILES) * projected.shape[1] // QUANTILES
    sums = np.add.reduceat(projected, starts, axis=1)
    return sums / np.diff(starts, append=projected.shape[1])


def sides(size: int) -> list[int]:
    """The levels' sides in px, from the images' own to 16 or the last above it."""
    found = [size]
    while found[-1] >= 2 * COARSEST:
        found.append(found[-1] // 2)
    return found


def sliced_wasserstein(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """How differently small patches of two sets look at each scale (Karras et al. 2018, section 5).

    The mean over the directions of the Wasserstein distance of the projections. It shrinks with
    the number of images: compare it at equal numbers only.

    Args:
        a: Of `patch_quantiles`, `(L, 512, 128)`.
        b: The same of the other set, for the same size and seed.

    Returns:
        `(L,)`, the distance of each level × 1,000. The first is about the finest detail, the
        last about the lay-out.

    Raises:
        ValueError: Two different shapes.
    """
    if a.shape != b.shape:
        raise ValueError(f"a and b must have one shape. Received: {a.shape}, {b.shape}")
    return 1000 * np.abs(a.astype(np.float64) - b).mean(axis=(1, 2))


def _patches(images: np.ndarray, level: int, levels: int, corners: np.ndarray) -> np.ndarray:
    """Normalised patches of a level of the pyramid, from their corners (N, P, 2): (N·P, 147)."""
    count = corners.shape[1]
    patches = np.empty((len(images) * count, 3, PATCH, PATCH), np.float32)
    for start in range(0, len(images), BLOCK):
        block = slice(start, start + BLOCK)
        # A level takes the next one too, unless it is the last.
        pyramid = laplacian_pyramid(images[block], min(level + 2, levels))
        windows = np.lib.stride_tricks.sliding_window_view(
            pyramid[level], (PATCH, PATCH), axis=(1, 2)
        )  # (n, S - 6, S - 6, 3, 7, 7)
        which = np.arange(len(windows))[:, None]
        y, x = corners[block, :, 0], corners[block, :, 1]
        found = windows[which, y, x].reshape(-1, 3, PATCH, PATCH)
        patches[start * count : start * count + len(found)] = found
    for channel in range(3):
        values = patches[:, channel]
        values -= values.mean(dtype=np.float64)
        values /= math.sqrt(np.square(values).mean(dtype=np.float64)) or 1.0  # flat images
    return patches.reshape(len(patches), -1)


def laplacian_pyramid(images: np.ndarray, levels: int) -> list[np.ndarray]:
    """Splits images into detail of ever coarser scales (Burt and Adelson 1983).

    Each level is what is lost by halving the images and doubling them again; the last is the
    halved images themselves. `upsample` of a level's successor plus the level undoes it.

    Args:
        images: `(N, S, S, C)`; `S` can be halved `levels - 1` times.
        levels: Number of levels, from 1.

    Returns:
        `levels` arrays, float32: `(N, S, S, C)`, `(N, S / 2, S / 2, C)`, …

    Raises:
        ValueError: The side cannot be halved as often, or the images are no such array.
    """
    if levels < 1:
        raise ValueError(f"levels must be at least 1. Received: {levels}")
    shape, divisor = images.shape, 2 ** (levels - 1)
    if len(shape) != 4 or shape[1] != shape[2] or shape[1] % divisor or shape[1] < 2 * divisor:
        sides = f"{2 * divisor}, {3 * divisor}, …"  # mirroring takes two values
        raise ValueError(f"images must be (N, S, S, C), S of {sides} Received: {shape}")
    pyramid = [images.astype(np.float32)]
    for _ in range(levels - 1):
        pyramid.append(_halve(_halve(pyramid[-1], 1), 2))
        pyramid[-2] -= upsample(pyramid[-1])
    return pyramid


def upsample(images: np.ndarray) -> np.ndarray:
    """Doubles the sides of `(N, S, S, C)` smoothly, with the filter of `laplacian_pyramid`."""
    return _double(_double(images, 1), 2)


def _halve(values: np.ndarray, axis: int) -> np.ndarray:
    """Every other value after the filter (1 4 6 4 1) / 16, mirrored at the ends."""
    v = values.swapaxes(0, axis)
    v = np.concatenate([v[2:0:-1], v, v[-2:-1]])
    ends, sides, middle = v[:-4:2] + v[4::2], v[1:-2:2] + v[3::2], v[2:-2:2]
    return ((ends + 4 * sides + 6 * middle) / 16).swapaxes(0, axis)


def _double(values: np.ndarray, axis: int) -> np.ndarray:
    """The same filter, doubled, over the values with zeros between them."""
    v = values.swapaxes(0, axis)
    v = np.concatenate([v[1:2], v, v[-1:]])
    doubled = np.empty((2 * len(v) - 4, *v.shape[1:]), v.dtype)
    doubled[::2] = (v[:-2] + 6 * v[1:-1] + v[2:]) / 8
    doubled[1::2] = (v[1:-1] + v[2:]) / 2
    return doubled.swapaxes(0, axis)


def diversity(
    images: np.ndarray, groups: np.ndarray, features: np.ndarray, seed: int = 0, pairs: int = 50
) -> Diversity:
    """How much the images of one description differ from each other.

    The structural similarity, SSIM, is that of Wang et al. 2004 with scikit-image's flat window
    of 7×7 px, the mean over the colour channels.

    Args:
        images: `(N, S, S, 3)` uint8.
        groups: `(N,)`, the description that each was drawn from, as numbers or text. Groups of
            one image do not count.
        features: `(N, D)`.
        seed: Decides on the pairs.
        pairs: In a group with more pairs of images than this, so many are drawn, with
            replacement. A pair takes about 1 ms.

    Returns:
        For both distances the mean over the groups and the group with the least.

    Raises:
        ValueError: The three do not fit together, or no group has two images.
    """
    _check_images("images", images)
    groups, rows = np.asarray(groups), rows_of("features", features)
    if groups.shape != (len(images),) or len(rows) != len(images):
        shapes = f"{groups.shape}, {rows.shape}, {images.shape}"
        raise ValueError(f"groups, features and images must be of one length. Received: {shapes}")
    if pairs < 1:
        raise ValueError(f"pairs must be at least 1. Received: {pairs}")
    random = np.random.default_rng(seed)
    names, means = [], []
    for name in np.unique(groups):
        members = np.flatnonzero(groups == name)
        if len(members) > 1:
            first, second = members[_some_pairs(len(members), pairs, random)]
            apart = np.linalg.norm(rows[first] - rows[second], axis=1).mean()
            unlike = np.mean([_unlike(*images[[i, j]]) for i, j in zip(first, second, strict=True)])
            names.append(name.item())
            means.append((apart, unlike))
    if not names:
        raise ValueError(f"A group must have two images. Received: {len(groups)} lone ones")
    return Diversity(*(_spread(names, values) for values in np.transpose(means)))


def _some_pairs(count: int, pairs: int, random: np.random.Generator) -> np.ndarray:
    """Different numbers below count, (2, P): all pairs, or some if there are more than that."""
    if count * (count - 1) // 2 <= pairs:
        return np.array(np.triu_indices(count, 1))
    first = random.integers(count, size=pairs)
    return np.array([first, (first + random.integers(1, count, size=pairs)) % count])


def _unlike(a: np.ndarray, b: np.ndarray) -> float:
    return 1 - structural_similarity(a, b, channel_axis=-1, data_range=255)


def _spread(names: list[Any], means: np.ndarray) -> Spread:
    return Spread(float(means.mean()), float(means.min()), names[means.argmin()])


def _check_images(name: str, images: np.ndarray, multiple: int = 1) -> None:
    """Raises a ValueError unless they are `(N, S, S, 3)` uint8, S a multiple of that and ≥ 7."""
    shape, kind = images.shape, images.dtype
    square = len(shape) == 4 and shape[0] and shape[1] == shape[2] and shape[3] == 3
    if not square or shape[1] % multiple or shape[1] < PATCH or kind != np.uint8:
        what = f"(N, S, S, 3) uint8, S a multiple of {multiple}, at least {PATCH}"
        raise ValueError(f"{name} must be {what}. Received: {shape} {kind}")

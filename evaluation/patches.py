"""Distributions of small image patches, scale by scale: the sliced Wasserstein distance."""

from __future__ import annotations

import math

import numpy as np

PATCH = 7  # px, side of the patches of the sliced Wasserstein distance
PATCHES = 128  # patches per image and level, up to MAX_PATCHES in total
MAX_PATCHES = 2**18  # patches per set and level: 154 MB
DIRECTIONS = 512  # random directions that the patches are projected onto
QUANTILES = 128  # parts of the distribution of a projection
COARSEST = 16  # px, smallest side of a level
BLOCK = 64  # images processed at a time: tens of MB; some hundred MB for images of 256 px


def patch_quantiles(images: np.ndarray, seed: int = 0) -> np.ndarray:
    """Describe how small patches are distributed, scale by scale, for `sliced_wasserstein`.

    Each level of the Laplacian pyramid gives random 7×7 patches: 128 per image, or fewer with more
    than 2,048 images. The patches of a level are normalised by the mean and standard deviation of
    each colour channel over the set, then projected onto 512 directions. A shift or scaling of a
    whole level therefore goes unnoticed.

    Args:
        images: `(N, S, S, 3)` uint8, `S` a multiple of 16.
        seed: Decides the places and directions.

    Returns:
        `(L, 512, 128)` float32. For each level, with sides `sides(S)`, and each direction: the
        projections in ascending order, split into 128 equal parts, as the mean of each part.

    Raises:
        ValueError: The images have another shape or type.
    """
    check_images("images", images, multiple=COARSEST)
    levels = sides(images.shape[1])
    count = min(PATCHES, max(1, MAX_PATCHES // len(images)))
    quantiles = []
    for level, side in enumerate(levels):
        random = np.random.default_rng([seed, side])
        directions = random.standard_normal((DIRECTIONS, 3 * PATCH * PATCH), np.float32)
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        corners = random.integers(0, side - PATCH + 1, (len(images), count, 2))
        patches = _patches(images, level, len(levels), corners)
        # 34 MB for 32 directions at a time
        parts = [_quantiles(some @ patches.T) for some in np.split(directions, DIRECTIONS // 32)]
        quantiles.append(np.concatenate(parts))
    return np.stack(quantiles)


def _quantiles(projected: np.ndarray) -> np.ndarray:
    """Return the means of `QUANTILES` equal parts of each sorted row, (R, QUANTILES)."""
    projected.sort(axis=1)
    starts = np.arange(QUANTILES) * projected.shape[1] // QUANTILES
    sums = np.add.reduceat(projected, starts, axis=1)
    return sums / np.diff(starts, append=projected.shape[1])


def sides(size: int) -> list[int]:
    """Return the sides of the levels in px, from `size` down to 16 or the last side above it."""
    found = [size]
    while found[-1] >= 2 * COARSEST:
        found.append(found[-1] // 2)
    return found


def sliced_wasserstein(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Compare the patches of two sets of images at each scale (Karras et al. 2018, section 5).

    The distance is the Wasserstein distance of the projections, averaged over the directions. It
    shrinks as the number of images grows: compare it at equal numbers only.

    Args:
        a: `(L, 512, 128)`, from `patch_quantiles`.
        b: The same for the other set, with the same image size and seed.

    Returns:
        `(L,)`, the distance of each level × 1,000. The first concerns the finest detail, the last
        the overall layout.

    Raises:
        ValueError: The shapes differ.
    """
    if a.shape != b.shape:
        raise ValueError(f"a and b must have the same shape. Received: {a.shape}, {b.shape}")
    return 1000 * np.abs(a.astype(np.float64) - b).mean(axis=(1, 2))


def _patches(images: np.ndarray, level: int, levels: int, corners: np.ndarray) -> np.ndarray:
    """Return the normalised patches of a pyramid level, (N·P, 147), at their corners (N, P, 2)."""
    count = corners.shape[1]
    patches = np.empty((len(images) * count, 3, PATCH, PATCH), np.float32)
    for start in range(0, len(images), BLOCK):
        block = slice(start, start + BLOCK)
        # Computing a level needs the next one too, unless it is the last.
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
    """Split images into details at ever coarser scales (Burt and Adelson 1983).

    Each level is what is lost by halving the images and doubling them again; the last is the
    halved images themselves. Upsampling each level and adding the one before it restores them.

    Args:
        images: `(N, S, S, C)`; `S` can be halved `levels - 1` times.
        levels: Number of levels, from 1.

    Returns:
        `levels` arrays, float32: `(N, S, S, C)`, `(N, S / 2, S / 2, C)`, …

    Raises:
        ValueError: The side cannot be halved that often, or the array has another shape.
    """
    if levels < 1:
        raise ValueError(f"levels must be at least 1. Received: {levels}")
    shape, divisor = images.shape, 2 ** (levels - 1)
    if len(shape) != 4 or shape[1] != shape[2] or shape[1] % divisor or shape[1] < 2 * divisor:
        sides = f"{2 * divisor}, {3 * divisor}, …"  # mirroring at the ends needs two values
        raise ValueError(f"images must be (N, S, S, C), S of {sides} Received: {shape}")
    pyramid = [images.astype(np.float32)]
    for _ in range(levels - 1):
        pyramid.append(_halve(_halve(pyramid[-1], 1), 2))
        pyramid[-2] -= upsample(pyramid[-1])
    return pyramid


def upsample(images: np.ndarray) -> np.ndarray:
    """Double the sides of `(N, S, S, C)` smoothly, with the filter of `laplacian_pyramid`."""
    return _double(_double(images, 1), 2)


def _halve(values: np.ndarray, axis: int) -> np.ndarray:
    """Filter an axis by (1 4 6 4 1) / 16, mirrored at the ends, and keep every other value."""
    v = values.swapaxes(0, axis)
    v = np.concatenate([v[2:0:-1], v, v[-2:-1]])
    ends, sides, middle = v[:-4:2] + v[4::2], v[1:-2:2] + v[3::2], v[2:-2:2]
    return ((ends + 4 * sides + 6 * middle) / 16).swapaxes(0, axis)


def _double(values: np.ndarray, axis: int) -> np.ndarray:
    """Put zeros between the values of an axis and apply the same filter, doubled."""
    v = values.swapaxes(0, axis)
    v = np.concatenate([v[1:2], v, v[-1:]])
    doubled = np.empty((2 * len(v) - 4, *v.shape[1:]), v.dtype)
    doubled[::2] = (v[:-2] + 6 * v[1:-1] + v[2:]) / 8
    doubled[1::2] = (v[1:-1] + v[2:]) / 2
    return doubled.swapaxes(0, axis)


def check_images(name: str, images: np.ndarray, multiple: int = 1) -> None:
    """Check images for the metrics.

    Args:
        name: What the error message calls them.
        images: `(N, S, S, 3)` uint8, S at least 7.
        multiple: Number that S must be a multiple of.

    Raises:
        ValueError: The images have another shape or type.
    """
    shape, kind = images.shape, images.dtype
    square = len(shape) == 4 and shape[0] and shape[1] == shape[2] and shape[3] == 3
    if not square or shape[1] % multiple or shape[1] < PATCH or kind != np.uint8:
        what = f"(N, S, S, 3) uint8, S a multiple of {multiple}, at least {PATCH}"
        raise ValueError(f"{name} must be {what}. Received: {shape} {kind}")

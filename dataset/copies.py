"""Images that occur more than once: the same pixels, or nearly the same picture."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable

import imagehash
import numpy as np
from PIL import Image
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

SIDE = 16  # of a perceptual hash: 256 bits
# Bits in which the hashes of two copies differ, at most. Of a face that was saved again as JPEG,
# halved and enlarged, or made brighter, 99 % of the copies are within 22 bits; of 1.1 million pairs
# of different faces, none is within 48.
NEAR = 40
SEARCHED = 50_000  # images, at most: the time grows as the square of their number
_ROWS = 1024  # of the table of distances in memory at a time


@dataclasses.dataclass(frozen=True)
class Copies:
    """Groups of images that show the same, largest first; each group has two images or more."""

    exact: list[list[int]]  # indices of images whose pixels are equal
    near: list[list[int]]  # likewise, nearly the same; of equal ones, only the first is named

    @property
    def needless(self) -> int:
        """How many images would be left out if each group kept one."""
        return sum(len(group) - 1 for group in (*self.exact, *self.near))


def find_copies(images: Iterable[np.ndarray]) -> Copies:
    """Find copies among images by their pixels and their perceptual hashes.

    The hash is pHash: the signs of an image's low frequencies (Zauner 2010, "Implementation and
    Benchmarking of Perceptual Image Hash Functions", section 3.2.1).

    Args:
        images: N images, (S, S, 3) uint8. What follows after `SEARCHED` of them is not read.
    """
    groups: dict[bytes, list[int]] = {}  # indices by digest of the pixels
    hashes = []
    for index, image in zip(range(SEARCHED), images, strict=False):
        group = groups.setdefault(hashlib.blake2b(image.tobytes(), digest_size=16).digest(), [])
        if not group:
            hashes.append(imagehash.phash(Image.fromarray(image), SIDE).hash.ravel())
        group.append(index)
    firsts = [group[0] for group in groups.values()]
    near = [[firsts[i] for i in group] for group in _groups(np.array(hashes, bool))]
    exact = [group for group in groups.values() if len(group) > 1]
    return Copies(_by_length(exact), _by_length(near))


def _groups(hashes: np.ndarray) -> list[list[int]]:
    """Group (N, 256) bool hashes that are linked by distances of at most `NEAR` bits."""
    if len(hashes) < 2:
        return []
    signs = np.where(hashes, np.float32(1), np.float32(-1))
    bits = signs.shape[1]
    pairs = []
    for start in range(0, len(signs), _ROWS):
        distances = (bits - signs[start : start + _ROWS] @ signs.T) / 2
        pairs.append(np.argwhere(distances <= NEAR) + np.array([start, 0]))
    rows, columns = np.concatenate(pairs).T
    links = coo_array((np.ones(len(rows), bool), (rows, columns)), shape=2 * (len(signs),))
    count, labels = connected_components(links, directed=False)
    sizes = np.bincount(labels, minlength=count)
    return [np.flatnonzero(labels == label).tolist() for label in np.flatnonzero(sizes > 1)]


def _by_length(groups: list[list[int]]) -> list[list[int]]:
    return sorted(groups, key=len, reverse=True)

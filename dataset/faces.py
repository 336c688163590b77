"""The data set: images with captions, memory-mapped."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
from collections.abc import Collection
from pathlib import Path

import numpy as np

from config import ProjectError, UsageError
from console import shorten
from dataset.summary import Summary
from text.colours import pair_index, parse_labels


@dataclasses.dataclass(frozen=True, eq=False)
class Dataset:
    """Images and their captions, memory-mapped. N images, M different captions."""

    images: np.ndarray  # (N or more, S, S, 3) uint8; see `rows`
    captions: list[str]  # M different texts
    caption_ids: np.ndarray  # (N,) int32: which text is an image's caption
    summary: Summary
    folder: Path  # of the cache
    rows: np.ndarray | None = None  # (N,) int, where only some of the images are used

    def read(self, which: np.ndarray) -> np.ndarray:
        """Some of the N images, in memory."""
        return np.array(self.images[which if self.rows is None else self.rows[which]])

    def __len__(self) -> int:
        return len(self.caption_ids)

    @property
    def names(self) -> list[str]:
        """N paths relative to the data's root; read anew each time, for they can be many."""
        return json.loads((self.folder / "names.json").read_text("utf-8"))

    @functools.cached_property
    def caption_ends(self) -> np.ndarray:
        """(M,) int64: the running total of the images that have each caption."""
        return np.cumsum(np.bincount(self.caption_ids, minlength=len(self.captions)))

    @functools.cached_property
    def by_caption(self) -> np.ndarray:
        """(N,) int64: the images' rows in the order of their captions."""
        return np.argsort(self.caption_ids, kind="stable")


def merge_captions(dataset: Dataset, vectors: np.ndarray) -> Dataset:
    """Give captions that mean the same to the encoder one id.

    Two texts with equal vectors, such as two that differ in words it does not know, must not be
    taken for each other's mismatch.

    Args:
        dataset: With M captions.
        vectors: `(M, P, D)` float32, of which the captions themselves, `[:, 0]`, are compared.

    Raises:
        ProjectError: All captions have one vector.
    """
    first: dict[bytes, int] = {}
    # Rounded: vectors are of length √2, and equal ones may differ in their last bits.
    rounded = (np.round(vector, 4) + 0.0 for vector in vectors[:, 0])
    digests = (hashlib.blake2b(vector, digest_size=16).digest() for vector in rounded)
    ids = np.array([first.setdefault(digest, n) for n, digest in enumerate(digests)], np.int32)
    if len(first) == 1:
        raise ProjectError(
            "The sentence encoder reads all captions alike. It may not know their words: use "
            f"others, or another --encoder. The first caption: {shorten(dataset.captions[0])!r}"
        )
    if len(first) == len(ids):
        return dataset
    return dataclasses.replace(dataset, caption_ids=ids[dataset.caption_ids])


def hold_out(dataset: Dataset, captions: Collection[str]) -> Dataset:
    """Leaves out the images of some captions, and of all others that name the same pair.

    Raises:
        UsageError: Fewer than two captions are left.
    """
    if not captions:
        return dataset
    labels, wanted = parse_labels(dataset.captions), frozenset(captions)
    pairs, known = pair_index(labels), (labels >= 0).all(axis=1)
    chosen = np.array([caption in wanted for caption in dataset.captions])
    out = chosen | (known & np.isin(pairs, pairs[chosen & known]))
    kept = np.flatnonzero(~out[dataset.caption_ids])
    if len(np.unique(dataset.caption_ids[kept])) < 2:
        raise UsageError(
            f"--hold-out leaves fewer than two of {len(dataset.captions):,} captions to learn "
            "from: hold out less."
        )
    return dataclasses.replace(dataset, caption_ids=dataset.caption_ids[kept], rows=kept)

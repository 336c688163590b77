"""The data set: images with captions, memory-mapped."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np

from config import ProjectError, UsageError
from console import shorten
from dataset.summary import Summary
from text.colours import pair_index, parse_labels


@dataclasses.dataclass(frozen=True, eq=False)
class Dataset:
    """N images with M different captions, memory-mapped."""

    images: np.ndarray  # (N or more, S, S, 3) uint8; see `rows`
    captions: list[str]  # M different texts
    caption_ids: np.ndarray  # (N,) int32: index of each image's caption
    summary: Summary
    folder: Path  # of the cache
    rows: np.ndarray | None = None  # (N,) int: the rows of `images` in use; None: all
    # Further captions by the index of the first: texts that are true of all images with it.
    others: Mapping[int, list[str]] = dataclasses.field(default_factory=dict)

    def read(self, which: np.ndarray) -> np.ndarray:
        """Copy some of the N images into memory.

        Args:
            which: `(B,)` int, from 0 to N - 1.

        Returns:
            `(B, S, S, 3)` uint8.
        """
        return np.array(self.images[which if self.rows is None else self.rows[which]])

    def __len__(self) -> int:
        return len(self.caption_ids)

    @property
    def names(self) -> list[str]:
        """Paths of the cached images relative to the data's root; there may be many: read anew."""
        return json.loads((self.folder / "names.json").read_text("utf-8"))

    def digest(self) -> str:
        """Return a hash of the images' names and captions, which are the same on every machine."""
        found = hashlib.blake2b(digest_size=16)
        with (self.folder / "names.json").open("rb") as file:
            while block := file.read(2**20):
                found.update(block)
        found.update(np.ascontiguousarray(self.caption_ids).data)
        found.update(json.dumps([self.captions, {**self.others}]).encode())
        return found.hexdigest()

    @functools.cached_property
    def caption_ends(self) -> np.ndarray:
        """(M,) int64: running total of the images with each caption."""
        return np.cumsum(np.bincount(self.caption_ids, minlength=len(self.captions)))

    @functools.cached_property
    def by_caption(self) -> np.ndarray:
        """(N,) int64: indices of the images, sorted by caption."""
        return np.argsort(self.caption_ids, kind="stable")


def merge_captions(dataset: Dataset, vectors: np.ndarray) -> Dataset:
    """Give captions that the encoder does not distinguish the same id.

    Two texts with equal vectors, such as two that differ only in words the encoder does not know,
    must not become each other's mismatch. Captions with different further captions stay apart, as
    their paraphrases differ; `dataset.batches` passes over mismatches with nearly equal vectors.

    Args:
        dataset: The data set, with M captions.
        vectors: `(M, P, D)` float. Only the captions themselves, `[:, 0]`, are compared.

    Returns:
        The data set with merged ids; the same object if no captions were merged.

    Raises:
        ProjectError: All captions have the same vector.
    """
    first: dict[tuple[bytes, ...], int] = {}
    # Rounded: vectors have length √2, and equal ones may differ in their last bits.
    rounded = (np.round(vector.astype(np.float32), 3) + 0.0 for vector in vectors[:, 0])
    digests = (hashlib.blake2b(vector, digest_size=16).digest() for vector in rounded)
    keys = [(d, *map(str.encode, dataset.others.get(n, ()))) for n, d in enumerate(digests)]
    ids = np.array([first.setdefault(key, n) for n, key in enumerate(keys)], np.int32)
    if len({key[0] for key in keys}) == 1:
        raise ProjectError(
            "The sentence encoder gives all captions the same vector. It may not know their words: "
            "use other words, or another --encoder. The first caption: "
            f"{shorten(dataset.captions[0])!r}"
        )
    if len(first) == len(ids):
        return dataset
    return dataclasses.replace(dataset, caption_ids=ids[dataset.caption_ids])


def hold_out(dataset: Dataset, captions: Collection[str]) -> Dataset:
    """Leave out the images of some captions and of all captions that name the same colour pair.

    Args:
        dataset: The data set.
        captions: Captions to leave out; without any, the data set is returned as it is.

    Raises:
        UsageError: Fewer than two captions remain.
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
            f"--hold-out leaves fewer than two of the {len(dataset.captions):,} captions to learn "
            "from. Hold out fewer."
        )
    return dataclasses.replace(dataset, caption_ids=dataset.caption_ids[kept], rows=kept)

"""What training is fed: sentence vectors of the captions, batches of pictures with them."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tqdm import tqdm

import stories
from cache import Dataset
from classifier import labels_of, pair_of
from config import ProjectError, UsageError
from files import are_whole, keep_checksums, replacing
from summary import shorten

if TYPE_CHECKING:
    import tensorflow as tf

POOL_BYTES = 256 * 10**6  # of sentence vectors at most, unless the captions alone take more
CANDIDATES = 8  # pictures with other captions, one of which is taken for a mismatch
SAME_MEANING = 0.1  # share of the usual squared distance of two captions: nearer ones are alike
TELLING = 0.62  # of the way from one caption to another: a wording short of it may be of both
_CHUNK = 256  # texts that are in memory at a time while they are encoded


# --------------------------------------------------------------------------- the captions


def count_wordings(captions: int, dim: int, wanted: int) -> int:
    """How many wordings of each caption `encode_captions` has room for, from 1 to `wanted`.

    Args:
        captions: M, different captions.
        dim: D, numbers in a sentence vector.
        wanted: Wordings asked for; 0 stands for the captions as they are, as 1 does.
    """
    return max(1, min(wanted, POOL_BYTES // (captions * dim * 4)))


def told_wordings(count: int, wanted: int) -> str:
    """How many wordings of a caption are drawn from, for people."""
    told = f"{count:,} of each caption" if count > 1 else "each caption as it stands"
    if count < wanted:
        told += f", for {wanted:,} would take more than {POOL_BYTES // 10**6} MB"
    return told


def encode_captions(
    dataset: Dataset, encode: Callable[[list[str]], np.ndarray], name: str, wordings: int
) -> np.ndarray:
    """The sentence vectors of a data set's captions in several wordings.

    They are made once and kept beside the pictures. Those of another encoder or number of
    wordings are removed then, for they are large.

    Args:
        dataset: With M captions.
        encode: B texts -> `(B, D)` float32.
        name: Of the encoder; another name means other vectors.
        wordings: P, from `count_wordings`.

    Returns:
        `(M, P, D)` float32, memory-mapped. The first wording of a caption is itself.
    """
    path = dataset.folder / f"vectors-{name}-{wordings}-{stories.VERSION}.npy"
    record = path.with_suffix(".json")
    if not are_whole(record, [path]):
        _encode(path, dataset.captions, encode, wordings)
        keep_checksums(record, [path])
        for older in dataset.folder.glob("vectors-*"):
            if older not in (path, record):
                with contextlib.suppress(OSError):  # Windows: another run reads it
                    older.unlink()
    return np.load(path, mmap_mode="r")


def _encode(
    path: Path, captions: list[str], encode: Callable[[list[str]], np.ndarray], wordings: int
) -> None:
    """Write the `(M, P, D)` vectors of `encode_captions`. Memory holds one chunk of texts."""
    total = len(captions) * wordings
    step = max(1, _CHUNK // wordings)
    with (
        replacing(path, durable=False) as file,
        # None: shown on a terminal only.
        tqdm(total=total, desc="encode", unit=" texts", disable=None) as bar,
    ):
        for start in range(0, len(captions), step):
            # Seeded by the row, or all captions would be reworded after the same few patterns.
            texts = [
                text
                for row, caption in enumerate(captions[start : start + step], start)
                for text in stories.paraphrases(caption, wordings, row)
            ]
            vectors = encode(texts)
            if start == 0:
                header = {"descr": "<f4", "fortran_order": False}
                header["shape"] = (len(captions), wordings, vectors.shape[1])
                np.lib.format.write_array_header_1_0(file, header)
            file.write(vectors.astype("<f4").tobytes())
            bar.update(len(texts))


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
    """Leaves out the pictures of some captions, and of all others that name the same pair.

    Raises:
        UsageError: Fewer than two captions are left.
    """
    if not captions:
        return dataset
    labels, wanted = labels_of(dataset.captions), frozenset(captions)
    pairs, known = pair_of(labels), (labels >= 0).all(axis=1)
    chosen = np.array([caption in wanted for caption in dataset.captions])
    out = chosen | (known & np.isin(pairs, pairs[chosen & known]))
    kept = np.flatnonzero(~out[dataset.caption_ids])
    if len(np.unique(dataset.caption_ids[kept])) < 2:
        raise UsageError(
            f"--hold-out leaves fewer than two of {len(dataset.captions):,} captions to learn "
            "from: hold out less."
        )
    return dataclasses.replace(dataset, caption_ids=dataset.caption_ids[kept], rows=kept)


# ----------------------------------------------------------------------------- the batches


def draw(
    dataset: Dataset, wordings: int, seed: int, positions: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Choose the pictures of training, each by its position in it and nothing else.

    Every N positions are a new permutation of the N pictures.

    Args:
        dataset: N pictures with at least two different captions.
        wordings: P, of each caption.
        seed: Of all random numbers, from 0.
        positions: `(B,)` int64, from 0: how many pictures training has seen before each.

    Returns:
        `(B,)` int64, the pictures' rows; `(B,)` bool, whether to mirror them; `(B, CANDIDATES)`
        int64, rows of any pictures with other captions; `(B, 2)` int64, two wordings of the own
        caption, from 0; `(B,)` int64, one of the others.
    """
    count = len(dataset)
    epochs = positions // count
    rows = np.empty(len(positions), np.int64)
    for epoch in np.unique(epochs):
        chosen = epochs == epoch
        rows[chosen] = _permutation(count, seed, int(epoch))[positions[chosen] % count]
    flips = _hash(seed, 0, positions) % np.uint64(2) == 1

    # Lay the pictures out by caption, leave out the ones with this picture's, and take any.
    own = dataset.caption_ids[rows]
    ends = dataset.caption_ends
    starts = ends - np.diff(ends, prepend=0)
    starts, same = starts[own][:, None], (ends - starts)[own][:, None]  # (B, 1)
    places = positions[:, None] * CANDIDATES + np.arange(CANDIDATES)
    other = (_hash(seed, 1, places) % (count - same).astype(np.uint64)).astype(np.int64)
    others = dataset.by_caption[other + np.where(other >= starts, same, 0)]
    streams = (_hash(seed, stream, positions) % np.uint64(wordings) for stream in (2, 3, 4))
    first, second, other_wordings = (numbers.astype(np.int64) for numbers in streams)
    return rows, flips, others, np.stack([first, second], axis=1), other_wordings


@functools.lru_cache(maxsize=2)  # a batch may need the end of one epoch and the start of the next
def _permutation(count: int, seed: int, epoch: int) -> np.ndarray:
    return np.random.default_rng([seed, epoch]).permutation(count)


def _hash(seed: int, stream: int, positions: np.ndarray) -> np.ndarray:
    """Random 64-bit numbers that depend on nothing but the arguments (SplitMix64)."""
    key = np.random.SeedSequence([seed, stream]).generate_state(1, np.uint64)
    x = key + positions.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def _mismatch(own: np.ndarray, others: np.ndarray, wordings: np.ndarray) -> np.ndarray:
    """The nearest wording that is not true of the own caption's pictures.

    Wordings that leave out what sets the other caption apart ("red eyes", of "blue hair red eyes"
    beside "pink hair red eyes") are half way between the two: they are passed over. Where all C
    are, the nearest caption stands for its wording.

    Args:
        own: (B, D), captions.
        others: (B, C, D), other captions.
        wordings: (B, C, D), one of each of these.

    Returns:
        (B, D), one wording, or caption, for each.
    """
    way = others - own[:, None]
    apart = np.square(way).sum(axis=2)  # (B, C)
    same = apart < SAME_MEANING * np.median(apart, axis=1, keepdims=True)
    passed = same | (((wordings - own[:, None]) * way).sum(axis=2) < TELLING * apart)
    none = passed.all(axis=1, keepdims=True)
    wordings = np.where(none[..., None], others, wordings)
    nearest = np.where(np.where(none, same, passed), np.inf, apart).argmin(axis=1)
    return np.take_along_axis(wordings, nearest[:, None, None], axis=1)[:, 0]


def batches(
    dataset: Dataset,
    vectors: np.ndarray,
    batch_size: int,
    seed: int,
    position: int = 0,
    mirror: bool = True,
    mismatched: str = "captions",
) -> tf.data.Dataset:
    """Feed training, without end, from any position on.

    Args:
        dataset: N pictures with M different captions, at least two.
        vectors: `(M, P, D)` float32, the sentence vectors of P wordings of each of
            `dataset.captions`. Each picture takes one of its caption's at random, each time.
        batch_size: B, pictures a step.
        seed: Of all random numbers, from 0.
        position: Pictures that training has seen. Training that was stopped there goes on as
            if it had not been, with the same batch size or another.
        mirror: Whether to mirror half of the pictures.
        mismatched: What to give of pictures with other captions: `captions` or `pictures`.

    Returns:
        Triples: `(B, S, S, 3)` uint8, pictures; `(B, 2, D)` float32, the vectors of their
        captions in two wordings; `(B, D)` float32, vectors of wordings of other captions, hard to
        tell from the own ones and not true of the picture (see `_mismatch`); or `(B, S, S, 3)`
        uint8, any other pictures.

    Raises:
        ValueError: There are not vectors for each caption.

    Example:
        >>> vectors = encode_captions(dataset, encoder.encode, "mine", wordings=64)
        >>> pictures, own, others = next(iter(batches(dataset, vectors, 64, 0)))
    """
    import tensorflow as tf

    if vectors.ndim != 3 or len(vectors) != len(dataset.captions):
        raise ValueError(
            f"vectors must be of shape ({len(dataset.captions)}, P, D). Received: {vectors.shape}"
        )
    vectors = vectors.astype(np.float32, copy=False)

    def batch(first: np.int64) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        rows, flips, others, own_wordings, other_wordings = draw(
            dataset, vectors.shape[1], seed, first + np.arange(batch_size)
        )
        pictures = dataset.read(rows)
        if mirror:
            pictures[flips] = pictures[flips, :, ::-1]
        ids = dataset.caption_ids[rows]
        own = vectors[ids[:, None], own_wordings]
        if mismatched == "pictures":
            return pictures, own, dataset.read(others[:, 0])
        other_ids = dataset.caption_ids[others]  # (B, C)
        wordings = vectors[other_ids, other_wordings[:, None]]
        return pictures, own, _mismatch(vectors[ids, 0], vectors[other_ids, 0], wordings)

    picture = tf.TensorSpec((batch_size, *dataset.pictures.shape[1:]), tf.uint8)
    own = tf.TensorSpec((batch_size, 2, *vectors.shape[2:]), tf.float32)
    other = tf.TensorSpec((batch_size, *vectors.shape[2:]), tf.float32)
    specs = (picture, own, picture if mismatched == "pictures" else other)

    def tensors(first: tf.Tensor) -> tuple[tf.Tensor, ...]:
        made = tf.numpy_function(batch, [first], [spec.dtype for spec in specs])
        return tuple(tf.ensure_shape(x, spec.shape) for x, spec in zip(made, specs, strict=True))

    return tf.data.Dataset.counter(position, batch_size).map(tensors).prefetch(2)

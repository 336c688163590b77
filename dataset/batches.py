"""What training is fed: sentence vectors of the captions, batches of images with them."""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dataset.faces import Dataset

if TYPE_CHECKING:
    import tensorflow as tf

CANDIDATES = 8  # images with other captions, one of which is taken for a mismatch
SAME_MEANING = 0.1  # share of the usual squared distance of two captions: nearer ones are alike
TELLING = 0.62  # of the way from one caption to another: a paraphrase short of it may be of both


class Batch(NamedTuple):
    """What one training step learns from; a NamedTuple, as TensorFlow traverses these."""

    images: tf.Tensor  # (B, S, S, 3) uint8
    captions: tf.Tensor  # (B, 2, D) float32, two paraphrases of each image's caption
    # Captions of other images, hard to tell from an image's own but not true of it; or, for
    # recipes that want these, other images.
    mismatched_captions: tf.Tensor | None = None  # (B, D) float32
    mismatched_images: tf.Tensor | None = None  # (B, S, S, 3) uint8


@dataclasses.dataclass(frozen=True, eq=False)
class Choice:
    """Which images and paraphrases a batch takes, as rows and indices."""

    rows: np.ndarray  # (B,) int64, the images
    mirrored: np.ndarray  # (B,) bool, whether to mirror each
    others: np.ndarray  # (B, CANDIDATES) int64, rows of images with other captions
    paraphrases: np.ndarray  # (B, 2) int64, two of each image's caption, from 0
    other_paraphrases: np.ndarray  # (B,) int64, one of the others' captions, from 0


def choose(dataset: Dataset, paraphrases: int, seed: int, positions: np.ndarray) -> Choice:
    """Choose the images of training, each by its position in it and nothing else.

    Every N positions are a new permutation of the N images.

    Args:
        dataset: N images with at least two different captions.
        paraphrases: P, of each caption.
        seed: Of all random numbers, from 0.
        positions: `(B,)` int64, from 0: how many images training has seen before each.
    """
    count = len(dataset)
    epochs = positions // count
    rows = np.empty(len(positions), np.int64)
    for epoch in np.unique(epochs):
        chosen = epochs == epoch
        rows[chosen] = _permutation(count, seed, int(epoch))[positions[chosen] % count]
    flips = _hash(seed, 0, positions) % np.uint64(2) == 1

    # Lay the images out by caption, leave out the ones with this image's, and take any.
    own = dataset.caption_ids[rows]
    ends = dataset.caption_ends
    starts = ends - np.diff(ends, prepend=0)
    starts, same = starts[own][:, None], (ends - starts)[own][:, None]  # (B, 1)
    places = positions[:, None] * CANDIDATES + np.arange(CANDIDATES)
    other = (_hash(seed, 1, places) % (count - same).astype(np.uint64)).astype(np.int64)
    others = dataset.by_caption[other + np.where(other >= starts, same, 0)]
    streams = (_hash(seed, stream, positions) % np.uint64(paraphrases) for stream in (2, 3, 4))
    first, second, other_paraphrases = (numbers.astype(np.int64) for numbers in streams)
    return Choice(rows, flips, others, np.stack([first, second], axis=1), other_paraphrases)


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


def _mismatch(own: np.ndarray, others: np.ndarray, paraphrases: np.ndarray) -> np.ndarray:
    """The nearest paraphrase that is not true of the own caption's images.

    Paraphrases that leave out what sets the other caption apart ("red eyes", of "blue hair red
    eyes" beside "pink hair red eyes") are half way between the two: they are passed over. Where all C
    are, the nearest caption stands for its paraphrase.

    Args:
        own: (B, D), captions.
        others: (B, C, D), other captions.
        paraphrases: (B, C, D), one of each of these.

    Returns:
        (B, D), one paraphrase, or caption, for each.
    """
    way = others - own[:, None]
    apart = np.square(way).sum(axis=2)  # (B, C)
    same = apart < SAME_MEANING * np.median(apart, axis=1, keepdims=True)
    passed = same | (((paraphrases - own[:, None]) * way).sum(axis=2) < TELLING * apart)
    none = passed.all(axis=1, keepdims=True)
    paraphrases = np.where(none[..., None], others, paraphrases)
    nearest = np.where(np.where(none, same, passed), np.inf, apart).argmin(axis=1)
    return np.take_along_axis(paraphrases, nearest[:, None, None], axis=1)[:, 0]


def batches(
    dataset: Dataset,
    vectors: np.ndarray,
    batch_size: int,
    seed: int,
    position: int = 0,
    mirror: bool = True,
    mismatched_images: bool = False,
) -> tf.data.Dataset:
    """Feed training, without end, from any position on.

    Args:
        dataset: N images with M different captions, at least two.
        vectors: `(M, P, D)` float32, the sentence vectors of P paraphrases of each of
            `dataset.captions`. Each image takes one of its caption's at random, each time.
        batch_size: B, images a step.
        seed: Of all random numbers, from 0.
        position: Images that training has seen. Training that was stopped there goes on as
            if it had not been, with the same batch size or another.
        mirror: Whether to mirror half of the images.
        mismatched_images: Whether a mismatch is another image; else it is another caption.

    Returns:
        `Batch`es, without end.

    Raises:
        ValueError: There are not vectors for each caption.

    Example:
        >>> vectors = encode_captions(dataset, encoder.encode, "mine", paraphrases=64)
        >>> batch = next(iter(batches(dataset, vectors, 64, seed=0)))
    """
    import tensorflow as tf

    if vectors.ndim != 3 or len(vectors) != len(dataset.captions):
        raise ValueError(
            f"vectors must be of shape ({len(dataset.captions)}, P, D). Received: {vectors.shape}"
        )
    vectors = vectors.astype(np.float32, copy=False)

    def make(first: np.int64) -> tuple[np.ndarray, ...]:
        chosen = choose(dataset, vectors.shape[1], seed, first + np.arange(batch_size))
        images = dataset.read(chosen.rows)
        if mirror:
            images[chosen.mirrored] = images[chosen.mirrored, :, ::-1]
        ids = dataset.caption_ids[chosen.rows]
        captions = vectors[ids[:, None], chosen.paraphrases]
        if mismatched_images:
            return images, captions, dataset.read(chosen.others[:, 0])
        other_ids = dataset.caption_ids[chosen.others]  # (B, C)
        paraphrases = vectors[other_ids, chosen.other_paraphrases[:, None]]
        others = _mismatch(vectors[ids, 0], vectors[other_ids, 0], paraphrases)
        return images, captions, others

    image = tf.TensorSpec((batch_size, *dataset.images.shape[1:]), tf.uint8)
    caption = tf.TensorSpec((batch_size, 2, *vectors.shape[2:]), tf.float32)
    other = tf.TensorSpec((batch_size, *vectors.shape[2:]), tf.float32)
    specs = (image, caption, image if mismatched_images else other)

    def tensors(first: tf.Tensor) -> Batch:
        made = tf.numpy_function(make, [first], [spec.dtype for spec in specs])
        images, captions, others = (
            tf.ensure_shape(x, spec.shape) for x, spec in zip(made, specs, strict=True)
        )
        if mismatched_images:
            return Batch(images, captions, mismatched_images=others)
        return Batch(images, captions, mismatched_captions=others)

    return tf.data.Dataset.counter(position, batch_size).map(tensors).prefetch(2)

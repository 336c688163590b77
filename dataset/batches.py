"""Feed training: batches of images with sentence vectors, each a function of its position."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dataset.claims import Claims
from dataset.faces import Dataset

if TYPE_CHECKING:
    import tensorflow as tf

CANDIDATES = 8  # captions of other images; one of them becomes the mismatch
SAME_MEANING = 0.1  # captions nearer than this share of the usual squared distance mean the same
# Share of the way from one caption to another: a paraphrase that does not get as far may be true
# of both.
DISTINCT = 0.62


class Batch(NamedTuple):
    """What one training step learns from. A NamedTuple, because TensorFlow traverses these.

    Recipes use either mismatched captions or mismatched images.
    """

    images: tf.Tensor  # (B, S, S, 3) uint8
    captions: tf.Tensor  # (B, 2, D) float32, two paraphrases of each image's caption
    asked: tf.Tensor  # (B, D) float32, what the generator draws: the first of these, or recombined
    # Captions of other images: near each image's own, but not true of the image.
    mismatched_captions: tf.Tensor | None = None  # (B, D) float32
    mismatched_images: tf.Tensor | None = None  # (B, S, S, 3) uint8, with other captions


@dataclasses.dataclass(frozen=True, eq=False)
class Choice:
    """Which images and paraphrases make up a batch."""

    rows: np.ndarray  # (B,) int64, the images
    mirrored: np.ndarray  # (B,) bool, whether to mirror each of them
    others: np.ndarray  # (B, CANDIDATES) int64, images with other captions
    paraphrases: np.ndarray  # (B, 2) int64, indices of two paraphrases of each image's caption
    other_paraphrases: np.ndarray  # (B,) int64, index of a paraphrase of the others' captions
    recombined: np.ndarray  # (B, 2) float64 in [0, 1): whether the caption to draw is, and which


@dataclasses.dataclass(frozen=True, eq=False)
class Recombined:
    """Captions of faces that no image shows; see `text.paraphrases.recombine`."""

    vectors: np.ndarray  # (R, P, D) float, the sentence vectors of P paraphrases of R captions
    share: float  # of the captions that the generator draws

    def replace(self, captions: np.ndarray, choice: Choice) -> np.ndarray:
        """Return captions, (B, D) float32, of which some are replaced as was chosen."""
        replaced = choice.recombined[:, 0] < self.share
        rows = (choice.recombined[:, 1] * len(self.vectors)).astype(int)
        others = self.vectors[rows, choice.paraphrases[:, 0]].astype(np.float32)
        return np.where(replaced[:, None], others, captions)


def choose(dataset: Dataset, paraphrases: int, seed: int, positions: np.ndarray) -> Choice:
    """Choose a batch by the positions of its images in training and by nothing else.

    Every N positions are a new permutation of the N images.

    Args:
        dataset: N images with at least two different captions.
        paraphrases: P, of each caption.
        seed: Seed of all random numbers, not negative.
        positions: `(B,)` int64, from 0: for each image, how many images training sees before it.
    """
    count = len(dataset)
    epochs = positions // count
    rows = np.empty(len(positions), np.int64)
    for epoch in np.unique(epochs):
        chosen = epochs == epoch
        rows[chosen] = _permutation(count, seed, int(epoch))[positions[chosen] % count]
    mirrored = _hash(seed, 0, positions) % np.uint64(2) == 1

    # Sort the images by caption, skip those with this image's caption, and take any other.
    own = dataset.caption_ids[rows]
    ends = dataset.caption_ends
    starts = ends - np.diff(ends, prepend=0)
    starts, same = starts[own][:, None], (ends - starts)[own][:, None]  # (B, 1)
    places = positions[:, None] * CANDIDATES + np.arange(CANDIDATES)
    other = (_hash(seed, 1, places) % (count - same).astype(np.uint64)).astype(np.int64)
    others = dataset.by_caption[other + np.where(other >= starts, same, 0)]
    streams = (_hash(seed, stream, positions) % np.uint64(paraphrases) for stream in (2, 3, 4))
    first, second, other_paraphrases = (numbers.astype(np.int64) for numbers in streams)
    both = np.stack([first, second], axis=1)
    recombined = [(_hash(seed, n, positions) >> np.uint64(11)) / 2.0**53 for n in (5, 6)]
    return Choice(rows, mirrored, others, both, other_paraphrases, np.stack(recombined, axis=1))


@functools.lru_cache(maxsize=2)  # a batch may need the end of one epoch and the start of the next
def _permutation(count: int, seed: int, epoch: int) -> np.ndarray:
    return np.random.default_rng([seed, epoch]).permutation(count)


def _hash(seed: int, stream: int, positions: np.ndarray) -> np.ndarray:
    """Return random 64-bit numbers that depend on the arguments alone (SplitMix64)."""
    key = np.random.SeedSequence([seed, stream]).generate_state(1, np.uint64)
    x = key + positions.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def _mismatch(
    own: np.ndarray,
    others: np.ndarray,
    paraphrases: np.ndarray,
    untrue: np.ndarray | None = None,
    said_untrue: np.ndarray | None = None,
) -> np.ndarray:
    """Return the nearest paraphrase of another caption that is not true of the own caption's image.

    A paraphrase may omit what distinguishes its caption: "red eyes", for "pink hair red eyes"
    beside "blue hair red eyes". Such paraphrases are skipped: those that contradict nothing, or
    where that is not known, those that lie half way between the two captions. If all C are
    skipped, the nearest caption itself replaces its paraphrase.

    Args:
        own: `(B, D)`, the images' captions.
        others: `(B, C, D)`, other captions.
        paraphrases: `(B, C, D)`, one of each of `others`.
        untrue: `(B, C)` bool, which of `others` contradict the images' captions. Rows without any
            are decided by distance, and so are all without this argument.
        said_untrue: The same of `paraphrases`.

    Returns:
        `(B, D)`, a paraphrase or a caption for each image.
    """
    way = others - own[:, None]
    apart = np.square(way).sum(axis=2)  # (B, C)
    same = apart < SAME_MEANING * np.median(apart, axis=1, keepdims=True)
    skipped = same | (((paraphrases - own[:, None]) * way).sum(axis=2) < DISTINCT * apart)
    if untrue is not None and said_untrue is not None:
        known = untrue.any(axis=1, keepdims=True)
        same, skipped = np.where(known, ~untrue, same), np.where(known, ~said_untrue, skipped)
    none = skipped.all(axis=1, keepdims=True)
    paraphrases = np.where(none[..., None], others, paraphrases)
    nearest = np.where(np.where(none, same, skipped), np.inf, apart).argmin(axis=1)
    return np.take_along_axis(paraphrases, nearest[:, None, None], axis=1)[:, 0]


def batches(
    dataset: Dataset,
    vectors: np.ndarray,
    batch_size: int,
    seed: int,
    position: int = 0,
    mirror: bool = True,
    mismatched_images: bool = False,
    claims: Claims | None = None,
    shares: Sequence[Sequence[int]] = (),
    recombined: Recombined | None = None,
) -> tf.data.Dataset:
    """Return batches without end, from any position of training on.

    Args:
        dataset: N images with M different captions, at least two.
        vectors: `(M, P, D)` float, the sentence vectors of P paraphrases of each of
            `dataset.captions`. Each time an image is used, two of its caption's are drawn.
        batch_size: B, images per step.
        seed: Seed of all random numbers, not negative.
        position: Images that training has seen. Training that stopped there continues as if it
            had not, with the same batch size or another.
        mirror: Whether to mirror half of the images.
        mismatched_images: Whether mismatches are other images instead of other captions.
        claims: What the paraphrases state and deny, if the encoder can tell.
        shares: The rows of each batch to load, from 0 to B - 1: for each device its own. Nothing
            else is read. Default: all, for one device.
        recombined: What the generator draws instead of some of the captions. Default: nothing.

    Returns:
        An endless data set of `Batch`: of each step, one for each of the shares.

    Raises:
        ValueError: `vectors` does not hold three dimensions or all captions.

    Example:
        >>> vectors = encode_captions(dataset, encoder.encode, "mine", paraphrases=64)
        >>> batch = next(iter(batches(dataset, vectors, 64, seed=0)))
    """
    import tensorflow as tf

    if vectors.ndim != 3 or len(vectors) != len(dataset.captions):
        raise ValueError(
            f"vectors must be of shape ({len(dataset.captions)}, P, D). Received: {vectors.shape}"
        )

    rows = np.array(shares or [range(batch_size)])  # (devices, b)

    def load(turn: np.int64) -> tuple[np.ndarray, ...]:
        step, device = divmod(int(turn), len(rows))
        positions = position + step * batch_size + rows[device]
        choice = choose(dataset, vectors.shape[1], seed, positions)
        images, captions, mismatched = _load_batch(
            dataset, vectors, choice, mirror, mismatched_images, claims
        )
        asked = captions[:, 0] if recombined is None else recombined.replace(captions[:, 0], choice)
        return images, captions, asked, mismatched

    count = rows.shape[1]
    image = tf.TensorSpec((count, *dataset.images.shape[1:]), tf.uint8)
    captions = tf.TensorSpec((count, 2, *vectors.shape[2:]), tf.float32)
    caption = tf.TensorSpec((count, *vectors.shape[2:]), tf.float32)
    specs = (image, captions, caption, image if mismatched_images else caption)

    def to_batch(turn: tf.Tensor) -> Batch:
        loaded = tf.numpy_function(load, [turn], [spec.dtype for spec in specs])
        images, captions, asked, mismatched = (
            tf.ensure_shape(x, spec.shape) for x, spec in zip(loaded, specs, strict=True)
        )
        if mismatched_images:
            return Batch(images, captions, asked, mismatched_images=mismatched)
        return Batch(images, captions, asked, mismatched_captions=mismatched)

    return tf.data.Dataset.counter().map(to_batch).prefetch(2 * len(rows))


def _load_batch(
    dataset: Dataset,
    vectors: np.ndarray,
    choice: Choice,
    mirror: bool,
    mismatched_images: bool,
    claims: Claims | None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Load what was chosen: images, captions, and mismatched images or captions, as in `Batch`."""

    def load(rows: np.ndarray, paraphrases: np.ndarray | int) -> np.ndarray:
        return vectors[rows, paraphrases].astype(np.float32)  # of this batch only

    images = dataset.read(choice.rows)
    if mirror:
        images[choice.mirrored] = images[choice.mirrored, :, ::-1]
    ids = dataset.caption_ids[choice.rows]
    captions = load(ids[:, None], choice.paraphrases)
    if mismatched_images:
        return images, captions, dataset.read(choice.others[:, 0])
    other_ids = dataset.caption_ids[choice.others]  # (B, C)
    said = choice.other_paraphrases[:, None]
    texts = load(ids, 0), load(other_ids, 0), load(other_ids, said)
    if claims is None:
        return images, captions, _mismatch(*texts)
    untrue = [claims.contradict(ids, other_ids, index) for index in (0, said)]
    return images, captions, _mismatch(*texts, *untrue)

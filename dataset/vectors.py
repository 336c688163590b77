"""Sentence vectors of the captions and their paraphrases, computed once and cached."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import numpy as np
from tqdm import tqdm

from dataset.faces import Dataset
from files.derived import checksums_match, write_checksums
from files.writing import one_at_a_time, replacing
from text.paraphrases import VERSION, paraphrase, recombine

# Of sentence vectors at most, unless the captions alone take more. Half precision is enough: the
# numbers differ by a thousandth, paraphrases of one caption by much more.
POOL_BYTES = 512 * 10**6
DTYPE = np.dtype("<f2")
RECOMBINED = 1280  # recombined captions at most, with as many paraphrases as those of images
_CHUNK = 256  # texts in memory at a time during encoding


def count_paraphrases(captions: int, dim: int, wanted: int) -> int:
    """Return how many paraphrases of each caption fit into `POOL_BYTES`, from 1 to `wanted`.

    Args:
        captions: M, different captions.
        dim: D, numbers in a sentence vector.
        wanted: Paraphrases asked for. Both 0 and 1 stand for the captions as they are.
    """
    return max(1, min(wanted, POOL_BYTES // (captions * dim * DTYPE.itemsize)))


def describe_paraphrases(count: int, wanted: int) -> str:
    """Return how many paraphrases of each caption there are, for people."""
    text = f"{count:,} paraphrases of each" if count > 1 else "each as it is"
    if count < wanted:
        text += f"; {wanted:,} would take more than {POOL_BYTES // 10**6} MB"
    return text


def encode_captions(
    dataset: Dataset, encode: Callable[[list[str]], np.ndarray], name: str, paraphrases: int
) -> np.ndarray:
    """Return the sentence vectors of paraphrases of a data set's captions.

    They are computed once and kept beside the images. As they are large, those of another encoder
    or another number of paraphrases are then removed.

    Args:
        dataset: The data set, with M captions.
        encode: A function from B texts to `(B, D)` float32.
        name: Name of the encoder; another name means other vectors.
        paraphrases: P, from `count_paraphrases`.

    Returns:
        `(M, P, D)` float16, memory-mapped. The first paraphrase of a caption is the caption. The
        paraphrases of an image's further captions share the P places with those of the first.

    Raises:
        WriteError: The vectors cannot be written.
    """
    groups = [
        [caption, *dataset.others.get(row, ())] for row, caption in enumerate(dataset.captions)
    ]
    return _kept(dataset.folder, "vectors", groups, encode, name, paraphrases)


def encode_recombined(
    dataset: Dataset, encode: Callable[[list[str]], np.ndarray], name: str, paraphrases: int
) -> np.ndarray | None:
    """Return the sentence vectors of paraphrases of recombined captions of a data set.

    There are as many as the data set has captions, up to `RECOMBINED`. They are kept as those of
    `encode_captions` are, but apart for other images of a cache: some may be held out.

    Returns:
        `(R, P, D)` float16, memory-mapped; None if no caption is a list of tags.

    Raises:
        WriteError: The vectors cannot be written.
    """
    captions = [dataset.captions[row] for row in dataset.caption_ids]
    recombined = recombine(captions, min(RECOMBINED, len(dataset.captions)), seed=0)
    if not recombined:
        return None
    digest = hashlib.blake2b("\n".join(recombined).encode(), digest_size=8).hexdigest()
    groups = [[caption] for caption in recombined]
    return _kept(dataset.folder, "recombined", groups, encode, f"{name}-{digest}", paraphrases)


def _kept(
    folder: Path,
    kind: str,
    groups: list[list[str]],
    encode: Callable[[list[str]], np.ndarray],
    name: str,
    paraphrases: int,
) -> np.ndarray:
    """Return the vectors of paraphrases of groups of captions, computed once."""
    path = folder / f"{kind}-{name}-{paraphrases}-{VERSION}.npy"
    record = path.with_suffix(".json")
    if not checksums_match(record, [path]):
        with one_at_a_time(path.with_suffix(".lock"), "encodes the same captions"):
            if not checksums_match(record, [path]):
                _write(path, record, groups, encode, paraphrases)
    return np.load(path, mmap_mode="r")


def _write(
    path: Path,
    record: Path,
    groups: list[list[str]],
    encode: Callable[[list[str]], np.ndarray],
    paraphrases: int,
) -> None:
    """Write the vectors and their checksums, and remove older ones."""
    with replacing(path, durable=False) as file:
        _encode(file, groups, encode, paraphrases)
    write_checksums(record, [path])
    for older in path.parent.glob(f"{path.name.partition('-')[0]}-*"):
        if older not in (path, record) and older.suffix != ".lock":
            with contextlib.suppress(OSError):  # Windows: another process has it open
                older.unlink()


def _encode(
    file: BinaryIO,
    groups: list[list[str]],
    encode: Callable[[list[str]], np.ndarray],
    paraphrases: int,
) -> None:
    """Write the `(M, P, D)` vectors as a .npy file. Memory holds one chunk of texts."""
    total = len(groups) * paraphrases
    step = max(1, _CHUNK // paraphrases)
    with tqdm(total=total, desc="encode", unit=" texts", disable=None) as bar:  # terminals only
        for start in range(0, len(groups), step):
            # Seeded by the row, so that captions are not all paraphrased after the same patterns.
            texts = [
                text
                for row, captions in enumerate(groups[start : start + step], start)
                for text in _pool(captions, paraphrases, row)
            ]
            vectors = encode(texts)
            if start == 0:
                shape = (len(groups), paraphrases, vectors.shape[1])
                header = {"descr": DTYPE.str, "fortran_order": False, "shape": shape}
                np.lib.format.write_array_header_1_0(file, header)
            file.write(vectors.astype(DTYPE).tobytes())
            bar.update(len(texts))


def _pool(captions: list[str], count: int, row: int) -> list[str]:
    """Return so many paraphrases of the captions of an image, taking turns; the first as it is."""
    of_each = [paraphrase(caption, -(-count // len(captions)), row) for caption in captions]
    return [text for turn in zip(*of_each, strict=True) for text in turn][:count]

"""Sentence vectors of the captions and their paraphrases, computed once and cached."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from tqdm import tqdm

from dataset.faces import Dataset
from files.derived import checksums_match, write_checksums
from files.writing import replacing
from text.paraphrases import VERSION, paraphrase

POOL_BYTES = 256 * 10**6  # of sentence vectors at most, unless the captions alone take more
_CHUNK = 256  # texts that are in memory at a time while they are encoded


def count_paraphrases(captions: int, dim: int, wanted: int) -> int:
    """How many paraphrases of each caption `encode_captions` has room for, from 1 to `wanted`.

    Args:
        captions: M, different captions.
        dim: D, numbers in a sentence vector.
        wanted: Paraphrases asked for; 0 stands for the captions as they are, as 1 does.
    """
    return max(1, min(wanted, POOL_BYTES // (captions * dim * 4)))


def describe_paraphrases(count: int, wanted: int) -> str:
    """How many paraphrases of a caption are drawn from, for people."""
    told = f"{count:,} of each caption" if count > 1 else "each caption as it stands"
    if count < wanted:
        told += f", for {wanted:,} would take more than {POOL_BYTES // 10**6} MB"
    return told


def encode_captions(
    dataset: Dataset, encode: Callable[[list[str]], np.ndarray], name: str, paraphrases: int
) -> np.ndarray:
    """The sentence vectors of a data set's captions in several paraphrases.

    They are made once and kept beside the images. Those of another encoder or number of
    paraphrases are removed then, for they are large.

    Args:
        dataset: With M captions.
        encode: B texts -> `(B, D)` float32.
        name: Of the encoder; another name means other vectors.
        paraphrases: P, from `count_paraphrases`.

    Returns:
        `(M, P, D)` float32, memory-mapped. The first paraphrase of a caption is itself.
    """
    path = dataset.folder / f"vectors-{name}-{paraphrases}-{VERSION}.npy"
    record = path.with_suffix(".json")
    if not checksums_match(record, [path]):
        _encode(path, dataset.captions, encode, paraphrases)
        write_checksums(record, [path])
        for older in dataset.folder.glob("vectors-*"):
            if older not in (path, record):
                with contextlib.suppress(OSError):  # Windows: another run reads it
                    older.unlink()
    return np.load(path, mmap_mode="r")


def _encode(
    path: Path, captions: list[str], encode: Callable[[list[str]], np.ndarray], paraphrases: int
) -> None:
    """Write the `(M, P, D)` vectors of `encode_captions`. Memory holds one chunk of texts."""
    total = len(captions) * paraphrases
    step = max(1, _CHUNK // paraphrases)
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
                for text in paraphrase(caption, paraphrases, row)
            ]
            vectors = encode(texts)
            if start == 0:
                header = {"descr": "<f4", "fortran_order": False}
                header["shape"] = (len(captions), paraphrases, vectors.shape[1])
                np.lib.format.write_array_header_1_0(file, header)
            file.write(vectors.astype("<f4").tobytes())
            bar.update(len(texts))

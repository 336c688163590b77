"""Draw faces and write each to a file that says how it was made."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from commands.version import program_version
from config import FORMATS
from files import litert
from files.images import save_image
from files.provenance import HASH_DIGITS, Provenance
from sampler import BATCH, Sampler

CHUNK = 64 * BATCH  # faces whose descriptions are encoded together


class Face(NamedTuple):
    """One face to draw."""

    text: str
    seed: int  # of the whole call
    i: int  # number of the description, from 1
    j: int  # number of the face of this description, from 1
    stem: str  # of its file's name
    truncation: float = 1.0


def provenance(sampler: Sampler, face: Face) -> Provenance:
    """Return how a model makes a face."""
    return Provenance(
        description=face.text,
        seed=face.seed,
        i=face.i,
        j=face.j,
        truncation=face.truncation,
        model=sampler.path.name,
        model_hash=sampler.fingerprint[:HASH_DIGITS],
        encoder_hash=sampler.encoder.fingerprint[:HASH_DIGITS],
        version=program_version(),
    )


def write_faces(
    sampler: Sampler, faces: Iterable[Face], total: int, output: Path, format: str
) -> Iterator[tuple[Face, np.ndarray]]:
    """Draw faces and write them to `output/STEM.FORMAT`; yield each, in order.

    A file of the same name in the other format, which an earlier run left, is removed.

    Args:
        sampler: The model.
        faces: What to draw.
        total: Their number, for the progress bar.
        output: Folder to write to.
        format: One of `config.FORMATS`.

    Yields:
        A face and its image, (S, S, 3) uint8.

    Raises:
        ProjectError: An image cannot be written.
    """
    others = [other for other in FORMATS if other != format]

    def draw(batch: _Batch) -> list[tuple[Face, np.ndarray]]:
        drawn = list(zip(batch.faces, sampler.draw(batch.vectors, batch.noise), strict=True))
        for face, image in drawn:
            path = output / f"{face.stem}.{format}"
            save_image(image, path, format, provenance(sampler, face).metadata(len(image)))
            for other in others:
                with contextlib.suppress(OSError):
                    path.with_suffix(f".{other}").unlink(missing_ok=True)
        return drawn

    hidden = True if total < 100 else None  # None: shown on a terminal only
    with tqdm(total=total, unit="image", disable=hidden, dynamic_ncols=True) as bar:
        for drawn in litert.map_in_threads(draw, _batches(sampler, faces)):
            yield from drawn
            bar.update(len(drawn))


class _Batch(NamedTuple):
    """Faces to draw in one call."""

    faces: list[Face]
    vectors: np.ndarray  # (B, D) float32
    noise: np.ndarray  # (B, noise) float32


def _batches(sampler: Sampler, faces: Iterable[Face]) -> Iterator[_Batch]:
    """Yield the faces to draw; descriptions are encoded some hundreds at a time."""
    rest = iter(faces)
    while chunk := list(islice(rest, CHUNK)):
        seeds = [(face.seed, face.i, face.j) for face in chunk]
        vectors, noise = sampler.prepare([face.text for face in chunk], seeds)
        noise *= np.array([[face.truncation] for face in chunk], np.float32)
        for start in range(0, len(chunk), BATCH):
            part = slice(start, start + BATCH)
            yield _Batch(chunk[part], vectors[part], noise[part])

"""`--generate --interpolate A B`: a film from one face to another."""

from __future__ import annotations

import argparse
import contextlib
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from tqdm import tqdm

from commands.drawing import Face, FaceWriter, cleaned, print_readings
from commands.models import trained_model
from commands.options import FRAMES
from commands.redraw import face_of, print_origin
from config import FILMS, TRUNCATION, UsageError
from console import counted
from files import films, litert
from files.provenance import Provenance, read_provenance
from files.writing import free_stems
from sampler import BATCH

_SUFFIXES = (".jpg", ".jpeg", ".png")  # what ends so is a file, and not a description


def interpolate(options: argparse.Namespace, output: Path) -> None:
    """Write a film from one face to another: `film.gif`, or in the format that is asked for.

    It takes a name that is free, so that no earlier film is lost.
    """
    format = options.format or FILMS[0]
    films.check(format)
    files = [_read_file(end) for end in options.interpolate]
    seed = random.SystemRandom().randrange(2**32) if options.seed is None else options.seed
    truncation = TRUNCATION if options.truncation is None else options.truncation
    ends = []
    for number, (end, made) in enumerate(zip(options.interpolate, files, strict=True), start=1):
        if made:
            face = face_of(Path(end), made)
            if options.truncation is not None:
                face = face._replace(truncation=truncation)
        else:
            text = cleaned(end, "--interpolate", ". Give two descriptions, or two files.")
            face = Face(text, seed, number, 1, f"{number}", truncation)
        ends.append(face)
    sampler = trained_model(options)
    writer = FaceWriter(sampler, output, scale=int(options.scale or 1), tries=options.tries)
    if not all(files):
        print(f"seed     {seed}")
    for end, made in zip(options.interpolate, files, strict=True):
        if made:
            print_origin(Path(end), made, writer)
    print_readings(sampler, [(repr(face.text), face.text) for face in ends])
    vectors, noise = writer.prepare([writer.settle(end) for end in ends])
    vectors, noise = between(vectors, noise[0], options.frames or FRAMES)
    frames = list(_draw(writer, vectors, noise))
    path = output / f"{next(free_stems(output, 'film'))}.{format}"
    written = films.write(frames, path, format, options.loop)
    print(f"{path}: {counted(written, 'frame')} of {len(frames[0])} px")


def _read_file(end: str) -> Provenance | None:
    """Return how the face of a file was made; None if `end` is a description."""
    path = Path(end)
    with contextlib.suppress(OSError):  # a description may be longer than any file name
        if end and path.is_dir():
            raise UsageError(
                f"--interpolate: {end} is a folder. Name the file of a face in it, or give a "
                "description."
            )
        if path.is_file():
            return read_provenance(path, "--interpolate")
    return read_provenance(path, "--interpolate") if end.lower().endswith(_SUFFIXES) else None


def between(vectors: np.ndarray, noise: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return what `Sampler.draw` takes, for frames at even steps from one face to another.

    Args:
        vectors: (2, D) float32, sentence vectors: the way between them is straight.
        noise: (2, noise) float32: the way between them is an arc (Shoemake 1985), so that every
            frame has noise of a usual length.
        count: Frames, the two faces included.

    Returns:
        (count, D) and (count, noise) float32.
    """
    t = np.linspace(0, 1, count)[:, None]  # (count, 1)
    lengths = np.linalg.norm(noise, axis=1)
    cosine = noise[0] @ noise[1] / max(float(lengths.prod()), 1e-12)
    angle = np.arccos(np.clip(cosine, -1, 1))
    if np.sin(angle) < 1e-4:  # the same direction, as of one face by other words
        weights = np.hstack([1 - t, t])
    else:
        weights = np.sin(np.hstack([1 - t, t]) * angle) / np.sin(angle)
    straight = np.hstack([1 - t, t]) @ vectors
    return straight.astype(np.float32), (weights @ noise).astype(np.float32)


def _draw(writer: FaceWriter, vectors: np.ndarray, noise: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the frames, (S, S, 3) uint8 each."""
    sampler, count = writer.sampler, len(vectors)
    parts = (slice(start, start + BATCH) for start in range(0, count, BATCH))
    drawn = litert.map_in_threads(lambda part: sampler.draw(vectors[part], noise[part]), parts)
    images = (image for batch in drawn for image in batch)
    hidden = True if writer.scale == 1 else None  # None: shown on a terminal only
    with tqdm(total=count, unit="frame", disable=hidden, dynamic_ncols=True) as bar:
        for image in litert.map_in_threads(writer.enlarge, images):
            yield image
            bar.update()

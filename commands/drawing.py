"""Draw faces and write each to a file that says how it was made."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from commands.version import program_version
from config import FORMATS, TRUNCATION, UsageError
from files import litert
from files.images import save_image
from files.provenance import HASH_DIGITS, Provenance, read_provenance
from files.upscaling import Upscaler
from sampler import BATCH, Sampler
from text.descriptions import clean_description
from text.explanations import explain

CHUNK = 64 * BATCH  # faces whose descriptions are encoded together


class Face(NamedTuple):
    """One face to draw."""

    text: str
    seed: int  # of the whole call
    i: int  # number of the description, from 1
    j: int  # number of the face of this description, from 1
    stem: str  # of its file's name
    truncation: float = TRUNCATION
    take: int | None = None  # which noise of the seed; None: the first that gives a whole face


def cleaned(text: str, where: str, advice: str = "") -> str:
    """Return a description as the encoder takes it.

    Args:
        text: As the user gave it.
        where: The option or the file that it comes from.
        advice: What the message of an error ends with.

    Raises:
        UsageError: It is no description.
    """
    try:
        return clean_description(text)
    except ValueError as error:
        raise UsageError(f"{where}: {error}{advice}") from None


def print_readings(sampler: Sampler, texts: Sequence[tuple[str, str]]) -> None:
    """Print how each description is understood, if there is something to say of it.

    Args:
        sampler: The model.
        texts: Where each description stands, and the description.
    """
    told = explain(sampler.encoder, [text for _, text in texts], sampler.header.shown)
    for (where, _), reading in zip(texts, told, strict=True):
        if reading:
            print(f"{where}: {reading}")


class FaceWriter:
    """Draws faces with a model, enlarges them if asked, and writes them.

    Args:
        sampler: The model.
        output: Folder to write to.
        format: One of `config.FORMATS`.
        scale: How many times faces are enlarged: 1, 2 or 4.
        tries: Takes of a face without one, at most: see `Sampler.draw_whole`. Default: the model's.

    Raises:
        ProjectError: Faces are to be enlarged, and the packages for that are missing; or there
            is more than one try, and the model has no inspector.
    """

    def __init__(
        self,
        sampler: Sampler,
        output: Path,
        format: str = FORMATS[0],
        scale: int = 1,
        tries: int | None = None,
    ) -> None:
        self.sampler, self.output, self.format, self.scale = sampler, output, format, scale
        if (tries or 1) > 1 and not sampler.inspector:
            raise UsageError(
                f"--tries {tries}: nothing here finds broken faces of {sampler.path}. That is for "
                "the model that ships; leave --tries out."
            )
        self._tries = tries
        self._upscaler = Upscaler() if scale > 1 else None

    @property
    def tries(self) -> int:
        """Takes of a face without one, at most."""
        return self._tries or self.sampler.default_tries

    def prepare(self, faces: list[Face], tries: int = 1) -> tuple[np.ndarray, np.ndarray]:
        """Return what `Sampler.draw_whole` takes for N faces.

        Args:
            faces: What there is to draw.
            tries: Takes of each, from its own on, or from 0.

        Returns:
            (N, D) sentence vectors, and (tries, N, noise) truncated noise.
        """
        seeds = [(face.seed, face.i, face.j) for face in faces]
        first = np.array([face.take or 0 for face in faces])
        texts = [face.text for face in faces]
        vectors, takes = self.sampler.prepare(texts, seeds, int(first.max()) + tries)
        noise = takes[first + np.arange(tries)[:, None], np.arange(len(faces))]
        return vectors, noise * np.array([[face.truncation] for face in faces], np.float32)

    def settle(self, face: Face) -> Face:
        """Return a face with its take."""
        return next(self._draw([face], [0]))[0]

    def enlarge(self, image: np.ndarray) -> np.ndarray:
        """Return an image at the scale."""
        return self._upscaler.enlarge(image, self.scale) if self._upscaler else image

    def provenance(self, face: Face) -> Provenance:
        """Return how a face is made."""
        return Provenance(
            description=face.text,
            seed=face.seed,
            i=face.i,
            j=face.j,
            truncation=face.truncation,
            take=face.take or 0,
            model=self.sampler.path.name,
            model_hash=self.sampler.fingerprint[:HASH_DIGITS],
            encoder_hash=self.sampler.encoder.fingerprint[:HASH_DIGITS],
            version=program_version(),
            scale=self.scale,
            upscaler=self._upscaler.name if self._upscaler else "",
        )

    def path(self, face: Face) -> Path:
        """Return the file that a face is written to."""
        return self.output / f"{face.stem}.{self.format}"

    def write(
        self, faces: Sequence[Face], which: Sequence[int] | None = None
    ) -> Iterator[tuple[Face, np.ndarray]]:
        """Draw faces and write each to its file; yield each, in order.

        A file of the same name in the other format, which an earlier run left, is removed.

        Args:
            faces: What there is to draw.
            which: Rising numbers of those that are drawn, as they come out if all are. Default:
                all.

        Yields:
            A face, with its take, and its image, (S, S, 3) uint8.

        Raises:
            ProjectError: An image cannot be written.
        """

        def finish(drawn: tuple[Face, np.ndarray]) -> tuple[Face, np.ndarray]:
            face, image = drawn[0], self.enlarge(drawn[1])
            path, about = self.path(face), self.provenance(face)
            save_image(image, path, self.format, about.metadata(len(image)))
            for other in FORMATS:
                if other != self.format:
                    with contextlib.suppress(OSError):
                        path.with_suffix(f".{other}").unlink(missing_ok=True)
            return face, image

        which = range(len(faces)) if which is None else which
        with self.progress(len(which)) as bar:
            for drawn in litert.map_in_threads(finish, self._draw(faces, which)):
                yield drawn
                bar.update()

    def progress(self, total: int) -> tqdm:
        """Return a progress bar for a number of faces."""
        # None: shown on a terminal only. A hundred faces take a second, an enlarged one as well.
        hidden = True if total < 100 and self.scale == 1 else None
        return tqdm(total=total, unit="image", disable=hidden, dynamic_ncols=True)

    def is_written(self, face: Face) -> bool:
        """Return whether the file of a face is there and says that it was made as now."""
        try:
            made = read_provenance(self.path(face))
        except UsageError:
            return False
        return made.take < self.tries and made == self.provenance(face._replace(take=made.take))

    def _draw(
        self, faces: Sequence[Face], which: Sequence[int]
    ) -> Iterator[tuple[Face, np.ndarray]]:
        for batch, images in litert.map_in_threads(self._draw_batch, self._batches(faces, which)):
            yield from zip(batch, images, strict=True)

    def _draw_batch(self, batch: _Batch) -> tuple[list[Face], np.ndarray]:
        images, takes = self.sampler.draw_whole(batch.vectors, batch.noise)
        faces = zip(batch.faces, takes.tolist(), strict=True)
        return [face._replace(take=(face.take or 0) + take) for face, take in faces], images

    def _batches(self, faces: Sequence[Face], which: Sequence[int]) -> Iterator[_Batch]:
        """Yield the faces to draw; descriptions are encoded some hundreds at a time.

        All of a chunk are encoded, whichever are drawn: the last bits of a sentence vector depend
        on the texts that it is computed with.
        """
        for number, group in groupby(which, lambda face: face // CHUNK):
            first = number * CHUNK
            chunk = [faces[n] for n in range(first, min(first + CHUNK, len(faces)))]
            vectors, noise = self.prepare(chunk, self.tries if chunk[0].take is None else 1)
            rows = [face - first for face in group]
            for start in range(0, len(rows), BATCH):
                part = rows[start : start + BATCH]
                yield _Batch([chunk[row] for row in part], vectors[part], noise[:, part])


class _Batch(NamedTuple):
    """Faces to draw in one call."""

    faces: list[Face]
    vectors: np.ndarray  # (B, D) float32
    noise: np.ndarray  # (tries, B, noise) float32

"""The training log: log.jsonl and TensorBoard events."""

from __future__ import annotations

import contextlib
import errno
import json
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tensorflow as tf

from files.writing import WriteError, replacing, write_error


class Log:
    """log.jsonl and TensorBoard events in a model folder.

    Args:
        directory: The model folder.
        step: Where training starts. Records of later steps are dropped: a run that resumes from
            an older checkpoint makes, and logs, these steps again.

    Raises:
        WriteError: The folder cannot be written to, here or in any method.
    """

    def __init__(self, directory: Path, step: int) -> None:
        self._path, self._folder = directory / "log.jsonl", directory / "logs"
        if self._path.exists():
            lines = self._path.read_bytes().splitlines(keepends=True)
            kept = [line for line in lines if 0 <= _step_of(line) <= step]
            if len(kept) != len(lines):
                with replacing(self._path) as file:
                    file.writelines(kept)
        with _writing(self._folder):
            self._events = tf.summary.create_file_writer(str(self._folder))

    def scalars(self, step: int, images: int, figures: dict[str, float]) -> None:
        """Append a record.

        Args:
            step: Updates made so far.
            images: Real images seen so far.
            figures: Name -> value.
        """
        record = {"step": step, "images": images, **figures}
        line = json.dumps({k: _round(v) for k, v in record.items()}) + "\n"
        try:
            with self._path.open("a") as file:
                file.write(line)
        except OSError as error:
            raise write_error(self._path, error, len(line)) from error
        with _writing(self._folder), self._events.as_default(step):
            for name, value in figures.items():
                tf.summary.scalar(name, value)

    def image(self, step: int, name: str, image: np.ndarray) -> None:
        """Show an image, (H, W, 3) uint8, in TensorBoard."""
        with _writing(self._folder), self._events.as_default(step):
            tf.summary.image(name, image[None])
            self._events.flush()


@contextlib.contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Turn the errors of TensorBoard's writer into those of other writers of files."""
    try:
        yield
    except tf.errors.ResourceExhaustedError as error:
        raise write_error(folder, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))) from error
    except tf.errors.OpError as error:
        raise WriteError(f"Cannot write {folder}: {error.message.splitlines()[0]}") from error


def _step_of(line: bytes) -> int:
    """Return the step of a line of log.jsonl; -1 if a kill or a full disk cut it short."""
    try:
        return int(json.loads(line)["step"]) if line.endswith(b"\n") else -1
    except (ValueError, KeyError, TypeError):
        return -1


def _round(value: float) -> float:
    return value if isinstance(value, int) else float(f"{value:.6g}")

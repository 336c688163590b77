"""Find broken faces among drawn ones, so that they can be drawn again. Needs no TensorFlow."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from config import INSPECTOR, ProjectError
from files import litert

MODEL, ABOUT = "inspector.tflite", "inspector.json"  # the files of its folder
INPUT = "pictures"  # name of its input
SIZE = 64  # px, side of the images that it takes
BATCH = 16  # images per call


class About(NamedTuple):
    """What is known of an inspector, from faces that it did not learn from."""

    models: list[str]  # fingerprints of the models that it is for
    threshold: float  # the probability from which a face is drawn again
    area: float  # probability that it ranks a broken drawn face above a whole one (ROC area)
    real: float  # share of real faces that readers marked
    checksum: int  # CRC-32 of the network's file: LiteRT would run with changed weights


class Inspector:
    """A network that learnt from people's marks which faces are broken.

    It ships in `model/inspector/`, made by `tools/train_inspector.py`. No generator is trained on
    it.

    Args:
        run: (BATCH, 64, 64, 3) float32 in [0, 255] -> (BATCH, 1) in [0, 1], from `litert`.
        about: What is known of it.
    """

    def __init__(self, run: Callable[..., np.ndarray], about: About) -> None:
        self._run, self.about = run, about

    @classmethod
    def of(cls, fingerprint: str, directory: Path = INSPECTOR) -> Inspector | None:
        """Open the inspector of a model's faces; None if it is for other models, or without LiteRT.

        Args:
            fingerprint: The model's, from `checkpoint.fingerprint`.
            directory: Folder of the inspector.

        Raises:
            ProjectError: A file is missing or damaged.
        """
        about = _read_about(directory)
        if fingerprint not in about.models:
            return None
        inputs = {INPUT: (BATCH, SIZE, SIZE, 3)}
        try:
            run = litert.open_model(directory / MODEL, inputs, (BATCH, 1), about.checksum)
        except ProjectError as error:
            raise _damaged(directory / MODEL) from error
        return cls(run, about) if run else None

    def inspect(self, images: np.ndarray) -> np.ndarray:
        """Return how probable it is that a reader marks each face as broken.

        Args:
            images: (N, S, S, 3) uint8, N at least 1; resized if S is not 64 px.

        Returns:
            (N,) float32 in [0, 1].
        """
        return litert.in_batches(self._run, images, BATCH, SIZE)[:, 0]


def _read_about(directory: Path) -> About:
    try:
        values = json.loads((directory / ABOUT).read_bytes())
        models, threshold, area, real, checksum = (values[name] for name in About._fields)
        numbers = float(threshold), float(area), float(real)
        return About([str(model) for model in models], *numbers, int(checksum))
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise _damaged(directory / ABOUT) from error


def _damaged(path: Path) -> ProjectError:
    return ProjectError(
        f"{path} is missing or damaged. It finds broken faces: restore it, or draw with --tries 1."
    )

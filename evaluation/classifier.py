"""The classifier that faces are measured by: what an image shows, and its features.

It ships in `model/classifier/`, made by `tools/train_classifier.py`, with its results on real
faces that it was not trained on. The GAN is never trained on it. It runs in LiteRT, without
TensorFlow.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from config import CLASSIFIER, ProjectError
from evaluation.attributes import ATTRIBUTES, Trust, read_trust
from files import litert
from text.attributes import Facts
from text.colours import COLOURS, EYE_COLOURS, HAIR_COLOURS

MODEL = "classifier.tflite"  # the file in `model/classifier/`
INPUT = "pictures"  # name of its input, as in the file that ships
FEATURES = 96  # width of the last layer before the colours
SIZE = 64  # px, side of the images that it takes
SURE = 0.6  # smallest probability of both colours for a caption to be given
BATCH = 16  # images per call; XNNPACK needs a fixed number


class Judged(NamedTuple):
    """What the classifier makes of N images."""

    hair: np.ndarray  # (N, 12) float32, the probability of each of HAIR_COLOURS
    eyes: np.ndarray  # (N, 10) float32, the probability of each of EYE_COLOURS
    attributes: np.ndarray  # (N, A) float32, the probability of each of ATTRIBUTES
    features: np.ndarray  # (N, D) float32, the last layer before the colours

    def colours(self) -> np.ndarray:
        """Return the most likely colours, (N, 2): rows of HAIR_COLOURS and of EYE_COLOURS."""
        return np.stack([self.hair.argmax(axis=1), self.eyes.argmax(axis=1)], axis=1)


class Classifier:
    """A network that reads colours and attributes off faces, and gives features of them.

    Args:
        path: The LiteRT model.

    Raises:
        ProjectError: The model is damaged, or LiteRT is not installed.

    Example:
        >>> judged = Classifier.load().judge(images)  # (N, 64, 64, 3) uint8
        >>> HAIR_COLOURS[judged.hair[0].argmax()]
        'blue'
    """

    def __init__(self, path: Path) -> None:
        outputs = sum(map(len, (*COLOURS.values(), ATTRIBUTES))) + FEATURES
        run = litert.open_model(path, {INPUT: (BATCH, SIZE, SIZE, 3)}, output=(BATCH, outputs))
        if run is None:
            raise ProjectError(
                "The classifier needs LiteRT, the package ai-edge-litert, which has no wheel for "
                "this machine. You can train and generate faces here, but not evaluate them."
            )
        self._run = run
        self._folder = path.parent

    @functools.cached_property
    def trust(self) -> Trust:
        """How far its attributes are to be trusted; a ProjectError if the file is damaged."""
        return read_trust(self._folder)

    @classmethod
    def load(cls, directory: Path = CLASSIFIER) -> Classifier:
        """Open the classifier that ships, or that of another folder.

        Raises:
            ProjectError: The file is missing or damaged, or LiteRT is not installed.
        """
        path = directory / MODEL
        if not path.is_file():
            raise ProjectError(f"No classifier in {directory}: restore that folder.")
        return cls(path)

    def describe(self, images: np.ndarray) -> list[str]:
        """Return captions for images that have none.

        Args:
            images: As for `judge`.

        Returns:
            N texts such as `blue hair, red eyes, long hair`: both colours, then the attributes
            that are surely present. Empty where the classifier is not sure of the colours.

        Raises:
            ProjectError: As for `trust`.
        """
        judged = self.judge(images)
        sure = np.minimum(judged.hair.max(axis=1), judged.eyes.max(axis=1)) >= SURE
        return [
            tags(label, attributes) if known else ""
            for label, attributes, known in zip(
                judged.colours(), self.trust.confident(judged.attributes), sure, strict=True
            )
        ]

    def confident(self, images: np.ndarray) -> list[Facts]:
        """Return what each image surely shows and surely does not show; see `Trust.confident`.

        Args:
            images: As for `judge`.

        Raises:
            ProjectError: As for `trust`.
        """
        return self.trust.confident(self.judge(images).attributes)

    def judge(self, images: np.ndarray) -> Judged:
        """Judge images of any size.

        Args:
            images: (N, S, S, 3) uint8, N at least 1; resized if S is not 64 px.
        """
        values = litert.in_batches(self._run, images, BATCH, SIZE)
        ends = np.cumsum([len(HAIR_COLOURS), len(EYE_COLOURS), len(ATTRIBUTES)])
        return Judged(*np.split(values, ends, axis=1))


def tags(label: np.ndarray, attributes: Mapping[str, bool]) -> str:
    """Return the tags of an image: its colours, and the attributes that are present.

    Args:
        label: The hair and the eye colour, shape (2,), both from 0.
        attributes: From `Trust.confident`. What is absent is not said.

    Example:
        >>> tags(np.array([3, 8]), {"long hair": True, "boy": False})
        'blue hair, red eyes, long hair'
    """
    colours = f"{HAIR_COLOURS[label[0]]} hair", f"{EYE_COLOURS[label[1]]} eyes"
    return ", ".join([*colours, *(name for name, present in attributes.items() if present)])

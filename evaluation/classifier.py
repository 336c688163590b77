"""The classifier that faces are measured by: which colours a picture shows, and its features.

It ships in `model/classifier/`, made by `train_classifier.py`, with what it makes of real faces
that it was not trained on. The GAN is never trained on it. LiteRT runs it, without TensorFlow.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

import litert
from captions import EYE_COLOURS, HAIR_COLOURS
from config import ROOT, ProjectError
from files import read_npz

FOLDER = ROOT / "model" / "classifier"
MODEL, REAL = "classifier.tflite", "real.npz"
COLOURS = {"hair": HAIR_COLOURS, "eyes": EYE_COLOURS}
FEATURES = 96  # numbers, the layer before the colours
SIZE = 64  # px, side of the pictures that it takes
SURE = 0.6  # least probability of both colours of a caption that it gives
BATCH = 16  # pictures a call; XNNPACK needs a fixed number


class Judged(NamedTuple):
    """What the classifier makes of N pictures."""

    hair: np.ndarray  # (N, 12) float32, the probability of each of HAIR_COLOURS
    eyes: np.ndarray  # (N, 10) float32, of EYE_COLOURS
    features: np.ndarray  # (N, D) float32, the last layer before these

    def colours(self) -> np.ndarray:
        """The likeliest, (N, 2): rows of HAIR_COLOURS and of EYE_COLOURS."""
        return np.stack([self.hair.argmax(axis=1), self.eyes.argmax(axis=1)], axis=1)


class Real(NamedTuple):
    """Real faces that the classifier was not trained on, in two halves of n, as it sees them.

    Each half has as many faces of every pair of colours that the data have, in the same order.
    """

    labels: np.ndarray  # (n, 2) int, rows of HAIR_COLOURS and of EYE_COLOURS, by their tags
    judged: np.ndarray  # (2, n, 2) int, the same as judged
    features: np.ndarray  # (2, n, D) float32
    patches: np.ndarray  # (3, 512, 128) float32, pixels.patch_quantiles of the first half
    patches_apart: np.ndarray  # (3,) pixels.sliced_wasserstein of both halves
    variety: np.ndarray  # (2,) pixels.diversity of the pairs: of features, of pictures


def labels_of(captions: Sequence[str]) -> np.ndarray:
    """The colours that captions name, as (M, 2) labels; -1 for none, or more than one.

    Example:
        >>> labels_of(["aqua hair", "blue hair, aqua eyes, red eyes"]).tolist()
        [[0, -1], [3, -1]]
    """
    labels = np.full((len(captions), 2), -1)
    for row, text in enumerate(captions):
        for slot, (name, colours) in enumerate(COLOURS.items()):
            named = {*re.findall(rf"(\w+)[ -]{name}\b", text.lower())} & {*colours}
            if len(named) == 1:
                labels[row, slot] = colours.index(*named)
    return labels


def caption(label: np.ndarray) -> str:
    """The tags of a label.

    Example:
        >>> caption(np.array([3, 8]))
        'blue hair red eyes'
    """
    return f"{HAIR_COLOURS[label[0]]} hair {EYE_COLOURS[label[1]]} eyes"


def pair_of(labels: np.ndarray) -> np.ndarray:
    """Labels (N, 2) as one number each, (N,)."""
    return labels[:, 0] * len(EYE_COLOURS) + labels[:, 1]


class Classifier:
    """Reads colours and features off faces.

    Example:
        >>> judged = Classifier.load().judge(pictures)  # (N, 64, 64, 3) uint8
        >>> HAIR_COLOURS[judged.hair[0].argmax()]
        'blue'
    """

    def __init__(self, path: Path) -> None:
        outputs = sum(map(len, COLOURS.values())) + FEATURES
        self._run = litert.open_model(
            path, {"pictures": (BATCH, SIZE, SIZE, 3)}, output=(BATCH, outputs)
        )
        if self._run is None:
            raise ProjectError(
                "The classifier needs LiteRT, the package ai-edge-litert, which has no wheel for "
                "this machine: faces can be drawn and trained on here, but not judged."
            )

    @classmethod
    def load(cls, directory: Path = FOLDER) -> Classifier:
        """Open the one that ships, or another one.

        Raises:
            ProjectError: It is not there or damaged.
        """
        path = directory / MODEL
        if not path.is_file():
            raise ProjectError(f"No classifier in {directory}: restore that folder.")
        return cls(path)

    def describe(self, pictures: np.ndarray) -> list[str]:
        """Captions for pictures without: `blue hair red eyes`; empty where it is not sure.

        Args:
            pictures: As for `judge`.
        """
        judged = self.judge(pictures)
        sure = np.minimum(judged.hair.max(axis=1), judged.eyes.max(axis=1)) >= SURE
        return [
            caption(label) if known else ""
            for label, known in zip(judged.colours(), sure, strict=True)
        ]

    def judge(self, pictures: np.ndarray) -> Judged:
        """Judge pictures of any size.

        Args:
            pictures: (N, S, S, 3) uint8, N at least 1; brought to 64 px where they are not.
        """

        def rows(start: int) -> np.ndarray:
            few = to_size(pictures[start : start + BATCH])
            filled = np.arange(BATCH) % len(few)  # the classifier takes full batches only
            return self._run(few[filled].astype(np.float32))[: len(few)]

        parts = list(litert.in_threads(rows, range(0, len(pictures), BATCH)))
        hair, eyes = len(HAIR_COLOURS), len(EYE_COLOURS)
        return Judged(*np.split(np.concatenate(parts), [hair, hair + eyes], axis=1))


def to_size(pictures: np.ndarray) -> np.ndarray:
    """Bring (N, S, S, 3) uint8 pictures to the side that the classifier takes."""
    if pictures.shape[1] == SIZE:
        return pictures
    resized = [Image.fromarray(p).resize((SIZE, SIZE), Image.Resampling.LANCZOS) for p in pictures]
    return np.stack([np.asarray(picture) for picture in resized])


def read_real(directory: Path = FOLDER) -> Real:
    """Read what the classifier makes of real faces.

    Raises:
        ProjectError: It is not there or damaged.
    """
    path = directory / REAL
    read = read_npz(path, f"Restore {directory}.", Real._fields)
    count = len(read["labels"])
    shapes = Real((count, 2), (2, count, 2), (2, count, FEATURES), (3, 512, 128), (3,), (2,))
    for name, shape in shapes._asdict().items():
        if read[name].shape != shape:
            has = read[name].shape
            raise ProjectError(f"{path}: {name} has the shape {has}, not {shape}. Restore it.")
    for name in ("features", "patches"):
        read[name] = read[name].astype(np.float32)
    for name in ("labels", "judged"):
        read[name] = read[name].astype(np.int64)
    return Real(**read)

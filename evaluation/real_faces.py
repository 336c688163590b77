"""What the classifier makes of held-out real faces: the yardstick beside every figure."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from config import CLASSIFIER, ProjectError
from evaluation.classifier import FEATURES
from files.untrusted import read_npz

REAL = "real.npz"  # the file in `model/classifier/`


class RealFaces(NamedTuple):
    """RealFaces faces that the classifier was not trained on, in two halves of n, as it sees them.

    Each half has as many faces of every pair of colours that the data have, in the same order.
    """

    labels: np.ndarray  # (n, 2) int, rows of HAIR_COLOURS and of EYE_COLOURS, by their tags
    judged: np.ndarray  # (2, n, 2) int, the same as judged
    features: np.ndarray  # (2, n, D) float32
    patches: np.ndarray  # (3, 512, 128) float32, pixels.patch_quantiles of the first half
    patches_apart: np.ndarray  # (3,) pixels.sliced_wasserstein of both halves
    variety: np.ndarray  # (2,) pixels.diversity of the pairs: of features, of images


def read_real_faces(directory: Path = CLASSIFIER) -> RealFaces:
    """Read what the classifier makes of real faces.

    Raises:
        ProjectError: It is not there or damaged.
    """
    path = directory / REAL
    read = read_npz(path, f"Restore {directory}.", RealFaces._fields)
    count = len(read["labels"])
    shapes = RealFaces((count, 2), (2, count, 2), (2, count, FEATURES), (3, 512, 128), (3,), (2,))
    for name, shape in shapes._asdict().items():
        if read[name].shape != shape:
            has = read[name].shape
            raise ProjectError(f"{path}: {name} has the shape {has}, not {shape}. Restore it.")
    for name in ("features", "patches"):
        read[name] = read[name].astype(np.float32)
    for name in ("labels", "judged"):
        read[name] = read[name].astype(np.int64)
    return RealFaces(**read)

"""What the classifier makes of held-out real faces: the reference for every figure."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from config import CLASSIFIER, ProjectError
from evaluation.classifier import FEATURES
from files.untrusted import read_npz

REAL = "real.npz"  # the file in `model/classifier/`
PER_PAIR = 20  # faces of each colour pair in either half; an evaluation generates as many


class RealFaces(NamedTuple):
    """Real faces that the classifier was not trained on, in two halves of n, as it sees them.

    Both halves have `PER_PAIR` faces of each colour pair that the data has enough of, in the same
    order. The fields are the arrays of the file.
    """

    labels: np.ndarray  # (n, 2) int, rows of HAIR_COLOURS and EYE_COLOURS, from the tags
    judged: np.ndarray  # (2, n, 2) int, the same as judged by the classifier
    features: np.ndarray  # (2, n, D) float32
    patches: np.ndarray  # (3, 512, 128) float32, `patch_quantiles` of the first half
    patches_apart: np.ndarray  # (3,), `sliced_wasserstein` between the halves
    variety: np.ndarray  # (2,), means of `diversity` within a pair: of features, of images


def read_real_faces(directory: Path = CLASSIFIER) -> RealFaces:
    """Read what the classifier makes of real faces.

    Args:
        directory: The folder that holds `real.npz`.

    Raises:
        ProjectError: The file is missing or damaged.
    """
    path = directory / REAL
    read = read_npz(path, f"Restore {directory}.", RealFaces._fields)
    count = len(read["labels"])
    shapes = {
        "labels": (count, 2),
        "judged": (2, count, 2),
        "features": (2, count, FEATURES),
        "patches": (3, 512, 128),
        "patches_apart": (3,),
        "variety": (2,),
    }
    for name, shape in shapes.items():
        if read[name].shape != shape:
            has = read[name].shape
            raise ProjectError(f"{path}: {name} has the shape {has}, not {shape}. Restore it.")
    for name in ("features", "patches"):
        read[name] = read[name].astype(np.float32)
    for name in ("labels", "judged"):
        read[name] = read[name].astype(np.int64)
    return RealFaces(**read)

"""What faces show besides colours, and how far the classifier is to be trusted about it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np

from config import CLASSIFIER, ProjectError

# By the names that texts have for them, in the order of the network's output.
ATTRIBUTES = (
    *("long hair", "short hair", "blunt bangs", "narrow eyes", "closed eyes"),
    *("boy", "choker", "open mouth", "hair ornament"),
)
TRUST = "attributes.json"  # the file in `model/classifier/`


class Trust(NamedTuple):
    """How far each of ATTRIBUTES is to be trusted, by held-out faces that people labelled.

    The fields are arrays (A,) of float32 in [0, 1], but for infinite ones in `present`.
    """

    threshold: np.ndarray  # probability from which a face is judged to show it
    present: np.ndarray  # probability from which that is sure; infinite: never
    absent: np.ndarray  # probability below which it surely does not show it; 0: never
    accuracy: np.ndarray  # balanced accuracy of the threshold: the best to expect

    def confident(self, probabilities: np.ndarray) -> list[dict[str, bool]]:
        """Return what images surely show and surely do not show.

        Args:
            probabilities: (N, A), of each of ATTRIBUTES.

        Returns:
            For each image, True by attribute where it is present and False where it is absent.
            Attributes that are in doubt are left out.
        """
        present, absent = probabilities >= self.present, probabilities < self.absent
        return [
            {name: bool(yes) for name, yes, no in zip(ATTRIBUTES, *row, strict=True) if yes or no}
            for row in zip(present, absent, strict=True)
        ]


def read_trust(directory: Path = CLASSIFIER) -> Trust:
    """Read how far the attributes are to be trusted.

    Raises:
        ProjectError: The file is missing or damaged, or is about other attributes.
    """
    path = directory / TRUST
    try:
        read = json.loads(path.read_text("utf-8"))
        if tuple(read) != ATTRIBUTES:
            raise ValueError(f"its attributes are not {', '.join(ATTRIBUTES)}")
        rows = [[read[name][field] for field in Trust._fields] for name in ATTRIBUTES]
        trust = Trust(*np.array(rows, np.float32).T)  # None becomes NaN
        never = np.isnan(trust.present)
        trust.present[never] = 1
        if not all(((field >= 0) & (field <= 1)).all() for field in trust):
            raise ValueError("a probability is not from 0 to 1")
        trust.present[never] = np.inf
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        why = getattr(error, "strerror", None) or error
        raise ProjectError(f"{path} cannot be read: {why}. Restore {directory}.") from error
    if not (trust.absent <= trust.present).all():
        raise ProjectError(f"{path}: something is both present and absent. Restore {directory}.")
    return trust


def trust_as_json(trust: Trust) -> str:
    """Write what `read_trust` reads."""
    columns = [[None if np.isinf(p) else round(float(p), 4) for p in field] for field in trust]
    rows = [dict(zip(Trust._fields, row, strict=True)) for row in zip(*columns, strict=True)]
    return json.dumps(dict(zip(ATTRIBUTES, rows, strict=True)), indent=1) + "\n"

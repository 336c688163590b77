"""Read facts off sentence vectors: which values a text states, and which it denies."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from files.untrusted import read_npz
from text.attributes import ATTRIBUTE_OF, Facts
from text.pickled_tables import check_floats, damaged

PROBE = "probe.npz"  # its file in the folder of an encoder


@dataclasses.dataclass(frozen=True, eq=False)
class FactProbe:
    """A linear map from sentence vectors to facts, made with the encoder and kept beside it.

    What it reads is what the vectors say to a generator: no more than a linear layer could take
    from them. A log-odds above 0 means that the fact is more likely stated (denied) than not.
    """

    facts: tuple[str, ...]  # F names of values
    weights: np.ndarray  # (D, 2F) float32: the log-odds that each is stated, then denied
    bias: np.ndarray  # (2F,) float32

    def log_odds(self, vectors: np.ndarray) -> np.ndarray:
        """Return (N, 2, F) float32: the log-odds that each fact is stated, and that it is denied.

        Args:
            vectors: (N, D) sentence vectors.
        """
        return (vectors @ self.weights + self.bias).reshape(len(vectors), 2, len(self.facts))

    def read(self, vectors: np.ndarray) -> list[Facts]:
        """Read the facts of each text; of the values of one attribute, at most one is stated.

        Args:
            vectors: (N, D) sentence vectors.

        Returns:
            N facts, in the order of `facts`; a value that is neither stated nor denied is left out.
        """
        return [self._read_one(*scores) for scores in self.log_odds(vectors)]

    def _read_one(self, stated: np.ndarray, denied: np.ndarray) -> Facts:
        best: dict[str, int] = {}  # attribute -> its most likely value
        for i in np.flatnonzero((stated > 0) & (stated >= denied)):
            attribute = ATTRIBUTE_OF.get(self.facts[i], self.facts[i])
            if attribute not in best or stated[i] > stated[best[attribute]]:
                best[attribute] = int(i)
        chosen = set(best.values())
        return {
            name: i in chosen
            for i, name in enumerate(self.facts)
            if i in chosen or (denied[i] > 0 and denied[i] > stated[i])
        }


def load_probe(directory: Path, facts: Sequence[str], dim: int) -> FactProbe | None:
    """Open the probe of an encoder.

    Args:
        directory: The encoder's folder.
        facts: F names, from its `encoder.json`.
        dim: D, the width of its sentence vectors.

    Returns:
        The probe; None if the encoder has none, as published models and the first encoder of this
        project.

    Raises:
        ProjectError: The file is damaged or does not fit the encoder.
    """
    path = directory / PROBE
    if not path.exists():
        return None
    if not facts:
        raise damaged(path, "encoder.json names no facts")
    arrays = read_npz(path, "It is cut short or damaged: copy or download it again.")
    shapes = {"weights": (dim, 2 * len(facts)), "bias": (2 * len(facts),)}
    for name, shape in shapes.items():
        if name not in arrays:
            raise damaged(path, f"it lacks {name}")
        check_floats(f"{path}: {name}", arrays[name].shape, arrays[name].dtype, shape)
    weights, bias = (arrays[name].astype(np.float32) for name in shapes)
    return FactProbe(tuple(facts), weights, bias)

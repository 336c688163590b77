"""Read facts off sentence vectors: which values a text states, and which it denies."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence

import numpy as np

from files.paths import AnyPath
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

    def claims(self, vectors: np.ndarray) -> np.ndarray:
        """Tell which facts each text states and which it denies, (N, 2, F) bool.

        Of the values of one attribute, at most one is stated: the most likely.

        Args:
            vectors: (N, D) sentence vectors.
        """
        odds = self.log_odds(vectors)
        stated, denied = odds[:, 0], odds[:, 1]
        claims = odds > 0
        claims[:, 0] &= stated >= denied
        for columns in self._attributes:
            likely = np.where(claims[:, 0, columns], stated[:, columns], -np.inf)
            claims[:, 0, columns] &= np.arange(len(columns)) == likely.argmax(axis=1)[:, None]
        claims[:, 1] &= (denied > stated) & ~claims[:, 0]
        return claims

    @functools.cached_property
    def _attributes(self) -> list[list[int]]:
        """The columns of each attribute that has several values."""
        columns: dict[str, list[int]] = {}
        for column, name in enumerate(self.facts):
            columns.setdefault(ATTRIBUTE_OF.get(name, name), []).append(column)
        return [group for group in columns.values() if len(group) > 1]

    def read(self, vectors: np.ndarray) -> list[Facts]:
        """Read the facts of each text.

        Args:
            vectors: (N, D) sentence vectors.

        Returns:
            N facts, in the order of `facts`; a value that is neither stated nor denied is left out.
        """
        return [
            {self.facts[i]: bool(stated[i]) for i in np.flatnonzero(stated | denied)}
            for stated, denied in self.claims(vectors)
        ]


def load_probe(directory: AnyPath, facts: Sequence[str], dim: int) -> FactProbe | None:
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

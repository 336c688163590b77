"""What captions and paraphrases state and deny, as bits: which of them contradict each other."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from dataset.faces import Dataset
from text.attributes import ATTRIBUTE_OF
from text.fact_probe import FactProbe
from text.facts import read_list

_CHUNK = 4096  # sentence vectors in single precision at a time


def read_captions(dataset: Dataset, vectors: np.ndarray, probe: FactProbe) -> np.ndarray:
    """Tell which facts the captions of an image state and which they deny, (M, 2, F) bool.

    Lists of tags say so themselves: a vector does not hold all of many facts. What else they say,
    and sentences, are read off their vectors.

    Args:
        dataset: The data set, with M captions.
        vectors: (M, P, D), from `dataset.vectors.encode_captions`.
        probe: Reads F facts.
    """
    columns = {name: column for column, name in enumerate(probe.facts) if name in ATTRIBUTE_OF}

    def read(texts: Sequence[str], vectors: np.ndarray) -> np.ndarray:
        """Return the claims of texts, (N, 2, F) bool."""
        claims = probe.claims(vectors)
        for claim, text in zip(claims, texts, strict=True):
            if found := read_list(text):
                claim[:, [*columns.values()]] = False
                for name, stated in found[0].items():
                    if name in columns:
                        claim[0 if stated else 1, columns[name]] = True
        return claims

    claims = read(dataset.captions, vectors[:, 0])
    for row, others in dataset.others.items():  # their vectors follow that of the first
        claims[row] |= read(others, vectors[row, 1 : 1 + len(others)]).any(axis=0)
    return claims


@dataclasses.dataclass(frozen=True, eq=False)
class Claims:
    """The claims of P paraphrases of each of M captions, and what is untrue beside each caption."""

    made: np.ndarray  # (M, P, K) uint8; F bits for what is stated, then F for what is denied
    untrue: np.ndarray  # (M, K) uint8, likewise

    @classmethod
    def read(cls, dataset: Dataset, vectors: np.ndarray, probe: FactProbe) -> Claims:
        """Read the claims off sentence vectors; arguments as in `read_captions`."""
        count, paraphrases = vectors.shape[:2]
        step = max(1, _CHUNK // paraphrases)
        made = [
            _pack(probe.claims(chunk.reshape(-1, chunk.shape[-1])))
            for chunk in (vectors[start : start + step] for start in range(0, count, step))
        ]
        stated, denied = read_captions(dataset, vectors, probe).swapaxes(0, 1)
        attributes = np.array([ATTRIBUTE_OF.get(name, name) for name in probe.facts])
        exclusive = attributes[:, None] == attributes  # a value excludes those of its attribute
        excluded = (stated.astype(np.float32) @ exclusive > 0) & ~stated
        untrue = np.stack([excluded | denied, stated], axis=1)
        return cls(np.concatenate(made).reshape(count, paraphrases, -1), _pack(untrue))

    def contradict(
        self, own: np.ndarray, others: np.ndarray, paraphrases: np.ndarray | int
    ) -> np.ndarray:
        """Tell which paraphrases of other captions cannot be true of an image.

        They state another value of an attribute than the image's caption does, state what it
        denies, or deny what it states.

        Args:
            own: (B,) int, the images' captions.
            others: (B, C) int, other captions.
            paraphrases: Their paraphrases, an index or (B, C) int; 0 is a caption itself.

        Returns:
            (B, C) bool.
        """
        return (self.made[others, paraphrases] & self.untrue[own][:, None]).any(axis=-1)


def _pack(claims: np.ndarray) -> np.ndarray:
    """Pack (N, 2, F) bool into (N, K) uint8."""
    return np.packbits(claims.reshape(len(claims), -1), axis=1)

"""Which colours a sentence vector stands for, as far as that can be read off it by a linear map."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from skipthoughts_encoder import Encoder, Reading
from text.colour_names import NEAREST
from text.colours import EYE_COLOURS, HAIR_COLOURS

TAG_FORMS = ("{h} hair {e} eyes", "{h} hair, {e} eyes", "{e} eyes {h} hair", "{e} eyes, {h} hair")
HALF_FORMS = (
    *("{h} hair", "{e} eyes", "a girl with {h} hair", "a girl with {e} eyes", "a girl"),
    *("{h} hair, big eyes", "long hair, {e} eyes", "long hair, big eyes"),
    *("long hair", "curly hair", "big eyes", "sad eyes"),
)
RIDGE = 1e-3  # weight of the probe's size, times the number of texts that it is fitted to


class Colours(NamedTuple):
    """What is read off a text; None where it names no colour."""

    hair: str | None
    eyes: str | None


class Probe:
    """A linear map from sentence vectors to colours, fitted to tags in their plain names.

    What it reads right in other paraphrases is in the vectors whatever the paraphrase, and what it
    reads is what a generator is told.

    Args:
        encoder: The encoder of the vectors.
        halves: Whether it also learns of texts with one colour only, to tell where there is none.

    Example:
        >>> probe = Probe(load_encoder("model/text-encoder"))
        >>> probe.read(probe.encoder.encode(["her eyes are red, her hair is blue"]))
        [Colours(hair='blue', eyes='red')]
    """

    def __init__(self, encoder: Encoder, halves: bool = True) -> None:
        self.encoder = encoder
        forms = TAG_FORMS + HALF_FORMS if halves else TAG_FORMS
        said = {}
        for form, h, e in itertools.product(forms, HAIR_COLOURS, EYE_COLOURS):
            named = Colours(h if "{h}" in form else None, e if "{e}" in form else None)
            said[form.format(h=h, e=e)] = named
        nothing = (None,) if halves else ()
        self._names = ((*HAIR_COLOURS, *nothing), (*EYE_COLOURS, *nothing))
        wanted = [
            np.eye(len(names))[[names.index(colours[slot]) for colours in said.values()]]
            for slot, names in enumerate(self._names)
        ]
        wanted = np.hstack(wanted)  # (N, 12 + 10), or one more of each
        vectors = encoder.encode(said).astype(np.float64)
        self._mean, self._share = vectors.mean(axis=0), wanted.mean(axis=0)
        x = vectors - self._mean
        ridge = RIDGE * len(x) * np.eye(x.shape[1])
        with threadpool_limits(1, "blas"):  # others keep turning for a while with nothing to do
            self._map = np.linalg.solve(x.T @ x + ridge, x.T @ (wanted - self._share))

    def read(self, vectors: np.ndarray) -> list[Colours]:
        """The colours of N sentence vectors, (N, D)."""
        scores = (vectors - self._mean) @ self._map + self._share
        split = len(self._names[0])
        hair, eyes = scores[:, :split].argmax(axis=1), scores[:, split:].argmax(axis=1)
        return [
            Colours(self._names[0][h], self._names[1][e]) for h, e in zip(hair, eyes, strict=True)
        ]

    def score(self, forms: Iterable[str]) -> tuple[float, float]:
        """The shares of hair and of eye colours read right off forms such as `TAG_FORMS`."""
        pairs = [(h, e) for h in HAIR_COLOURS for e in EYE_COLOURS]
        said = [(form.format(h=h, e=e), h, e) for form in forms for h, e in pairs]
        read = self.read(self.encoder.encode([text for text, _, _ in said]))
        right = [(c.hair == h, c.eyes == e) for c, (_, h, e) in zip(read, said, strict=True)]
        hair, eyes = np.mean(right, axis=0)
        return float(hair), float(eyes)


def explain(probe: Probe, texts: list[str]) -> list[str]:
    """Says how each text is read, in a line each.

    Example:
        >>> explain(probe, ["sparkly blue hair, gren eyes"])
        ['hair: blue, eyes: green; gren read as green; not understood: sparkly']
    """
    lines = []
    for text, colours in zip(texts, probe.read(probe.encoder.encode(texts)), strict=True):
        reading = probe.encoder.read(text)
        said = [f"{slot}: {colour or 'any'}" for slot, colour in colours._asdict().items()]
        line = [", ".join(said), *(f"{a} read as {b}" for a, b in reading.mended.items())]
        for slot, nearest in NEAREST.items():
            colour = getattr(colours, slot)
            near = [word for word in reading.words if colour and nearest.get(word) == colour]
            asked = [word for word in near if _says(probe, reading, word, slot)]
            for word in asked[:1]:
                line.append(f"the faces have no {word} {slot}, the nearest is {colour}")
        if colours == (None, None):
            line.append("name a colour of hair and one of eyes")
        if reading.unknown:
            line.append(f"not understood: {', '.join(reading.unknown)}")
        lines.append("; ".join(line))
    return lines


def _says(probe: Probe, reading: Reading, word: str, slot: str) -> bool:
    """Whether it is that word of a text that says the colour: then another one changes it."""
    text = " ".join("green" if each == word else each for each in reading.words)
    (colours,) = probe.read(probe.encoder.encode([text]))
    return getattr(colours, slot) == "green"

"""Read colours off sentence vectors with a linear map, and explain how a text was understood."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

import numpy as np
from threadpoolctl import threadpool_limits

from text.colour_names import NEAREST
from text.colours import EYE_COLOURS, HAIR_COLOURS
from text.tokens import Reading

TAG_FORMS = ("{h} hair {e} eyes", "{h} hair, {e} eyes", "{e} eyes {h} hair", "{e} eyes, {h} hair")
HALF_FORMS = (
    *("{h} hair", "{e} eyes", "a girl with {h} hair", "a girl with {e} eyes", "a girl"),
    *("{h} hair, big eyes", "long hair, {e} eyes", "long hair, big eyes"),
    *("long hair", "curly hair", "big eyes", "sad eyes"),
)
RIDGE = 1e-3  # penalty on the map's squared weights, per text that it is fitted to


class SentenceEncoder(Protocol):
    """What a probe needs of an `Encoder`."""

    def encode(self, texts: Iterable[str]) -> np.ndarray:
        """Encode N texts as sentence vectors of shape (N, D)."""

    def read(self, text: str) -> Reading:
        """Split a text into words, and correct their spelling."""


class Colours(NamedTuple):
    """The colours read off a text; None where it names none."""

    hair: str | None
    eyes: str | None


class Probe:
    """A linear map from sentence vectors to colours, fitted to tags with plain colour names.

    If it reads other paraphrases right, their vectors carry the colours whatever the words. What it
    reads is also what the vectors tell a generator.

    Args:
        encoder: The encoder that makes the vectors.
        halves: Whether to fit it also to texts that lack one colour or both, so that it can tell
            where a colour is missing.

    Example:
        >>> from skipthoughts_encoder import load_encoder
        >>> probe = Probe(load_encoder("model/text-encoder"))
        >>> probe.read(probe.encoder.encode(["her eyes are red, her hair is blue"]))
        [Colours(hair='blue', eyes='red')]
    """

    def __init__(self, encoder: SentenceEncoder, halves: bool = True) -> None:
        self.encoder = encoder
        forms = TAG_FORMS + HALF_FORMS if halves else TAG_FORMS
        named = {}  # text -> the colours that it names
        for form, h, e in itertools.product(forms, HAIR_COLOURS, EYE_COLOURS):
            colours = Colours(h if "{h}" in form else None, e if "{e}" in form else None)
            named[form.format(h=h, e=e)] = colours
        nothing = (None,) if halves else ()
        self._classes = ((*HAIR_COLOURS, *nothing), (*EYE_COLOURS, *nothing))
        one_hot = [
            np.eye(len(classes))[[classes.index(colours[slot]) for colours in named.values()]]
            for slot, classes in enumerate(self._classes)
        ]
        targets = np.hstack(one_hot)  # (N, 12 + 10), or one more for each with `halves`
        vectors = encoder.encode(named).astype(np.float64)
        mean, share = vectors.mean(axis=0), targets.mean(axis=0)
        x = vectors - mean
        ridge = RIDGE * len(x) * np.eye(x.shape[1])
        with threadpool_limits(1, "blas"):  # idle threads would keep spinning for a while
            # (D, K), for the K classes: hair colours, then eye colours.
            self.weights = np.linalg.solve(x.T @ x + ridge, x.T @ (targets - share))
            self.bias = share - mean @ self.weights  # (K,)

    def read(self, vectors: np.ndarray) -> list[Colours]:
        """Read the colours off N sentence vectors of shape (N, D)."""
        scores = vectors @ self.weights + self.bias
        hair_classes, eye_classes = self._classes
        split = len(hair_classes)
        hair, eyes = scores[:, :split].argmax(axis=1), scores[:, split:].argmax(axis=1)
        return [Colours(hair_classes[h], eye_classes[e]) for h, e in zip(hair, eyes, strict=True)]

    def score(self, forms: Iterable[str]) -> tuple[float, float]:
        """Measure how often colours are read right.

        Args:
            forms: Texts with `{h}` and `{e}` in the place of the colours, such as `TAG_FORMS`. Each
                is filled with every pair of colours.

        Returns:
            The shares of hair colours and of eye colours that were read right, from 0 to 1.
        """
        pairs = itertools.product(HAIR_COLOURS, EYE_COLOURS)
        cases = [(form.format(h=h, e=e), h, e) for form, (h, e) in itertools.product(forms, pairs)]
        read = self.read(self.encoder.encode([text for text, _, _ in cases]))
        right = [(c.hair == h, c.eyes == e) for c, (_, h, e) in zip(read, cases, strict=True)]
        hair, eyes = np.mean(right, axis=0)
        return float(hair), float(eyes)


def explain(probe: Probe, texts: list[str]) -> list[str]:
    """Explain how each text was understood, in one line each.

    Args:
        probe: A probe that was fitted with `halves`.
        texts: N texts with at least one word each.

    Returns:
        N lines: the colours, the words corrected, the colours that the faces lack, and the words
        that were not understood.

    Example:
        >>> from skipthoughts_encoder import load_encoder
        >>> probe = Probe(load_encoder("model/text-encoder"))
        >>> explain(probe, ["sparkly blue hair, gren eyes"])
        ['hair: blue, eyes: green; gren read as green; not understood: sparkly']
    """
    all_colours = probe.read(probe.encoder.encode(texts))
    return [
        _explain_one(probe, probe.encoder.read(text), colours)
        for text, colours in zip(texts, all_colours, strict=True)
    ]


def _explain_one(probe: Probe, reading: Reading, colours: Colours) -> str:
    parts = [", ".join(f"{slot}: {colour or 'any'}" for slot, colour in colours._asdict().items())]
    parts += [f"{typo} read as {word}" for typo, word in reading.mended.items()]
    encoder = probe.encoder
    parts += nearest_notes(reading, colours, lambda text: probe.read(encoder.encode([text]))[0])
    if colours == (None, None):
        parts.append("name a hair colour and an eye colour")
    return "; ".join(parts + reading.unknown_notes())


def nearest_notes(reading: Reading, colours: Colours, read: Callable[[str], Colours]) -> list[str]:
    """Name the colours that a text asks for and the faces lack, with the nearest, which is drawn.

    Args:
        reading: The words of the text.
        colours: The colours read off it.
        read: Reads the colours off another text.
    """
    notes = []
    for slot, nearest in NEAREST.items():
        colour = getattr(colours, slot)
        candidates = [word for word in reading.words if colour and nearest.get(word) == colour]
        lacking = (word for word in candidates if _decides(word, slot, reading, read))
        if word := next(lacking, None):
            notes.append(f"the faces have no {word} {slot}, the nearest is {colour}")
    return notes


def _decides(word: str, slot: str, reading: Reading, read: Callable[[str], Colours]) -> bool:
    """Tell whether a word decides the colour read: whether `green` in its place changes that."""
    text = " ".join("green" if each == word else each for each in reading.words)
    return getattr(read(text), slot) == "green"

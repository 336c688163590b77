"""The model under evaluation: what it is asked for, and the faces that it generates."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from evaluation.classifier import SIZE, Classifier, Judged
from evaluation.figures import Accuracy
from evaluation.real_faces import PER_PAIR, RealFaces
from files.images import to_size
from sampler import Sampler
from text.colour_names import NAMES
from text.colours import COLOURS, EYE_COLOURS, HAIR_COLOURS, caption, pair_index
from text.grammar import HELD_OUT

PAIRS = np.array([(h, e) for h in range(len(HAIR_COLOURS)) for e in range(len(EYE_COLOURS))])


class Descriptions(NamedTuple):
    """Texts to generate faces for, with the colours that they name."""

    texts: list[str]
    labels: np.ndarray  # (N, 2) int, rows of HAIR_COLOURS and EYE_COLOURS


class Subject(NamedTuple):
    """A model under evaluation, with what judges it."""

    sampler: Sampler
    classifier: Classifier
    real: RealFaces
    seed: int
    truncation: float = 1.0  # of the noise: by default, all that the model can draw
    tries: int | None = 1  # of a face; None: as many as `--generate` makes

    def generate(self, texts: list[str], seed: int | None = None) -> np.ndarray:
        """Return a face for each text, (N, S, S, 3) uint8; text i has the noise of (seed, i)."""
        seed = self.seed if seed is None else seed
        seeds = [(seed, i) for i in range(len(texts))]
        return self.sampler.sample(texts, seeds, self.truncation, self.tries)

    def judge(self, texts: list[str], seed: int | None = None) -> Judged:
        """Return what the classifier makes of a face for each text."""
        return self.classifier.judge(self.generate(texts, seed))

    def accuracy(self, asked: Descriptions) -> Accuracy:
        """Return how many faces show the colours asked for."""
        return Accuracy.of(self.judge(asked.texts).colours() == asked.labels)


class Faces(NamedTuple):
    """Generated faces, the colours they were to have, and what the classifier sees."""

    images: np.ndarray  # (N, 64, 64, 3) uint8
    labels: np.ndarray  # (N, 2) int
    judged: Judged

    def with_pairs_of(self, real: RealFaces) -> Faces:
        """Return the faces of the pairs that the real faces have: as many as in one half."""
        kept = np.isin(pair_index(self.labels), pair_index(real.labels))
        judged = Judged(*(values[kept] for values in self.judged))
        return Faces(self.images[kept], self.labels[kept], judged)


def generate_pairs(subject: Subject) -> Faces:
    """Generate and judge `PER_PAIR` faces of every colour pair, from tags."""
    labels = np.repeat(PAIRS, PER_PAIR, axis=0)
    images = to_size(subject.generate([caption(label) for label in labels]), SIZE)
    return Faces(images, labels, subject.classifier.judge(images))


def held_out_descriptions(seed: int) -> tuple[Descriptions, Descriptions]:
    """Return every pair in sentences of forms that no training text has.

    Args:
        seed: Decides the sentences and the names of the colours.

    Returns:
        `PER_PAIR // 2` descriptions of each pair with the plain names of the colours, and as many
        with other names.
    """
    random = np.random.default_rng(seed)
    labels = np.repeat(PAIRS, PER_PAIR // 2, axis=0)
    found = []
    for with_synonyms in (False, True):
        texts = []
        for label in labels:
            words = [colours[n] for colours, n in zip(COLOURS.values(), label, strict=True)]
            if with_synonyms:
                slots = zip(NAMES.values(), words, strict=True)
                words = [random.choice(names[colour]) for names, colour in slots]
            texts.append(random.choice(HELD_OUT).format(h=words[0], e=words[1]))
        found.append(Descriptions(texts, labels))
    return found[0], found[1]

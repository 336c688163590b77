"""The short evaluation that runs at every checkpoint of a training run."""

from __future__ import annotations

import numpy as np

from config import ModelConfig
from dataset.faces import Dataset
from evaluation import metrics
from evaluation.classifier import Classifier
from text.colours import COLOURS, parse_labels

MONITORED = 240  # captions that are drawn in training, twice each
COMPARED = 2000  # images of the data set that these are compared with
FRECHET, VARIETY = "evaluation/frechet", "evaluation/variety"  # of Monitor


class Monitor:
    """The short form, for training: a few faces against the data set that is learnt from.

    Args:
        data: What is learnt from.
        model: Whose noise it is.
        seed: Decides on captions, noises and the images to compare with.

    Attributes:
        rows: (N,) int, the captions of the faces to be drawn.
        noise: (N, noise) float32, theirs.
    """

    def __init__(self, data: Dataset, model: ModelConfig, seed: int) -> None:
        self._classifier = Classifier.load()
        random = np.random.default_rng(seed)
        # Twice the captions of random images: as frequent as in the data, and never alone.
        self.rows = np.repeat(random.choice(data.caption_ids, MONITORED), 2)
        self.noise = model.draw_noise(len(self.rows), random)
        self._labels = parse_labels([data.captions[row] for row in self.rows])
        compared = np.sort(random.permutation(len(data))[:COMPARED])
        judged = self._classifier.judge(data.read(compared))
        self._real = metrics.moments(judged.features)
        groups = data.caption_ids[compared]
        self._spread = 0.0
        if len(np.unique(groups)) < len(groups):
            self._spread = metrics.spread(judged.features, groups)

    def measure(self, faces: np.ndarray) -> dict[str, float]:
        """The figures of (N, S, S, 3) uint8 faces, drawn of `rows` and `noise`.

        `evaluation/hair` and `/eyes` are the shares with the colour that the caption names, where
        captions do; `/frechet` is the distance to the data, less is better; `/variety` how far
        faces of one caption are from each other, of the same in the data, where that can be told.
        """
        judged = self._classifier.judge(faces)
        named = self._labels >= 0
        right = judged.colours() == self._labels
        found = {
            name: float(right[named[:, slot], slot].mean())
            for slot, name in enumerate(COLOURS)
            if named[:, slot].any()
        }
        found = {f"evaluation/{name}": share for name, share in found.items()}
        found[FRECHET] = metrics.frechet(metrics.moments(judged.features), self._real)
        if self._spread:  # no two images of one caption, or equal ones, are no measure
            found[VARIETY] = metrics.spread(judged.features, self.rows) / self._spread
        return found

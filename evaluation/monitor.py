"""The short evaluation that runs at every checkpoint of a training run."""

from __future__ import annotations

import numpy as np

from checkpoints.checkpoint import Header
from dataset.faces import Dataset
from evaluation import metrics
from evaluation.classifier import Classifier
from evaluation.features import spread
from sampler import prepare
from skipthoughts_encoder import Encoder
from text.colours import COLOURS, parse_labels

MONITORED = 240  # captions to generate faces for, twice each
COMPARED = 2000  # images of the data set to compare these faces with
# Share of them that must have a caption in common with another, to tell how much such images vary.
LEAST_ALIKE = 0.1
FRECHET, VARIETY = "evaluation/frechet", "evaluation/variety"  # keys of `Monitor.measure`


class Monitor:
    """A short evaluation for use in training: a few faces against the training data.

    Args:
        data: The training data.
        header: That of the model in training: its kind of noise, and what it is shown. Its seed
            decides the captions, the noise and the images to compare with.
        encoder: The model's.

    Attributes:
        rows: (N,) int, the captions of the faces to generate.
        text: (N, D) float32, the sentence vectors that `--generate` draws them from.
        noise: (N, noise) float32, their noise vectors.
    """

    def __init__(self, data: Dataset, header: Header, encoder: Encoder) -> None:
        self._classifier = Classifier.load()
        seed = header.train.seed
        random = np.random.default_rng(seed)
        # Captions of random images, twice each: as frequent as in the data, and never alone.
        self.rows = np.repeat(random.choice(data.caption_ids, MONITORED), 2)
        captions = [data.captions[row] for row in self.rows]
        seeds = [(seed, k) for k in range(len(captions))]
        self.text, (self.noise,) = prepare(header, encoder, captions, seeds)
        self._labels = parse_labels(captions)
        compared = np.sort(random.permutation(len(data))[:COMPARED])
        judged = self._classifier.judge(data.read(compared))
        self._real = metrics.moments(judged.features)
        groups = data.caption_ids[compared]
        alike = np.bincount(groups)[groups] > 1
        self._spread = 0.0
        if alike.mean() >= LEAST_ALIKE:
            self._spread = spread(judged.features, groups)

    def measure(self, faces: np.ndarray) -> dict[str, float]:
        """Measure generated faces.

        Args:
            faces: `(N, S, S, 3)` uint8, generated from `text` and `noise`.

        Returns:
            `evaluation/hair` and `evaluation/eyes`: the shares with the colour that the caption
            names, if any caption does. `evaluation/frechet`: the distance to the data; less is
            better. `evaluation/variety`: the mean distance between faces of one caption, divided
            by that in the data, if the data allows it.
        """
        judged = self._classifier.judge(faces)
        named = self._labels >= 0
        right = judged.colours() == self._labels
        found = {
            f"evaluation/{name}": float(right[named[:, slot], slot].mean())
            for slot, name in enumerate(COLOURS)
            if named[:, slot].any()
        }
        found[FRECHET] = metrics.frechet(metrics.moments(judged.features), self._real)
        if self._spread:
            found[VARIETY] = spread(judged.features, self.rows) / self._spread
        return found

"""The grid of sample faces drawn at each checkpoint."""

from __future__ import annotations

import numpy as np

from config import ModelConfig
from dataset.batches import Dataset
from files import sheets
from training.trainer import Trainer

GRID_ROWS, GRID_COLUMNS = 8, 8  # captions and noises of the sample grid


class SampleGrid:
    """Fixed noise times fixed captions, so that grids of different steps can be compared.

    The captions are worded as they stand in the data: `[:, 0]` of the (M, P, D) vectors.
    """

    def __init__(self, data: Dataset, vectors: np.ndarray, model: ModelConfig, seed: int) -> None:
        # Those of images at even distances, from the commonest caption to the rarest.
        counts = np.bincount(data.caption_ids, minlength=len(vectors))
        order = np.argsort(-counts, kind="stable")
        places = np.linspace(0, len(data) - 1, GRID_ROWS)
        rows = order[np.unique(np.searchsorted(np.cumsum(counts[order]), places, side="right"))]
        self.captions = [data.captions[row] for row in rows]
        noise = model.draw_noise(GRID_COLUMNS, np.random.default_rng(seed))
        self._noise = np.tile(noise, (len(rows), 1))
        self._text = np.repeat(vectors[rows, 0], GRID_COLUMNS, axis=0)

    def draw(self, trainer: Trainer) -> np.ndarray:
        """The labelled grid, (H, W, 3) uint8."""
        images = trainer.draw(self._noise, self._text)
        rows = np.split(images, len(self.captions))
        return sheets.labelled_grid(list(zip(self.captions, rows, strict=True)))

"""The grid of sample faces drawn at each checkpoint."""

from __future__ import annotations

import numpy as np

from config import ModelConfig
from dataset.faces import Dataset
from files import sheets
from training.trainer import Trainer

GRID_ROWS, GRID_COLUMNS = 8, 8  # captions at most, and noise vectors


class SampleGrid:
    """Fixed captions by fixed noise vectors, so that grids of different steps can be compared.

    Args:
        dataset: The images, whose captions are drawn.
        vectors: (M, P, D) sentence vectors; the captions themselves, `[:, 0]`, are used.
        model: Determines the kind of noise.
        seed: Determines the noise.
    """

    def __init__(
        self, dataset: Dataset, vectors: np.ndarray, model: ModelConfig, seed: int
    ) -> None:
        # Sort the images by how common their caption is; take captions at even distances.
        counts = np.bincount(dataset.caption_ids, minlength=len(vectors))
        order = np.argsort(-counts, kind="stable")
        places = np.linspace(0, len(dataset) - 1, GRID_ROWS)
        rows = order[np.unique(np.searchsorted(np.cumsum(counts[order]), places, side="right"))]
        self.captions = [dataset.captions[row] for row in rows]
        noise = model.draw_noise(GRID_COLUMNS, np.random.default_rng(seed))
        self._noise = np.tile(noise, (len(rows), 1))
        self._text = np.repeat(vectors[rows, 0], GRID_COLUMNS, axis=0)

    def draw(self, trainer: Trainer) -> np.ndarray:
        """Draw the labelled grid, (H, W, 3) uint8."""
        images = trainer.draw(self._noise, self._text)
        rows = np.split(images, len(self.captions))
        return sheets.labelled_grid(list(zip(self.captions, rows, strict=True)))

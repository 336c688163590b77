"""The grid of sample faces drawn at each checkpoint."""

from __future__ import annotations

import numpy as np

from checkpoints.checkpoint import Header
from dataset.faces import Dataset
from files import sheets
from sampler import prepare
from skipthoughts_encoder import Encoder
from training.trainer import Trainer

GRID_ROWS, GRID_COLUMNS = 8, 8  # captions at most, and noise vectors


class SampleGrid:
    """Fixed captions by fixed noise vectors, so that grids of different steps can be compared.

    Colours that a caption leaves open are drawn, as `--generate` draws them.

    Args:
        dataset: The images, whose captions are drawn.
        header: That of the model in training: its kind of noise, and what it is shown. Its seed
            determines the noise.
        encoder: The model's.
    """

    def __init__(self, dataset: Dataset, header: Header, encoder: Encoder) -> None:
        # Sort the images by how common their caption is; take captions at even distances.
        counts = np.bincount(dataset.caption_ids, minlength=len(dataset.captions))
        order = np.argsort(-counts, kind="stable")
        places = np.linspace(0, len(dataset) - 1, GRID_ROWS)
        rows = order[np.unique(np.searchsorted(np.cumsum(counts[order]), places, side="right"))]
        self.captions = [dataset.captions[row] for row in rows]
        texts = [caption for caption in self.captions for _ in range(GRID_COLUMNS)]
        seeds = [(header.train.seed, column) for column in range(GRID_COLUMNS)] * len(rows)
        self._text, (self._noise,) = prepare(header, encoder, texts, seeds)

    def draw(self, trainer: Trainer) -> np.ndarray:
        """Draw the labelled grid, (H, W, 3) uint8."""
        images = trainer.draw(self._noise, self._text)
        rows = np.split(images, len(self.captions))
        return sheets.labelled_grid(list(map(sheets.Row, self.captions, rows)))

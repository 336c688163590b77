"""The grid of sample faces."""

import numpy as np

from training.sample_grid import SampleGrid
from training.trainer import Trainer


def test_the_grid_shows_common_and_rare_captions(data, vectors, header):
    trainer = Trainer(header.model, header.train)
    grid = SampleGrid(data, vectors, header.model, seed=0)
    assert sorted(grid.captions) == sorted(data.captions)  # there are only six
    first = grid.draw(trainer)
    assert first.ndim == 3 and first.dtype == np.uint8
    np.testing.assert_array_equal(first, grid.draw(trainer))
    as_they_stand = SampleGrid(data, vectors[:, :1], header.model, seed=0)
    np.testing.assert_array_equal(first, as_they_stand.draw(trainer))

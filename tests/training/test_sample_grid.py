"""The grid of sample faces."""

import dataclasses

import numpy as np

from config import ModelConfig
from training.sample_grid import SampleGrid
from training.trainer import Trainer


def test_the_grid_shows_common_and_rare_captions(data, plan, tmp_path, header):
    trainer = Trainer(header.model, header.train)
    encoder = plan(tmp_path, None).start.encoder
    grid = SampleGrid(data, header, encoder)
    assert sorted(grid.captions) == sorted(data.captions)  # there are only six
    first = grid.draw(trainer)
    assert first.ndim == 3 and first.dtype == np.uint8
    np.testing.assert_array_equal(first, grid.draw(trainer))
    np.testing.assert_array_equal(first, SampleGrid(data, header, encoder).draw(trainer))


def test_colours_that_captions_leave_open_are_drawn_alike_in_each_row(data, header, fact_encoder):
    encoder = fact_encoder()
    data = dataclasses.replace(data, captions=["smile", "hat", *data.captions[2:]])
    shown = {"red hair": 5, "blue hair": 5, "aqua eyes": 9, "smile": 20, "hat": 20}
    model = ModelConfig(encoder.dim, encoder.fingerprint, size=32, width=4, noise=5)
    header = dataclasses.replace(header, model=model, shown=shown)
    SampleGrid(data, header, encoder)
    smiles, hats = (
        [text for text in encoder.encoded if text.startswith(f"{tag}, ")]
        for tag in ("smile", "hat")
    )
    assert set(smiles) == {"smile, red hair aqua eyes", "smile, blue hair aqua eyes"}
    assert [text.replace("smile", "hat") for text in smiles] == hats

"""The short evaluation that runs in training."""

import dataclasses

import numpy as np
import pytest

from checkpoints.checkpoint import Header
from config import ModelConfig, TrainConfig
from evaluation.monitor import FRECHET, MONITORED, VARIETY, Monitor


@pytest.fixture
def make(fact_encoder):
    """Return a function from data to what measures a small model trained with it."""
    encoder = fact_encoder()
    header = Header(ModelConfig(encoder.dim, "none", width=32, noise=5), TrainConfig())
    return lambda data: Monitor(data, header, encoder)


def test_monitor(data, make):
    monitor = make(data)
    assert len(monitor.text) == len(monitor.rows)
    assert monitor.noise.shape == (len(monitor.rows), 5)
    assert set(monitor.rows) == set(range(len(data.captions)))
    own = np.array([data.images[data.caption_ids == row][0] for row in monitor.rows])
    figures = monitor.measure(own)
    assert set(figures) == {f"evaluation/{n}" for n in ("hair", "eyes", "frechet", "variety")}
    assert figures["evaluation/variety"] == pytest.approx(0, abs=1e-3)  # one face a caption
    worse = monitor.measure(255 - own)
    assert worse[FRECHET] > figures[FRECHET]


def test_variety_is_not_measured_where_hardly_two_images_have_one_caption(data, make):
    ids = np.arange(len(data), dtype=np.int32)
    ids[-1] = 0
    captions = [f"red hair {n}" for n in ids]
    data = dataclasses.replace(data, caption_ids=ids, captions=captions)
    faces = np.repeat(data.images[:1], 2 * MONITORED, axis=0)
    assert VARIETY in make(data).measure(faces)
    data = dataclasses.replace(data, caption_ids=np.arange(len(data), dtype=np.int32))
    assert VARIETY not in make(data).measure(faces)

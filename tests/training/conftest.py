"""A tiny data set, its sentence vectors, and trainings on it."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from checkpoints.checkpoint import Header
from config import ModelConfig, TrainConfig
from dataset.cache import load_dataset
from training.loop import train
from training.plan import Plan, Start


@pytest.fixture
def header():
    """The header of a new model of the least size."""
    model = ModelConfig(text_dim=6, encoder="none", size=32, width=4, noise=5)
    return Header(model, TrainConfig(batch_size=4))


@pytest.fixture
def data(faces, tmp_path):
    return load_dataset(faces, None, 32, tmp_path / "cache")


@pytest.fixture
def vectors(data):
    """Three paraphrases of each caption; the second and third are close to the first."""
    vectors = np.random.default_rng(0).standard_normal((len(data.captions), 3, 6), np.float32)
    vectors[:, 1:] = vectors[:, :1] + 0.1 * vectors[:, 1:]
    return vectors


@pytest.fixture
def plan(data, vectors, header):
    """Return a function that makes a plan; `weights` is the checkpoint to start from."""

    def encode(texts):
        return vectors[[data.captions.index(text) for text in texts], 0]

    encoder: Any = SimpleNamespace(encode=encode, probe=None)

    def make(folder, length, weights=None, header=header, save_every=None, overwrite=False):
        start = Start(header, weights, encoder)
        return Plan(folder, folder, data, start, header, length, 3, save_every, overwrite)

    return make


@pytest.fixture
def run(plan, data, vectors):
    """Return a function that trains by a plan; it takes what `plan` takes."""

    def train_by_plan(*arguments, **options):
        return train(plan(*arguments, **options), data, vectors)

    return train_by_plan

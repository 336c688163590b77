"""Fixtures for the tests of evaluation: the shipped model measured on a few faces."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from config import PRETRAINED
from dataset.cache import load_dataset
from dataset.faces import Dataset
from evaluation import evaluate, subject
from evaluation.figures import Figures
from sampler import Sampler


@pytest.fixture
def few(monkeypatch):
    """Evaluation of as few faces as there can be."""
    monkeypatch.setattr(subject, "PER_PAIR", 2)
    monkeypatch.setattr(evaluate, "PER_COLOUR", 2)
    monkeypatch.setattr(evaluate, "UNSEEN", 2)
    monkeypatch.setattr(evaluate, "PER_ATTRIBUTE", 2)


@pytest.fixture(scope="package")
def evaluation(tmp_path_factory) -> tuple[Figures, Path]:
    """The shipped model's figures for a few faces, and the folder they were written to."""
    output = tmp_path_factory.mktemp("evaluation")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subject, "PER_PAIR", 4)
        patch.setattr(evaluate, "UNSEEN", 8)
        patch.setattr(evaluate, "PER_ATTRIBUTE", 40)
        patch.setattr(evaluate, "PER_COLOUR", 3)
        figures = evaluate.evaluate(Sampler.load(PRETRAINED), 0, output)
        again = evaluate.evaluate(Sampler.load(PRETRAINED), 0, output)
    assert figures == again  # same seed, same figures
    return figures, output


@pytest.fixture
def data(faces, tmp_path) -> Dataset:
    return load_dataset(faces, None, 32, tmp_path / "cache")


@pytest.fixture(scope="package")
def blobs() -> Callable[..., np.ndarray]:
    """A function that makes images with details of every scale."""

    def make(count: int, size: int = 64, seed: int = 0) -> np.ndarray:
        """Blobs of every scale, as (count, size, size, 3) uint8."""
        random = np.random.default_rng(seed)
        total = np.zeros((count, size, size, 3))
        for sigma in (0.7, 2, 6):
            blobs = ndimage.gaussian_filter(random.normal(size=total.shape), (0, sigma, sigma, 0))
            total += 25 * blobs / blobs.std()
        return np.clip(128 + total, 0, 255).astype(np.uint8)

    return make


@pytest.fixture(scope="package")
def sample_images(blobs) -> np.ndarray:
    """Sixteen such images, (16, 64, 64, 3) uint8."""
    return blobs(16)

"""The classifier that ships: what it makes of real faces, sizes, and damaged files."""

import sys

import numpy as np
import pytest

from config import CLASSIFIER, ProjectError
from evaluation.attributes import ATTRIBUTES
from evaluation.classifier import MODEL, Classifier, Judged
from evaluation.real_faces import REAL, read_real_faces
from text.colours import HAIR_COLOURS, pair_index


@pytest.fixture(scope="module")
def shipped():
    return Classifier.load()


def test_what_ships_is_small_and_right_about_real_faces():
    assert sum(path.stat().st_size for path in CLASSIFIER.iterdir()) < 4 * 10**6
    real = read_real_faces()
    count = len(real.labels)
    assert real.judged.shape == (2, count, 2) and real.features.shape[:2] == (2, count)
    assert len(np.unique(pair_index(real.labels))) == 119
    hair, eyes = (real.judged == real.labels).mean(axis=(0, 1))
    assert hair >= 0.9 and eyes >= 0.9


def test_probabilities(shipped):
    images = np.random.default_rng(0).integers(0, 256, (19, 64, 64, 3)).astype(np.uint8)
    judged = shipped.judge(images)
    assert judged.hair.shape == (19, len(HAIR_COLOURS)) and judged.eyes.shape[1] == 10
    np.testing.assert_allclose(judged.hair.sum(axis=1), 1, atol=1e-3)
    np.testing.assert_allclose(judged.eyes.sum(axis=1), 1, atol=1e-3)
    assert judged.attributes.shape == (19, len(ATTRIBUTES))
    assert ((judged.attributes >= 0) & (judged.attributes <= 1)).all()
    assert judged.colours().shape == (19, 2)
    again = shipped.judge(images[[18, 3]])
    np.testing.assert_allclose(again.features, judged.features[[18, 3]], atol=1e-3)


def test_other_sizes_are_brought_to_its_own(shipped):
    flat = np.full((1, 64, 64, 3), (200, 40, 40), np.uint8)
    for size in (32, 96):
        resized = np.full((1, size, size, 3), (200, 40, 40), np.uint8)
        np.testing.assert_allclose(
            shipped.judge(resized).features, shipped.judge(flat).features, atol=1e-3
        )


def test_captions_say_what_is_sure(shipped, monkeypatch):
    """Colours first; attributes only if they are surely present; nothing if a colour is unsure."""
    hair, eyes = np.eye(12)[[3, 3, 3]], np.eye(10)[[8, 8, 8]]
    hair[2] = 1 / 12
    attributes = np.zeros((3, len(ATTRIBUTES)))
    attributes[[0, 2], ATTRIBUTES.index("long hair")] = 1
    judged = Judged(hair, eyes, attributes, np.empty((3, 96)))
    monkeypatch.setattr(Classifier, "judge", lambda self, images: judged)
    said = shipped.describe(np.empty((3, 64, 64, 3), np.uint8))
    assert said == ["blue hair, red eyes, long hair", "blue hair, red eyes", ""]


def test_damage_is_named(tmp_path):
    with pytest.raises(ProjectError, match="No classifier in"):
        Classifier.load(tmp_path)
    for content in (b"", b"no model", (CLASSIFIER / MODEL).read_bytes()[:1000]):
        (tmp_path / MODEL).write_bytes(content)
        with pytest.raises(ProjectError, match=r"classifier\.tflite cannot be read"):
            Classifier.load(tmp_path)
        (tmp_path / REAL).write_bytes(content)
        with pytest.raises(ProjectError, match=r"real\.npz cannot be read"):
            read_real_faces(tmp_path)


def test_without_litert(monkeypatch):
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    with pytest.raises(ProjectError, match="needs LiteRT"):
        Classifier.load()

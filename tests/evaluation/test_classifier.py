"""The classifier: what ships judges real-looking colours; the script makes one of tiny data."""

import dataclasses

import numpy as np
import pytest

from config import CLASSIFIER, ProjectError
from dataset.cache import load_dataset
from evaluation.classifier import MODEL, Classifier
from evaluation.real_faces import REAL, read_real_faces
from text.colours import HAIR_COLOURS, pair_index, parse_labels
from tools import train_classifier


@pytest.fixture(scope="module")
def shipped():
    return Classifier.load()


def test_labels():
    captions = [
        "blue hair red eyes",
        "Red eyes, BLUE hair, smile",
        "blue-hair",
        "blue hair, green hair, red eyes",
        "a girl",
        "silver hair yellow eyes",
        "blue hair long hair red eyes, blue hair",
    ]
    wanted = [[3, 8], [3, 8], [3, -1], [-1, 8], [-1, -1], [-1, 9], [3, 8]]
    assert parse_labels(captions).tolist() == wanted
    assert pair_index(np.array(wanted[:2])).tolist() == [38, 38]


def test_what_ships_is_small_and_right_about_real_faces():
    assert sum(path.stat().st_size for path in CLASSIFIER.iterdir()) < 3 * 10**6
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
    monkeypatch.setitem(__import__("sys").modules, "ai_edge_litert.interpreter", None)
    with pytest.raises(ProjectError, match="needs LiteRT"):
        Classifier.load()


def test_split_holds_out_two_like_halves(monkeypatch):
    monkeypatch.setattr(train_classifier, "HELD_OUT", 2)
    labels = np.array([[0, 1]] * 6 + [[3, 2]] * 9 + [[4, 4]] * 4 + [[-1, 2]] * 3)
    labels = np.concatenate([labels, [[2, -1]] * 30])  # whose number is that of 1, 9
    halves, others = train_classifier.split(labels, seed=0)
    assert halves.shape == (2, 4)  # of the third pair there are too few
    assert np.array_equal(labels[halves[0]], labels[halves[1]])
    everything = [*halves.ravel(), *others]
    assert len(set(everything)) == len(everything) == 6 + 9 + 4
    assert np.array_equal(train_classifier.split(labels, seed=0)[0], halves)
    assert not np.array_equal(train_classifier.split(labels, seed=1)[0], halves)


def test_the_script_makes_one(faces, tmp_path, monkeypatch, capsys):
    """On flat colours, of which a few epochs are enough for the hair."""
    monkeypatch.setattr(train_classifier, "HELD_OUT", 2)
    monkeypatch.setattr(train_classifier, "TRAIN_BATCH", 4)
    data = load_dataset(faces, None, 64, tmp_path / "cache")
    # Each face six times, so that some of all pairs are left to learn from.
    data = dataclasses.replace(
        data,
        images=np.repeat(data.images, 6, axis=0),
        caption_ids=np.repeat(data.caption_ids, 6),
    )
    real = train_classifier.train(data, tmp_path / "made", epochs=6, seed=0)
    read = read_real_faces(tmp_path / "made")
    np.testing.assert_array_equal(read.judged, real.judged)
    np.testing.assert_allclose(read.features, real.features, rtol=1e-3, atol=1e-3)
    judged = Classifier.load(tmp_path / "made").judge(data.images)
    labels = parse_labels(data.captions)[data.caption_ids]
    assert (judged.colours() == labels)[:, 0].mean() > 0.9


def test_the_script_refuses(faces, tmp_path, capsys):
    output = f"--output={tmp_path / 'made'}"
    assert train_classifier.main([f"--data={faces}", output]) == 1
    assert "no pair of colours with over 40 faces, or fewer" in capsys.readouterr().err
    assert train_classifier.main([f"--data={faces}", output, "--epochs=0"]) == 2
    assert train_classifier.main([f"--data={tmp_path / 'none'}", output]) == 2
    assert not (tmp_path / "made").exists()

"""Training the classifier: what is held out, and a classifier made of tiny data."""

import dataclasses

import numpy as np

from dataset.cache import load_dataset
from evaluation.classifier import Classifier
from evaluation.real_faces import read_real_faces
from text.colours import parse_labels
from tools import train_classifier


def test_split_holds_out_two_like_halves(monkeypatch):
    monkeypatch.setattr(train_classifier, "PER_PAIR", 2)
    labels = np.array([[0, 1]] * 6 + [[3, 2]] * 9 + [[4, 4]] * 4 + [[-1, 2]] * 3)
    labels = np.concatenate([labels, [[2, -1]] * 30])  # whose number is that of 1, 9
    halves, others = train_classifier.split(labels, seed=0)
    assert halves.shape == (2, 4)  # the third pair has too few
    assert np.array_equal(labels[halves[0]], labels[halves[1]])
    everything = [*halves.ravel(), *others]
    assert len(set(everything)) == len(everything) == 6 + 9 + 4
    assert np.array_equal(train_classifier.split(labels, seed=0)[0], halves)
    assert not np.array_equal(train_classifier.split(labels, seed=1)[0], halves)


def test_the_command_makes_one(faces, tmp_path, monkeypatch, capsys):
    """A few epochs on flat colours are enough to learn the hair."""
    monkeypatch.setattr(train_classifier, "PER_PAIR", 2)
    monkeypatch.setattr(train_classifier, "TRAIN_BATCH", 4)
    data = load_dataset(faces, None, 64, tmp_path / "cache")
    # Each face six times, so that every pair has some left to learn from.
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


def test_the_command_refuses(faces, tmp_path, capsys):
    output = f"--output={tmp_path / 'made'}"
    assert train_classifier.main([f"--data={faces}", output]) == 1
    assert "needs a colour pair with more than 40 faces" in capsys.readouterr().err
    assert train_classifier.main([f"--data={faces}", output, "--epochs=0"]) == 2
    assert train_classifier.main([f"--data={tmp_path / 'none'}", output]) == 2
    assert not (tmp_path / "made").exists()

"""Training the classifier: what is held out, and a classifier made of tiny data."""

import argparse

import numpy as np
import pytest

from evaluation.attributes import read_trust
from evaluation.classifier import Classifier
from evaluation.real_faces import read_real_faces
from tools import classifier_network, train_classifier
from tools.classifier_network import Faces


@pytest.fixture
def labels(tmp_path):
    """A table that labels all faces: every attribute is there and is not."""
    rows = [
        f"{n},open,narrow,long,bangs" if n % 2 else f"{n},smile,wink,short,male|choker|hat"
        for n in range(12)
    ]
    (tmp_path / "labels.csv").write_text("\n".join(["id,mouth,eyes,length,extras", *rows]))
    return tmp_path / "labels.csv"


def read(data, labels, repeats=None) -> Faces:
    options = argparse.Namespace(data=data, tags=None, labels=labels, repeats=repeats)
    return train_classifier.read_faces(options)


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


def test_repeats_are_neither_learnt_nor_held_out(faces, labels, tmp_path, monkeypatch):
    monkeypatch.setattr(train_classifier, "PER_PAIR", 1)
    (tmp_path / "repeats.csv").write_text("id,repeats\n9,6\n2,5\n")
    found = read(faces, labels)
    left = read(faces, labels, tmp_path / "repeats.csv")
    gone = np.flatnonzero((left.colours != found.colours).any(axis=1))
    names = sorted(f"{number}.png" for number in range(12))
    assert [names[row] for row in gone] == ["2.png", "9.png"]
    used = train_classifier.split(np.tile(left.colours, (3, 1)), seed=0)
    assert not np.isin(np.concatenate([*used[0], used[1]]) % 12, gone).any()


def test_a_classifier_is_made(faces, labels, tmp_path, monkeypatch):
    """A few epochs on flat colours are enough to learn the hair."""
    monkeypatch.setattr(train_classifier, "PER_PAIR", 2)
    for module in (train_classifier, classifier_network):
        monkeypatch.setattr(module, "TRAIN_BATCH", 4)
    # Each face six times, so that every pair has some left to learn from.
    data = read(faces, labels).take(np.repeat(np.arange(12), 6))
    real, trust = train_classifier.train(data, tmp_path / "made", epochs=3, seed=0)
    written = read_real_faces(tmp_path / "made")
    np.testing.assert_array_equal(written.judged, real.judged)
    np.testing.assert_allclose(written.features, real.features, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(read_trust(tmp_path / "made").accuracy, trust.accuracy, atol=1e-3)
    judged = Classifier.load(tmp_path / "made").judge(data.images)
    assert (judged.colours() == data.colours)[:, 0].mean() > 0.9


def test_unlabelled_attributes_count_nothing():
    logits = np.array([[3.0, -2.0], [3.0, 5.0]], np.float32)
    labels = np.array([[1, -1], [-1, -1]], np.int8)
    first, second = classifier_network.attribute_loss(labels, logits).numpy()
    doubt = classifier_network.DOUBT
    assert first == pytest.approx(np.log1p(np.exp(-3)) + 3 * doubt, abs=1e-5)
    assert second == 0


def test_the_command_refuses(faces, labels, tmp_path, capsys):
    output = f"--output={tmp_path / 'made'}"
    rest = [f"--labels={labels}", output]
    assert train_classifier.main([f"--data={faces}", *rest]) == 1
    assert "needs a colour pair with more than 40 faces" in capsys.readouterr().err
    assert train_classifier.main([f"--data={faces}", *rest, "--epochs=0"]) == 2
    assert train_classifier.main([f"--data={tmp_path / 'none'}", *rest]) == 2
    assert train_classifier.main([f"--data={faces}", output, "--labels=none.csv"]) == 2
    assert "--labels none.csv cannot be read" in capsys.readouterr().err
    assert train_classifier.main([f"--data={faces}", *rest, "--repeats=none.csv"]) == 2
    assert "--repeats none.csv cannot be read" in capsys.readouterr().err
    assert not (tmp_path / "made").exists()

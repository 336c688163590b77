"""Training the inspector: which marks count, what damage is, and an inspector made of tiny data."""

import csv
import json

import numpy as np
import pytest

from config import PRETRAINED
from dataset.cache import load_dataset
from inspector import ABOUT, Inspector
from sampler import Sampler
from tools import train_inspector
from tools.broken_faces import FACE_COLUMNS, Face
from tools.train_inspector import area, damage, read_marks

COLUMNS = (*FACE_COLUMNS, "first", "second")


@pytest.fixture
def write_labels(tmp_path):
    """Return a function that writes rows of labels and returns the file."""

    def write(rows, name="labels.csv"):
        with (tmp_path / name).open("w", newline="") as file:
            csv.writer(file).writerows([COLUMNS, *rows])
        return tmp_path / name

    return write


def test_all_readings_of_a_face_count(write_labels):
    face = ("", "red hair", "5", "0.85", "ab")
    one = write_labels([(*face, "eyes|mouth", "whole"), ("7", "", "", "", "", "whole", "")])
    two = write_labels([(*face, "shape", "")], "more.csv")
    marks = read_marks([one, two])
    assert marks == {Face(*face): [True, False, True], Face("7"): [False]}


def test_damage_is_local_and_varied():
    random = np.random.default_rng(0)
    face = random.uniform(0, 255, (64, 64, 3)).astype(np.float32)
    damaged = np.stack([damage(face, random) for _ in range(60)])
    changed = np.asarray(np.abs(damaged - face).max(axis=-1) > 0.5)
    assert (changed.mean(axis=(1, 2)) > 0.01).all() and (changed.mean(axis=(1, 2)) < 0.2).all()
    assert len(np.unique(changed.reshape(60, -1), axis=0)) == 60
    assert not changed[:, :10].any(), "nothing happens to the hair"
    assert np.isfinite(damaged).all() and damaged.min() >= 0 and damaged.max() <= 255.001


def test_the_area_is_that_of_all_pairs():
    random = np.random.default_rng(0)
    broken = np.resize([True, False, False], 40)
    said = random.random(40).round(1)
    pairs = said[broken][:, None] - said[~broken]
    assert area(broken, said) == pytest.approx(((pairs > 0) + (pairs == 0) / 2).mean())
    assert area(broken, broken.astype(float)) == 1


def test_an_inspector_is_made(faces, write_labels, tmp_path, monkeypatch, capsys):
    """From few faces, of which those of truncation 1 are said to be broken."""
    monkeypatch.setattr(train_inspector, "LEAST", 2)
    known = Sampler.load(PRETRAINED).fingerprint[:16]
    mark = ("whole", "eyes")
    rows = [(str(n), "", "", "", "", mark[n % 2], "") for n in range(12)]
    for n in range(80):
        rows.append(("", "red hair", str(n), ("0.1", "1")[n % 2], known, mark[n % 2], ""))
    labels, made = write_labels(rows), tmp_path / "made"
    arguments = [f"--data={faces}", f"--labels={labels}", f"--output={made}", "--epochs=3"]
    assert train_inspector.main(arguments) == 0
    said = capsys.readouterr().out
    assert "92 marked faces, 19 of them held out" in said and f"Wrote {made}" in said
    about = json.loads((made / ABOUT).read_text())
    assert 0 <= about["threshold"] <= 1 and 0 <= about["area"] <= 1
    inspector = Inspector.of(about["models"][0], made)
    assert inspector
    images = load_dataset(faces, None, 64, tmp_path / "cache").images
    probable = inspector.inspect(images)
    assert probable.shape == (12,) and (probable >= 0).all() and (probable <= 1).all()


def test_the_command_refuses(faces, write_labels, tmp_path, capsys):
    output = f"--output={tmp_path / 'made'}"
    assert train_inspector.main([f"--data={faces}", output, "--labels=none.csv"]) == 2
    assert "--labels none.csv cannot be read" in capsys.readouterr().err
    labels = write_labels([("1", "", "", "", "", "eyes", "")])
    assert train_inspector.main([f"--data={faces}", output, f"--labels={labels}"]) == 2
    assert "has 1 broken and 0 whole faces of --data. It takes 20 of each" in (
        capsys.readouterr().err
    )

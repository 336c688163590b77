"""The inspector: which faces are drawn again, and what tells whose inspector it is."""

import json
import shutil

import numpy as np
import pytest

from checkpoints.checkpoint import fingerprint
from config import INSPECTOR, PRETRAINED, ProjectError
from DCGAN import main
from inspector import ABOUT, MODEL, About, Inspector
from sampler import Sampler


class Marks:
    """An inspector that finds broken what it is told to, one answer after another."""

    def __init__(self, *answers) -> None:
        self.about = About(models=[], threshold=0.5, area=1.0, real=0.0, checksum=0)
        self.answers = list(answers)
        self.seen: list[np.ndarray] = []

    def inspect(self, images) -> np.ndarray:
        self.seen.append(images)
        return np.array(self.answers.pop(0), np.float32)


@pytest.fixture
def sampler(monkeypatch):
    """Return a function: the shipped model, with an inspector that gives these answers."""

    def make(*answers) -> Sampler:
        made = Sampler.load("pretrained")
        monkeypatch.setitem(made.__dict__, "inspector", Marks(*answers))
        return made

    return make


def test_only_faces_that_seem_broken_are_drawn_again(sampler):
    model = sampler([0.1, 0.9, 0.8], [0.7, 0.2], [0.75])
    vectors, noise = model.prepare(["red hair"] * 3, [(5, 1, j) for j in range(3)], 3)
    images, takes = model.draw_whole(vectors, noise)
    # The last one is whole at its second take; of the other's, the second seems least broken.
    assert takes.tolist() == [0, 1, 1]
    assert [len(seen) for seen in model.inspector.seen] == [3, 2, 1]
    for row, take in enumerate(takes):
        alone = model.draw(vectors[[row]], noise[take, [row]])
        np.testing.assert_array_equal(alone[0], images[row])


def test_one_try_asks_nobody(sampler):
    model = sampler()
    first = model.sample(["red hair"] * 2, seed=5, tries=1)
    assert first.shape == (2, 64, 64, 3) and model.inspector.seen == []


def test_takes_share_all_but_the_noise():
    model = Sampler.load("pretrained")
    seeds = [(3, 1, 1), (3, 2, 1)]
    vectors, takes = model.prepare(["a", "b"], seeds, 4)
    assert takes.shape == (4, 2, model.header.model.noise) and takes.dtype == np.float32
    fewer = model.prepare(["a", "b"], seeds, 2)
    np.testing.assert_array_equal(takes[:2], fewer[1])
    np.testing.assert_array_equal(vectors, fewer[0])
    np.testing.assert_array_equal(takes[3, 1], model.noise(seeds[1], 3))
    assert len(np.unique(takes.reshape(8, -1), axis=0)) == 8
    assert abs(takes.mean()) < 0.1 and takes.std() == pytest.approx(1, abs=0.1)


def test_the_model_that_ships_has_an_inspector_and_others_have_none(tmp_path):
    shipped = Sampler.load("pretrained")
    assert shipped.default_tries > 1 and shipped.inspector
    assert shipped.fingerprint in shipped.inspector.about.models
    assert fingerprint(shipped.path, shipped.header) == shipped.fingerprint
    assert Inspector.of("0" * 64) is None
    with pytest.raises(ProjectError, match=r"missing or damaged.* or draw with --tries 1\."):
        Inspector.of(shipped.fingerprint, tmp_path)


def test_fewer_faces_seem_broken_than_at_the_first_try():
    model = Sampler.load(PRETRAINED)
    inspector = model.inspector
    assert inspector
    texts = ["blue hair red eyes", "blonde hair green eyes", "black hair brown eyes"] * 16
    first, last = (inspector.inspect(model.sample(texts, 4, 1.0, n)) for n in (1, None))
    assert last.mean() < 0.8 * first.mean()
    assert (last <= first).all()
    np.testing.assert_array_equal(
        last[first < inspector.about.threshold], first[first < inspector.about.threshold]
    )


def test_a_damaged_face_seems_more_broken():
    model = Sampler.load(PRETRAINED)
    inspector = model.inspector
    assert inspector
    faces = model.sample(["blonde hair blue eyes"] * 24, seed=1, truncation=0.5)
    damaged = faces.copy()
    damaged[:, 20:36, 14:32] = damaged[:, 38:40, 20:22].mean(axis=(1, 2), keepdims=True)
    assert inspector.inspect(damaged).mean() > inspector.inspect(faces).mean() + 0.1


@pytest.mark.parametrize(
    "text",
    [
        *("{", "[]", "{}", "[" * 100_000),
        '{"models": 3, "threshold": 0.5, "area": 1, "real": 0, "checksum": 1}',
        '{"models": [], "threshold": "much", "area": 1, "real": 0, "checksum": 1}',
    ],
)
def test_damaged_files_are_named(tmp_path, text):
    shutil.copytree(INSPECTOR, tmp_path, dirs_exist_ok=True)
    known = json.loads((tmp_path / ABOUT).read_text())["models"][0]
    (tmp_path / ABOUT).write_text(text)
    with pytest.raises(ProjectError, match=rf"{ABOUT} is missing or damaged.* restore it"):
        Inspector.of(known, tmp_path)
    shutil.copy(INSPECTOR / ABOUT, tmp_path)
    data = bytearray((tmp_path / MODEL).read_bytes())
    data[len(data) // 2] ^= 1
    for broken in (bytes(data), b"no model", b""):
        (tmp_path / MODEL).write_bytes(broken)
        with pytest.raises(ProjectError, match=rf"{MODEL} is missing or damaged.* restore it"):
            Inspector.of(known, tmp_path)


def test_a_face_of_a_file_needs_no_inspector(tmp_path, monkeypatch):
    arguments = ["--generate", "--model", "pretrained", "-o", str(tmp_path)]
    assert main([*arguments, "--text", "red hair", "--seed", "7"]) == 0
    monkeypatch.setattr(Inspector, "of", None)
    assert main([*arguments, "--from", str(tmp_path / "sample_1_1.jpg")]) == 0
    assert main([*arguments, "--text", "red hair", "--tries", "1"]) == 0

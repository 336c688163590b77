"""The face detector: valid and invalid cascades."""

import sys
import types

import numpy as np
import pytest

from config import UsageError
from evaluation.face_detector import load_detector


def test_cascade(tmp_path, monkeypatch):
    with pytest.raises(UsageError, match=r"--cascade .*none\.xml is not a file"):
        load_detector(tmp_path / "none.xml")
    (tmp_path / "some.xml").write_text("<nothing/>")
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(UsageError, match='pip install "opencv-python-headless<5"'):
        load_detector(tmp_path / "some.xml")


class FakeCascade:
    """A stand-in for OpenCV's, which finds a face in bright images."""

    def __init__(self, path):
        if "broken" in path:
            raise SystemError("returned a result with an exception set")
        self.path = path

    def empty(self):
        return "empty" in self.path

    def detectMultiScale(self, gray, scale, neighbours):
        assert gray.shape == (192, 192)
        return [(0, 0, 9, 9)] if gray.mean() > 100 else ()


def test_invalid_cascades_and_a_valid_one(tmp_path, monkeypatch):
    fake = types.SimpleNamespace(error=ArithmeticError, COLOR_RGB2GRAY=7)
    monkeypatch.setitem(sys.modules, "cv2", fake)
    for name in ("broken.xml", "empty.xml", "good.xml"):
        (tmp_path / name).touch()
    with pytest.raises(UsageError, match="needs OpenCV 4"):  # a version without cascades
        load_detector(tmp_path / "good.xml")
    fake.CascadeClassifier = FakeCascade
    fake.cvtColor = lambda image, code: image[..., 0]
    fake.resize = lambda gray, size, fx, fy: gray.repeat(fx, axis=0).repeat(fy, axis=1)
    for name in ("broken.xml", "empty.xml"):
        with pytest.raises(UsageError, match=rf"--cascade .*{name} is not a cascade"):
            load_detector(tmp_path / name)
    images = np.full((4, 64, 64, 3), 200, np.uint8)
    images[0] = 0
    assert load_detector(tmp_path / "good.xml")(images) == 0.75

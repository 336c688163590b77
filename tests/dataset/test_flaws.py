"""Images that are cut, enlarged or blurred."""

import numpy as np
import pytest
from PIL import Image, ImageFilter

from config import FORMATS
from dataset.flaws import BLURRED, find_flaws, sharpness
from dataset.sources import open_files
from files.images import read_image, save_image
from files.provenance import Provenance


def sharp(side: int, seed: int = 0) -> Image.Image:
    """An image of flat shapes with hard edges, as drawings have."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:side, :side] / side
    image = np.full((side, side, 3), 128, np.uint8)
    for _ in range(60):
        (a, b), radius = random.random(2), random.uniform(0.04, 0.2)
        image[(x - a) ** 2 + (y - b) ** 2 < radius**2] = random.integers(0, 256, 3)
    return Image.fromarray(image)


def test_each_flaw_is_found_and_the_worst_comes_first(tmp_path):
    images = {
        "good.png": sharp(64),
        "large.png": sharp(128),
        "cut.png": sharp(128).crop((0, 0, 128, 100)),
        "cut_more.png": sharp(128).crop((0, 0, 64, 128)),
        "nearly_square.png": sharp(128).crop((0, 0, 120, 128)),
        "small.png": sharp(64).resize((40, 40)),
        "blurred.png": sharp(64).filter(ImageFilter.GaussianBlur(2)),
        "enlarged.png": sharp(64).resize((32, 32)).resize((64, 64), Image.Resampling.BICUBIC),
    }
    for name, image in images.items():
        image.save(tmp_path / name)
    names = list(images)
    decoded = [read_image(tmp_path / name, 64) for name in names]
    files = open_files(tmp_path)
    flaws = find_flaws([(files, name) for name in names], decoded, 64)
    assert [(names[i], why) for i, why in flaws.cropped] == [
        ("cut_more.png", "64×128 px"),
        ("cut.png", "128×100 px"),
    ]
    assert [(names[i], why) for i, why in flaws.enlarged] == [("small.png", "40×40 px")]
    assert {names[i] for i, _ in flaws.blurred} == {"blurred.png", "enlarged.png"}
    ratios = [float(why.split()[1]) for _, why in flaws.blurred]
    assert ratios == sorted(ratios) and max(ratios) <= BLURRED


def test_an_image_without_details_is_not_blurred():
    assert sharpness(np.full((64, 64, 3), 200, np.uint8)) == np.inf


@pytest.mark.parametrize("factor", [0.3, 0.9])
def test_sharpness_does_not_depend_on_contrast(factor):
    image = np.asarray(sharp(64))
    pale = np.round(image * factor).astype(np.uint8)
    assert sharpness(pale) == pytest.approx(sharpness(image), rel=0.05)


def test_an_original_that_is_gone_is_no_flaw(tmp_path):
    flaws = find_flaws([(open_files(tmp_path), "gone.png")], [np.asarray(sharp(64))], 64)
    assert flaws.cropped == flaws.enlarged == [] and flaws.drawn == 0


@pytest.mark.parametrize("format", FORMATS)
def test_faces_that_the_program_drew_are_counted(format, tmp_path):
    pixels = np.asarray(sharp(64))
    made = Provenance("red hair", 0, 1, 1, 0.85, "a", "0" * 16, "0" * 16, "b")
    texts = {"now": made.metadata(64), "once": {"description": "red hair"}, "else": {"a": "b"}}
    for name, text in texts.items():
        save_image(pixels, tmp_path / name, format, text)
    files = open_files(tmp_path)
    assert find_flaws([(files, name) for name in texts], [pixels] * 3, 64).drawn == 2

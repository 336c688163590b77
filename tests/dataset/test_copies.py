"""Copies of images: found whatever was done to them, and never seen where there are none."""

import io

import numpy as np
import pytest
from PIL import Image, ImageFilter

from dataset import copies
from dataset.copies import find_copies


def picture(seed: int) -> Image.Image:
    """An image of soft blobs, different for each seed."""
    noise = np.random.default_rng(seed).integers(0, 256, (12, 12, 3), np.uint8)
    return Image.fromarray(noise).resize((64, 64), Image.Resampling.BICUBIC)


def again(image: Image.Image) -> Image.Image:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=60)
    return Image.open(file).convert("RGB")


def halved(image: Image.Image) -> Image.Image:
    return image.resize((32, 32)).resize((64, 64))


def brighter(image: Image.Image) -> Image.Image:
    return image.point(lambda value: min(255, int(value * 1.1)))


def softer(image: Image.Image) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(1))


@pytest.mark.parametrize("change", [again, halved, brighter, softer])
def test_changed_copies_are_near(change):
    images = [picture(seed) for seed in range(20)] + [change(picture(3))]
    found = find_copies(map(np.asarray, images))
    assert found.near == [[3, 20]] and found.exact == [] and found.needless == 1


def test_equal_images_are_exact_copies_whatever_their_number():
    order = [0, 1, 0, 2, 1, 0]
    found = find_copies(np.asarray(picture(seed)) for seed in order)
    assert found.exact == [[0, 2, 5], [1, 4]] and found.near == [] and found.needless == 3


def test_a_chain_of_copies_is_one_group():
    first = picture(0)
    images = [first, again(first), first, softer(again(first)), picture(1)]
    found = find_copies(map(np.asarray, images))
    assert found.near == [[0, 1, 3]] and found.exact == [[0, 2]] and found.needless == 3


def test_different_images_are_not_copies(monkeypatch):
    monkeypatch.setattr(copies, "_ROWS", 7)  # blocks of rows
    found = find_copies(np.asarray(picture(seed)) for seed in range(50))
    assert found == copies.Copies([], []) and found.needless == 0


def test_few_images_are_no_problem(monkeypatch):
    assert find_copies([]).needless == find_copies([np.asarray(picture(0))]).needless == 0
    monkeypatch.setattr(copies, "SEARCHED", 2)
    assert find_copies([np.asarray(picture(0))] * 5).exact == [[0, 1]]

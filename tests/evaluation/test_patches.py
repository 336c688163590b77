"""Pixels: what the patches of each scale and the structure of images tell apart."""

import numpy as np
import pytest
from scipy import ndimage
from skimage.metrics import structural_similarity

from evaluation import patches
from evaluation.patches import (
    _some_pairs,
    diversity,
    laplacian_pyramid,
    patch_quantiles,
    sides,
    sliced_wasserstein,
    upsample,
)


def images(count: int, size: int = 64, seed: int = 0) -> np.ndarray:
    """Blobs of every scale, as (count, size, size, 3) uint8."""
    random = np.random.default_rng(seed)
    total = np.zeros((count, size, size, 3))
    for sigma in (0.7, 2, 6):
        blobs = ndimage.gaussian_filter(random.normal(size=total.shape), (0, sigma, sigma, 0))
        total += 25 * blobs / blobs.std()
    return np.clip(128 + total, 0, 255).astype(np.uint8)


def distances(a: np.ndarray, b: np.ndarray, seed: int = 0) -> dict[int, float]:
    """The distance at each side."""
    found = sliced_wasserstein(patch_quantiles(a, seed), patch_quantiles(b, seed))
    return dict(zip(sides(a.shape[1]), found, strict=True))


def blurred(values: np.ndarray, sigma: float) -> np.ndarray:
    return ndimage.gaussian_filter(values.astype(float), (0, sigma, sigma, 0)).astype(np.uint8)


@pytest.fixture(scope="module")
def some() -> np.ndarray:
    return images(16)


def test_pyramid_is_undone_by_adding_up(some):
    pyramid = laplacian_pyramid(some, 4)
    assert [level.shape[1:3] for level in pyramid] == [(64, 64), (32, 32), (16, 16), (8, 8)]
    assert all(level.dtype == np.float32 for level in pyramid)
    total = pyramid[-1]
    for level in pyramid[-2::-1]:
        total = upsample(total) + level
    np.testing.assert_allclose(total, some, atol=1e-3)


def test_pyramid_filters(some):
    """Against the two-dimensional definition: OpenCV's pyrDown and pyrUp, mirrored."""
    line = np.array([1, 4, 6, 4, 1]) / 16
    square = np.outer(line, line)[None, :, :, None]
    low = ndimage.convolve(some.astype(float), square, mode="mirror")[:, ::2, ::2]
    detail, found = laplacian_pyramid(some, 2)
    np.testing.assert_allclose(found, low, atol=1e-3)
    spaced = np.zeros(some.shape)
    spaced[:, ::2, ::2] = low
    expected = some - ndimage.convolve(spaced, 4 * square, mode="mirror")
    np.testing.assert_allclose(detail, expected, atol=1e-3)


def test_pyramid_of_flat_images():
    flat = np.full((2, 16, 16, 3), 77, np.uint8)
    *details, last = laplacian_pyramid(flat, 3)
    assert (last == 77).all() and not any(detail.any() for detail in details)


def test_sliced_wasserstein_levels(some):
    assert list(distances(some, some)) == [64, 32, 16]
    assert set(distances(some, some).values()) == {0}
    assert list(distances(images(4, 48), images(4, 48))) == [48, 24]


def test_sliced_wasserstein_by_definition(some, monkeypatch):
    """One level, with all patches of the only image size that has no choice of places."""
    monkeypatch.setattr(patches, "COARSEST", 7)
    monkeypatch.setattr(patches, "PATCHES", 1)
    a, b = some[:, :7, :7], some[:, 7:14, 7:14]
    monkeypatch.setattr(patches, "QUANTILES", 16)
    random = np.random.default_rng([3, 7])
    directions = random.standard_normal((512, 147), np.float32)
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    projected = []
    for values in (a, b):
        values = (values - values.mean(axis=(0, 1, 2))) / values.std(axis=(0, 1, 2))
        rows = values.transpose(0, 3, 1, 2).reshape(16, -1)
        projected.append(np.sort(rows @ directions.T, axis=0))
    expected = 1000 * np.abs(projected[0] - projected[1]).mean()
    assert distances(a, b, seed=3) == {7: pytest.approx(expected, rel=1e-4)}


def test_sliced_wasserstein_is_symmetric_and_seeded(some):
    other = images(16, seed=1)
    once = distances(some, other, seed=5)
    assert once == distances(some, other, seed=5)
    assert once == pytest.approx(distances(other, some, seed=5))
    assert once != distances(some, other, seed=6)


def test_sliced_wasserstein_grows_with_blur(some):
    found = [distances(some, blurred(some, sigma)) for sigma in (0.5, 1, 2)]
    for side in (64, 32):
        apart = [each[side] for each in found]
        assert apart == sorted(apart) and apart[-1] > 2 * apart[0]
    assert found[0][64] > 3 * found[0][16]


def test_sliced_wasserstein_of_fine_noise(some):
    """A checkerboard is all in the finest level, a shift of large areas all in the coarsest."""
    board = np.where(np.indices((64, 64)).sum(axis=0) % 2, 20, -20)[None, :, :, None]
    fine = np.clip(some.astype(int) + board, 0, 255).astype(np.uint8)
    found = distances(some, fine)
    assert found[64] > 100 and found[64] > 10 * max(found[32], found[16])
    half = np.where(np.arange(64) < 32, 50, -50)[None, :, None, None]
    found = distances(some, np.clip(some + half, 0, 255).astype(np.uint8))
    assert found[16] > 100 and found[16] > 3 * found[64]


def test_sliced_wasserstein_of_flat_images(some):
    """No warning where a channel has no spread to divide by."""
    flat = np.full_like(some, 9)
    assert set(distances(flat, flat + 1).values()) == {0}
    assert min(distances(flat, some).values()) > 0


def test_blocks_and_limits_of_patches(some, monkeypatch):
    other = images(16, seed=1)
    whole = distances(some, other)
    monkeypatch.setattr(patches, "BLOCK", 7)
    assert distances(some, other) == pytest.approx(whole, rel=1e-5)
    monkeypatch.setattr(patches, "MAX_PATCHES", 16 * 40)
    fewer = distances(some, other)
    monkeypatch.setattr(patches, "PATCHES", 40)
    assert fewer == distances(some, other) != whole


def test_images_that_are_none(some):
    for wrong, said in (
        (some[0], r"\(64, 64, 3\) uint8"),
        (some[:0], r"\(0, 64, 64, 3\) uint8"),
        (some[:, :48], r"\(16, 48, 64, 3\) uint8"),
        (some[:, :40, :40], r"\(16, 40, 40, 3\) uint8"),
        (some[..., :1], r"\(16, 64, 64, 1\) uint8"),
        (some / 255, r"\(16, 64, 64, 3\) float64"),
    ):
        for pair in ((wrong, some), (some, wrong)):
            with pytest.raises(ValueError, match=f"Received: {said}$"):
                sliced_wasserstein(*pair)
    with pytest.raises(ValueError, match=r"Received: \(3, 512, 128\), \(2, 512, 128\)$"):
        sliced_wasserstein(patch_quantiles(some), patch_quantiles(some[:, :48, :48]))
    for size, levels, said in ((24, 5, r"\(1, 24, 24, 3\)"), (4, 3, r"\(1, 4, 4, 3\)"), (8, 0, 0)):
        with pytest.raises(ValueError, match=f"Received: {said}$"):
            laplacian_pyramid(np.zeros((1, size, size, 3)), levels)


def test_diversity_by_hand(some):
    groups = np.array(["red", "blue", "red", "blue", "red", "lone"])
    features = np.array([[0.0, 0], [0, 0], [3, 4], [0, 1], [0, 0], [9, 9]])
    found = diversity(some[:6], groups, features)
    assert found.features == pytest.approx((np.mean([1, 10 / 3]), 1, "blue"))
    unlike = {
        pair: 1 - structural_similarity(*some[list(pair)], channel_axis=-1, data_range=255)
        for pair in ((0, 2), (0, 4), (2, 4), (1, 3))
    }
    red, blue = np.mean([unlike[pair] for pair in list(unlike)[:3]]), unlike[1, 3]
    assert found.images.mean == pytest.approx((red + blue) / 2)
    assert found.images.least == pytest.approx(min(red, blue))
    assert found.images.group == ("red" if red < blue else "blue")


def test_diversity_of_one_image_over_and_over(some):
    """A collapsed description shows as the least, however diverse the others are."""
    values = np.concatenate([some[:10], some[[3] * 10]])
    features = values.reshape(20, -1)[:, ::97]
    found = diversity(values, np.repeat([0, 1], 10), features)
    for spread in found:
        assert spread.least == pytest.approx(0, abs=1e-12) and spread.group == 1
        assert spread.mean > 0.1


def test_diversity_of_some_pairs(some):
    """A few pairs estimate what all pairs give; no image is paired with itself."""
    groups, features = np.zeros(16, int), some.reshape(16, -1)[:, ::97].astype(float)
    whole = diversity(some, groups, features, pairs=16 * 15 // 2)
    part = diversity(some, groups, features, seed=1, pairs=60)
    assert part == diversity(some, groups, features, seed=1, pairs=60)
    assert part != diversity(some, groups, features, seed=2, pairs=60) != whole
    for one, other in zip(part, whole, strict=True):
        assert one.mean == pytest.approx(other.mean, rel=0.05)
    first, second = _some_pairs(5, 9, np.random.default_rng(0))
    assert (first != second).all() and len(first) == 9


def test_diversity_refuses(some):
    features = np.zeros((16, 2))
    for groups, rows, pairs, said in (
        (np.zeros(15), features, 5, r"\(15,\), \(16, 2\), \(16, 64, 64, 3\)"),
        (np.zeros(16), features[1:], 5, r"\(16,\), \(15, 2\), \(16, 64, 64, 3\)"),
        (np.arange(16), features, 5, "16 lone ones"),
        (np.zeros(16), features, 0, "0"),
    ):
        with pytest.raises(ValueError, match=f"Received: {said}$"):
            diversity(some, groups, rows, pairs=pairs)

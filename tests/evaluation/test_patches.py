"""Patches: what the patches of each scale tell apart."""

import numpy as np
import pytest
from scipy import ndimage

from evaluation import patches
from evaluation.patches import (
    laplacian_pyramid,
    patch_quantiles,
    sides,
    sliced_wasserstein,
    upsample,
)


def distances(a: np.ndarray, b: np.ndarray, seed: int = 0) -> dict[int, float]:
    """The distance at each side."""
    found = sliced_wasserstein(patch_quantiles(a, seed), patch_quantiles(b, seed))
    return dict(zip(sides(a.shape[1]), found, strict=True))


def blurred(values: np.ndarray, sigma: float) -> np.ndarray:
    return ndimage.gaussian_filter(values.astype(float), (0, sigma, sigma, 0)).astype(np.uint8)


def test_pyramid_is_undone_by_adding_up(sample_images):
    pyramid = laplacian_pyramid(sample_images, 4)
    assert [level.shape[1:3] for level in pyramid] == [(64, 64), (32, 32), (16, 16), (8, 8)]
    assert all(level.dtype == np.float32 for level in pyramid)
    total = pyramid[-1]
    for level in pyramid[-2::-1]:
        total = upsample(total) + level
    np.testing.assert_allclose(total, sample_images, atol=1e-3)


def test_pyramid_filters(sample_images):
    """Against the two-dimensional definition: OpenCV's pyrDown and pyrUp, mirrored."""
    line = np.array([1, 4, 6, 4, 1]) / 16
    square = np.outer(line, line)[None, :, :, None]
    low = ndimage.convolve(sample_images.astype(float), square, mode="mirror")[:, ::2, ::2]
    detail, found = laplacian_pyramid(sample_images, 2)
    np.testing.assert_allclose(found, low, atol=1e-3)
    spaced = np.zeros(sample_images.shape)
    spaced[:, ::2, ::2] = low
    expected = sample_images - ndimage.convolve(spaced, 4 * square, mode="mirror")
    np.testing.assert_allclose(detail, expected, atol=1e-3)


def test_pyramid_of_flat_images():
    flat = np.full((2, 16, 16, 3), 77, np.uint8)
    *details, last = laplacian_pyramid(flat, 3)
    assert (last == 77).all() and not any(detail.any() for detail in details)


def test_sliced_wasserstein_levels(sample_images, blobs):
    assert list(distances(sample_images, sample_images)) == [64, 32, 16]
    assert set(distances(sample_images, sample_images).values()) == {0}
    assert list(distances(blobs(4, 48), blobs(4, 48))) == [48, 24]


def test_sliced_wasserstein_by_definition(sample_images, monkeypatch):
    """One level, with all patches of the only image size that has no choice of places."""
    monkeypatch.setattr(patches, "COARSEST", 7)
    monkeypatch.setattr(patches, "PATCHES", 1)
    a, b = sample_images[:, :7, :7], sample_images[:, 7:14, 7:14]
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


def test_sliced_wasserstein_is_symmetric_and_seeded(sample_images, blobs):
    other = blobs(16, seed=1)
    once = distances(sample_images, other, seed=5)
    assert once == distances(sample_images, other, seed=5)
    assert once == pytest.approx(distances(other, sample_images, seed=5))
    assert once != distances(sample_images, other, seed=6)


def test_sliced_wasserstein_grows_with_blur(sample_images):
    found = [distances(sample_images, blurred(sample_images, sigma)) for sigma in (0.5, 1, 2)]
    for side in (64, 32):
        apart = [each[side] for each in found]
        assert apart == sorted(apart) and apart[-1] > 2 * apart[0]
    assert found[0][64] > 3 * found[0][16]


def test_sliced_wasserstein_of_fine_noise(sample_images):
    """A checkerboard is all in the finest level, a shift of large areas all in the coarsest."""
    board = np.where(np.indices((64, 64)).sum(axis=0) % 2, 20, -20)[None, :, :, None]
    fine = np.clip(sample_images.astype(int) + board, 0, 255).astype(np.uint8)
    found = distances(sample_images, fine)
    assert found[64] > 100 and found[64] > 10 * max(found[32], found[16])
    half = np.where(np.arange(64) < 32, 50, -50)[None, :, None, None]
    found = distances(sample_images, np.clip(sample_images + half, 0, 255).astype(np.uint8))
    assert found[16] > 100 and found[16] > 3 * found[64]


def test_sliced_wasserstein_of_flat_images(sample_images):
    """No warning where a channel has no spread to divide by."""
    flat = np.full_like(sample_images, 9)
    assert set(distances(flat, flat + 1).values()) == {0}
    assert min(distances(flat, sample_images).values()) > 0


def test_blocks_and_limits_of_patches(sample_images, blobs, monkeypatch):
    other = blobs(16, seed=1)
    whole = distances(sample_images, other)
    monkeypatch.setattr(patches, "BLOCK", 7)
    assert distances(sample_images, other) == pytest.approx(whole, rel=1e-5)
    monkeypatch.setattr(patches, "MAX_PATCHES", 16 * 40)
    fewer = distances(sample_images, other)
    monkeypatch.setattr(patches, "PATCHES", 40)
    assert fewer == distances(sample_images, other) != whole


def test_invalid_images(sample_images):
    for wrong, received in (
        (sample_images[0], r"\(64, 64, 3\) uint8"),
        (sample_images[:0], r"\(0, 64, 64, 3\) uint8"),
        (sample_images[:, :48], r"\(16, 48, 64, 3\) uint8"),
        (sample_images[:, :40, :40], r"\(16, 40, 40, 3\) uint8"),
        (sample_images[..., :1], r"\(16, 64, 64, 1\) uint8"),
        (sample_images / 255, r"\(16, 64, 64, 3\) float64"),
    ):
        for pair in ((wrong, sample_images), (sample_images, wrong)):
            with pytest.raises(ValueError, match=f"Received: {received}$"):
                distances(*pair)
    with pytest.raises(ValueError, match=r"Received: \(3, 512, 128\), \(2, 512, 128\)$"):
        sliced_wasserstein(
            patch_quantiles(sample_images), patch_quantiles(sample_images[:, :48, :48])
        )
    for size, levels, received in (
        (24, 5, r"\(1, 24, 24, 3\)"),
        (4, 3, r"\(1, 4, 4, 3\)"),
        (8, 0, "0"),
    ):
        with pytest.raises(ValueError, match=f"Received: {received}$"):
            laplacian_pyramid(np.zeros((1, size, size, 3)), levels)

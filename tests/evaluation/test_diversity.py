"""Diversity: what the features and the structure of images tell apart."""

import numpy as np
import pytest
from skimage.metrics import structural_similarity

from evaluation.diversity import _choose_pairs, diversity


def test_diversity_by_hand(sample_images):
    groups = np.array(["red", "blue", "red", "blue", "red", "lone"])
    features = np.array([[0.0, 0], [0, 0], [3, 4], [0, 1], [0, 0], [9, 9]])
    found = diversity(sample_images[:6], groups, features)
    assert found.features == pytest.approx((np.mean([1, 10 / 3]), 1, "blue"))
    unlike = {
        pair: 1 - structural_similarity(*sample_images[list(pair)], channel_axis=-1, data_range=255)
        for pair in ((0, 2), (0, 4), (2, 4), (1, 3))
    }
    red, blue = np.mean([unlike[pair] for pair in list(unlike)[:3]]), unlike[1, 3]
    assert found.images.mean == pytest.approx((red + blue) / 2)
    assert found.images.least == pytest.approx(min(red, blue))
    assert found.images.group == ("red" if red < blue else "blue")


def test_diversity_of_equal_images(sample_images):
    """A caption whose images are equal has the least distance, however diverse the others are."""
    values = np.concatenate([sample_images[:10], sample_images[[3] * 10]])
    features = values.reshape(20, -1)[:, ::97]
    found = diversity(values, np.repeat([0, 1], 10), features)
    for spread in found:
        assert spread.least == pytest.approx(0, abs=1e-12) and spread.group == 1
        assert spread.mean > 0.1


def test_diversity_of_sampled_pairs(sample_images):
    """A few pairs estimate what all pairs give; no image is paired with itself."""
    groups, features = np.zeros(16, int), sample_images.reshape(16, -1)[:, ::97].astype(float)
    whole = diversity(sample_images, groups, features, pairs=16 * 15 // 2)
    part = diversity(sample_images, groups, features, seed=1, pairs=60)
    assert part == diversity(sample_images, groups, features, seed=1, pairs=60)
    assert part != diversity(sample_images, groups, features, seed=2, pairs=60) != whole
    for one, other in zip(part, whole, strict=True):
        assert one.mean == pytest.approx(other.mean, rel=0.05)
    first, second = _choose_pairs(5, 9, np.random.default_rng(0))
    assert (first != second).all() and len(first) == 9


def test_diversity_refuses(sample_images):
    features = np.zeros((16, 2))
    for groups, rows, pairs, received in (
        (np.zeros(15), features, 5, r"\(15,\), \(16, 2\), \(16, 64, 64, 3\)"),
        (np.zeros(16), features[1:], 5, r"\(16,\), \(15, 2\), \(16, 64, 64, 3\)"),
        (np.arange(16), features, 5, "16 groups of one"),
        (np.zeros(16), features, 0, "0"),
    ):
        with pytest.raises(ValueError, match=f"Received: {received}$"):
            diversity(sample_images, groups, rows, pairs=pairs)

"""Diversity: what the features and the structure of images tell apart."""

import numpy as np
import pytest
from skimage.metrics import structural_similarity

from evaluation.diversity import _choose_pairs, diversity


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


def test_diversity_of_choose_pairs(some):
    """A few pairs estimate what all pairs give; no image is paired with itself."""
    groups, features = np.zeros(16, int), some.reshape(16, -1)[:, ::97].astype(float)
    whole = diversity(some, groups, features, pairs=16 * 15 // 2)
    part = diversity(some, groups, features, seed=1, pairs=60)
    assert part == diversity(some, groups, features, seed=1, pairs=60)
    assert part != diversity(some, groups, features, seed=2, pairs=60) != whole
    for one, other in zip(part, whole, strict=True):
        assert one.mean == pytest.approx(other.mean, rel=0.05)
    first, second = _choose_pairs(5, 9, np.random.default_rng(0))
    assert (first != second).all() and len(first) == 9


def test_diversity_refuses(some):
    features = np.zeros((16, 2))
    for groups, rows, pairs, said in (
        (np.zeros(15), features, 5, r"\(15,\), \(16, 2\), \(16, 64, 64, 3\)"),
        (np.zeros(16), features[1:], 5, r"\(16,\), \(15, 2\), \(16, 64, 64, 3\)"),
        (np.arange(16), features, 5, "16 groups of one"),
        (np.zeros(16), features, 0, "0"),
    ):
        with pytest.raises(ValueError, match=f"Received: {said}$"):
            diversity(some, groups, rows, pairs=pairs)

"""Rows of features: distances between them, spread within groups, the nearest ones."""

import math

import numpy as np
import pytest

from evaluation.features import nearest, spread


def test_nearest():
    rng = np.random.default_rng(0)
    real = rng.normal(size=(50, 8))
    queries = real[[7, 3, 49, 7]] + np.array([[0.0], [1e-3], [-1e-3], [0]])
    index, distance = nearest(queries, real)
    assert index.tolist() == [7, 3, 49, 7]
    np.testing.assert_allclose(distance, np.array([0, 1e-3, 1e-3, 0]) * math.sqrt(8), atol=1e-12)
    assert nearest(real[:1], np.repeat(real, 2, axis=0))[0] == [0]


def test_spread_is_the_distance_within_groups():
    features = np.array([[0.0, 0], [3, 4], [0, 0], [7, 7], [1, 0]])
    groups = np.array([0, 0, 1, 2, 1])
    assert spread(features, groups) == pytest.approx((5 + 1) / 2)
    assert spread(features[:3], np.array([0, 0, 0])) == pytest.approx((5 + 0 + 5) / 3)
    with pytest.raises(ValueError, match="5 groups of one"):
        spread(features, np.arange(5))
    with pytest.raises(ValueError, match="at least 2"):
        spread(features[:1], groups[:1])


def test_spread_of_equal_rows():
    assert spread(np.ones((6, 3)), np.array([0, 0, 0, 1, 1, 1])) == 0

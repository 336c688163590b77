"""Distances between sets of features: known values, and what each number tells apart."""

import math

import numpy as np
import pytest

from evaluation import features
from evaluation.features import nearest
from evaluation.metrics import frechet, kernel_distance, moments, precision_recall


def normal(count: int, width: int = 8, seed: int = 0, **options) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, width), **options)


def test_moments():
    features = normal(50).astype(np.float32)
    mean, covariance = moments(features)
    assert mean.dtype == covariance.dtype == np.float64
    np.testing.assert_allclose(mean, features.mean(axis=0, dtype=np.float64))
    np.testing.assert_allclose(covariance, np.cov(features.astype(np.float64), rowvar=False))
    assert moments(features[:, :1])[1].shape == (1, 1)


def test_frechet_of_commuting_covariances():
    """There it is the squared distance of the means and of the roots of the covariances."""
    turn, _ = np.linalg.qr(normal(5, 5))
    a, b = np.array([1.0, 4, 9, 0, 2]), np.array([4.0, 1, 0, 0, 3])
    mean = np.array([1.0, 0, 0, 2, 0])
    distance = frechet((np.zeros(5), turn * a @ turn.T), (mean, turn * b @ turn.T))
    assert distance == pytest.approx(5 + np.square(np.sqrt(a) - np.sqrt(b)).sum(), abs=1e-9)


def test_frechet_of_two_by_two():
    """For these, the trace of the root is √(tr(AB) + 2 √det(AB))."""
    a, b = np.array([[2.0, 1], [1, 3]]), np.array([[5.0, -2], [-2, 1]])
    root = math.sqrt(np.trace(a @ b) + 2 * math.sqrt(np.linalg.det(a @ b)))
    expected = np.trace(a) + np.trace(b) - 2 * root
    assert frechet((np.zeros(2), a), (np.zeros(2), b)) == pytest.approx(expected)


def test_frechet_of_fewer_rows_than_columns():
    few = moments(normal(20, 64))
    assert 0 <= frechet(few, few) < 1e-9
    moved = (few[0] + 1, few[1])
    assert frechet(few, moved) == pytest.approx(64) == frechet(moved, few)
    other = moments(normal(30, 64, seed=1))
    assert frechet(few, other) == pytest.approx(frechet(other, few))


def test_frechet_refuses():
    mean, covariance = moments(normal(20))
    with pytest.raises(ValueError, match=r"Received: .*\(7, 7\)\]$"):
        frechet((mean, covariance), (mean, covariance[1:, 1:]))


def test_kernel_distance_is_the_unbiased_estimate():
    a, b = normal(9, 4), normal(6, 4, seed=1, loc=0.5)

    def kernel(x, y):
        return (x @ y.T / 4 + 1) ** 3

    def within(x):
        k = kernel(x, x)
        return (k.sum() - np.trace(k)) / (len(x) * (len(x) - 1))

    expected = within(a) + within(b) - 2 * kernel(a, b).mean()
    assert kernel_distance(a, b)[0] == pytest.approx(expected)
    assert kernel_distance(b, a)[0] == pytest.approx(expected)


def test_kernel_distance_of_one_distribution():
    """It scatters around 0, and the standard error does not underestimate that."""
    found = np.array(
        [kernel_distance(normal(60, seed=i), normal(50, seed=999 - i)) for i in range(80)]
    )
    distances, errors = found.T
    assert distances.min() < 0 < distances.max()
    assert abs(distances.mean()) < 3 * distances.std() / math.sqrt(len(distances))
    assert distances.std() < errors.mean() < 2.5 * distances.std()


def test_standard_error_of_two_distributions():
    found = np.array(
        [kernel_distance(normal(60, seed=i), normal(50, seed=999 - i, loc=1)) for i in range(80)]
    )
    distances, errors = found.T
    assert errors.mean() == pytest.approx(distances.std(), rel=0.3)


def test_kernel_distance_of_a_set_from_itself():
    """Pairs of a row with itself count between the sets, not within them: a little below 0."""
    features = normal(300)
    distance, error = kernel_distance(features, features)
    assert -0.1 < distance <= 0 < error
    assert kernel_distance(features, features.copy()) == (distance, error)


def test_the_standard_error_depends_on_the_seed():
    a, b = normal(40), normal(30, seed=1)
    assert kernel_distance(a, b, seed=1) == kernel_distance(a, b, seed=1)
    assert kernel_distance(a, b, seed=1)[0] == kernel_distance(a, b, seed=2)[0]
    assert kernel_distance(a, b, seed=1)[1] != kernel_distance(a, b, seed=2)[1]


def test_precision_recall_of_equal_and_of_disjoint_sets():
    features = normal(100)
    assert precision_recall(features, features[::-1]) == (1, 1)
    assert precision_recall(features, features + 100) == (0, 0)


def test_precision_recall_of_a_lost_mode():
    """Half of the real modes are never generated; then the other way round."""
    left, right = normal(200, 4), normal(200, 4, seed=1) + 50
    both, generated = np.vstack([left, right]), normal(400, 4, seed=2)
    precision, recall = precision_recall(both, generated)
    assert precision > 0.9 and 0.4 < recall <= 0.5
    assert precision_recall(generated, both) == (recall, precision)


def test_precision_recall_by_hand():
    real, generated = np.array([[0.0], [1], [3]]), np.array([[1.5], [3.5], [6]])
    # Radii at k = 1: 1, 1, 2 around the real ones; 2, 2, 2.5 around the generated ones.
    assert precision_recall(real, generated, k=1) == (2 / 3, 1)
    assert precision_recall(real, generated[:2], k=1) == (1, 1)
    assert precision_recall(real, generated[1:] + 0.25, k=1) == (1 / 2, 1 / 3)  # radii 2.5, 2.5


def test_precision_recall_far_from_the_origin():
    """Copies are within a radius of 0, whatever the size of the features."""
    copies = np.repeat(normal(10, loc=1e4), 4, axis=0)
    assert precision_recall(copies, copies[::4].repeat(5, axis=0)) == (1, 1)
    assert precision_recall(copies, copies + 1e-3) == (0, 0)


def test_blocks_change_nothing(monkeypatch):
    a, b = normal(50), normal(40, seed=1)

    def measured():
        return (*precision_recall(a, b), *kernel_distance(a, b), *np.concatenate(nearest(a, b)))

    whole = measured()
    for block in (1, 7, 40):
        monkeypatch.setattr(features, "BLOCK", block)
        np.testing.assert_allclose(measured(), whole, rtol=1e-9)


@pytest.mark.parametrize(
    "measure", [kernel_distance, precision_recall, nearest, lambda a, b: (moments(a), moments(b))]
)
def test_invalid_features(measure):
    good = normal(20)
    bad = good.copy()
    bad[3, 2] = np.nan
    for wrong, received in ((good[0], r"\(8,\)"), (good[:0], r"\(0, 8\)"), (bad, "nan")):
        for pair in ((wrong, good), (good, wrong)):
            with pytest.raises(ValueError, match=f"Received: {received}$"):
                measure(*pair)


@pytest.mark.parametrize("measure", [kernel_distance, precision_recall, nearest])
def test_features_of_different_widths(measure):
    with pytest.raises(ValueError, match=r"Received: 8, 7$"):
        measure(normal(20), normal(20, 7))


def test_too_few():
    good = normal(20)
    with pytest.raises(ValueError, match=r"Received: \(1, 8\)$"):
        moments(good[:1])
    with pytest.raises(ValueError, match=r"Received: \(3, 8\)$"):
        kernel_distance(good, good[:3])
    with pytest.raises(ValueError, match=r"Received: \(5, 8\)$"):
        precision_recall(good, good[:5], k=5)
    with pytest.raises(ValueError, match=r"Received: 0$"):
        precision_recall(good, good, k=0)
    with pytest.raises(ValueError, match=r"Received: 1$"):
        kernel_distance(good, good, subsets=1)

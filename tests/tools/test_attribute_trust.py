"""How far attributes are to be trusted, by labels."""

import numpy as np
import pytest

from config import UsageError
from evaluation.attributes import ATTRIBUTES
from tools.attribute_trust import best_threshold, measure_trust

COUNT = 400  # faces in either half


@pytest.fixture
def labels():
    return np.random.default_rng(0).integers(0, 2, (2, COUNT, len(ATTRIBUTES)))


def test_the_best_threshold_parts_both_sides():
    probabilities = np.array([0.9, 0.1, 0.6, 0.3])
    assert best_threshold(probabilities, np.array([True, False, True, False])) == 0.6
    assert best_threshold(probabilities, np.array([True, False, True, True])) == 0.3


def test_what_is_always_right_is_sure(labels):
    trust = measure_trust(0.1 + 0.8 * labels, labels)
    np.testing.assert_allclose(trust.accuracy, 1)
    np.testing.assert_allclose(trust.threshold, 0.9)
    np.testing.assert_allclose(trust.present, 0.9)
    assert (trust.absent > 0.1 - 1e-6).all() and (trust.absent <= trust.present).all()


def test_what_is_guessed_is_never_sure(labels):
    guessed = np.random.default_rng(1).uniform(size=labels.shape)
    trust = measure_trust(guessed, labels)
    assert (abs(trust.accuracy - 0.5) < 0.1).all()
    assert np.isinf(trust.present).all() and (trust.absent == 0).all()


def test_what_is_right_only_where_it_is_clear_is_sure_there(labels):
    """Of the doubtful half of the faces nothing is said; faces without a label count nothing."""
    random = np.random.default_rng(2)
    clear = random.uniform(size=labels.shape) < 0.5
    doubtful = random.uniform(0.3, 0.7, labels.shape)
    probabilities = np.where(clear, np.where(labels, 0.95, 0.05), doubtful)
    labels[:, :50] = -1
    probabilities[:, :50] = random.uniform(size=(2, 50, len(ATTRIBUTES)))
    trust = measure_trust(probabilities, labels)
    assert (abs(trust.accuracy - 0.75) < 0.1).all()
    assert ((trust.present > 0.6) & (trust.present <= 0.95)).all()
    assert ((trust.absent > 0.05) & (trust.absent < 0.4)).all()


def test_an_attribute_without_labels_is_named(labels):
    labels[1, :, 3] = 0
    with pytest.raises(UsageError, match=f"with and without '{ATTRIBUTES[3]}' in both halves"):
        measure_trust(np.zeros(labels.shape), labels)

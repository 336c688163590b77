"""The losses, against NumPy."""

import numpy as np
import pytest
import tensorflow as tf

import losses


def test_losses_are_least_squares(normal):
    real, fake, wrong = normal(7), normal(7, seed=1), normal(7, seed=2)
    expected = 0.5 * np.mean((real - 1) ** 2)
    expected += 0.5 * np.mean((fake + 1) ** 2) + 0.25 * np.mean((wrong + 1) ** 2)
    assert float(losses.discriminator(real, fake, wrong, 0.5)) == pytest.approx(expected, rel=1e-5)
    assert float(losses.generator(fake)) == pytest.approx(0.5 * np.mean((fake - 1) ** 2), rel=1e-5)
    gradients = normal(2, 4, 4, 3)
    expected = 0.5 * np.mean(np.sum(gradients**2, axis=(1, 2, 3)))
    assert float(losses.gradient_penalty(gradients)) == pytest.approx(expected, rel=1e-5)


def test_contrast_is_the_cross_entropy_of_the_own_caption(normal):
    logits = normal(5, 5)
    expected = -np.log(np.diag(np.exp(logits)) / np.exp(logits).sum(axis=1)).mean()
    assert float(losses.contrast(logits)) == pytest.approx(expected, rel=1e-5)
    parts = losses.contrast(logits[:2]), losses.contrast(logits[2:], first=2)
    assert (2 * float(parts[0]) + 3 * float(parts[1])) / 5 == pytest.approx(expected, rel=1e-5)
    assert float(losses.contrast(tf.zeros((5, 5)))) == pytest.approx(np.log(5), rel=1e-5)


def test_sameness_is_what_pairs_lack_of_a_distance(normal):
    one, other = normal(3, 4, 4, 3), normal(3, 4, 4, 3, seed=1)
    apart = np.abs(one - other).mean(axis=(1, 2, 3))
    least = float(np.median(apart))
    expected = np.mean(np.maximum(0, least - apart))
    assert float(losses.sameness(one, other, least)) == pytest.approx(expected, rel=1e-5)
    assert float(losses.sameness(one, other, apart.min())) == 0
    assert float(losses.sameness(one, one, 0.5)) == pytest.approx(0.5)

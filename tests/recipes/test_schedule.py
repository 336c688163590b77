"""The learning-rate schedule."""

import pytest
import tensorflow as tf

from config import TrainConfig
from recipes.schedule import learning_rate_factor


def test_rates_fall_with_the_root_of_the_steps():
    config = TrainConfig(decay_from=400)
    steps = tf.constant([0, 399, 1599, 39_999], tf.int64)
    assert learning_rate_factor(config, steps).numpy() == pytest.approx([1, 1, 0.5, 0.1])
    assert float(learning_rate_factor(TrainConfig(decay_from=0), tf.constant(10**9, tf.int64))) == 1

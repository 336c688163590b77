"""The learning-rate schedule that the networks of every recipe share."""

from __future__ import annotations

import tensorflow as tf

from config import TrainConfig


def learning_rate_factor(config: TrainConfig, step: tf.Tensor) -> tf.Tensor:
    """Return the learning-rate factor: 1 at first, then falling as 1/sqrt(step).

    Both networks share it. Falling rates stop them from circling around each other, and the
    schedule has no end, so training can always continue.

    Args:
        config: `decay_from` is the last step at full rate; 0 keeps the rates constant.
        step: Scalar int64, the number of updates made before this one.

    Returns:
        Scalar float32 in (0, 1].
    """
    if not config.decay_from:
        return tf.constant(1.0)
    return tf.minimum(1.0, tf.sqrt(config.decay_from / (tf.cast(step, tf.float32) + 1.0)))

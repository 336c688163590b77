"""What every recipe shares: its interface, its networks and optimizers, the learning rates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from config import ModelConfig, TrainConfig

Scalars = dict[str, tf.Tensor]  # what an update reports: name -> scalar


class Networks(NamedTuple):
    """The networks of a model in training, with their optimizers."""

    config: ModelConfig
    generator: keras.Model
    discriminator: keras.Model
    g_optimizer: keras.optimizers.Optimizer
    d_optimizer: keras.optimizers.Optimizer
    ema: keras.Model  # moving average of the generator; faces are drawn with it

    def parts(self) -> dict[str, Any]:
        """Return everything that a checkpoint stores, by the names it has there."""
        parts = self._asdict()
        del parts["config"]
        return parts


class Recipe(NamedTuple):
    """How one kind of model is built and updated; its numbers are in `config.DEFAULTS`.

    `update(nets, config, images, captions, mismatched, step)` makes one training step and returns
    scalars to log. `recipes.default.update` documents the arguments.
    """

    generator: Callable[[ModelConfig], keras.Model]
    discriminator: Callable[[ModelConfig], keras.Model]
    update: Callable[..., Scalars]
    mismatched_images: bool = False  # `mismatched` is other images; else it is other captions


def learning_rate_factor(config: TrainConfig, step: tf.Tensor) -> tf.Tensor:
    """Return the factor on both learning rates: 1 at first, then falling as 1/sqrt(step).

    Falling rates stop the two networks from circling around each other. The schedule has no end,
    so training can always continue.

    Args:
        config: `decay_from` is the last step at full rate; 0 keeps the rates constant.
        step: Scalar int64, the number of updates made before this one.

    Returns:
        Scalar float in (0, 1].
    """
    if not config.decay_from:
        return tf.constant(1.0)
    return tf.minimum(1.0, tf.sqrt(config.decay_from / (tf.cast(step, tf.float32) + 1.0)))

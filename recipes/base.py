"""What all recipes share: their interface, and the networks in training."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import keras
import tensorflow as tf

from config import ModelConfig, TrainConfig

Scalars = dict[str, tf.Tensor]  # what an update reports: name -> scalar float32


class Networks(NamedTuple):
    """The networks of a model in training and their optimizers."""

    config: ModelConfig
    generator: keras.Model
    discriminator: keras.Model
    g_optimizer: keras.optimizers.Optimizer
    d_optimizer: keras.optimizers.Optimizer
    ema: keras.Model  # moving average of the generator; faces are drawn with it

    def parts(self) -> dict[str, Any]:
        """Return everything that a checkpoint stores, under the names it has there."""
        parts = self._asdict()
        del parts["config"]
        return parts


class Update(Protocol):
    """A recipe's update rule: one training step."""

    def __call__(
        self,
        nets: Networks,
        config: TrainConfig,
        images: tf.Tensor,
        captions: tf.Tensor,
        asked: tf.Tensor,
        mismatched: tf.Tensor,
        step: tf.Tensor,
    ) -> Scalars:
        """Update the networks in place and return scalars to log.

        Every random number of the update derives from (config.seed, step). Where several replicas
        of the networks share a batch, each calls this with its share, and losses are divided by
        the number of replicas, because optimizers add up the gradients of all.

        Args:
            nets: The networks and their optimizers.
            config: The recipe's numbers.
            images: (B, S, S, 3) float32 in [-1, 1], real images.
            captions: (B, 2, D) float32, sentence vectors of two paraphrases of each caption.
            asked: (B, D) float32, the sentence vectors that the generator draws.
            mismatched: With `Recipe.mismatched_images`, (B, S, S, 3) float32 in [-1, 1], images
                with other captions. Otherwise (B, D) float32, captions of other images.
            step: Scalar int64, the number of updates made before this one.

        Returns:
            The losses, and the mean score of each kind of input. Every recipe reports
            `loss/discriminator` and `loss/generator`.
        """
        ...


class Recipe(NamedTuple):
    """How one kind of model is built and updated; its numbers are in `config.DEFAULTS`."""

    generator: Callable[[ModelConfig], keras.Model]  # see `registry.build_generator`
    discriminator: Callable[[ModelConfig], keras.Model]
    update: Update
    mismatched_images: bool = False  # what a mismatch is: another image, or another caption
    divides: bool = True  # whether the update may be called on shares of a batch; see `replicas`

"""The networks in training: one compiled step, the moving average, the state on disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import tensorflow as tf

import ops
from checkpoints import checkpoint
from config import ModelConfig, TrainConfig
from dataset.batches import Batch, batches
from dataset.faces import Dataset
from files.images import to_uint8
from recipes.base import Scalars, learning_rate_factor
from recipes.registry import RECIPES, build
from training import runtime

STATISTICS = (32, 64)  # batches, images in each: for the averaged generator's statistics
ADAPT_BYTES = 64 * 10**6  # of vectors that the text inputs are fitted to, more captions apart
AVERAGED = 0.999  # least decay of the average, where training begins with averaged weights


class Trainer:
    """The networks in training, their moving average, and where training stands.

    Args:
        model: What to build.
        config: How to train it.
        averaged: Whether the weights it will start from are an average already.
    """

    def __init__(self, model: ModelConfig, config: TrainConfig, averaged: bool = False) -> None:
        runtime.configure()
        self.config = config
        self.nets = build(model, config)
        self.step = self.images = 0
        self._averaged = averaged
        self._recipe = RECIPES[model.recipe]
        self._compiled: Callable[..., Scalars] | None = None

    def adapt(self, vectors: np.ndarray) -> None:
        """Fit the text inputs to the data set; before any step.

        Args:
            vectors: (M, P, D) sentence vectors, P paraphrases of each of the M distinct captions.
        """
        # The first paraphrases speak for a pool that is large: TensorFlow copies what it is given.
        paraphrases = max(1, ADAPT_BYTES // vectors[:, 0].nbytes)
        vectors = vectors[:, :paraphrases].reshape(-1, vectors.shape[-1])
        for network in (self.nets.generator, self.nets.discriminator, self.nets.ema):
            for layer in network.layers:
                if isinstance(layer, ops.Standardize):
                    layer.adapt(vectors)

    def restore(self, path: Path) -> None:
        """Load a checkpoint's variables, but not its step and position."""
        absent = checkpoint.restore(path, self.nets.parts())
        if "generator" in absent:
            self.nets.generator.set_weights(self.nets.ema.get_weights())

    def batches(self, dataset: Dataset, vectors: np.ndarray, batch_size: int) -> tf.data.Dataset:
        """Return what `train_step` takes, from where training stands; see `dataset.batches`."""
        return batches(
            dataset,
            vectors,
            batch_size,
            self.config.seed,
            self.images,
            self.config.mirror,
            self._recipe.mismatched_images,
        )

    def train_step(self, batch: Batch) -> Scalars:
        """Make one training step and return scalars to log."""
        if self._compiled is None:
            self._compiled = tf.function(self._train_step, autograph=False)
        scalars = self._compiled(batch, tf.constant(self.step, tf.int64))
        self.step += 1
        self.images += batch.images.shape[0]
        return scalars

    def _train_step(self, batch: Batch, step: tf.Tensor) -> Scalars:
        """Set the learning rates, update the networks, then their average; compiled once."""
        config, nets = self.config, self.nets
        factor = learning_rate_factor(config, step)
        nets.g_optimizer.learning_rate.assign(factor * config.g_learning_rate)
        nets.d_optimizer.learning_rate.assign(factor * config.d_learning_rate)
        if self._recipe.mismatched_images:
            mismatched = ops.to_float(batch.mismatched_images)
        else:
            mismatched = batch.mismatched_captions
        images = ops.to_float(batch.images)
        scalars = self._recipe.update(nets, config, images, batch.captions, mismatched, step)
        if config.ema:
            self._update_average(step)
        return scalars

    def _update_average(self, step: tf.Tensor) -> None:
        # The average looks back over a tenth of the steps made, as weights move less and less
        # (Karras et al. 2024, "Analyzing and Improving the Training Dynamics of Diffusion
        # Models", section 3.1). From random weights, a fixed decay would show these at first.
        made = tf.cast(step, tf.float32)
        decay = (1.0 + made) / (10.0 + made)
        if self._averaged:
            decay = tf.maximum(AVERAGED, decay)
        decay = tf.minimum(self.config.ema, decay)
        averages = self.nets.ema.trainable_variables
        for average, now in zip(averages, self.nets.generator.trainable_variables, strict=True):
            average.assign_sub((1.0 - decay) * (average - now))

    def refresh_statistics(self, vectors: np.ndarray, caption_ids: np.ndarray) -> None:
        """Recompute the averaged generator's batch statistics, which averaging leaves behind.

        Without averaging, it is the generator itself, with the statistics that this has.

        Args:
            vectors: (M, P, D) sentence vectors, P paraphrases of each of the M distinct captions.
            caption_ids: (N,) int, each image's caption: they are drawn as often as in the data.
        """
        if not self.config.ema:
            self.nets.ema.set_weights(self.nets.generator.get_weights())
            return
        random = np.random.default_rng([self.config.seed, self.step])
        for layer in self.nets.ema.layers:
            if isinstance(layer, ops.ConditionalNorm):
                layer.reset()
        count, size = STATISTICS
        for _ in range(count):
            rows = caption_ids[random.integers(len(caption_ids), size=size)]
            paraphrases = random.integers(vectors.shape[1], size=size)
            noise = self.nets.config.draw_noise(size, random)
            self._statistics(tf.constant(noise), tf.constant(vectors[rows, paraphrases]))

    @tf.function(autograph=False)
    def _statistics(self, noise: tf.Tensor, text: tf.Tensor) -> None:
        self.nets.ema([noise, text], training=True)

    def draw(self, noise: np.ndarray, text: np.ndarray) -> np.ndarray:
        """Faces of the averaged generator: (N, noise), (N, D) -> (N, S, S, 3) uint8."""
        parts = [
            self.nets.ema([noise[s : s + 64], text[s : s + 64]], training=False).numpy()
            for s in range(0, len(noise), 64)
        ]
        return to_uint8(np.concatenate(parts))

    def arrays(self) -> dict[str, np.ndarray]:
        """All of its state, as `checkpoint.save` takes it."""
        return checkpoint.read_variables(self.nets.parts())

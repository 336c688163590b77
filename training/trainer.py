"""The networks in training: one compiled step, the moving average, and their state."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

import ops
import replicas
from checkpoints import checkpoint
from config import ModelConfig, TrainConfig
from dataset.batches import Batch, Recombined, batches
from dataset.claims import Claims
from dataset.faces import Dataset
from files.images import to_uint8
from recipes.base import Scalars
from recipes.registry import RECIPES, build
from recipes.schedule import learning_rate_factor
from training import runtime

# For the batch statistics of the averaged generator.
STATISTICS_BATCHES, STATISTICS_BATCH_SIZE = 32, 64
ADAPT_BYTES = 64 * 10**6  # sentence vectors that `adapt` uses, but at least one per caption
LEAST_DECAY = 0.999  # of the moving average, when training starts from averaged weights
DRAW_BATCH = 64  # images per call in `draw`


class Trainer:
    """The networks in training, their moving average, and the position of training.

    Args:
        model: What to build.
        config: How to train it; `config.seed` determines the initial weights.
        averaged: Whether training will start from weights that are already an average.
        strategy: Places the replicas of the networks. Default: one, where TensorFlow chooses.

    Attributes:
        nets: The networks and their optimizers.
        step: Updates made over the model's life.
        images: Real images seen over the model's life.
    """

    def __init__(
        self,
        model: ModelConfig,
        config: TrainConfig,
        averaged: bool = False,
        strategy: tf.distribute.Strategy | None = None,
    ) -> None:
        runtime.configure()
        keras.utils.set_random_seed(config.seed)
        self.config = config
        self._strategy = strategy or tf.distribute.get_strategy()
        with self._strategy.scope():
            self.nets = build(model, config)
        self.step = self.images = 0
        self._averaged = averaged
        self._recipe = RECIPES[model.recipe]
        self._compiled: Callable[..., Scalars] | None = None

    def adapt(self, vectors: np.ndarray) -> None:
        """Fit the text inputs to the data set. Call it before the first step.

        Args:
            vectors: (M, P, D) sentence vectors, P paraphrases of each of the M distinct captions.
        """
        # They are copied in single precision, so the first paraphrases stand for a large pool.
        paraphrases = max(1, ADAPT_BYTES // (4 * vectors[:, 0].size))
        vectors = vectors[:, :paraphrases].reshape(-1, vectors.shape[-1]).astype(np.float32)
        for network in (self.nets.generator, self.nets.discriminator, self.nets.ema):
            for layer in network.layers:
                if isinstance(layer, ops.Standardize):
                    layer.adapt(vectors)

    def restore(self, path: Path) -> None:
        """Load a checkpoint's variables, but not its step and number of images.

        Raises:
            ProjectError: The file is damaged, or does not fit these networks.
        """
        absent = checkpoint.restore(path, self.nets.parts())
        if "generator" in absent:
            self.nets.generator.set_weights(self.nets.ema.get_weights())

    def batches(
        self,
        dataset: Dataset,
        vectors: np.ndarray,
        batch_size: int,
        claims: Claims | None = None,
        recombined: np.ndarray | None = None,
    ) -> tf.data.Dataset:
        """Return the batches for `train_step` from the present position; see `dataset.batches`."""
        share = self.config.recombined
        replacing = None if recombined is None else Recombined(recombined, share)

        def of_process(context: tf.distribute.InputContext) -> tf.data.Dataset:
            """Return the shares of this process's replicas, which take turns."""
            total = context.num_replicas_in_sync
            here = total // context.num_input_pipelines
            first = here * context.input_pipeline_id
            return batches(
                dataset,
                vectors,
                batch_size,
                self.config.seed,
                self.images,
                self.config.mirror,
                self._recipe.mismatched_images,
                claims,
                [replicas.rows(batch_size, total, first + n) for n in range(here)],
                replacing,
            )

        return self._strategy.distribute_datasets_from_function(of_process)

    def train_step(self, batch: Batch) -> Scalars:
        """Make one training step and return scalars to log; see `recipes.base.Update`."""
        if self._compiled is None:
            self._compiled = tf.function(self._train_step, autograph=False)
        scalars = self._compiled(batch, tf.constant(self.step, tf.int64))
        share = self._strategy.experimental_local_results(batch.images)[0]
        self.step += 1
        self.images += share.shape[0] * self._strategy.num_replicas_in_sync
        return scalars

    def _train_step(self, batch: Batch, step: tf.Tensor) -> Scalars:
        """Update the replicas of the networks, then the average. Compiled once."""
        scalars = self._strategy.run(self._update, (batch, step))
        if self.config.ema:
            self._update_average(step)
        return self._strategy.experimental_local_results(scalars)[0]

    def _update(self, batch: Batch, step: tf.Tensor) -> Scalars:
        """Set the learning rates and update the networks; each replica does so with its share."""
        config, nets = self.config, self.nets
        factor = learning_rate_factor(config, step)
        nets.g_optimizer.learning_rate.assign(factor * config.g_learning_rate)
        nets.d_optimizer.learning_rate.assign(factor * config.d_learning_rate)
        if self._recipe.mismatched_images:
            mismatched = ops.to_float(batch.mismatched_images)
        else:
            mismatched = batch.mismatched_captions
        images = ops.to_float(batch.images)
        scalars = self._recipe.update(
            nets, config, images, batch.captions, batch.asked, mismatched, step
        )
        return replicas.mean(scalars)

    def _update_average(self, step: tf.Tensor) -> None:
        # The average spans the last tenth of all steps, because weights move less and less (Karras
        # et al. 2024, "Analyzing and Improving the Training Dynamics of Diffusion Models",
        # section 3.1). With a fixed decay it would consist of the random initial weights at first.
        made = tf.cast(step, tf.float32)
        decay = (1.0 + made) / (10.0 + made)
        if self._averaged:
            decay = tf.maximum(LEAST_DECAY, decay)
        decay = tf.minimum(self.config.ema, decay)
        averages = self.nets.ema.trainable_variables
        for average, now in zip(averages, self.nets.generator.trainable_variables, strict=True):
            average.assign_sub((1.0 - decay) * (average - now))

    def refresh_statistics(self, vectors: np.ndarray, caption_ids: np.ndarray) -> None:
        """Recompute the averaged generator's batch statistics, which averaging does not update.

        Without averaging, copy the generator, including its own statistics.

        Args:
            vectors: (M, P, D) sentence vectors, P paraphrases of each of the M distinct captions.
            caption_ids: (N,) int, each image's caption. Captions are drawn as often as they occur.
        """
        if not self.config.ema:
            self.nets.ema.set_weights(self.nets.generator.get_weights())
            return
        random = np.random.default_rng([self.config.seed, self.step])
        for layer in self.nets.ema.layers:
            if isinstance(layer, ops.ConditionalNorm):
                layer.reset()
        size = STATISTICS_BATCH_SIZE
        for _ in range(STATISTICS_BATCHES):
            rows = caption_ids[random.integers(len(caption_ids), size=size)]
            paraphrases = random.integers(vectors.shape[1], size=size)
            noise = self.nets.config.draw_noise(size, random)
            text = vectors[rows, paraphrases].astype(np.float32)
            self._update_statistics(tf.constant(noise), tf.constant(text))

    @tf.function(autograph=False)
    def _update_statistics(self, noise: tf.Tensor, text: tf.Tensor) -> None:
        self.nets.ema([noise, text], training=True)

    def draw(self, noise: np.ndarray, text: np.ndarray) -> np.ndarray:
        """Draw faces with the averaged generator: (N, noise), (N, D) -> (N, S, S, 3) uint8."""
        parts = (slice(start, start + DRAW_BATCH) for start in range(0, len(noise), DRAW_BATCH))
        faces = [self.nets.ema([noise[part], text[part]], training=False).numpy() for part in parts]
        return to_uint8(np.concatenate(faces))

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the values of all variables, in the form that `checkpoint.save` takes."""
        return checkpoint.read_variables(self.nets.parts())

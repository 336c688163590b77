"""The two networks and the recipes that train them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import keras
import tensorflow as tf
from keras import layers

import losses
import ops
import original
from config import DEFAULT, ORIGINAL, ModelConfig, TrainConfig

Scalars = dict[str, tf.Tensor]


def pyramid(config: ModelConfig) -> tuple[int, list[int]]:
    """The side of the smallest feature map and the channels of all, from small to large.

    Example:
        >>> pyramid(ModelConfig(text_dim=256, encoder="", size=64, width=48, max_channels=256))
        (4, [256, 192, 96, 48])
    """
    side, channels = config.size, []
    while side % 2 == 0 and side > 7:
        side //= 2
        wanted = config.width * min(8, 2 ** len(channels))
        channels.insert(0, min(wanted, config.max_channels or wanted))
    return side, channels


def generator(config: ModelConfig) -> keras.Model:
    """Noise and caption to picture: (B, noise), (B, text_dim) -> (B, S, S, 3) in [-1, 1]."""
    noise = keras.Input((config.noise,), name="noise")
    text = keras.Input((config.text_dim,), name="text")
    embedded = layers.Dense(128, name="text_embedding")(ops.Standardize(name="standardize")(text))
    code = layers.Concatenate(name="code")(
        [noise, embedded]
    )  # (B, noise + 128), seen by every block
    side, channels = pyramid(config)
    x = layers.Dense(side * side * channels[0], use_bias=False, name="base")(code)
    x = layers.Reshape((side, side, channels[0]), name="first_map")(x)  # (B, 4, 4, 8W) at 64 px
    for i, c in enumerate(channels[1:]):
        x = layers.ReLU()(ops.ConditionalNorm(name=f"norm{i}")(x, code))
        x = ops.up(c, use_bias=False, name=f"up{i}")(x)  # (B, 2H, 2W, C)
    x = layers.ReLU()(ops.ConditionalNorm(name="norm_last")(x, code))
    x = ops.up(3, activation="tanh", name="rgb")(x)  # (B, S, S, 3)
    return keras.Model([noise, text], x, name="generator")


def discriminator(config: ModelConfig) -> keras.Model:
    """Pictures and captions to scores and logits: (B, S, S, 3), (B, K, text_dim) -> (B, K), (B, B).

    Each picture is scored with each of its K captions; the convolutions run once. A score is an
    opinion on the picture plus the inner product of the picture's and the caption's features
    (the projection discriminator of Miyato & Koyama 2018, eq. 2).

    The logits are of each picture with the first caption of each. They have an embedding of their
    own: scores that had to tell captions apart would shun the pictures that are between two.
    """
    picture = keras.Input((config.size, config.size, 3), name="picture")
    texts = keras.Input((None, config.text_dim), name="texts")
    x = picture
    _, channels = pyramid(config)
    for i, c in enumerate(reversed(channels)):
        x = layers.LeakyReLU(0.2)(ops.down(c, name=f"down{i}")(x))  # (B, H/2, W/2, C)
    x = layers.LeakyReLU(0.2)(layers.Conv2D(channels[0], 3, padding="same", name="last")(x))
    x = layers.Flatten()(x)  # (B, 4 * 4 * 8W) at 64 px
    opinion = layers.Dense(1, name="opinion")(x)  # (B, 1)
    features = layers.Dense(256, name="features")(x)

    def embed(vectors: keras.KerasTensor, name: str) -> keras.KerasTensor:
        unit_variance = keras.initializers.RandomNormal(stddev=config.text_dim**-0.5)
        dense = layers.Dense(256, use_bias=False, kernel_initializer=unit_variance, name=name)
        return dense(vectors)

    standard = ops.Standardize(name="standardize")(texts)  # (B, K, text_dim)
    match = layers.Dot(axes=(2, 1))([embed(standard, "text_embedding"), features])  # (B, K)
    named = embed(standard[:, 0], "contrast_embedding")  # (B, 256)
    logits = keras.ops.matmul(features, keras.ops.transpose(named))  # (B, B)
    return keras.Model([picture, texts], [opinion + 0.1 * match, logits], name="discriminator")


class Networks(NamedTuple):
    """What a recipe updates."""

    config: ModelConfig
    generator: keras.Model
    discriminator: keras.Model
    g_optimizer: keras.optimizers.Optimizer
    d_optimizer: keras.optimizers.Optimizer


def fall(config: TrainConfig, step: tf.Tensor) -> tf.Tensor:
    """What is left of the learning rates after a number of updates.

    Falling rates end the circling of the two networks around each other; without an end to fall
    to, training can always go on.

    Args:
        config: the recipe's numbers.
        step: scalar int64, the number of updates made before.

    Returns:
        Scalar float: 1 up to `decay_from` updates, then their root over that of `step + 1`.
    """
    if not config.decay_from:
        return tf.constant(1.0)
    return tf.minimum(1.0, tf.sqrt(config.decay_from / (tf.cast(step, tf.float32) + 1.0)))


def default_step(
    nets: Networks,
    config: TrainConfig,
    pictures: tf.Tensor,
    captions: tf.Tensor,
    mismatched: tf.Tensor,
    step: tf.Tensor,
) -> Scalars:
    """One update of the discriminator, then one of the generator, from one generator pass.

    Args:
        nets: the networks and their optimizers, updated in place.
        config: the recipe's numbers.
        pictures: (B, S, S, 3) float in [-1, 1].
        captions: (B, 2, D) sentence vectors of two wordings of theirs.
        mismatched: (B, D) sentence vectors of captions that are not theirs.
        step: scalar int64, the number of updates made before. Every random number of this one
            comes from (config.seed, step).

    Returns:
        Scalars to log: the losses, and the mean scores of the three kinds of input.
    """
    batch = pictures.shape[0]
    seeds = tf.random.split(tf.stack([tf.constant(config.seed, tf.int64), step]), 3)
    change = {
        "limit": round(config.translate * nets.config.size),
        "zoom": config.zoom,
        "cutout": config.cutout,
    }
    noise = tf.random.stateless_normal((batch, nets.config.noise), seeds[0])
    real = ops.augment(pictures, **change, seed=seeds[1])
    # Each wording is drawn twice, to see that noise makes a difference.
    half = batch // 2
    asked = tf.concat([captions[:half, 0], captions[: batch - half, 0]], axis=0)  # (B, D)
    difference = tf.reduce_mean(tf.abs(pictures[:half] - pictures[half : 2 * half]))
    texts = tf.concat([captions, mismatched[:, None]], axis=1)  # (B, 3, D)
    texts = tf.concat([texts, tf.repeat(asked[:, None], 3, axis=1)], axis=0)  # (2B, 3, D)
    # Mismatches teach the colours early; late, they cost variety.
    mismatch_weight = fall(config, step) ** 2 * config.mismatch_weight
    g_weights = nets.generator.trainable_variables
    d_weights = nets.discriminator.trainable_variables

    def penalty_gradients() -> list[tf.Tensor]:
        some = real[: max(1, half)]
        with tf.GradientTape() as outer:
            with tf.GradientTape(watch_accessed_variables=False) as inner:
                inner.watch(some)
                texts_of_some = captions[: some.shape[0], :1]
                scores, _ = nets.discriminator([some, texts_of_some], training=True)
            penalty = losses.gradient_penalty(inner.gradient(scores, some))
            # It comes only every r1_every steps, so each time it stands for all of them.
            penalty *= config.r1_gamma * config.r1_every
        gradients = outer.gradient(penalty, d_weights)  # None where they do not depend on it
        return [
            tf.zeros_like(w) if g is None else g for g, w in zip(gradients, d_weights, strict=True)
        ]

    with tf.GradientTape() as g_tape:
        drawn = nets.generator([noise, asked], training=True)
        alike = tf.constant(0.0)
        if half:
            least = config.least_difference * difference
            alike = losses.sameness(drawn[:half], drawn[half : 2 * half], least)
        fake = ops.augment(drawn, **change, seed=seeds[2])
        with g_tape.stop_recording():
            with tf.GradientTape() as d_tape:
                both = tf.concat([real, fake], axis=0)  # (2B, S, S, 3)
                scores, logits = nets.discriminator([both, texts], training=True)
                right, wrong, false = scores[:batch, :2], scores[:batch, 2], scores[batch:, 0]
                d_loss = losses.discriminator(right, false, wrong, mismatch_weight)
                contrast = losses.contrast(logits[:batch, :batch])
                d_total = d_loss + config.contrast_weight * contrast
            d_gradients = d_tape.gradient(d_total, d_weights)
            penalties = tf.cond(
                step % config.r1_every == 0,
                penalty_gradients,
                lambda: [tf.zeros_like(w) for w in d_weights],
            )
            d_gradients = [g + p for g, p in zip(d_gradients, penalties, strict=True)]
            nets.d_optimizer.apply(d_gradients, d_weights)
        scores, _ = nets.discriminator([fake, asked[:, None]], training=True)
        g_loss = losses.generator(scores[:, 0])
        g_total = g_loss + config.sameness_weight * alike
    nets.g_optimizer.apply(g_tape.gradient(g_total, g_weights), g_weights)
    return {
        "loss/discriminator": d_loss,
        "loss/generator": g_loss,
        "loss/contrast": contrast,
        "loss/sameness": alike,
        "score/real": tf.reduce_mean(right),
        "score/mismatched": tf.reduce_mean(wrong),
        "score/fake": tf.reduce_mean(false),
    }


class Recipe(NamedTuple):
    """How a kind of model is built and updated; its numbers are in `config.DEFAULTS`."""

    generator: Callable[[ModelConfig], keras.Model]
    discriminator: Callable[[ModelConfig], keras.Model]
    step: Callable[..., Scalars]  # the arguments and result of `default_step`
    mismatched: str = "captions"  # what `step` is given of others: their captions, or "pictures"


RECIPES = {
    DEFAULT: Recipe(generator, discriminator, default_step),
    ORIGINAL: Recipe(original.generator, original.discriminator, original.step, "pictures"),
}

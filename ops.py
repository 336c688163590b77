"""The layers of the networks, and the augmentation of what the discriminator sees."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

import replicas


def to_float(images: tf.Tensor) -> tf.Tensor:
    """Scale uint8 pixels of any shape to float32 in [-1, 1]: `files.images.to_float` in a graph."""
    return tf.cast(images, tf.float32) / 127.5 - 1.0


class Standardize(keras.layers.Layer):
    """Centre and scale sentence vectors by statistics that are set once and never trained.

    Sentence vectors of captions lie close together (cosines of 0.7 and more between different
    colours), so a dense layer on the raw vectors mostly sees what all captions share.
    """

    def build(self, shape: tuple[int, ...]) -> None:
        """Create the statistics for vectors of `shape[-1]` numbers: 0 and 1 until `adapt`."""
        statistic = {"shape": shape[-1:], "trainable": False}
        self.mean = self.add_weight(name="mean", initializer="zeros", **statistic)
        self.scale = self.add_weight(name="scale", initializer="ones", **statistic)

    def adapt(self, vectors: tf.Tensor) -> None:
        """Set the statistics from the captions of a data set.

        Args:
            vectors: (M, D) float, the same number of rows for each distinct caption.
        """
        mean, variance = tf.nn.moments(vectors, axes=[0])
        # Entries that vary less than average among these captions are not scaled up to unit
        # variance: in other paraphrases of the captions they can be tens of deviations away.
        floor = tf.reduce_mean(variance) + 1e-8
        self.mean.assign(mean)
        self.scale.assign(tf.math.rsqrt(tf.maximum(variance, floor)))

    def call(self, vectors: tf.Tensor) -> tf.Tensor:
        """Standardise vectors of shape (..., D)."""
        return (vectors - self.mean) * self.scale


class ConditionalNorm(keras.layers.Layer):
    """Batch norm whose scale and shift are linear in a code (de Vries et al. 2017, section 3).

    The moving statistics are plain averages over the first `1 / (1 - momentum)` batches and
    exponential ones after that, so they are right from the first batch and do not depend on
    their initial values. `reset` starts them again.
    """

    def __init__(self, momentum: float = 0.99, epsilon: float = 1e-5, **kwargs) -> None:
        super().__init__(**kwargs)
        self.momentum, self.epsilon = momentum, epsilon

    def build(self, x_shape: tuple[int, ...], code_shape: tuple[int, ...]) -> None:
        """Create the linear layer and the statistics for the channels of `x_shape`."""
        channels = x_shape[-1]
        self.affine = keras.layers.Dense(2 * channels, name="affine")
        self.affine.build(code_shape)
        # Replicas compute the same statistics, so each keeps its own.
        statistic = {
            "shape": (channels,),
            "trainable": False,
            "initializer": "zeros",
            "aggregation": "only_first_replica",
        }
        self.moving_mean = self.add_weight(name="moving_mean", **statistic)
        self.moving_variance = self.add_weight(name="moving_variance", **statistic)
        self.batches = self.add_weight(name="batches", **{**statistic, "shape": ()})

    def reset(self) -> None:
        """Forget the moving statistics; the next training batch starts them again."""
        for statistic in (self.moving_mean, self.moving_variance, self.batches):
            statistic.assign(tf.zeros_like(statistic))

    def call(self, x: tf.Tensor, code: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Normalise, scale and shift.

        Args:
            x: (B, H, W, C).
            code: (B, K).
            training: Use the statistics of the whole batch, and update the moving ones.

        Returns:
            (B, H, W, C).
        """
        if training:
            mean, variance = replicas.moments(x, axes=[0, 1, 2])
            weight = tf.maximum(1.0 / (self.batches + 1.0), 1.0 - self.momentum)
            for moving, now in ((self.moving_mean, mean), (self.moving_variance, variance)):
                moving.assign_add(weight * (now - moving))
            self.batches.assign_add(1.0)
        else:
            mean, variance = self.moving_mean, self.moving_variance
        gamma, beta = tf.split(self.affine(code)[:, None, None, :], 2, axis=-1)  # (B, 1, 1, C)
        # The statistics are folded into scale and shift: one multiply and one add per pixel.
        gamma = (1.0 + gamma) * tf.math.rsqrt(variance + self.epsilon)
        return x * gamma + (beta - mean * gamma)


def up(channels: int, **kwargs) -> keras.layers.Layer:
    """Build a layer that doubles the side: (B, H, W, C) -> (B, 2H, 2W, channels).

    A 4x4 kernel with stride 2 costs 4 multiply-adds per output pixel and channel pair, against
    6.25 (5x5) and 9 (resize, then 3x3), and covers every output pixel equally often.
    """
    return keras.layers.Conv2DTranspose(channels, 4, strides=2, padding="same", **kwargs)


def down(channels: int, **kwargs) -> keras.layers.Layer:
    """Build a layer that halves the side: (B, H, W, C) -> (B, H/2, W/2, channels)."""
    return keras.layers.Conv2D(channels, 4, strides=2, padding="same", **kwargs)


def add_residual(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    """Add a bottleneck of half as many channels: (B, H, W, C) -> (B, H, W, C).

    Three convolutions (1x1, 3x3, 1x1) as in He et al. 2016, "Deep Residual Learning for Image
    Recognition", figure 5, without norms. The last begins at zero, and so the sum with `x` as it is
    (Zhang et al. 2019, "Fixup Initialization").
    """
    channels = x.shape[-1]

    def convolve(x: keras.KerasTensor, width: int, side: int, part: str, **kwargs: Any) -> Any:
        return keras.layers.Conv2D(width, side, padding="same", name=f"{name}_{part}", **kwargs)(x)

    inner = keras.layers.LeakyReLU(0.2)(convolve(x, channels // 2, 1, "narrow"))
    inner = keras.layers.LeakyReLU(0.2)(convolve(inner, channels // 2, 3, "mix"))
    inner = convolve(inner, channels, 1, "widen", kernel_initializer="zeros")
    return keras.layers.Add(name=name)([x, inner])


def add_hidden(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    """Add what a hidden layer of twice as many units makes of vectors: (..., K) -> (..., K).

    So several facts of one vector can count as each of them alone would. As in `add_residual`, the
    last weights begin at zero. The first do not vary with the seed: a network and its average that
    get this layer late have the same ones.
    """
    units = x.shape[-1]
    fixed = keras.initializers.GlorotUniform(seed=0)
    widen = keras.layers.Dense(2 * units, kernel_initializer=fixed, name=f"{name}_widen")
    inner = keras.layers.LeakyReLU(0.2)(widen(x))
    inner = keras.layers.Dense(units, kernel_initializer="zeros", name=f"{name}_narrow")(inner)
    return keras.layers.Add(name=name)([x, inner])


def augment(
    images: tf.Tensor, limit: int, zoom: float, cutout: float, seed: tf.Tensor
) -> tf.Tensor:
    """Augment images, each differently, before the discriminator sees them.

    Every image is shifted, with reflection at the borders. Some are also zoomed in or out about
    their centre, by a factor whose base-2 logarithm is normal with a standard deviation of 0.2.
    Some have a square of half their side set to grey. The shift and the square come from
    DiffAugment (Zhao et al. 2020, section 3.1), the factor from Karras et al. 2020, "Training
    Generative Adversarial Networks with Limited Data", appendix B. Colours are left alone on
    purpose: the captions are about them.

    Args:
        images: (B, S, S, C) float32.
        limit: Largest shift in px along each axis, in both directions; less than S.
        zoom: Share of the images that are zoomed.
        cutout: Share of the images that lose a square.
        seed: (2,) int, for stateless draws.

    Returns:
        (B, S, S, C) float32, differentiable in `images`.
    """
    batch, side = images.shape[0] * replicas.count(), images.shape[1]  # of all replicas
    shift, factor, chance, square = tf.unstack(tf.random.split(seed, 4))
    shifts = tf.random.stateless_uniform((2, batch, 1), shift, -limit, limit + 1, dtype=tf.int32)
    shifts = replicas.share(shifts, axis=1)  # (2, B, 1)
    zoomed, cut = tf.unstack(replicas.share(tf.random.stateless_uniform((2, batch), chance), 1))
    factors = 2.0 ** replicas.share(tf.random.stateless_normal((batch,), factor, stddev=0.2))
    factors = tf.where(zoomed < zoom, factors, 1.0)[:, None]  # (B, 1)
    place, middle = tf.range(side, dtype=tf.float32), (side - 1) / 2
    source = (place - middle) * factors + middle + tf.cast(shifts, tf.float32)  # (2, B, S)
    source = tf.abs(source)  # reflected at 0 ...
    source = side - 1 - tf.abs(side - 1 - source)  # ... and at S - 1
    # Linear interpolation as two matrix products: the gradient of a gather is a scatter, which is
    # far slower.
    rows, columns = tf.unstack(tf.nn.relu(1.0 - tf.abs(source[..., None] - place)))  # (B, S, S)
    moved = tf.einsum("byh,bhwc->bywc", rows, images)
    moved = tf.einsum("bxw,bywc->byxc", columns, moved)
    # The square's centre may be anywhere, so part of it may lie outside.
    middles = tf.random.stateless_uniform((2, batch, 1), square, 0, side + 1, dtype=tf.int32)
    middles = replicas.share(middles, axis=1)  # (2, B, 1)
    inside = tf.abs(place + 0.5 - tf.cast(middles, tf.float32)) < side / 4  # (2, B, S)
    hole = inside[0][:, :, None] & inside[1][:, None, :] & (cut < cutout)[:, None, None]
    return tf.where(hole[..., None], 0.0, moved)

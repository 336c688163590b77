"""The recipe of 2017: the networks and the update of the program that this project re-creates.

It follows that program's arithmetic exactly and keeps its names, so that its checkpoints fit
(`checkpoints/tf1_checkpoint.py`). Oddities are marked "Quirk", with what would be right; the
default recipe is in `recipes/default.py`. The method is a variant of GAN-CLS (Reed et al. 2016,
"Generative Adversarial Text to Image Synthesis"), whose discriminator also sees images with
captions of other images.

Three things in the original's loop are not reproduced. It drew mismatched images until one's
caption did not contain this image's, forever if there was none; it did not shuffle the first
epoch; and it had a single checkpoint, overwritten at each epoch.
"""

from __future__ import annotations

import keras
import tensorflow as tf
from keras import layers

from config import ModelConfig, TrainConfig
from recipes.base import Networks, Recipe, Scalars

REDUCED_TEXT = 256  # width of the embedded sentence vector
STDDEV = 0.02  # standard deviation of the initial weights


def _normal() -> keras.initializers.Initializer:
    # One per layer: an initializer takes its seed when it is created, so one created at import
    # would ignore the seed of the run.
    return keras.initializers.RandomNormal(stddev=STDDEV)


def _linear(units: int, name: str) -> layers.Layer:
    return layers.Dense(units, kernel_initializer=_normal(), name=name)


def _norm(name: str) -> layers.Layer:
    # Quirk: with a momentum of 0.5, the generator draws with the statistics of the last few
    # batches only; 0.99, or statistics recomputed after training, would be right.
    return layers.BatchNormalization(momentum=0.5, epsilon=1e-5, name=name)


def _deconv(channels: int, name: str, **kwargs) -> layers.Layer:
    # Quirk: a 5x5 kernel with stride 2 covers some pixels more often than others, which shows as
    # a checkerboard (Odena et al. 2016); a 4x4 kernel does not.
    return layers.Conv2DTranspose(
        channels, 5, strides=2, padding="same", kernel_initializer=_normal(), name=name, **kwargs
    )


def _conv(channels: int, name: str, side: int = 5, strides: int = 2) -> layers.Layer:
    return layers.Conv2D(
        channels,
        side,
        strides,
        padding="same",
        kernel_initializer=keras.initializers.TruncatedNormal(stddev=STDDEV),
        name=name,
    )


def _lrelu(x: keras.KerasTensor) -> keras.KerasTensor:
    return layers.LeakyReLU(0.2)(x)


def generator(config: ModelConfig) -> keras.Model:
    """Build the generator: (B, noise), (B, text_dim) -> (B, S, S, 3) in [-1, 1]."""
    noise = keras.Input((config.noise,), name="noise")
    text = keras.Input((config.text_dim,), name="text")
    side, width = config.size // 16, config.width
    embedded = _lrelu(_linear(REDUCED_TEXT, "g_embedding")(text))
    x = layers.Concatenate(name="code")([noise, embedded])  # (B, noise + 256)
    x = _linear(8 * width * side * side, "g_h0_lin")(x)
    x = layers.Reshape((side, side, 8 * width), name="first_map")(x)
    for i, channels in enumerate((4 * width, 2 * width, width)):
        x = layers.ReLU()(_norm(f"g_bn{i}")(x))
        x = _deconv(channels, f"g_h{i + 1}")(x)  # (B, 2H, 2W, C)
    x = layers.ReLU()(_norm("g_bn3")(x))
    # The original's images are in [0, 1]: tanh(x) / 2 + 0.5. In [-1, 1], that is tanh(x).
    x = _deconv(3, "g_h4", activation="tanh")(x)  # (B, S, S, 3)
    return keras.Model([noise, text], x, name="generator")


def discriminator(config: ModelConfig) -> keras.Model:
    """Build the discriminator: images (B, S, S, 3), captions (B, text_dim) -> scores (B, 1)."""
    image = keras.Input((config.size, config.size, 3), name="picture")
    text = keras.Input((config.text_dim,), name="text")
    side, width = config.size // 16, config.width
    x = layers.Rescaling(0.5, 0.5, name="to_unit_range")(image)  # the original's range
    x = _lrelu(_conv(width, "d_h0_conv")(x))  # (B, S/2, S/2, W)
    for i in (1, 2, 3):
        x = _lrelu(_norm(f"d_bn{i}")(_conv(2**i * width, f"d_h{i}_conv")(x)))
    embedded = _lrelu(_linear(REDUCED_TEXT, "d_embedding")(text))
    embedded = layers.Reshape((1, 1, REDUCED_TEXT))(embedded)
    embedded = layers.UpSampling2D(side, name="tiled_embedding")(embedded)
    x = layers.Concatenate(name="h3_concat")([x, embedded])  # (B, S/16, S/16, 8W + 256)
    x = _lrelu(_norm("d_bn4")(_conv(8 * width, "d_h3_conv_new", 1, 1)(x)))
    score = _linear(1, "d_h3_lin")(layers.Flatten()(x))  # (B, 1)
    return keras.Model([image, text], score, name="discriminator")


def discriminator_loss(real: tf.Tensor, wrong: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
    """Return the least-squares loss: towards 1 for real images that match, towards 0 otherwise.

    Args:
        real: (B, 1) scores of real images with their captions.
        wrong: (B, 1) scores of other real images with these captions.
        fake: (B, 1) scores of generated images with these captions.

    Returns:
        Scalar; 1 when all scores are 0.
    """
    # Quirk: the two kinds of negatives together weigh twice as much as the positives; half each
    # would be right.
    terms = tf.square(real - 1.0), tf.square(wrong), tf.square(fake)
    return tf.add_n([tf.reduce_mean(term) for term in terms])


def generator_loss(fake: tf.Tensor) -> tf.Tensor:
    """Return the mean of the *squared* sigmoid cross entropy against 1.

    Quirk: this is least squares in name only. The squared cross entropy drives scores up without
    limit, past the 1 that real images get; the mean of (score - 1)² would be right (Mao et al.
    2017, "Least Squares Generative Adversarial Networks", eq. 2).

    Args:
        fake: (B, 1) scores of generated images.

    Returns:
        Scalar, log(2)² when all scores are 0.
    """
    entropy = tf.nn.sigmoid_cross_entropy_with_logits(tf.ones_like(fake), fake)
    return tf.reduce_mean(tf.square(entropy))


def update(
    nets: Networks,
    config: TrainConfig,
    images: tf.Tensor,
    captions: tf.Tensor,
    asked: tf.Tensor,
    mismatched: tf.Tensor,
    step: tf.Tensor,
) -> Scalars:
    """Update the discriminator once, then the generator twice; see `recipes.base.Update`.

    Of the two paraphrases only the first is used. `mismatched` is (B, S, S, 3), other images.
    """
    # Quirk: all three updates share one draw of noise, so the generator is updated twice on the
    # very images that the discriminator has just learned from; a draw for each would be right.
    seed = tf.stack([tf.constant(config.seed, tf.int64), step])
    shape = (images.shape[0], nets.config.noise)
    noise = tf.random.stateless_uniform(shape, seed, -1.0, 1.0)
    captions = captions[:, 0]
    g_weights = nets.generator.trainable_variables
    d_weights = nets.discriminator.trainable_variables

    fake = nets.generator([noise, captions], training=True)
    with tf.GradientTape() as tape:
        # One call each: batch norm treats each kind of input by itself.
        real_score, wrong_score, fake_score = (
            nets.discriminator([x, captions], training=True) for x in (images, mismatched, fake)
        )
        d_loss = discriminator_loss(real_score, wrong_score, fake_score)
    nets.d_optimizer.apply(tape.gradient(d_loss, d_weights), d_weights)
    for _ in range(2):
        with tf.GradientTape() as tape:
            fake = nets.generator([noise, captions], training=True)
            g_loss = generator_loss(nets.discriminator([fake, captions], training=True))
        nets.g_optimizer.apply(tape.gradient(g_loss, g_weights), g_weights)
    return {
        "loss/discriminator": d_loss,
        "loss/generator": g_loss,
        "score/real": tf.reduce_mean(real_score),
        "score/mismatched": tf.reduce_mean(wrong_score),
        "score/fake": tf.reduce_mean(fake_score),
    }


# Not divided among devices: its batch norm is that of one.
RECIPE = Recipe(generator, discriminator, update, mismatched_images=True, divides=False)

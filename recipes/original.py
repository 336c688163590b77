"""The recipe of 2017: the networks and the update of the program that this project re-creates.

To the arithmetic, with its names, so that its checkpoints fit (`tf1_checkpoint.py`). What is odd
about it is marked "Quirk", with what would be right; the default recipe is in `model.py`. It is
modified from Reed et al. 2016, "Generative Adversarial Text to Image Synthesis": GAN-CLS, whose
discriminator also sees images with captions that are not theirs.

Of the original's loop, these are not kept: mismatching images were drawn until one's caption did
not contain this one's, forever if there was none; the first epoch was not shuffled; there was one
save, written over at each epoch.
"""

from __future__ import annotations

import keras
import tensorflow as tf
from keras import layers

from config import ModelConfig, TrainConfig
from recipes.base import Networks, Recipe, Scalars

REDUCED_TEXT = 256  # width of the embedded sentence vector
STDDEV = 0.02  # of the initial weights


def _normal() -> keras.initializers.Initializer:
    # Made anew for each layer: an initializer takes its seed when it is made, so one made at
    # import would escape the seed of the run.
    return keras.initializers.RandomNormal(stddev=STDDEV)


def _linear(units: int, name: str) -> layers.Layer:
    return layers.Dense(units, kernel_initializer=_normal(), name=name)


def _norm(name: str) -> layers.Layer:
    # Quirk: with a momentum of 0.5, what draws has the statistics of the last few batches only;
    # 0.99, or statistics that are taken anew when training is done, would be right.
    return layers.BatchNormalization(momentum=0.5, epsilon=1e-5, name=name)


def _deconv(channels: int, name: str, **kwargs) -> layers.Layer:
    # Quirk: a 5x5 kernel with stride 2 covers some pixels more often than others, which shows as
    # a checkerboard (Odena et al. 2016); 4x4 does not.
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
    """Noise and caption to image: (B, noise), (B, text_dim) -> (B, S, S, 3) in [-1, 1]."""
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
    # The original's images are in [0, 1], tanh(x) / 2 + 0.5; the same here is tanh(x).
    x = _deconv(3, "g_h4", activation="tanh")(x)  # (B, S, S, 3)
    return keras.Model([noise, text], x, name="generator")


def discriminator(config: ModelConfig) -> keras.Model:
    """Images and their captions to scores: (B, S, S, 3), (B, text_dim) -> (B, 1)."""
    image = keras.Input((config.size, config.size, 3), name="picture")
    text = keras.Input((config.text_dim,), name="text")
    side, width = config.size // 16, config.width
    x = layers.Rescaling(0.5, 0.5, name="to_unit_range")(image)  # it saw [0, 1]
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
    """Least squares: towards 1 for what is real and fits, towards 0 for all else.

    Args:
        real: (B, 1) scores of real images with their captions.
        wrong: (B, 1) scores of other real images with these captions.
        fake: (B, 1) scores of generated images with these captions.

    Returns:
        Scalar.
    """
    # Quirk: the two kinds of negatives weigh twice what the positives do; half each would be right.
    terms = tf.square(real - 1.0), tf.square(wrong), tf.square(fake)
    return tf.add_n([tf.reduce_mean(term) for term in terms])


def generator_loss(fake: tf.Tensor) -> tf.Tensor:
    """The mean of the *squared* sigmoid cross entropy against 1.

    Quirk: it is least squares in name only. The squared cross entropy drives scores up without
    end, past the 1 that real images get; the mean of (score - 1)² would be right (Mao et al.
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
    mismatched: tf.Tensor,
    step: tf.Tensor,
) -> Scalars:
    """One update of the discriminator, then two of the generator.

    Args:
        nets: the networks and their optimizers, updated in place.
        config: the recipe's numbers.
        images: (B, S, S, 3) float in [-1, 1].
        captions: (B, 2, D) sentence vectors of two paraphrases of theirs; it has use for one.
        mismatched: (B, S, S, 3) float in [-1, 1], images that have other captions.
        step: scalar int64, the number of updates made before.

    Returns:
        Scalars to log, as `recipes.default.update`.
    """
    # Quirk: one draw of noise serves the three updates, so the generator is updated twice on the
    # very images that the discriminator has just learned from; a draw for each would be right.
    seed = tf.stack([tf.constant(config.seed, tf.int64), step])
    shape = (images.shape[0], nets.config.noise)
    noise = tf.random.stateless_uniform(shape, seed, -1.0, 1.0)
    captions = captions[:, 0]
    g_weights = nets.generator.trainable_variables
    d_weights = nets.discriminator.trainable_variables

    fake = nets.generator([noise, captions], training=True)
    with tf.GradientTape() as tape:
        # One call each: batch norm takes each kind of input by itself.
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


RECIPE = Recipe(generator, discriminator, update, mismatched_images=True)

"""The generator and the discriminator of the default recipe."""

from __future__ import annotations

import keras
from keras import layers

import ops
from config import ModelConfig


def pyramid(config: ModelConfig) -> tuple[int, list[int]]:
    """Return the side of the smallest feature map, and the channels of all, smallest map first.

    Example:
        >>> pyramid(ModelConfig(text_dim=256, encoder="", size=64, width=48, max_channels=256))
        (4, [256, 192, 96, 48])
    """
    side = config.size
    channels: list[int] = []
    while side % 2 == 0 and side > 7:
        side //= 2
        wanted = config.width * min(8, 2 ** len(channels))
        channels.insert(0, min(wanted, config.max_channels or wanted))
    return side, channels


def generator(config: ModelConfig) -> keras.Model:
    """Build the generator: (B, noise), (B, text_dim) -> (B, S, S, 3) in [-1, 1]."""
    noise = keras.Input((config.noise,), name="noise")
    text = keras.Input((config.text_dim,), name="text")
    embedded = layers.Dense(128, name="text_embedding")(ops.Standardize(name="standardize")(text))
    code = layers.Concatenate(name="code")([noise, embedded])  # (B, noise + 128)
    if config.residual:
        code = ops.add_hidden(code, "hidden_code")
    # The code conditions every block.
    side, channels = pyramid(config)
    x = layers.Dense(side * side * channels[0], use_bias=False, name="base")(code)
    x = layers.Reshape((side, side, channels[0]), name="first_map")(x)  # (B, 4, 4, 8W) at 64 px
    for i, c in enumerate(channels[1:]):
        x = layers.ReLU()(ops.ConditionalNorm(name=f"norm{i}")(x, code))
        if config.residual and i in (1, 2):  # at 8 and 16 px, of 64
            x = ops.add_residual(x, f"residual{i}")
        x = ops.up(c, use_bias=False, name=f"up{i}")(x)  # (B, 2H, 2W, C)
    x = layers.ReLU()(ops.ConditionalNorm(name="norm_last")(x, code))
    x = ops.up(3, activation="tanh", name="rgb")(x)  # (B, S, S, 3)
    return keras.Model([noise, text], x, name="generator")


def discriminator(config: ModelConfig) -> keras.Model:
    """Build the discriminator: (B, S, S, 3), (B, K, text_dim) -> (B, K), (B, 256), (B, 256).

    The first output are scores: of each image with each of its K captions, while the convolutions
    run once. A score is an opinion of the image plus the inner product of the image's and the
    caption's features (the projection discriminator of Miyato & Koyama 2018, eq. 2).

    The others are the features of the images and those of their first captions, whose inner
    products compare each image with each caption (`losses.contrast`). For this, captions have an
    embedding of their own: if the scores also had to tell captions apart, they would penalise
    images that lie between two captions.
    """
    image = keras.Input((config.size, config.size, 3), name="picture")
    texts = keras.Input((None, config.text_dim), name="texts")
    x = image
    _, channels = pyramid(config)
    for i, c in enumerate(reversed(channels)):
        x = layers.LeakyReLU(0.2)(ops.down(c, name=f"down{i}")(x))  # (B, H/2, W/2, C)
        if config.residual and len(channels) - i in (2, 3):  # the same sizes
            x = ops.add_residual(x, f"residual{i}")
    x = layers.LeakyReLU(0.2)(layers.Conv2D(channels[0], 3, padding="same", name="last")(x))
    x = layers.Flatten()(x)  # (B, 4 * 4 * 8W) at 64 px
    opinion = layers.Dense(1, name="opinion")(x)  # (B, 1)
    features = layers.Dense(256, name="features")(x)

    def embed(vectors: keras.KerasTensor, name: str) -> keras.KerasTensor:
        unit_variance = keras.initializers.RandomNormal(stddev=config.text_dim**-0.5)
        dense = layers.Dense(256, use_bias=False, kernel_initializer=unit_variance, name=name)
        return dense(vectors)

    standard = ops.Standardize(name="standardize")(texts)  # (B, K, text_dim)
    asked = embed(standard, "text_embedding")
    if config.residual:
        asked = ops.add_hidden(asked, "hidden_text")
    match = layers.Dot(axes=(2, 1))([asked, features])  # (B, K)
    named = embed(standard[:, 0], "contrast_embedding")  # (B, 256)
    outputs = [opinion + 0.1 * match, features, named]
    return keras.Model([image, texts], outputs, name="discriminator")

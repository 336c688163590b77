"""The network of the classifier: how it is built, trained, and converted for LiteRT."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from evaluation.attributes import ATTRIBUTES
from evaluation.classifier import BATCH, FEATURES, INPUT, SIZE
from files.litert import convert
from text.colours import EYE_COLOURS, HAIR_COLOURS

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

TRAIN_BATCH = 64
LEARNING_RATE, WEIGHT_DECAY = 2e-3, 2e-2  # AdamW
SMOOTHING = 0.1  # of the colours: some tags are wrong, and colours shade into each other
DOUBT = 0.03  # of an attribute: how probable it is that a reader erred
DROPOUT = 0.3
SHIFT = 0.08  # largest shift of a face, as a share of its side
EXTRA = 1  # further times in an epoch that faces with labelled attributes are seen
ATTRIBUTE_WIDTH = 96  # of the layer before the attributes


class Faces(NamedTuple):
    """What the network learns from: N faces with what they show."""

    images: np.ndarray  # (N, 64, 64, 3) uint8
    colours: np.ndarray  # (N, 2) int, rows of HAIR_COLOURS and of EYE_COLOURS
    attributes: np.ndarray  # (N, A) int8: 1 shown, 0 not shown, -1 not labelled

    def take(self, rows: np.ndarray) -> Faces:
        """Copy some of the faces; with rows of shape (2, n), the arrays begin with (2, n)."""
        return Faces(*(array[rows] for array in self))


def build() -> keras.Model:
    """Build the network: (B, 64, 64, 3) in [0, 255] -> logits.

    These are of hair (B, 12), of eyes (B, 10) and of ATTRIBUTES (B, A). The trunk is a residual
    network (He et al. 2016) whose last layers keep the places of what they see: eyes are small,
    and in the same place in every face. The layer `features`, (B, 96), is what faces are compared
    by; the attributes have a layer of their own beside it.
    """
    import keras

    layers = keras.layers
    images = keras.Input((SIZE, SIZE, 3), name=INPUT)
    x = layers.Rescaling(1 / 127.5, -1)(images)
    x = layers.RandomFlip("horizontal")(x)
    x = layers.RandomTranslation(SHIFT, SHIFT, fill_mode="reflect")(x)
    seen = _trunk(x)

    features = layers.Dense(FEATURES, activation="relu", name="features")(seen)
    x = layers.Dropout(DROPOUT)(features)
    hair = layers.Dense(len(HAIR_COLOURS), name="hair")(x)
    eyes = layers.Dense(len(EYE_COLOURS), name="eyes")(x)
    x = layers.Dense(ATTRIBUTE_WIDTH, activation="relu")(seen)
    x = layers.Dropout(DROPOUT)(x)
    attributes = layers.Dense(len(ATTRIBUTES), name="attributes")(x)
    return keras.Model(images, [hair, eyes, attributes], name="classifier")


def _trunk(x):
    """Return what is seen in faces: (B, 64, 64, 3) -> (B, 2048)."""
    import keras

    layers = keras.layers
    for channels in (32, 64, 96):  # (B, 32, 32, 32), (B, 16, 16, 64), (B, 8, 8, 96)
        x = layers.ReLU()(_convolution(x, channels, 4, stride=2))
        x = _residual_block(x, channels)
    x = layers.ReLU()(_convolution(x, 128, 4, stride=2))  # (B, 4, 4, 128)
    return layers.Dropout(DROPOUT)(layers.Flatten()(x))


def _residual_block(x, channels: int):
    """Add two convolutions of the input to it; the shape stays."""
    import keras

    inner = keras.layers.ReLU()(_convolution(x, channels, 3))
    return keras.layers.ReLU()(x + _convolution(inner, channels, 3))


def _convolution(x, channels: int, kernel: int, stride: int = 1):
    """Convolve and normalise over the batch."""
    import keras

    layers = keras.layers
    x = layers.Conv2D(channels, kernel, stride, padding="same", use_bias=False)(x)
    return layers.BatchNormalization()(x)


def attribute_loss(labels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """Return the cross-entropies of the attributes, summed over those that are labelled.

    Args:
        labels: (B, A): 1, 0, or -1 where unknown, which counts nothing.
        logits: (B, A).

    Returns:
        (B,) float32.
    """
    import tensorflow as tf

    labels = tf.cast(labels, logits.dtype)
    doubted = tf.clip_by_value(labels, DOUBT, 1 - DOUBT)
    losses = tf.nn.sigmoid_cross_entropy_with_logits(labels=doubted, logits=logits)
    return tf.reduce_sum(tf.where(labels < 0, 0.0, losses), axis=-1)


def fit(model: keras.Model, faces: Faces, epochs: int) -> None:
    """Train a model from `build`.

    Args:
        model: Trained in place.
        faces: What it learns from; no colour is unknown.
        epochs: Passes over the faces. Those with labelled attributes are seen 1 + EXTRA times.
    """
    import keras
    import tensorflow as tf

    labelled = np.flatnonzero((faces.attributes >= 0).any(axis=1))
    rows = np.concatenate([np.arange(len(faces.images)), np.tile(labelled, EXTRA)])
    steps = epochs * (len(rows) // TRAIN_BATCH)
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=SMOOTHING)
    model.compile(
        keras.optimizers.AdamW(
            keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps), WEIGHT_DECAY
        ),
        loss=[loss, loss, attribute_loss],
        metrics=[["accuracy"], ["accuracy"], []],
    )
    seen = faces.take(rows)
    hair, eyes = seen.colours.T
    targets = np.eye(len(HAIR_COLOURS))[hair], np.eye(len(EYE_COLOURS))[eyes], seen.attributes
    data = tf.data.Dataset.from_tensor_slices((seen.images, targets))
    data = data.shuffle(len(rows)).batch(TRAIN_BATCH, drop_remainder=True).prefetch(2)
    model.fit(data, epochs=epochs, verbose=2, shuffle=False)  # the data is shuffled already


def export(model: keras.Model) -> bytes:
    """Convert a model for LiteRT: images -> (BATCH, 12 + 10 + A + 96).

    These are the probabilities of both colours and of the attributes, and the features.
    """
    import keras

    layers = keras.layers
    hair, eyes, attributes = model.outputs
    colours = [layers.Softmax()(logits) for logits in (hair, eyes)]
    shown = layers.Activation("sigmoid")(attributes)
    features = model.get_layer("features").output
    joined = layers.Concatenate()([*colours, shown, features])
    return convert(keras.Model(model.inputs, joined), BATCH, half=True)

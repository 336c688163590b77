"""Trains the classifier that faces are measured by, on tagged faces.

    python3 train_classifier.py --data FACES.zip

writes `model/classifier/`: the network, and what it makes of the faces that were held out. These
are two halves with the same number of faces of every pair of colours, so that a set of drawn faces
can be compared with one half, and the other half with it too: that is the best that can be had.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import config
from commands.options import whole
from config import CLASSIFIER, ProjectError, UsageError
from dataset.cache import load_dataset
from dataset.faces import Dataset
from evaluation.classifier import BATCH, FEATURES, MODEL, SIZE, Classifier
from evaluation.patches import diversity, patch_quantiles, sliced_wasserstein
from evaluation.real_faces import REAL, RealFaces
from files.litert import convert
from files.writing import replacing
from text.colours import EYE_COLOURS, HAIR_COLOURS, pair_index, parse_labels

if TYPE_CHECKING:
    import keras

HELD_OUT = 20  # faces of each pair of colours in either half; evaluate draws as many
EPOCHS, TRAIN_BATCH = 30, 64
LEARNING_RATE, WEIGHT_DECAY = 2e-3, 2e-2  # AdamW
SMOOTHING = 0.1  # of the labels: tags are wrong at times, and colours shade into each other
DROPOUT = 0.3
SHIFT = 0.08  # largest shift of a face, share of its side


def split(labels: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Holds out two halves of like colours.

    Args:
        labels: (N, 2), -1 where unknown.
        seed: Decides which faces of a pair.

    Returns:
        The rows of both halves, (2, n), those of a pair at the same places; and the other rows
        that have both labels.
    """
    shuffled = np.random.default_rng(seed).permutation(len(labels))
    shuffled = shuffled[(labels[shuffled] >= 0).all(axis=1)]
    pairs = pair_index(labels[shuffled])
    halves = [[], []]
    for pair in np.unique(pairs):
        members = shuffled[pairs == pair]
        if len(members) > 2 * HELD_OUT:
            halves[0] += list(members[:HELD_OUT])
            halves[1] += list(members[HELD_OUT : 2 * HELD_OUT])
    others = np.setdiff1d(shuffled, np.ravel(halves))
    return np.array(halves), others


def build() -> keras.Model:
    """Images (B, 64, 64, 3) in [0, 255] to the logits of hair (B, 12) and eyes (B, 10).

    A residual network (He et al. 2016) whose read-out keeps the places: eyes are small, and in
    the same place in every face. The layer `features`, (B, 96), is what faces are compared by.
    """
    import keras

    layers = keras.layers

    def norm(x, channels, kernel, stride=1):
        x = layers.Conv2D(channels, kernel, stride, padding="same", use_bias=False)(x)
        return layers.BatchNormalization()(x)

    images = keras.Input((SIZE, SIZE, 3), name="pictures")
    x = layers.Rescaling(1 / 127.5, -1)(images)
    x = layers.RandomFlip("horizontal")(x)
    x = layers.RandomTranslation(SHIFT, SHIFT, fill_mode="reflect")(x)
    for channels in (32, 64, 96):  # (B, 32, 32, 32), (B, 16, 16, 64), (B, 8, 8, 96)
        x = layers.ReLU()(norm(x, channels, 4, stride=2))
        inner = layers.ReLU()(norm(x, channels, 3))
        x = layers.ReLU()(x + norm(inner, channels, 3))
    x = layers.ReLU()(norm(x, 128, 4, stride=2))  # (B, 4, 4, 128)
    x = layers.Dropout(DROPOUT)(layers.Flatten()(x))
    features = layers.Dense(FEATURES, activation="relu", name="features")(x)
    x = layers.Dropout(DROPOUT)(features)
    colours = [
        layers.Dense(len(HAIR_COLOURS), name="hair")(x),
        layers.Dense(len(EYE_COLOURS), name="eyes")(x),
    ]
    return keras.Model(images, colours, name="classifier")


def fit(model: keras.Model, images: np.ndarray, labels: np.ndarray, epochs: int) -> None:
    """Trains a model of `build` on (N, 64, 64, 3) uint8 and (N, 2) labels."""
    import keras
    import tensorflow as tf

    steps = epochs * (len(images) // TRAIN_BATCH)
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=SMOOTHING)
    model.compile(
        keras.optimizers.AdamW(
            keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps), WEIGHT_DECAY
        ),
        loss=[loss, loss],
        metrics=[["accuracy"], ["accuracy"]],
    )
    one_hot = (np.eye(len(HAIR_COLOURS))[labels[:, 0]], np.eye(len(EYE_COLOURS))[labels[:, 1]])
    data = tf.data.Dataset.from_tensor_slices((images, one_hot))
    data = data.shuffle(len(images)).batch(TRAIN_BATCH, drop_remainder=True).prefetch(2)
    model.fit(data, epochs=epochs, verbose=2, shuffle=False)  # the data is shuffled already


def export(model: keras.Model) -> bytes:
    """The LiteRT form: images to (BATCH, 12 + 10 + 96), probabilities and features."""
    import keras

    hair, eyes = (keras.layers.Softmax()(logits) for logits in model.outputs)
    features = model.get_layer("features").output
    joined = keras.layers.Concatenate()([hair, eyes, features])
    return convert(keras.Model(model.inputs, joined), BATCH, half=True)


def real_faces(classifier: Classifier, halves: np.ndarray, labels: np.ndarray) -> RealFaces:
    """What the classifier makes of two halves of images, (2, n, 64, 64, 3), of those labels."""
    judged = [classifier.judge(half) for half in halves]
    features = np.stack([one.features for one in judged])
    patches = [patch_quantiles(half) for half in halves]
    variety = diversity(halves[0], pair_index(labels), features[0])
    return RealFaces(
        labels=labels,
        judged=np.stack([one.colours() for one in judged]),
        features=features,
        patches=patches[0],
        patches_apart=sliced_wasserstein(*patches),
        variety=np.array([spread.mean for spread in variety]),
    )


def train(data: Dataset, directory: Path, epochs: int, seed: int) -> RealFaces:
    """Trains a classifier, writes it, and returns what it makes of the faces held out.

    Raises:
        ProjectError: There are too few faces of every pair of colours.
    """
    import keras

    labels = parse_labels(data.captions)[data.caption_ids]
    halves, others = split(labels, seed)
    if not halves.size or len(others) < TRAIN_BATCH:
        raise ProjectError(
            f"--data has no pair of colours with over {2 * HELD_OUT} faces, or fewer than "
            f"{TRAIN_BATCH} faces beside these: captions must name one colour of hair and one of "
            "eyes, as in 'blue hair red eyes'."
        )
    keras.utils.set_random_seed(seed)
    model = build()
    fit(model, data.images[others], labels[others], epochs)
    network = export(model)
    faces = np.stack([data.images[half] for half in halves])
    with tempfile.TemporaryDirectory() as scratch:
        Path(scratch, MODEL).write_bytes(network)
        real = real_faces(Classifier.load(Path(scratch)), faces, labels[halves[0]])
    kinds = {"labels": np.uint8, "judged": np.uint8, "features": np.float16, "patches": np.float16}
    arrays = real._asdict() | {n: getattr(real, n).astype(kind) for n, kind in kinds.items()}
    directory.mkdir(parents=True, exist_ok=True)
    with replacing(directory / MODEL) as file:
        file.write(network)
    with replacing(directory / REAL) as file:
        np.savez_compressed(file, **arrays)
    return real


def main(arguments: list[str] | None = None) -> int:
    """Runs the command; returns its exit status."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--data", type=Path, required=True, help="folder or .zip of tagged faces")
    parser.add_argument("--tags", type=Path, help="their tags. Default: found beside them")
    parser.add_argument("--output", type=Path, default=CLASSIFIER, help="folder to write")
    parser.add_argument("--epochs", type=int, default=EPOCHS, help=f"default: {EPOCHS}")
    parser.add_argument(
        "--seed", type=whole(0, 2**32 - 1), default=0, help="decides every random number"
    )
    options = parser.parse_args(arguments)
    try:
        if options.epochs < 1:
            raise UsageError(f"--epochs must be 1 or more. Received: {options.epochs}")
        data = load_dataset(options.data, options.tags, SIZE, config.CACHE)
        real = train(data, options.output, options.epochs, options.seed)
    except ProjectError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("Stopped: nothing was written.", file=sys.stderr)
        return 130
    hair, eyes = (real.judged == real.labels).mean(axis=(0, 1))
    print(f"Wrote {options.output}")
    print(f"right on {2 * len(real.labels):,} faces held out: hair {hair:.3f}, eyes {eyes:.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

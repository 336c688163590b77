"""Train the classifier that faces are measured by, on tagged faces.

    python3 -m tools.train_classifier --data FACES.zip

writes `model/classifier/`: the network, and its results on the faces that were held out. These
form two halves with the same number of faces of every colour pair. Generated faces can be compared
with one half. The other half, compared with it too, shows the best figure that is possible.
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
from evaluation.classifier import BATCH, FEATURES, INPUT, MODEL, SIZE, Classifier
from evaluation.diversity import diversity
from evaluation.patches import patch_quantiles, sliced_wasserstein
from evaluation.real_faces import PER_PAIR, REAL, RealFaces
from files.litert import convert
from files.writing import replacing
from text.colours import EYE_COLOURS, HAIR_COLOURS, pair_index, parse_labels

if TYPE_CHECKING:
    import keras

EPOCHS, TRAIN_BATCH = 30, 64
LEARNING_RATE, WEIGHT_DECAY = 2e-3, 2e-2  # AdamW
SMOOTHING = 0.1  # of the labels: some tags are wrong, and colours shade into each other
DROPOUT = 0.3
SHIFT = 0.08  # largest shift of a face, as a share of its side


def split(labels: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Hold out two halves with the same colours.

    Args:
        labels: (N, 2) int, -1 where unknown.
        seed: Decides which faces of a pair are held out.

    Returns:
        The rows of both halves, (2, n), with equal pairs at equal places; and the rows of all
        other faces with both labels, (M,).
    """
    shuffled = np.random.default_rng(seed).permutation(len(labels))
    shuffled = shuffled[(labels[shuffled] >= 0).all(axis=1)]
    pairs = pair_index(labels[shuffled])
    halves: tuple[list[int], list[int]] = ([], [])
    for pair in np.unique(pairs):
        members = shuffled[pairs == pair]
        if len(members) > 2 * PER_PAIR:
            halves[0].extend(members[:PER_PAIR])
            halves[1].extend(members[PER_PAIR : 2 * PER_PAIR])
    others = np.setdiff1d(shuffled, np.ravel(halves))
    return np.array(halves), others


def build() -> keras.Model:
    """Build the network: (B, 64, 64, 3) in [0, 255] -> logits of hair (B, 12) and eyes (B, 10).

    It is a residual network (He et al. 2016) whose last layers keep the places of what they see:
    eyes are small, and in the same place in every face. The layer `features`, (B, 96), is what
    faces are compared by.
    """
    import keras

    layers = keras.layers

    def convolution(x, channels, kernel, stride=1):
        x = layers.Conv2D(channels, kernel, stride, padding="same", use_bias=False)(x)
        return layers.BatchNormalization()(x)

    images = keras.Input((SIZE, SIZE, 3), name=INPUT)
    x = layers.Rescaling(1 / 127.5, -1)(images)
    x = layers.RandomFlip("horizontal")(x)
    x = layers.RandomTranslation(SHIFT, SHIFT, fill_mode="reflect")(x)
    for channels in (32, 64, 96):  # (B, 32, 32, 32), (B, 16, 16, 64), (B, 8, 8, 96)
        x = layers.ReLU()(convolution(x, channels, 4, stride=2))
        inner = layers.ReLU()(convolution(x, channels, 3))
        x = layers.ReLU()(x + convolution(inner, channels, 3))
    x = layers.ReLU()(convolution(x, 128, 4, stride=2))  # (B, 4, 4, 128)
    x = layers.Dropout(DROPOUT)(layers.Flatten()(x))
    features = layers.Dense(FEATURES, activation="relu", name="features")(x)
    x = layers.Dropout(DROPOUT)(features)
    colours = [
        layers.Dense(len(HAIR_COLOURS), name="hair")(x),
        layers.Dense(len(EYE_COLOURS), name="eyes")(x),
    ]
    return keras.Model(images, colours, name="classifier")


def fit(model: keras.Model, images: np.ndarray, labels: np.ndarray, epochs: int) -> None:
    """Train a model from `build`.

    Args:
        model: Trained in place.
        images: (N, 64, 64, 3) uint8.
        labels: (N, 2) int, none unknown.
        epochs: Passes over the images.
    """
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
    """Convert a model for LiteRT: images -> (BATCH, 12 + 10 + 96), probabilities and features."""
    import keras

    hair, eyes = (keras.layers.Softmax()(logits) for logits in model.outputs)
    features = model.get_layer("features").output
    joined = keras.layers.Concatenate()([hair, eyes, features])
    return convert(keras.Model(model.inputs, joined), BATCH, half=True)


def judge_halves(classifier: Classifier, halves: np.ndarray, labels: np.ndarray) -> RealFaces:
    """Return what a classifier makes of the real faces that were held out.

    Args:
        classifier: The classifier, trained on other faces.
        halves: (2, n, 64, 64, 3) uint8.
        labels: (n, 2) int, the colours of either half.
    """
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
        variety=np.array([distances.mean for distances in variety]),
    )


def train(data: Dataset, directory: Path, epochs: int, seed: int) -> RealFaces:
    """Train a classifier and write it with its results on the faces held out.

    Args:
        data: Tagged faces of 64 px.
        directory: Folder to write to.
        epochs: Passes over the faces.
        seed: Decides every random number.

    Returns:
        The results that were written, before rounding to half precision.

    Raises:
        ProjectError: No colour pair has enough faces to hold out, or too few faces are left.
    """
    import keras

    labels = parse_labels(data.captions)[data.caption_ids]
    halves, others = split(labels, seed)
    if not halves.size or len(others) < TRAIN_BATCH:
        raise ProjectError(
            f"--data needs a colour pair with more than {2 * PER_PAIR} faces, and at least "
            f"{TRAIN_BATCH} faces besides those held out. Captions must name one hair colour and "
            "one eye colour, as in 'blue hair red eyes'."
        )
    keras.utils.set_random_seed(seed)
    model = build()
    fit(model, data.images[others], labels[others], epochs)
    network = export(model)
    faces = np.stack([data.images[half] for half in halves])
    with tempfile.TemporaryDirectory() as scratch:
        Path(scratch, MODEL).write_bytes(network)
        real = judge_halves(Classifier.load(Path(scratch)), faces, labels[halves[0]])
    kinds = {"labels": np.uint8, "judged": np.uint8, "features": np.float16, "patches": np.float16}
    arrays = real._asdict() | {n: getattr(real, n).astype(kind) for n, kind in kinds.items()}
    directory.mkdir(parents=True, exist_ok=True)
    with replacing(directory / MODEL) as file:
        file.write(network)
    with replacing(directory / REAL) as file:
        np.savez_compressed(file, **arrays)
    return real


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python3 -m tools.train_classifier",
        description="Train the classifier that faces are measured by.",
    )
    parser.add_argument("--data", type=Path, required=True, help="folder or .zip of tagged faces")
    parser.add_argument("--tags", type=Path, help="their tags (default: found beside them)")
    parser.add_argument(
        "--output", type=Path, default=CLASSIFIER, help="folder to write (default: %(default)s)"
    )
    parser.add_argument(
        "--epochs", type=int, default=EPOCHS, help="passes over the faces (default: %(default)s)"
    )
    parser.add_argument(
        "--seed",
        type=whole(0, 2**32 - 1),
        default=0,
        help="decides every random number (default: %(default)s)",
    )
    options = parser.parse_args(arguments)
    config.prepare_environment()
    try:
        if options.epochs < 1:
            raise UsageError(f"--epochs must be 1 or more. Received: {options.epochs}")
        data = load_dataset(options.data, options.tags, SIZE, config.CACHE)
        real = train(data, options.output, options.epochs, options.seed)
    except ProjectError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("Stopped. Nothing was written.", file=sys.stderr)
        return 130
    hair, eyes = (real.judged == real.labels).mean(axis=(0, 1))
    print(f"Wrote {options.output}")
    print(f"right on {2 * len(real.labels):,} held-out faces: hair {hair:.3f}, eyes {eyes:.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

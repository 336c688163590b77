"""Train the network that finds broken faces, on faces that people marked.

    python3 -m tools.train_inspector --data FACES.zip --labels tools/labels/broken_faces*.csv

writes `model/inspector/`. Drawn faces are drawn again from what the labels say of them, as far as
their models are there (`--model`). Besides, the network sees real faces that are whole, and the
same with an eye or the mouth wiped, moved, doubled or smeared.
"""

from __future__ import annotations

import argparse
import json
import sys
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy import ndimage, stats

import config
from checkpoints import checkpoint
from commands.values import whole
from config import INSPECTOR, PRETRAINED, UsageError, reporting
from dataset.cache import load_dataset
from dataset.faces import Dataset
from files import litert
from files.paths import AnyPath
from files.provenance import HASH_DIGITS
from files.writing import replacing, writable_folder
from inspector import ABOUT, BATCH, INPUT, MODEL, SIZE
from sampler import Sampler
from tools.attribute_labels import read_table
from tools.broken_faces import FACE_COLUMNS, WHOLE, Face, draw

if TYPE_CHECKING:
    import keras

EPOCHS = 12
HELD_OUT = 5  # every 5th face is not learnt from
LEAST = 20  # faces of a kind, at least
FLAGGED = 0.3  # share of the drawn faces, not learnt from, above the threshold
TRAIN_BATCH, REAL, DAMAGED = 64, 8, 8  # faces a step; real ones that nobody read; damaged ones
RATE, DECAY = 3e-4, 1e-2  # AdamW
DROPOUT = 0.4
DOUBT = 0.05  # how probable it is that a face that nobody read is not what it is taken for
SHIFT = 4 / SIZE  # largest shift of a face, as a share of its side
EYES, MOUTH = ((22, 28), (42, 28)), (32, 40)  # x, y in px: where they are in faces of the data set


class Marked(NamedTuple):
    """Faces that people read."""

    images: np.ndarray  # (N, 64, 64, 3) uint8
    marks: np.ndarray  # (N,) float32, share of the readings that found it broken
    model: np.ndarray  # (N,) str, `Face.model_hash`; empty: a real face

    def take(self, rows: np.ndarray) -> Marked:
        """Return some of the faces."""
        return Marked(*(values[rows] for values in self))


def read_marks(paths: Sequence[Path]) -> dict[Face, list[bool]]:
    """Read what people saw in faces: for each face, whether it was broken, by reading.

    Raises:
        UsageError: A file cannot be read, or lacks a column.
    """
    found: dict[Face, list[bool]] = {}
    for path in paths:
        for row in read_table(path, "--labels", (*FACE_COLUMNS, "first", "second")):
            face = Face.of(row)
            seen = [row[column] for column in ("first", "second") if row[column]]
            found.setdefault(face, []).extend(mark != WHOLE for mark in seen)
    return found


def gather(marks: dict[Face, list[bool]], data: Dataset, samplers: Sequence[Sampler]) -> Marked:
    """Return the marked faces that are in the data or can be drawn again.

    Raises:
        UsageError: There are too few to learn from.
    """
    rows = {PurePosixPath(name).stem: row for row, name in enumerate(data.names)}
    groups = [[face for face in marks if not face.model_hash and face.id in rows]]
    images = [data.read(np.array([rows[face.id] for face in groups[0]], int))]
    for sampler in samplers:
        known = sampler.fingerprint[:HASH_DIGITS]
        if faces := [face for face in marks if face.model_hash == known]:
            groups.append(faces)
            images.append(draw(sampler, faces))
    faces = [face for group in groups for face in group]
    hashes = np.array([face.model_hash for face in faces])
    broken = np.array([np.mean(marks[face]) for face in faces], np.float32)
    for known in ("", samplers[0].fingerprint[:HASH_DIGITS]):
        of_one = broken[hashes == known] >= 0.5
        if not LEAST <= of_one.sum() <= len(of_one) - LEAST:
            what = f"drawn by {samplers[0].path}" if known else "of --data"
            raise UsageError(
                f"--labels has {of_one.sum()} broken and {(~of_one).sum()} whole faces {what}. It "
                f"takes {LEAST} of each: label more, as tools/labels/README.md says."
            )
    return Marked(np.concatenate(images), broken, hashes)


def damage(face: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Wipe, move, double or smear an eye or the mouth, (64, 64, 3) float32 -> (64, 64, 3).

    The places are those of the shipped model's data; they vary a little.
    """
    kind = random.choice(["wiped", "moved", "doubled", "smeared"])
    x, y = (MOUTH, *EYES)[random.integers(3)] + random.normal(0, 1.5, 2)
    down, across = np.mgrid[:SIZE, :SIZE]
    width, height = random.uniform(4, 7.5), random.uniform(3, 6.5)
    away = ((across - x) / width) ** 2 + ((down - y) / height) ** 2
    place = np.clip(1.6 - away, 0, 1)[..., None]  # 1 inside, falling to 0
    shift = random.choice([-1, 1], 2) * [random.integers(4, 8), random.integers(0, 5)]
    around = np.median(face[(away > 1.6) & (away < 3)], axis=0)
    wiped = face + place * (around - face)
    if kind == "wiped":
        return wiped
    if kind == "smeared":
        blurred = ndimage.uniform_filter1d(
            face, int(random.integers(5, 10)), int(random.integers(2))
        )
        return face + place * (blurred - face)
    there, copy = (np.roll(array, shift, (0, 1)) for array in (place, face))
    under = wiped if kind == "moved" else face
    return under + there * (copy - under)


def batches(
    marked: Marked, data: Dataset, steps: int, random: np.random.Generator
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield faces, (B, 64, 64, 3) float32 in [0, 255], and how probably they are broken, (B, 1)."""
    for _ in range(steps):
        rows = random.integers(len(marked.images), size=TRAIN_BATCH - REAL)
        real = data.read(random.integers(len(data), size=REAL))
        images = np.concatenate([real, marked.images[rows]]).astype(np.float32)
        broken = np.concatenate([np.full(REAL, DOUBT), marked.marks[rows]])
        # Of either kind alike: what is real must not seem broken for that.
        for row in random.choice(TRAIN_BATCH, DAMAGED, replace=False):
            images[row], broken[row] = damage(images[row], random), 1 - DOUBT
        yield images, broken[:, None].astype(np.float32)


def build(path: AnyPath) -> keras.Model:
    """Build the network from the convolutions of a model's discriminator.

    Args:
        path: The model's checkpoint.

    Returns:
        (B, 64, 64, 3) in [0, 255] -> (B, 1), probabilities.
    """
    import keras

    import model

    layers = keras.layers
    header = checkpoint.read_header(path)
    discriminator = model.discriminator(header.model)
    checkpoint.restore(path, {"discriminator": discriminator})
    trunk = keras.Model(discriminator.inputs[0], discriminator.get_layer("last").output)
    images = keras.Input((SIZE, SIZE, 3), name=INPUT)
    x = layers.RandomFlip("horizontal")(images)
    # To whole pixels: what is blurred would seem smeared.
    x = layers.RandomTranslation(SHIFT, SHIFT, fill_mode="reflect", interpolation="nearest")(x)
    # What is broken does not depend on colours, and some are rare.
    x = layers.RandomHue(1.0)(x)
    x = layers.RandomSaturation((0.3, 0.6))(x)
    x = layers.LeakyReLU(0.2)(trunk(layers.Rescaling(1 / 127.5, -1)(x)))
    x = layers.Concatenate()([layers.GlobalAveragePooling2D()(x), layers.GlobalMaxPooling2D()(x)])
    x = layers.Dense(1, activation="sigmoid")(layers.Dropout(DROPOUT)(x))
    return keras.Model([images], x)


def fit(model: keras.Model, marked: Marked, data: Dataset, epochs: int, seed: int) -> None:
    """Train a model from `build`, in place.

    Args:
        model: The network.
        marked: Faces to learn from.
        data: Real faces, nearly all of them whole.
        epochs: Passes over the marked faces.
        seed: Decides the order and the damage.
    """
    import keras

    steps = len(marked.images) // TRAIN_BATCH
    schedule = keras.optimizers.schedules.CosineDecay(RATE, epochs * steps)
    model.compile(keras.optimizers.AdamW(schedule, DECAY), keras.losses.BinaryCrossentropy())
    source = batches(marked, data, epochs * steps, np.random.default_rng(seed))
    model.fit(source, epochs=epochs, steps_per_epoch=steps, shuffle=False, verbose=2)


def area(broken: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the area under the ROC curve: how probably a broken face ranks above a whole one.

    Args:
        broken: (N,) bool, both kinds.
        probabilities: (N,).
    """
    ranked = stats.mannwhitneyu(probabilities[broken], probabilities[~broken])
    return float(ranked.statistic / (broken.sum() * (~broken).sum()))


def describe(probabilities: np.ndarray, held_out: Marked, models: list[str]) -> dict[str, Any]:
    """Choose the threshold, and describe what becomes of faces that were not learnt from.

    Args:
        probabilities: (N,), what the network says of them.
        held_out: These faces. Figures are of those of the first model, and of real ones.
        models: Fingerprints of all models whose faces it learnt from.

    Returns:
        What `inspector.json` holds.
    """
    broken = held_out.marks >= 0.5
    drawn, real = held_out.model == models[0][:HASH_DIGITS], held_out.model == ""
    threshold = np.quantile(probabilities[drawn], 1 - FLAGGED)
    flagged = probabilities >= threshold
    figures = {
        "threshold": threshold,
        "area": area(broken[drawn], probabilities[drawn]),
        "area of real faces": area(broken[real], probabilities[real]),
        "marked": broken[drawn].mean(),
        "real": broken[real].mean(),
        "expected": probabilities[drawn].mean(),
        "expected of real faces": probabilities[real].mean(),
        "marked below the threshold": broken[drawn & ~flagged].mean(),
        "real faces above the threshold": flagged[real].mean(),
    }
    rounded = {name: round(float(figure), 4) for name, figure in figures.items()}
    return {"models": models, **rounded, "faces": int(drawn.sum()), "real faces": int(real.sum())}


@reporting
def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python3 -m tools.train_inspector",
        description="Train the network that finds broken faces.",
    )
    parser.add_argument("--data", type=Path, required=True, help="folder or .zip of the real faces")
    parser.add_argument(
        "--labels", type=Path, required=True, nargs="+", help="CSVs of tools.broken_faces --labels"
    )
    parser.add_argument(
        "--model",
        nargs="+",
        default=[PRETRAINED.name],
        help="folders of models whose faces are labelled; from the first's discriminator the "
        "network begins (default: %(default)s)",
    )
    parser.add_argument(
        "--output", type=Path, default=INSPECTOR, help="folder to write (default: %(default)s)"
    )
    parser.add_argument(
        "--epochs",
        type=whole(1, 1000),
        default=EPOCHS,
        help="passes over the marked faces (default: %(default)s)",
    )
    parser.add_argument(
        "--seed",
        type=whole(0, 2**32 - 1),
        default=0,
        help="decides every random number (default: %(default)s)",
    )
    options = parser.parse_args(arguments)
    config.prepare_environment()
    import keras

    output = writable_folder("--output", options.output)
    samplers = [Sampler.load(name) for name in options.model]
    data = load_dataset(options.data, None, SIZE, config.CACHE)
    marked = gather(read_marks(options.labels), data, samplers)
    held_out = np.random.default_rng(options.seed).permutation(len(marked.images)) % HELD_OUT == 0
    print(f"{held_out.size:,} marked faces, {held_out.sum():,} of them held out")
    keras.utils.set_random_seed(options.seed)
    network = build(samplers[0].path)
    fit(network, marked.take(~held_out), data, options.epochs, options.seed)
    rest = marked.take(held_out)
    about = describe(
        network.predict(rest.images.astype(np.float32), verbose=0)[:, 0],
        rest,
        [sampler.fingerprint for sampler in samplers],
    )
    exported = litert.convert(network, BATCH, half=True)
    about["checksum"] = zlib.crc32(exported)
    with replacing(output / MODEL) as file:
        file.write(exported)
    with replacing(output / ABOUT) as file:
        file.write(json.dumps(about, indent=1).encode() + b"\n")
    for name, value in about.items():
        if name != "models":
            print(f"{name:32}{value}")
    print(f"Wrote {output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

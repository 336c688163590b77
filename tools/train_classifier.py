"""Train the classifier that faces are measured by, on tagged faces.

    python3 -m tools.train_classifier --data FACES.zip --labels tools/labels/face_labels.csv

writes `model/classifier/`: the network, how far its attributes are to be trusted, and its results
on the faces that were held out. These form two halves with the same number of faces of every
colour pair. Generated faces can be compared with one half. The other half, compared with it too,
shows the best figure that is possible.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np

import config
from commands.options import whole
from config import CLASSIFIER, ProjectError, UsageError, reporting
from dataset.cache import load_dataset
from evaluation.attributes import ATTRIBUTES, TRUST, Trust, trust_as_json
from evaluation.classifier import MODEL, SIZE, Classifier, Judged
from evaluation.diversity import diversity
from evaluation.patches import patch_quantiles, sliced_wasserstein
from evaluation.real_faces import PER_PAIR, REAL, RealFaces
from files.writing import replacing
from text.colours import pair_index, parse_labels
from tools.attribute_labels import read_attributes, read_repeats
from tools.attribute_trust import measure_trust
from tools.classifier_network import TRAIN_BATCH, Faces, build, export, fit

EPOCHS = 30


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


def describe_halves(judged: list[Judged], faces: Faces) -> RealFaces:
    """Return what a classifier makes of the real faces that were held out.

    Args:
        judged: What it says of either half; it was trained on other faces.
        faces: The halves, (2, n).
    """
    labels = faces.colours[0]
    features = np.stack([one.features for one in judged])
    patches = [patch_quantiles(half) for half in faces.images]
    variety = diversity(faces.images[0], pair_index(labels), features[0])
    return RealFaces(
        labels=labels,
        judged=np.stack([one.colours() for one in judged]),
        features=features,
        patches=patches[0],
        patches_apart=sliced_wasserstein(*patches),
        variety=np.array([distances.mean for distances in variety]),
    )


def train(faces: Faces, directory: Path, epochs: int, seed: int) -> tuple[RealFaces, Trust]:
    """Train a classifier and write it with its results on the faces held out.

    Args:
        faces: Tagged faces; those with an unknown colour are neither learnt nor held out.
        directory: Folder to write to.
        epochs: Passes over the faces.
        seed: Decides every random number.

    Returns:
        The results that were written, before rounding.

    Raises:
        ProjectError: No colour pair has enough faces to hold out, too few faces are left, or an
            attribute has no labels in a half.
    """
    import keras

    halves, others = split(faces.colours, seed)
    if not halves.size or len(others) < TRAIN_BATCH:
        raise ProjectError(
            f"--data needs a colour pair with more than {2 * PER_PAIR} faces, and at least "
            f"{TRAIN_BATCH} faces besides those held out. Captions must name one hair colour and "
            "one eye colour, as in 'blue hair red eyes'."
        )
    keras.utils.set_random_seed(seed)
    model = build()
    fit(model, faces.take(others), epochs)
    return write(export(model), faces.take(halves), directory)


def write(network: bytes, held_out: Faces, directory: Path) -> tuple[RealFaces, Trust]:
    """Write a classifier with its results on the two halves that were held out."""
    with tempfile.TemporaryDirectory() as scratch:
        Path(scratch, MODEL).write_bytes(network)
        classifier = Classifier.load(Path(scratch))
        judged = [classifier.judge(half) for half in held_out.images]
    trust = measure_trust(np.stack([one.attributes for one in judged]), held_out.attributes)
    real = describe_halves(judged, held_out)
    kinds = {"labels": np.uint8, "judged": np.uint8, "features": np.float16, "patches": np.float16}
    arrays = real._asdict() | {n: getattr(real, n).astype(kind) for n, kind in kinds.items()}
    with replacing(directory / MODEL) as file:
        file.write(network)
    with replacing(directory / TRUST) as file:
        file.write(trust_as_json(trust).encode())
    with replacing(directory / REAL) as file:
        np.savez_compressed(file, **arrays)
    return real, trust


def read_faces(options: argparse.Namespace) -> Faces:
    """Read the tagged faces with their labels, those that repeat others without their colours.

    A face without colours is neither learnt nor held out.
    """
    data = load_dataset(options.data, options.tags, SIZE, config.CACHE)
    colours = parse_labels(data.captions)[data.caption_ids]
    names = data.names
    if options.repeats:
        colours[read_repeats(options.repeats, names)] = -1
    return Faces(data.images, colours, read_attributes(options.labels, names))


@reporting
def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python3 -m tools.train_classifier",
        description="Train the classifier that faces are measured by.",
    )
    parser.add_argument("--data", type=Path, required=True, help="folder or .zip of tagged faces")
    parser.add_argument("--tags", type=Path, help="their tags (default: found beside them)")
    parser.add_argument(
        "--labels", type=Path, required=True, help="CSV of what people saw in some of the faces"
    )
    parser.add_argument("--repeats", type=Path, help="CSV of faces that repeat others: id,repeats")
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
        real, trust = train(read_faces(options), options.output, options.epochs, options.seed)
    except KeyboardInterrupt:
        print("Stopped. Nothing was written.", file=sys.stderr)
        return 130
    hair, eyes = (real.judged == real.labels).mean(axis=(0, 1))
    print(f"Wrote {options.output}")
    print(f"right on {2 * len(real.labels):,} held-out faces: hair {hair:.3f}, eyes {eyes:.3f}")
    print("balanced accuracy of the attributes on those that people labelled:")
    for name, accuracy in zip(ATTRIBUTES, trust.accuracy, strict=True):
        print(f"{name:14} {accuracy:.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Makes what comes with the program from a trained model: weights, faces, figures, sheets.

    python3 ship.py model/DCGAN

writes `model/pretrained/` (the averaged generator and the discriminator in half precision, the
exported generator), `faces/` (images that the shipped generator drew, with their tags) and what
`--evaluate --model pretrained -o docs` writes. The texts beside them are left alone.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path

import numpy as np

from checkpoints import checkpoint
from config import PRETRAINED, ROOT, ProjectError
from evaluation.evaluate import evaluate
from evaluation.report import table
from files.images import save_image
from files.writing import replacing
from sampler import Sampler
from text.colours import EYE_COLOURS, HAIR_COLOURS

SHIPPED_PARTS = ("ema", "discriminator")  # what drawing and going on with training need
FACES = 200  # images of the demonstration set
SEED = 2017  # of the demonstration set: taken as they come, none picked


def weights(source: Path, target: Path = PRETRAINED) -> Path:
    """Write a save of `target` that holds the newest one of `source` in half precision.

    Args:
        source: a model folder.
        target: the folder to ship; older saves in it are removed.

    Returns:
        The new checkpoint's path.
    """
    from recipes.registry import RECIPES

    path = checkpoint.latest(source)
    if path is None:
        raise ProjectError(f"There is no model in {source}.")
    header = checkpoint.read_header(path)
    arrays = {
        name: array.astype(np.float16)
        for name, array in checkpoint.read_arrays(path).items()
        if name.split("/", 1)[0] in SHIPPED_PARTS
    }
    header = dataclasses.replace(header, data=Path(header.data).name)
    shipped = checkpoint.save(target, header, arrays, keep=1)
    # Exported from the rounded weights: LiteRT and TensorFlow draw the same, to one level of 255.
    generator = RECIPES[header.model.recipe].generator(header.model)
    checkpoint.restore(shipped, {"ema": generator})
    exported = checkpoint.export(generator, half=True)
    return checkpoint.save(target, header, arrays, exported, keep=1, compress=True)


def faces(sampler: Sampler, folder: Path) -> None:
    """Draw the demonstration set: `FACES` images and `tags.csv`, colours spread evenly."""
    pairs = [f"{hair} hair {eyes} eyes" for hair in HAIR_COLOURS for eyes in EYE_COLOURS]
    order = np.random.default_rng(SEED).permutation(len(pairs))
    texts = [pairs[order[k % len(pairs)]] for k in range(FACES)]
    images = sampler.sample(texts, [(SEED, k) for k in range(FACES)])
    for number, image in enumerate(images, start=1):
        save_image(image, folder / f"{number}.jpg", "jpg", {"description": texts[number - 1]})
    with replacing(folder / "tags.csv") as file:
        file.write("".join(f"{n},{text}\n" for n, text in enumerate(texts, start=1)).encode())


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("model", type=Path, help="folder of the trained model")
    options = parser.parse_args(arguments)
    try:
        shipped = weights(options.model)
        sampler = Sampler.load(PRETRAINED)
        faces(sampler, ROOT / "faces")
        print(table(evaluate(sampler, 0, ROOT / "docs")))
    except ProjectError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    print(f"Made {shipped}, faces/ and docs/. Look at them, then record the training.")
    return 0


if __name__ == "__main__":
    sys.exit(main())

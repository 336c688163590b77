"""Make everything that ships of a trained model: weights, faces, figures, sheets of faces.

    python3 -m tools.release model/DCGAN

writes `model/pretrained/` (the averaged generator and the discriminator in half precision, and the
exported generator), `faces/` (images by the shipped generator, with their tags) and, in `docs/`,
what `--evaluate --model pretrained` writes, with the sheets as JPEGs. The texts beside these files
are left alone.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from checkpoints import checkpoint
from config import FACES, PRETRAINED, ROOT, ProjectError, prepare_environment, reporting
from evaluation.evaluate import evaluate
from evaluation.figures import Figures
from evaluation.report import table
from files import sheets
from files.images import save_image
from files.upscaling import Upscaler
from files.writing import replacing
from sampler import Sampler
from text.colours import EYE_COLOURS, HAIR_COLOURS

SHIPPED_PARTS = ("ema", "discriminator")  # enough to generate faces and to continue training
COUNT = 200  # images of the demonstration set
ENLARGED = (  # descriptions of the sheet of enlarged faces
    *("blue hair red eyes", "pink hair green eyes", "blonde hair blue eyes"),
    *("black hair yellow eyes", "white hair purple eyes", "brown hair brown eyes"),
)
SEED = 2017  # of the demonstration set; its images were not selected


def write_weights(source: Path, target: Path = PRETRAINED) -> Path:
    """Write the newest checkpoint of a model folder in half precision.

    Args:
        source: The model folder.
        target: The folder that ships; older checkpoints in it are removed.

    Returns:
        The path of the new checkpoint.

    Raises:
        ProjectError: There is no model in `source`, or it is damaged.
    """
    from exports.half import write_half

    path = checkpoint.latest(source)
    if path is None:
        raise ProjectError(f"There is no model in {source}.")
    return write_half(path, target, SHIPPED_PARTS)


def write_faces(sampler: Sampler, folder: Path) -> None:
    """Write the demonstration set: `COUNT` faces with `tags.csv`, colours spread evenly."""
    pairs = [f"{hair} hair {eyes} eyes" for hair in HAIR_COLOURS for eyes in EYE_COLOURS]
    order = np.random.default_rng(SEED).permutation(len(pairs))
    texts = [pairs[order[k % len(pairs)]] for k in range(COUNT)]
    images = sampler.sample(texts, [(SEED, k) for k in range(COUNT)])
    for number, image in enumerate(images, start=1):
        save_image(image, folder / f"{number}.jpg", "jpg", {"description": texts[number - 1]})
    with replacing(folder / "tags.csv") as file:
        file.write("".join(f"{n},{text}\n" for n, text in enumerate(texts, start=1)).encode())


def write_figures(sampler: Sampler, folder: Path) -> Figures:
    """Evaluate a model; write `evaluation.json` and the sheets of faces as JPEGs."""
    with tempfile.TemporaryDirectory() as scratch:
        figures = evaluate(sampler, 0, Path(scratch))
        for name in ("faces", "pairs"):
            with Image.open(Path(scratch, f"{name}.png")) as sheet:
                save_image(np.asarray(sheet), folder / f"{name}.jpg", "jpg", {})
        with replacing(folder / "evaluation.json") as file:
            file.write(Path(scratch, "evaluation.json").read_bytes())
    return figures


def write_enlarged(sampler: Sampler, path: Path) -> None:
    """Write a sheet of faces as they are drawn and, below them, enlarged four times."""
    upscaler = Upscaler()
    faces = sampler.sample(ENLARGED, seed=SEED)
    large = np.stack([upscaler.enlarge(face, 4) for face in faces])
    rows = [
        sheets.Row(f"{images.shape[1]} px", images, captions)
        for images, captions in ((faces, ()), (large, ENLARGED))
    ]
    save_image(sheets.labelled_grid(rows), path, "jpg", {})


@reporting
def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python3 -m tools.release",
        description="Make everything that ships of a trained model.",
    )
    parser.add_argument("model", type=Path, help="folder of the trained model")
    options = parser.parse_args(arguments)
    prepare_environment()
    shipped = write_weights(options.model)
    sampler = Sampler.load(PRETRAINED)
    write_faces(sampler, FACES)
    write_enlarged(sampler, ROOT / "docs" / "enlarged.jpg")
    print(table(write_figures(sampler, ROOT / "docs")))
    print(f"Made {shipped}, faces/ and docs/. Look at them, then update the training record.")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Give a trained model another sentence encoder.

    python3 -m tools.change_encoder MODEL OUTPUT --encoder DIR

Only the layers that take sentence vectors depend on the encoder. They are linear, so they are
fitted by least squares: for vectors of the new encoder, they return what they returned for those of
the old one. All that a model has learnt of images stays. It should then be trained on, and can
learn to heed what only the new encoder hears.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from checkpoints import checkpoint
from checkpoints.checkpoint import Header
from config import DEFAULT, TEXT_ENCODER, ModelConfig, UsageError, prepare_environment, reporting
from skipthoughts_encoder import Encoder, load_encoder
from text.attributes import ATTRIBUTE_OF, COLOUR_FACTS
from tools.encoder_probe import labelled_texts

TEXTS = 40_000  # that the layers are fitted to
RIDGE = 1e-3  # penalty on the squared weights, per text
NOTHING = "a girl"  # stands for all texts that state no colour


def paired_texts(count: int, seed: int) -> Iterator[tuple[str, str]]:
    """Yield texts for the new encoder, each with a plain one of the same colours for the old.

    The old encoder hears colours alone. What else the new one hears should leave the image as it
    is, so it is left out of the plain text.

    Args:
        count: Number of texts.
        seed: The same seed gives the same texts.
    """
    for text, facts in labelled_texts(count, seed):
        colours = [
            name
            for name, stated in facts.items()
            if stated and ATTRIBUTE_OF.get(name) in COLOUR_FACTS
        ]
        yield text, " ".join(sorted(colours, key=lambda name: name.endswith("eyes"))) or NOTHING


def translate(
    arrays: dict[str, np.ndarray], old: np.ndarray, new: np.ndarray
) -> dict[str, np.ndarray]:
    """Fit the text layers to another encoder's vectors.

    Args:
        arrays: `part/variable` -> array, of a checkpoint.
        old: (N, D) vectors of the encoder that the model was trained with.
        new: (N, D') vectors of the other encoder, of texts with the same meaning.

    Returns:
        All arrays of the networks. The optimizers' are left out.
    """
    kept = {name: array for name, array in arrays.items() if "optimizer/" not in name}
    mean = new.mean(axis=0)
    scale = 1 / np.sqrt(np.maximum(new.var(axis=0), new.var(axis=0).mean() + 1e-8))
    x = (new - mean) * scale  # (N, D')
    gram = x.T @ x + RIDGE * len(x) * np.eye(x.shape[1])
    for name in [name for name in kept if name.endswith("_embedding/kernel")]:
        layer, network = name.removesuffix("/kernel"), name.split("/")[0]
        standard = (old - arrays[f"{network}/standardize/mean"]) * arrays[
            f"{network}/standardize/scale"
        ]
        wanted = standard @ arrays[name]  # (N, K)
        kept[name] = np.linalg.solve(gram, x.T @ (wanted - wanted.mean(axis=0)))
        if f"{layer}/bias" in kept:
            kept[f"{layer}/bias"] = arrays[f"{layer}/bias"] + wanted.mean(axis=0)
    for name in kept:
        if name.endswith("standardize/mean"):
            kept[name] = mean
        elif name.endswith("standardize/scale"):
            kept[name] = scale
    return {name: array.astype(np.float32) for name, array in kept.items()}


def change_encoder(source: Path, output: Path, encoder: Encoder, seed: int) -> Path:
    """Write a model that works with another encoder, at step 0 of its training.

    Args:
        source: A checkpoint of the default recipe.
        output: The model folder to write; it must hold no model.
        encoder: The new encoder.
        seed: Decides the texts.

    Returns:
        The checkpoint that was written.

    Raises:
        UsageError: The checkpoint is of another recipe, or `output` holds a model.
        ProjectError: The checkpoint cannot be read, or its encoder is not found.
    """
    from recipes.registry import build_generator

    header = checkpoint.read_header(source)
    if header.model.recipe != DEFAULT:
        raise UsageError(f"{source} is of the recipe {header.model.recipe}, not of {DEFAULT}.")
    if checkpoint.latest(output):
        raise UsageError(f"{output} holds a model already. Name another folder.")
    texts, plain = zip(*paired_texts(TEXTS, seed), strict=True)
    old = checkpoint.matching_encoder(source, header).encode(plain)
    arrays = translate(checkpoint.read_arrays(source), old, encoder.encode(texts))
    model = ModelConfig(
        **dataclasses.asdict(header.model)
        | {"text_dim": encoder.dim, "encoder": encoder.fingerprint}
    )
    output.mkdir(parents=True, exist_ok=True)
    fresh = Header(model, header.train, origin=f"{source}, with another encoder")
    path = checkpoint.save(output, fresh, arrays)
    generator = build_generator(model)
    checkpoint.restore(path, {"ema": generator})
    return checkpoint.save(output, fresh, arrays, checkpoint.export(generator))


@reporting
def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python3 -m tools.change_encoder",
        description="Give a trained model another sentence encoder, to be trained on with.",
    )
    parser.add_argument("model", type=Path, help="checkpoint-*.npz of a model")
    parser.add_argument("output", type=Path, help="model folder to write")
    parser.add_argument(
        "--encoder", type=Path, default=TEXT_ENCODER, help="its folder (default: %(default)s)"
    )
    options = parser.parse_args(arguments)
    prepare_environment()
    encoder = load_encoder(options.encoder)
    path = change_encoder(options.model, options.output, encoder, seed=0)
    print(f"Wrote {path}. Train it on: python3 DCGAN.py --train --model {options.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

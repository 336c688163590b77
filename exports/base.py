"""What all exports share: the model in full precision, and the check of what was written."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from checkpoints import checkpoint
from config import ProjectError
from sampler import Sampler

if TYPE_CHECKING:
    import keras

TOLERANCE = 1e-3  # largest difference of a value of an image, in [-1, 1], from the model's own
CHECKED = 16  # images that are compared
# How a file that an export wrote is told from another of its suffix, by its first or last bytes.
MARKS = {
    # The model card comes first, with the date of 1980 that `exports.zip` gives all files.
    ".zip": re.compile(
        rb"\APK\x03\x04.{6}\0\0!\0.{16}README\.md.*checkpoint-\d{8,}\.npz", re.DOTALL
    ),
    ".onnx": re.compile(rb"sentence vectors of the encoder [0-9a-f]{64}"),
    ".keras": re.compile(
        rb'"class_name": "Functional", "config": \{"name": "generator".*"name": "noise"', re.DOTALL
    ),
    ".html": re.compile(rb"<title>Anime faces from text</title>"),
}
Draw = Callable[[np.ndarray, np.ndarray], np.ndarray]  # noise (B, Z), text (B, D) -> (B, S, S, 3)


class Exported(NamedTuple):
    """A model in another format."""

    data: bytes  # what the file holds
    notes: list[str]  # for the user, such as how exactly it draws what the model draws


class Exporter(Protocol):
    """A module of this package."""

    def export(self, sampler: Sampler) -> Exported:
        """Convert a model, and check that the result draws what the model draws.

        Raises:
            ProjectError: It does not, or a package that this format needs is not installed.
        """
        ...


def load_generator(sampler: Sampler) -> keras.Model:
    """Build the averaged generator of a model from its checkpoint, as precise as that is.

    Returns:
        noise (B, Z), text (B, D) -> (B, S, S, 3) in [-1, 1].
    """
    from recipes.registry import build_generator

    generator = build_generator(sampler.header.model)
    checkpoint.restore(sampler.path, {"ema": generator})
    return generator


def check(
    sampler: Sampler, generator: keras.Model, draw: Draw, tolerance: float = TOLERANCE
) -> str:
    """Compare images by an exported model with those by the model itself.

    Args:
        sampler: The model.
        generator: Its generator, from `load_generator`.
        draw: The exported model.
        tolerance: Largest difference allowed.

    Returns:
        A note on the largest difference.

    Raises:
        ProjectError: A value differs by more, or is not finite.
    """
    colours = ("black", "blue", "brown", "green", "red")
    texts = [f"{colours[k % 5]} hair {colours[k % 3]} eyes" for k in range(CHECKED)]
    vectors, (noise,) = sampler.prepare(texts, [(0, k) for k in range(CHECKED)])
    wanted = generator([noise, vectors], training=False).numpy()
    difference = float(np.abs(draw(noise, vectors) - wanted).max())
    if not difference <= tolerance:  # NaN is not
        raise ProjectError(
            f"The exported model does not draw what {sampler.path} draws: values in [-1, 1] "
            f"differ by up to {difference:.2g}. Nothing was written. Please report this."
        )
    return f"draws what the model draws: values in [-1, 1] differ by at most {difference:.1g}"

"""Images from which little can be learnt: cut by the crop, enlarged, or blurred."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import numpy as np

from dataset.sources import Files
from files.images import BadImage, read_header
from files.provenance import is_drawn

CROPPED = 0.1  # share of an image that the crop to a square may cut off unnoticed
# An image is blurred if its finest details are this much weaker than those of twice the size, or
# more. Sharp faces of 64 px have ratios of .58 to .95, median .77; the same faces, halved and
# enlarged again, .42 to .55.
BLURRED = 0.55


@dataclasses.dataclass(frozen=True)
class Flaws:
    """Indices of images, worst first, with what is wrong."""

    cropped: list[tuple[int, str]]  # not square: its size in px
    enlarged: list[tuple[int, str]]  # smaller than the model's images: its size in px
    blurred: list[tuple[int, str]]  # sharpness
    drawn: int  # images that say that this program drew them


def find_flaws(
    originals: Iterable[tuple[Files, str]], images: Iterable[np.ndarray], size: int
) -> Flaws:
    """Look at the originals' sizes and at the sharpness of the decoded images.

    Args:
        originals: N files that hold an original, with its path in them.
        images: The N decoded images, (S, S, 3) uint8.
        size: S.
    """
    cropped, enlarged, blurred, drawn = [], [], [], 0
    for index, ((files, name), image) in enumerate(zip(originals, images, strict=True)):
        (width, height), texts = _read_header(files, name) or ((size, size), {})
        drawn += is_drawn(texts)
        short, long = sorted((width, height))
        text = f"{width}×{height} px"
        if 1 - short / long > CROPPED:
            cropped.append((short / long, index, text))
        if short < size:
            enlarged.append((short, index, text))
        elif (sharp := sharpness(image)) < BLURRED:
            blurred.append((sharp, index, f"sharpness {sharp:.2f}"))
    ranked = [[(i, text) for _, i, text in sorted(found)] for found in (cropped, enlarged, blurred)]
    return Flaws(ranked[0], ranked[1], ranked[2], drawn)


def sharpness(image: np.ndarray) -> float:
    """Return how strong an image's finest details are, as a ratio to those of twice the size.

    Args:
        image: (S, S, 3) uint8, S a multiple of 4.

    Returns:
        The ratio of their standard deviations; infinite for images without any details.
    """
    fine, half = _details(image.mean(axis=-1, dtype=np.float32))
    coarse, _ = _details(half)
    return fine / coarse if coarse > 0 else np.inf


def _details(image: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the standard deviation within blocks of 2×2 px, and the blocks' means."""
    blocks = image.reshape(len(image) // 2, 2, -1, 2)
    means = blocks.mean(axis=(1, 3), keepdims=True)
    return float((blocks - means).std()), means[:, 0, :, 0]


def _read_header(files: Files, name: str) -> tuple[tuple[int, int], dict[str, str]] | None:
    """Return the size and the texts of an original; None if it is unreadable by now."""
    try:
        with files.open(name) as file:
            return read_header(file)
    except (BadImage, OSError):
        return None

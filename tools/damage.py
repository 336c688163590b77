"""Damage real faces on purpose, in the ways in which drawn ones break."""

from __future__ import annotations

import numpy as np
from PIL import Image

# Where the parts of a face are, in shares of its side: the faces are cropped alike.
_EYES, _MOUTH, _CHEEKS = ((0.34, 0.5), (0.66, 0.5)), ((0.48, 0.72),), ((0.3, 0.66), (0.68, 0.66))
_PLACES = (*(_EYES * 3), *(_MOUTH * 2), *_CHEEKS)  # eyes break most often
_JITTER = 0.04  # standard deviation of the places
_RADII = (0.09, 0.17)  # of the damaged ellipse


def damage(image: np.ndarray, other: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Break an eye, the mouth or a cheek of a face.

    An ellipse with a soft edge is filled from elsewhere: from the face itself, shifted (so that
    an eye is doubled, displaced or wiped out by skin or hair), smeared or warped, or from another
    face.

    Args:
        image: (S, S, 3) uint8, aligned like the tagged faces.
        other: Another such face.
        random: Decides what is broken, and how.

    Returns:
        (S, S, 3) uint8.
    """
    side = len(image)
    centre = np.array(_PLACES[random.integers(len(_PLACES))]) + random.normal(0, _JITTER, 2)
    radii = random.uniform(*_RADII, 2)
    x, y = np.meshgrid(*[(np.arange(side) + 0.5) / side] * 2)
    distance = np.hypot((x - centre[0]) / radii[0], (y - centre[1]) / radii[1])
    mask = np.clip((1.15 - distance) / 0.3, 0, 1)[..., None]
    filling = _FILLINGS[random.integers(len(_FILLINGS))](image, other, random)
    return np.round(mask * filling + (1 - mask) * image).astype(np.uint8)


def _shifted(image: np.ndarray, _: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return the face, shifted by a tenth to a quarter of its side."""
    angle, length = random.uniform(0, 2 * np.pi), random.uniform(0.08, 0.25) * len(image)
    shift = np.round(length * np.array([np.sin(angle), np.cos(angle)])).astype(int)
    return np.roll(image, shift, axis=(0, 1))


def _warped(image: np.ndarray, _: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return the face, its pixels displaced by a smooth field of random directions."""
    side = len(image)
    strength = random.uniform(0.05, 0.09) * side
    fields = random.normal(0, strength, (2, 5, 5)).astype(np.float32)
    moved = [
        np.asarray(Image.fromarray(f).resize((side, side), Image.Resampling.BICUBIC))
        for f in fields
    ]
    rows, columns = np.indices((side, side)) + np.round(moved).astype(int)
    return image[rows.clip(0, side - 1), columns.clip(0, side - 1)]


def _smeared(image: np.ndarray, _: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return the face, blurred along one direction."""
    angle, length = random.uniform(0, np.pi), random.uniform(0.12, 0.25) * len(image)
    steps = np.linspace(-length / 2, length / 2, 9)
    offsets = np.round(np.outer(steps, [np.sin(angle), np.cos(angle)])).astype(int)
    return np.mean([np.roll(image, offset, axis=(0, 1)) for offset in offsets], axis=0)


def _foreign(_: np.ndarray, other: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return the other face, mirrored or not and shifted a little."""
    shift = random.integers(-4, 5, 2)
    return np.roll(other[:, :: random.choice([-1, 1])], shift, axis=(0, 1))


_FILLINGS = (_shifted, _shifted, _warped, _smeared, _foreign)

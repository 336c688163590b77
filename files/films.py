"""Write images as a film: GIF and WebP by Pillow, MP4 by imageio's copy of ffmpeg."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from config import FILMS, ProjectError
from console import install_command
from files.writing import replacing

RATE = 25  # frames a second; GIF counts hundredths of one


def check(format: str) -> None:
    """Check that a format can be written, before anything takes time.

    Raises:
        ProjectError: The package that writes it is missing.
    """
    if format == "mp4" and importlib.util.find_spec("imageio_ffmpeg") is None:
        raise ProjectError(
            "--format mp4 needs the package imageio-ffmpeg: "
            f"{install_command('requirements-film.txt')}. --format gif and webp need nothing."
        )


def write(frames: Sequence[np.ndarray], path: Path, format: str, loop: bool) -> int:
    """Write a film, whole or not at all.

    Args:
        frames: At least two images, (S, S, 3) uint8.
        path: Where to write. The folder is created, and an existing file replaced.
        format: One of `config.FILMS`.
        loop: Whether it runs back to the first frame. GIF and WebP then repeat without end.

    Returns:
        How many frames the film has, those on the way back included.

    Raises:
        WriteError: The file cannot be written.
    """
    if format not in FILMS:
        raise ValueError(f"format must be one of {', '.join(FILMS)}. Received: {format}")
    if loop:
        frames = [*frames, *frames[-2:0:-1]]
    with replacing(path, durable=False) as file:
        if format == "mp4":
            file.write(_mp4(frames))
            return len(frames)
        options: dict[str, Any] = {"save_all": True, "duration": 1000 // RATE, "format": format}
        if format == "webp":
            options |= {"quality": 90, "loop": 0 if loop else 1}
        elif loop:
            options["loop"] = 0  # without it, a GIF runs once
        images = [Image.fromarray(frame) for frame in frames]
        images[0].save(file, append_images=images[1:], **options)
    return len(frames)


def _mp4(frames: Sequence[np.ndarray]) -> bytes:
    import imageio.v3 as iio

    return iio.imwrite(
        "<bytes>",
        np.stack(frames),
        extension=".mp4",
        plugin="FFMPEG",
        fps=RATE,
        codec="libx264",
        quality=9,
        macro_block_size=2,  # the sides must be even, and are
    )

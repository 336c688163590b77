"""The only place where pixels change type: open, orient, crop, resize, uint8 ↔ [-1, 1], save."""

from __future__ import annotations

import contextlib
import json
import struct
import warnings
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps, PngImagePlugin, UnidentifiedImageError

from config import FORMATS, ProjectError
from files.writing import replacing

MIN_SIDE = 32  # px; the shorter side of an image from which a face can still be learnt
MAX_PIXELS = Image.MAX_IMAGE_PIXELS  # 89,478,485: what Pillow takes for a decompression bomb
# The formats people keep images in. Pillow knows more, one of which runs another program.
_READ = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF")
# What Pillow's readers let out for damaged files: seen with random damage, or caught by Pillow.
_DAMAGE = (OSError, SyntaxError, ValueError, TypeError, OverflowError, struct.error)
_DAMAGE += (IndexError, KeyError, EOFError, zlib.error)  # type: ignore[assignment]
_BOMB = (Image.DecompressionBombWarning, Image.DecompressionBombError)
_TEXT_LIMIT = 8_000  # characters of a metadata value; a JPEG comment holds 65,533 bytes
# A file is either used or refused with a reason; what else Pillow remarks helps nobody.
warnings.filterwarnings("ignore", module=r"PIL\.")
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)


class BadImage(ProjectError):
    """A file that cannot be used as an image. Its message is the reason, without the name."""


def read_image(file: str | Path | BinaryIO, size: int) -> np.ndarray:
    """Open an image as a square of RGB pixels.

    The image is turned upright as its EXIF orientation says, cropped to the square in its
    middle and resized without aliasing. Transparent parts become white, 16-bit and
    floating-point samples are scaled to 8 bits, and of an animation the first frame is taken.

    Args:
        file: A path, or an open binary file.
        size: Side of the result in px.

    Returns:
        `(size, size, 3)` uint8.

    Raises:
        BadImage: The shorter side is under `MIN_SIDE` px, there are more than `MAX_PIXELS`
            pixels, or the file is damaged or not an image.

    Example:
        >>> read_image("faces/1.jpg", 64).shape
        (64, 64, 3)
    """
    try:
        with Image.open(file, formats=_READ) as image:
            if image.width * image.height > MAX_PIXELS:
                raise BadImage(f"too many pixels: {image.width}×{image.height}")
            if min(image.size) < MIN_SIDE:
                raise BadImage(f"too small: {image.width}×{image.height} px")
            # A large JPEG decodes several times faster at 1/2, 1/4 or 1/8; from three times the
            # size on, what Lanczos makes of it cannot be told apart.
            image.draft(None, (3 * size, 3 * size))
            image.load()
            with contextlib.suppress(*_DAMAGE):  # damaged EXIF data of sound pixels
                ImageOps.exif_transpose(image, in_place=True)
            return _square(image, size)
    except _BOMB:
        raise BadImage(f"too many pixels: more than {MAX_PIXELS:,}") from None
    except MemoryError:
        raise BadImage("too many pixels: out of memory") from None
    except UnidentifiedImageError:
        raise BadImage("not an image Pillow can open") from None
    except _DAMAGE as error:
        reason = getattr(error, "strerror", None) or str(error)
        if "truncated" in reason.lower():
            raise BadImage("cut short") from error
        raise BadImage(f"cannot be decoded: {reason}") from error


def _square(image: Image.Image, size: int) -> np.ndarray:
    """The middle of a loaded image as `(size, size, 3)` uint8."""
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    if image.width != image.height:
        image = image.crop((left, top, left + side, top + side))
    if image.mode[0] in "IF":
        image = _eight_bits(image)
    elif image.has_transparency_data:
        layer = image.convert("RGBA")
        image = Image.new("RGBA", layer.size, "white")
        image.alpha_composite(layer)
    image = image.convert("RGB").resize((size, size), Image.Resampling.LANCZOS)
    return np.array(image)


def _eight_bits(image: Image.Image) -> Image.Image:
    """Scale 16-bit, 32-bit and floating-point grey to 8 bits, where `convert` would clip."""
    values = np.asarray(image).astype(np.float64)
    if not np.isfinite(values).any():
        raise BadImage("no pixel is a number")
    values = np.nan_to_num(values, posinf=0, neginf=0)
    if image.mode.startswith("I;16"):
        top = 65535.0
    else:  # the file does not say which value is white: take the first that none exceeds
        likely = (1.0, 255.0, 65535.0) if image.mode == "F" else (255.0, 65535.0)
        top = next((white for white in likely if values.max() <= white), values.max())
    return Image.fromarray(np.rint(np.clip(values / top, 0, 1) * 255).astype(np.uint8))


def to_float(images: np.ndarray) -> np.ndarray:
    """Scale uint8 pixels of any shape to float32 in [-1, 1]."""
    return images.astype(np.float32) / np.float32(127.5) - np.float32(1)


def to_uint8(images: np.ndarray) -> np.ndarray:
    """Scale pixels in [-1, 1], of any shape, to the nearest uint8. Undoes `to_float` exactly."""
    return np.rint(np.clip((images + 1) * 127.5, 0, 255)).astype(np.uint8)


def _plain(text: str) -> str:
    """One line of text that any font can measure and any file can hold."""
    line = " ".join(text.split()).replace("\0", "")
    return line.encode("utf-8", "replace").decode("utf-8")  # a lone surrogate becomes "?"


def save_image(image: np.ndarray, path: Path, format: str, metadata: Mapping[str, str]) -> None:
    """Write an image with its metadata, whole or not at all. Equal input makes equal bytes.

    Args:
        image: `(H, W, 3)` uint8.
        path: Where to write; the folder is made. A file that is there is replaced.
        format: `"jpg"` (quality 95, colours at full resolution) or `"png"`.
        metadata: Texts by a name in ASCII. They become text chunks of a PNG, or a JSON object
            in the comment of a JPEG.

    Raises:
        ProjectError: The file cannot be written.
    """
    texts = {name: _plain(text)[:_TEXT_LIMIT] for name, text in metadata.items()}
    picture = Image.fromarray(image)
    options: dict[str, object]
    if format == "png":
        chunks = PngImagePlugin.PngInfo()
        for name, text in texts.items():
            chunks.add_text(name, text)
        options = {"format": "PNG", "pnginfo": chunks}
    elif format == "jpg":
        comment = json.dumps(texts, ensure_ascii=False).encode("utf-8")
        options = {"format": "JPEG", "quality": 95, "subsampling": 0, "comment": comment}
    else:
        raise ValueError(f"format must be one of {', '.join(FORMATS)}. Received: {format}")
    with replacing(path, durable=False) as file:
        picture.save(file, **options)

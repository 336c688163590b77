"""Read, convert and save images. Only here do pixels change their type."""

from __future__ import annotations

import contextlib
import io
import json
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from PIL import Image, ImageOps, PngImagePlugin, UnidentifiedImageError

from config import FORMATS, ProjectError
from files.writing import replacing

try:
    from PIL.AvifImagePlugin import SUPPORTED as _AVIF
except ImportError:  # Pillow 11.2 and older
    _AVIF = False

MIN_SIDE = 32  # px; a face can still be learnt from an image whose shorter side is this long
MAX_PIXELS = 89_478_485  # 256 MiB of RGB; from here on, Pillow warns of a decompression bomb
# The formats people keep images in. Pillow knows more; one of them runs another program.
_READ = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", *(("AVIF",) if _AVIF else ()))
_BOMB: tuple[type[Exception], ...] = (Image.DecompressionBombWarning, Image.DecompressionBombError)
# What Pillow's readers raise for damaged files: seen under random damage, or caught by Pillow
# itself. Its warnings too, in case the caller turned warnings into errors.
_DAMAGE: tuple[type[Exception], ...] = (
    *(OSError, SyntaxError, ValueError, TypeError, OverflowError, struct.error),
    *(IndexError, KeyError, EOFError, RuntimeError, zlib.error, Warning),
)
_UNOPENED: tuple[type[Exception], ...] = (*_DAMAGE, *_BOMB, MemoryError)
_MAX_METADATA = 8_000  # characters of a metadata value; a JPEG comment holds 65,533 bytes
PARAMETERS = "parameters"  # name of the text that AUTOMATIC1111 and others read


class BadImage(ProjectError):
    """A file cannot be used as an image. The message is the reason, without the file's name."""


def read_image(file: str | Path | BinaryIO, size: int) -> np.ndarray:
    """Read an image as a square of RGB pixels. Several threads may do so at once.

    The image is turned upright according to its EXIF orientation, cropped to the square in its
    middle and resized with antialiasing. Transparent parts become white, 16-bit and
    floating-point samples are scaled to 8 bits, and an animation yields its first frame.

    Args:
        file: A path, or an open binary file.
        size: Side of the result in px.

    Returns:
        `(size, size, 3)` uint8.

    Raises:
        BadImage: The shorter side has less than `MIN_SIDE` px, the image has more than
            `MAX_PIXELS` pixels, or the file is damaged or not an image. Images with too many
            pixels are refused before they are decoded.

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
            # A large JPEG decodes several times faster at 1/2, 1/4 or 1/8 of its size. From three
            # times `size` on, Lanczos makes the same of it.
            image.draft(None, (3 * size, 3 * size))
            image.load()
            with contextlib.suppress(*_DAMAGE):  # the pixels are sound even if the EXIF data is not
                ImageOps.exif_transpose(image, in_place=True)
            return _central_square(image, size)
    except _BOMB:  # Pillow's own check, made as it opens a file, looks at the same number
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


def read_header(file: BinaryIO) -> tuple[tuple[int, int], dict[str, str]]:
    """Return the width and height of an image in px, and its texts, without decoding it.

    Raises:
        BadImage: It is not an image that `read_image` can open.
    """
    try:
        with Image.open(file, formats=_READ) as image:
            return image.size, _texts(image)
    except _UNOPENED as error:
        raise BadImage(f"cannot be opened: {error}") from error


def _central_square(image: Image.Image, size: int) -> np.ndarray:
    """Return the middle of a loaded image as `(size, size, 3)` uint8."""
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    if image.width != image.height:
        image = image.crop((left, top, left + side, top + side))
    if image.mode[0] in "IF":
        image = _to_eight_bits(image)
    elif image.has_transparency_data:
        layer = image.convert("RGBA")
        image = Image.new("RGBA", layer.size, "white")
        image.alpha_composite(layer)
    image = image.convert("RGB").resize((size, size), Image.Resampling.LANCZOS)
    return np.array(image)


def _to_eight_bits(image: Image.Image) -> Image.Image:
    """Scale 16-bit, 32-bit and floating-point grey to 8 bits; `convert` would clip it."""
    values = np.asarray(image).astype(np.float64)
    if not np.isfinite(values).any():
        raise BadImage("every pixel is NaN or infinite")
    values = np.nan_to_num(values, posinf=0, neginf=0)
    if image.mode.startswith("I;16"):
        white = 65535.0
    else:  # the file does not say which value is white: take the first that none exceeds
        usual = (1.0, 255.0, 65535.0) if image.mode == "F" else (255.0, 65535.0)
        white = next((value for value in usual if values.max() <= value), values.max())
    return Image.fromarray(np.rint(np.clip(values / white, 0, 1) * 255).astype(np.uint8))


def to_size(images: np.ndarray, side: int) -> np.ndarray:
    """Resize (N, S, S, 3) uint8 images to (N, side, side, 3)."""
    if images.shape[1] == side:
        return images
    lanczos = Image.Resampling.LANCZOS
    resized = (Image.fromarray(image).resize((side, side), lanczos) for image in images)
    return np.stack([np.asarray(image) for image in resized])


def to_float(images: np.ndarray) -> np.ndarray:
    """Scale uint8 pixels of any shape to float32 in [-1, 1]."""
    return images.astype(np.float32) / np.float32(127.5) - np.float32(1)


def to_uint8(images: np.ndarray) -> np.ndarray:
    """Round pixels in [-1, 1], of any shape, to uint8. Undoes `to_float` exactly."""
    return np.rint(np.clip((images + 1) * 127.5, 0, 255)).astype(np.uint8)


def single_line(text: str) -> str:
    """Put a text on one line that any font can measure and any file can hold."""
    return _storable(" ".join(text.split()))


def save_image(pixels: np.ndarray, path: Path, format: str, metadata: Mapping[str, str]) -> None:
    """Write an image with its metadata, whole or not at all.

    Args:
        pixels: `(H, W, 3)` uint8.
        path: Where to write. The folder is created, and an existing file replaced.
        format: See `encode_image`.
        metadata: See `encode_image`.

    Raises:
        WriteError: The file cannot be written.
    """
    with replacing(path, durable=False) as file:
        file.write(encode_image(pixels, format, metadata))


def encode_image(pixels: np.ndarray, format: str, metadata: Mapping[str, str]) -> bytes:
    """Return an image with its metadata as the bytes of a file. Equal input makes equal bytes.

    Args:
        pixels: `(H, W, 3)` uint8.
        format: `"jpg"` (quality 95, full-resolution colours) or `"png"`.
        metadata: Texts by name; the names are ASCII. In a PNG each is a text chunk. In a JPEG,
            `parameters` is the EXIF UserComment, and the others are a JSON object in the comment.
    """
    texts = {name: _storable(text)[:_MAX_METADATA] for name, text in metadata.items()}
    options: dict[str, Any]
    if format == "png":
        chunks = PngImagePlugin.PngInfo()
        for name, text in texts.items():
            chunks.add_text(name, text)
        options = {"format": "PNG", "pnginfo": chunks}
    elif format == "jpg":
        options = {"format": "JPEG", "quality": 95, "subsampling": 0}
        if PARAMETERS in texts:
            options["exif"] = _user_comment(texts.pop(PARAMETERS))
        options["comment"] = json.dumps(texts, ensure_ascii=False).encode("utf-8")
    else:
        raise ValueError(f"format must be one of {', '.join(FORMATS)}. Received: {format}")
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, **options)
    return file.getvalue()


def _storable(text: str) -> str:
    """Replace what a file cannot hold: a lone surrogate becomes "?", a NUL is left out."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def _user_comment(text: str) -> bytes:
    """Return EXIF data that hold a UserComment (EXIF 2.32, section 4.6.5).

    Pillow would write it with the type BYTE; programs look for UNDEFINED.
    """
    value = b"UNICODE\0" + text.encode("utf-16-be")
    pointer = struct.pack(">HHHIII", 1, 0x8769, 4, 1, 26, 0)  # to the directory at byte 26
    comment = struct.pack(">HHHIII", 1, 0x9286, 7, len(value), 44, 0)  # the value is at byte 44
    return b"Exif\0\0MM\0*" + struct.pack(">I", 8) + pointer + comment + value


def read_metadata(path: Path) -> dict[str, str]:
    """Read what `save_image` wrote beside the pixels, `parameters` of a JPEG excepted.

    Args:
        path: A file that anyone may have made. Its pixels are not decoded.

    Returns:
        Texts by name. Empty if the file holds none.

    Raises:
        BadImage: The file is not a PNG or a JPEG, or damaged.
    """
    try:
        if not path.is_file():  # a device or a pipe never ends
            raise BadImage("not a file" if path.exists() else "no such file")
        with Image.open(path, formats=("PNG", "JPEG")) as image:
            return _texts(image)
    except UnidentifiedImageError:
        raise BadImage("not a PNG or JPEG") from None
    except _BOMB + _DAMAGE as error:
        raise BadImage(f"cannot be read: {getattr(error, 'strerror', None) or error}") from error


def _texts(image: Image.Image) -> dict[str, str]:
    """Return what `save_image` wrote beside the pixels of an image, as far as it is there."""
    values = image.info if image.format == "PNG" else _read_json(image.info.get("comment"))
    return {str(name): text for name, text in values.items() if isinstance(text, str)}


def _read_json(comment: bytes | None) -> dict[str, Any]:
    """Return the JSON object in a comment; empty if there is none, as other programs' have not."""
    try:
        values = json.loads(comment or b"{}")
    except (ValueError, RecursionError):
        return {}
    return values if isinstance(values, dict) else {}

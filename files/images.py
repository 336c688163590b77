"""The only place where pixels change type: open, orient, crop, resize, uint8 ↔ [-1, 1], save."""

from __future__ import annotations

import contextlib
import json
import math
import struct
import warnings
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps, PngImagePlugin, UnidentifiedImageError

from config import ProjectError
from files import replacing

MIN_SIDE = 32  # px; the shorter side of a picture from which a face can still be learnt
MAX_PIXELS = Image.MAX_IMAGE_PIXELS  # 89,478,485: what Pillow takes for a decompression bomb
FORMATS = ("jpg", "png")  # what `save` writes

# The formats people keep pictures in. Pillow knows more, one of which runs another program.
_READ = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF")
# What Pillow's readers let out for damaged files: seen with random damage, or caught by Pillow.
_DAMAGE = (OSError, SyntaxError, ValueError, TypeError, OverflowError, struct.error)
_DAMAGE += (IndexError, KeyError, EOFError, zlib.error)  # type: ignore[assignment]
_BOMB = (Image.DecompressionBombWarning, Image.DecompressionBombError)
_TEXT_LIMIT = 8_000  # characters of a metadata value; a JPEG comment holds 65,533 bytes

# A file is either used or refused with a reason; what else Pillow remarks helps nobody.
warnings.filterwarnings("ignore", module=r"PIL\.")
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)


class BadPicture(ProjectError):
    """A file that cannot be used as a picture. Its message is the reason, without the name."""


def decode(file: str | Path | BinaryIO, size: int) -> np.ndarray:
    """Open a picture as a square of RGB pixels.

    The picture is turned upright as its EXIF orientation says, cropped to the square in its
    middle and resized without aliasing. Transparent parts become white, 16-bit and
    floating-point samples are scaled to 8 bits, and of an animation the first frame is taken.

    Args:
        file: A path, or an open binary file.
        size: Side of the result in px.

    Returns:
        `(size, size, 3)` uint8.

    Raises:
        BadPicture: The shorter side is under `MIN_SIDE` px, there are more than `MAX_PIXELS`
            pixels, or the file is damaged or not a picture.

    Example:
        >>> decode("faces/1.jpg", 64).shape
        (64, 64, 3)
    """
    try:
        with Image.open(file, formats=_READ) as image:
            if image.width * image.height > MAX_PIXELS:
                raise BadPicture(f"too many pixels: {image.width}×{image.height}")
            if min(image.size) < MIN_SIDE:
                raise BadPicture(f"too small: {image.width}×{image.height} px")
            # A large JPEG decodes several times faster at 1/2, 1/4 or 1/8; from three times the
            # size on, what Lanczos makes of it cannot be told apart.
            image.draft(None, (3 * size, 3 * size))
            image.load()
            with contextlib.suppress(*_DAMAGE):  # damaged EXIF data of sound pixels
                ImageOps.exif_transpose(image, in_place=True)
            return _square(image, size)
    except _BOMB:
        raise BadPicture(f"too many pixels: more than {MAX_PIXELS:,}") from None
    except MemoryError:
        raise BadPicture("too many pixels: out of memory") from None
    except UnidentifiedImageError:
        raise BadPicture("not a picture Pillow can open") from None
    except _DAMAGE as error:
        reason = getattr(error, "strerror", None) or str(error)
        if "truncated" in reason.lower():
            raise BadPicture("cut short") from error
        raise BadPicture(f"cannot be decoded: {reason}") from error


def _square(image: Image.Image, size: int) -> np.ndarray:
    """The middle of a loaded picture as `(size, size, 3)` uint8."""
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
        raise BadPicture("no pixel is a number")
    values = np.nan_to_num(values, posinf=0, neginf=0)
    if image.mode.startswith("I;16"):
        top = 65535.0
    else:  # the file does not say which value is white: take the first that none exceeds
        likely = (1.0, 255.0, 65535.0) if image.mode == "F" else (255.0, 65535.0)
        top = next((white for white in likely if values.max() <= white), values.max())
    return Image.fromarray(np.rint(np.clip(values / top, 0, 1) * 255).astype(np.uint8))


def to_float(pictures: np.ndarray) -> np.ndarray:
    """Scale uint8 pixels of any shape to float32 in [-1, 1]."""
    return pictures.astype(np.float32) / np.float32(127.5) - np.float32(1)


def to_uint8(pictures: np.ndarray) -> np.ndarray:
    """Scale pixels in [-1, 1], of any shape, to the nearest uint8. Undoes `to_float` exactly."""
    return np.rint(np.clip((pictures + 1) * 127.5, 0, 255)).astype(np.uint8)


def grid(pictures: np.ndarray, columns: int, padding: int = 2) -> np.ndarray:
    """Lay pictures out row by row on white.

    Args:
        pictures: `(N, S, S, 3)` uint8.
        columns: Pictures in a row.
        padding: White px around and between the pictures.

    Returns:
        `(H, W, 3)` uint8, where `W = columns · (S + padding) + padding`.
    """
    count, size = pictures.shape[:2]
    cell = size + padding
    rows = math.ceil(count / columns)
    sheet = np.full((rows * cell + padding, columns * cell + padding, 3), 255, np.uint8)
    for index, picture in enumerate(pictures):
        row, column = divmod(index, columns)
        top, left = row * cell + padding, column * cell + padding
        sheet[top : top + size, left : left + size] = picture
    return sheet


def labelled_grid(rows: Sequence[tuple[str, np.ndarray]], padding: int = 2) -> np.ndarray:
    """Lay out one row of pictures for each description, with its text at the left.

    Args:
        rows: At least one pair of a text, cut if it is long, and its pictures, `(n, S, S, 3)`
            uint8. n may differ from row to row, S may not.
        padding: White px around and between the pictures.

    Returns:
        `(H, W, 3)` uint8.
    """
    font = ImageFont.load_default(13)
    labels = [_fit(_plain(text), font, 260) for text, _ in rows]
    margin = 12 + math.ceil(max(font.getlength(label) for label in labels))
    columns = max(len(pictures) for _, pictures in rows)
    strips = [grid(pictures, columns, padding) for _, pictures in rows]
    sheet = Image.new("RGB", (margin + strips[0].shape[1], sum(map(len, strips))), "white")
    draw = ImageDraw.Draw(sheet)
    top = 0
    for label, strip in zip(labels, strips, strict=True):
        draw.text((6, top + len(strip) // 2), label, fill="black", font=font, anchor="lm")
        sheet.paste(Image.fromarray(strip), (margin, top))
        top += len(strip)
    return np.array(sheet)


def _plain(text: str) -> str:
    """One line of text that any font can measure and any file can hold."""
    line = " ".join(text.split()).replace("\0", "")
    return line.encode("utf-8", "replace").decode("utf-8")  # a lone surrogate becomes "?"


def _fit(text: str, font: ImageFont.FreeTypeFont, width: int) -> str:
    """Cut a text with an ellipsis to at most `width` px."""
    if len(text) <= width and font.getlength(text) <= width:
        return text
    text = text[:width]  # spares measuring what cannot fit
    while font.getlength(text + "…") > width:
        text = text[:-1]
    return text.rstrip() + "…"


def save(picture: np.ndarray, path: Path, format: str, metadata: Mapping[str, str]) -> None:
    """Write a picture with its metadata, whole or not at all. Equal input makes equal bytes.

    Args:
        picture: `(H, W, 3)` uint8.
        path: Where to write; the folder is made. A file that is there is replaced.
        format: `"jpg"` (quality 95, colours at full resolution) or `"png"`.
        metadata: Texts by a name in ASCII. They become text chunks of a PNG, or a JSON object
            in the comment of a JPEG.

    Raises:
        ProjectError: The file cannot be written.
    """
    texts = {name: _plain(text)[:_TEXT_LIMIT] for name, text in metadata.items()}
    image = Image.fromarray(picture)
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
        image.save(file, **options)

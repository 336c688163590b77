"""Contact sheets: grids of images, with captions."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from files.images import single_line

_FONT_SIZE = 13  # px
_LABEL_WIDTH = 260  # px of a label at most
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def grid(images: np.ndarray, columns: int, padding: int = 2) -> np.ndarray:
    """Lay images out row by row on white.

    Args:
        images: `(N, S, S, 3)` uint8.
        columns: Images in a row.
        padding: White px around and between the images.

    Returns:
        `(H, W, 3)` uint8, where `W = columns · (S + padding) + padding`.
    """
    count, size = images.shape[:2]
    cell = size + padding
    rows = math.ceil(count / columns)
    sheet = np.full((rows * cell + padding, columns * cell + padding, 3), 255, np.uint8)
    for index, image in enumerate(images):
        row, column = divmod(index, columns)
        top, left = row * cell + padding, column * cell + padding
        sheet[top : top + size, left : left + size] = image
    return sheet


def labelled_grid(rows: Sequence[tuple[str, np.ndarray]], padding: int = 2) -> np.ndarray:
    """Lay out one row of images for each description, with its text at the left.

    Args:
        rows: At least one pair of a text, shortened if it is long, and its images,
            `(n, S, S, 3)` uint8. Rows may differ in n, but not in S.
        padding: White px around and between the images.

    Returns:
        `(H, W, 3)` uint8.
    """
    font = ImageFont.load_default(_FONT_SIZE)
    labels = [_shorten_to_width(single_line(text), font, _LABEL_WIDTH) for text, _ in rows]
    margin = 12 + math.ceil(max(font.getlength(label) for label in labels))
    columns = max(len(images) for _, images in rows)
    strips = [grid(images, columns, padding) for _, images in rows]
    sheet = Image.new("RGB", (margin + strips[0].shape[1], sum(map(len, strips))), "white")
    draw = ImageDraw.Draw(sheet)
    top = 0
    for label, strip in zip(labels, strips, strict=True):
        draw.text((6, top + len(strip) // 2), label, fill="black", font=font, anchor="lm")
        sheet.paste(Image.fromarray(strip), (margin, top))
        top += len(strip)
    return np.array(sheet)


def _shorten_to_width(text: str, font: Font, width: int) -> str:
    """Cut a text, with an ellipsis, to at most `width` px."""
    if len(text) <= width and font.getlength(text) <= width:
        return text
    text = text[:width]  # a longer text cannot fit: do not measure it
    while font.getlength(text + "…") > width:
        text = text[:-1]
    return text.rstrip() + "…"

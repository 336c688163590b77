"""Contact sheets: grids of images, with captions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from files.fonts import Font, legible
from files.images import single_line

_FONT_SIZE, _SMALL = 13, 11  # px, of labels and of captions
_LABEL_WIDTH = 260  # px of a label at most
_CAPTION_HEIGHT = 14  # px below an image
COLUMNS = 16  # images side by side, at most


class Row(NamedTuple):
    """Images of one text, which is shown at their left."""

    text: str  # shortened if it is long
    images: np.ndarray  # (n, S, S, 3) uint8
    captions: Sequence[str] = ()  # of the images: n short texts, or none


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


def labelled_grid(rows: Sequence[Row], padding: int = 2, note: str = "") -> np.ndarray:
    """Lay out images beside their texts. More than `COLUMNS` of a text take several lines.

    Args:
        rows: At least one. They may differ in n and S.
        padding: White px around and between the images.
        note: A line at the bottom of the sheet.

    Returns:
        `(H, W, 3)` uint8.
    """
    labels = [_label(row.text) for row in rows]
    margin = 12 + math.ceil(max(font.getlength(label) for label, font in labels))
    cell = max(map(_cell_width, rows))
    strips = [_captioned_grid(row, cell, padding) for row in rows]
    bottom = 4 + _FONT_SIZE if note else 0
    width = margin + max(strip.width for strip in strips)
    sheet = Image.new("RGB", (width, sum(strip.height for strip in strips) + bottom), "white")
    draw = ImageDraw.Draw(sheet)
    top = 0
    for (label, font), row, strip in zip(labels, rows, strips, strict=True):
        middle = top + padding + row.images.shape[1] // 2  # of the first line
        draw.text((6, middle), label, fill="black", font=font, anchor="lm")
        sheet.paste(strip, (margin, top))
        top += strip.height
    if note:
        text, font = legible(note, _FONT_SIZE)
        draw.text((6, top), text, fill="black", font=font)
    return np.array(sheet)


def _captioned_grid(row: Row, cell: int, padding: int) -> Image.Image:
    """Lay images out in lines of at most `COLUMNS` cells, each above its caption."""
    count, size = row.images.shape[:2]
    columns = min(count, COLUMNS)
    height = size + padding + (_CAPTION_HEIGHT if row.captions else 0)
    lines = math.ceil(count / columns)
    strip = Image.new(
        "RGB", (columns * (cell + padding) + padding, lines * height + padding), "white"
    )
    draw = ImageDraw.Draw(strip)
    for number, image in enumerate(row.images):
        line, column = divmod(number, columns)
        left, top = column * (cell + padding) + padding, line * height + padding
        strip.paste(Image.fromarray(image), (left + (cell - size) // 2, top))
        if row.captions:
            caption, font = legible(single_line(row.captions[number]), _SMALL)
            at = (left + cell // 2, top + size + _CAPTION_HEIGHT // 2)
            draw.text(at, caption, fill="black", font=font, anchor="mm")
    return strip


def _cell_width(row: Row) -> int:
    """Return the px that an image or the longest of its captions takes."""
    fonts = (legible(single_line(caption), _SMALL) for caption in row.captions)
    widest = max((font.getlength(caption) for caption, font in fonts), default=0)
    return max(row.images.shape[1], math.ceil(widest) + 4 if widest else 0)


def _label(text: str) -> tuple[str, Font]:
    """Return a text cut, with an ellipsis, to at most `_LABEL_WIDTH` px, and its font."""
    text, font = legible(single_line(text)[: _LABEL_WIDTH + 1], _FONT_SIZE)
    if font.getlength(text) <= _LABEL_WIDTH:
        return text, font
    while font.getlength(text + "…") > _LABEL_WIDTH:
        text = text[:-1]
    return text.rstrip() + "…", font

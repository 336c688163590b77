"""Reports as web pages in one file: text, tables and images, without anything to load."""

from __future__ import annotations

import base64
import dataclasses
import functools
import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from files.writing import replacing

if TYPE_CHECKING:
    from jinja2 import Template

_TEMPLATE = Path(__file__).with_name("page.html.jinja")
MARK = re.compile(rb'<p class="verdict')  # of a report, in its first bytes
Cell = str | int | float | None


@dataclasses.dataclass(frozen=True)
class Table:
    """Rows of cells below a header; `shaded` colours each number by its share of the largest."""

    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    shaded: bool = False

    @property
    def largest(self) -> float:
        """The largest number; at least a little above 0."""
        cells = (cell for row in self.rows for cell in row)
        return max((float(c) for c in cells if isinstance(c, int | float)), default=0) or 1.0


@dataclasses.dataclass(frozen=True)
class Picture:
    """An image with a caption, kept in the page itself."""

    source: str  # a data: URL
    caption: str
    small: bool = False  # a thumbnail, shown beside others

    @classmethod
    def of(cls, pixels: np.ndarray, caption: str, small: bool = False) -> Picture:
        """Make a picture of (H, W, 3) uint8."""
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "JPEG", quality=90)
        data = base64.b64encode(file.getvalue()).decode()
        return cls(f"data:image/jpeg;base64,{data}", caption, small)


@dataclasses.dataclass(frozen=True)
class Section:
    """A part of a page."""

    title: str
    paragraphs: Sequence[str] = ()
    tables: Sequence[Table] = ()
    pictures: Sequence[Picture] = ()


@dataclasses.dataclass(frozen=True)
class Page:
    """A report."""

    title: str
    verdict: str  # in one line
    sections: Sequence[Section]
    alarm: bool = False  # whether the verdict is bad news


def write_page(page: Page, path: Path) -> None:
    """Write a report as HTML. Texts are escaped: a caption cannot become part of the page.

    Raises:
        WriteError: The file cannot be written.
    """
    text = load_template(_TEMPLATE).render(page=page, number=_number)
    with replacing(path, durable=False) as file:
        file.write(text.encode("utf-8", "replace"))


@functools.cache
def load_template(path: Path) -> Template:
    """Read a template of Jinja, which escapes every text that is not marked as safe."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(path.read_text(encoding="utf-8"))


def _number(cell: Cell) -> str:
    """Return a cell as text: counts with their thousands apart, other numbers to 3 digits."""
    if isinstance(cell, float):
        return f"{cell:.3g}"
    return f"{cell:,}" if isinstance(cell, int) else cell or ""

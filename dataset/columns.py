"""The names by which caption files call their columns, or the keys of their JSON objects."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

# The usual names, the most telling first: of Hugging Face, kohya, image boards and Kaggle.
IDS = (
    *("file_name", "filename", "file", "file_path", "filepath", "image_file", "image_file_name"),
    *("image_name", "image_path", "image", "img", "path", "image_id", "id", "name"),
)
TEXTS = (
    *("text", "caption", "captions", "prompt", "description", "sentence", "tags", "tag_string"),
    "comment",
)
HAIR = ("hair", "hair_color", "hair_colour", "haircolor", "haircolour")
EYES = ("eyes", "eye_color", "eye_colour", "eyes_color", "eyes_colour", "eyecolor", "eyecolour")
WANTED = "file_name (or filename, image, path, id) and text (or caption, prompt, tags; hair, eyes)"


class Columns(NamedTuple):
    """Where a row has its id and its caption: a text, or the colours of hair and eyes."""

    id: int
    text: int | None
    hair: int | None = None
    eyes: int | None = None
    unused: tuple[str, ...] = ()  # names of further captions

    def is_header_of_hugging_face(self, names: Sequence[str]) -> bool:
        """Return whether these are the names that Hugging Face prescribes."""
        text = None if self.text is None else names[self.text].lower()
        return names[self.id].lower() == "file_name" and text == "text"

    def caption(self, row: Sequence[str]) -> str:
        """Return the caption of a row; `""` if its cells are empty."""
        if self.text is not None:
            return row[self.text]
        cells = ((self.hair, "hair"), (self.eyes, "eyes"))
        return " ".join(_colour(row[at], slot) for at, slot in cells if at is not None).strip()


@functools.lru_cache(maxsize=64)  # JSON objects of a file mostly have the same keys
def find_columns(names: tuple[str, ...]) -> Columns | None:
    """Return where the id and the caption are, or None if the names do not say."""
    plain = [_plain(name) for name in names]
    at = {kind: _first(plain, kind) for kind in (IDS, TEXTS, HAIR, EYES)}
    if (id_ := at[IDS]) is None:
        return None
    if at[TEXTS] is not None:
        return Columns(id_, at[TEXTS], unused=tuple(n for n in TEXTS if n in plain)[1:])
    if at[HAIR] is None and at[EYES] is None:
        return None
    return Columns(id_, None, at[HAIR], at[EYES])


def is_header(names: Sequence[str]) -> bool:
    """Return whether a first row looks like a header, although `find_columns` finds no caption."""
    known = {*IDS, *TEXTS, *HAIR, *EYES}
    words = all(re.fullmatch(r"[A-Za-z_][\w-]{0,39}|", name.strip()) for name in names)
    return words and len(names) > 1 and _plain(names[0]) in known


def _plain(name: str) -> str:
    return re.sub(r"[\s-]+", "_", name.strip().lower())


def _first(names: Sequence[str], wanted: Iterable[str]) -> int | None:
    return next((names.index(name) for name in wanted if name in names), None)


def _colour(cell: str, slot: str) -> str:
    cell = cell.strip()
    return cell if not cell or re.search(rf"\b{slot}$", cell.lower()) else f"{cell} {slot}"

"""The names by which caption files call their columns, or the keys of their JSON objects."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from dataset.markup import is_missing

# The usual names, the most telling first: of Hugging Face, kohya, image boards and Kaggle.
IDS = (
    *("file_name", "filename", "file", "file_path", "filepath", "image_file", "image_file_name"),
    *("image_filename", "image_name", "image_path", "image", "img", "img_name", "img_path", "path"),
    *("image_id", "id", "md5", "name", "url", "image_url", "file_url"),
)
TEXTS = (
    *("text", "caption", "captions", "prompt", "description", "sentence", "tags", "tag_string"),
    *("tag_string_general", "comment", "txt"),
)
TAG_LISTS = ("tags", "tag_string", "tag_string_general")  # whose lists are one caption
HAIR = ("hair", "hair_color", "hair_colour", "haircolor", "haircolour")
EYES = ("eyes", "eye_color", "eye_colour", "eyes_color", "eyes_colour", "eyecolor", "eyecolour")
WANTED = "file_name (or filename, image, path, id) and text (or caption, prompt, tags; hair, eyes)"


class Columns(NamedTuple):
    """Where a row has its ids, the most telling first, and its caption: a text, or colours."""

    ids: tuple[int, ...]
    text: int | None
    hair: int | None = None
    eyes: int | None = None
    unused: tuple[str, ...] = ()  # names of further captions

    def is_header_of_hugging_face(self, names: Sequence[str]) -> bool:
        """Return whether these are the names that Hugging Face prescribes."""
        text = None if self.text is None else names[self.text].lower()
        return names[self.ids[0]].lower() == "file_name" and text == "text"

    def has_text(self, row: Sequence[str]) -> bool:
        """Return whether a row's caption is a text."""
        return self.text is not None and not (is_missing(row[self.text]) or row[self.text] == "")

    def colours(self, row: Sequence[str]) -> str:
        """Return the caption in the columns of colours; `""` if their cells are empty."""
        cells = ((self.hair, "hair"), (self.eyes, "eyes"))
        return " ".join(_colour(row[at], slot) for at, slot in cells if at is not None).strip()


@functools.lru_cache(maxsize=64)  # JSON objects of a file mostly have the same keys
def find_columns(names: tuple[str, ...]) -> Columns | None:
    """Return where the ids and the caption are, or None if the names do not say."""
    plain = [plain_name(name) for name in names]
    ids = tuple(plain.index(name) for name in IDS if name in plain)
    text, hair, eyes = (_first(plain, kind) for kind in (TEXTS, HAIR, EYES))
    if not ids or text is hair is eyes is None:
        return None
    unused = tuple(name for name in TEXTS if name in plain)[1:]
    unused = tuple(name for name in unused if name != "tag_string_general")  # part of tag_string
    return Columns(ids, text, hair, eyes, unused)


def is_header(names: Sequence[str]) -> bool:
    """Return whether a first row looks like a header, although `find_columns` finds no caption."""
    words = re.fullmatch(r"[A-Za-z_][\w-]{0,39}|", names[0].strip()) is not None
    words &= all(re.fullmatch(r"[\w-]{0,40}", name.strip()) for name in names[1:])
    known = {*IDS, *TEXTS, *HAIR, *EYES}
    named = plain_name(names[0]) in known or any(plain_name(n) in TEXTS for n in names[1:])
    return words and len(names) > 1 and named


def plain_name(name: str) -> str:
    """Return the name of a column without what does not matter in it."""
    return re.sub(r"[\s-]+", "_", name.strip().lower())


def _first(names: Sequence[str], wanted: Iterable[str]) -> int | None:
    return next((names.index(name) for name in wanted if name in names), None)


def _colour(cell: str, slot: str) -> str:
    cell = cell.strip()
    if is_missing(cell) or cell.lower() in ("unknown", "other", "?"):
        return ""
    return cell if not cell or re.search(rf"\b{slot}$", cell.lower()) else f"{cell} {slot}"

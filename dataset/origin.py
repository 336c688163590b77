"""What a data set is made from, and the digests that tell when it must be read again."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

from config import ProjectError
from console import EXAMPLES, counted
from dataset.caption_files import Table, find_side_cars, find_tables, first_kind
from dataset.notes import find_notes
from dataset.sources import (
    SIDE_CAR_SUFFIXES,
    SUFFIXES,
    TABLES,
    Files,
    is_image,
    open_files,
    stem_of,
)
from files.images import MIN_SIDE

_VERSION = 3  # of the cache: raise it if the same files would yield other pixels or captions
_READING = 5  # where captions are read otherwise than when _VERSION was new; raise it likewise


@dataclasses.dataclass(frozen=True)
class Origin:
    """The files that a data set is made from."""

    path: Path  # the folder or zip
    files: Files
    images: list[str]  # names, sorted
    tables: list[Table]  # caption files
    side_cars: dict[str, list[str]]  # names of the texts beside images, by image
    described: bool  # whether captions are made, as there are none
    notes: list[str]  # what is not read

    def digests(self) -> tuple[str, str]:
        """Return two digests that change when the cache must be built again.

        The first is of the captions that version 3 of the cache was made from. It names the caches
        of data sets whose captions are read as then, so that models remember their data.
        The second is of all captions.
        """
        stamps, images = self.files.stamps, [(n, self.files.stamps[n]) for n in self.images]
        unread = sorted(self.files.unread.items())
        old: list[tuple[str, Any]] = _stamps_of(first_kind(self.tables))
        if not old:
            texts = sorted({stem_of(name) + ".txt" for name in self.images} & stamps.keys())
            old = [(name, stamps[name]) for name in texts]
        new = _stamps_of(self.tables)
        new += [(name, stamps[name]) for names in self.side_cars.values() for name in names]
        versions = ((_VERSION, old), (_READING, new))
        first, second = (
            digest([version, MIN_SIDE, self.described, [images, captions, unread]])
            for version, captions in versions
        )
        return first, second

    def unread_examples(self) -> list[str]:
        """Return the names of at most `EXAMPLES` files that cannot be read, with the reasons."""
        names = [f"{name} ({why})" for name, why in sorted(self.files.unread.items())]
        return names[:EXAMPLES]


def _stamps_of(tables: list[Table]) -> list[tuple[str, Any]]:
    return [
        (str(Path(table.label).resolve()), hashlib.sha256(table.data).hexdigest())
        for table in tables
    ]


def digest(content: Any) -> str:
    """Return 16 digits that stand for plain content."""
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]


def find_origin(path: Path, tags: Path | None, can_describe: bool) -> Origin:
    """List the images and find their captions.

    Args:
        path: A folder or a zip.
        tags: A caption file that the user named, if any.
        can_describe: Whether captions can be made for images that have none.

    Raises:
        UsageError: `path` or `tags` does not exist or cannot be read.
        ProjectError: `path` is a damaged zip, holds no image, or no caption although none can be
            made.
    """
    files = open_files(path)
    images = sorted(filter(is_image, files.stamps))
    tables = find_tables(path, files, images, tags) if images else []
    side_cars = {} if tags else find_side_cars(files, images)
    missing = not tables and not side_cars
    described = missing and can_describe
    found = find_notes(files, images, tables, side_cars)
    origin = Origin(path, files, images, tables, side_cars, described, found)
    notes = "".join(f"\n{note}" for note in found)
    if not images:
        unread = ", ".join(origin.unread_examples())
        raise ProjectError(
            f"No images in {path}: looked for {' '.join(SUFFIXES)} files."
            + (f" Not read: {unread}." if unread else "")
            + notes
        )
    if missing and not can_describe:
        beside = ", ".join(f"NAME.{suffix}" for suffix in SIDE_CAR_SUFFIXES)
        raise ProjectError(
            f"No captions for the {counted(len(images), 'image')} in {path}: looked for "
            f"{', '.join(TABLES)} in {path}, its subfolders and its parent folder, and for "
            f"{beside} beside each image. Add one of these, or name a caption file with --tags."
            + notes
        )
    return origin

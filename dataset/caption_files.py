"""Find the caption files of a data set: tables, and texts beside the images."""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from config import ProjectError, UsageError
from dataset.sources import SIDE_CAR_SUFFIXES, TABLES, Files, stem_of
from dataset.tags import read_object
from files.untrusted import read_whole


class Table(NamedTuple):
    """A caption file for the images in and below its folder."""

    label: str  # its path, for the user
    folder: str  # relative to the data's root: "" or "some/folder/"
    data: bytes
    place: str = "inside"  # the data; or "beside" it, or "named" by the user


def find_tables(path: Path, files: Files, images: list[str], tags: Path | None) -> list[Table]:
    """Find and read the tables of captions, the nearest to the images first.

    Args:
        path: The data: a folder or a zip.
        files: Its files.
        images: Names of the images among them.
        tags: A caption file that the user named, which is then the only one; None looks for
            `TABLES` in the folders of the images, in the folders above these, and beside `path`.

    Returns:
        The tables: those of inner folders before those of outer ones, and in each folder in the
        order of `TABLES`.

    Raises:
        UsageError: `tags` cannot be read.
        ProjectError: Another table cannot be read.
    """
    if tags is not None:
        try:
            with tags.open("rb") as file:
                return [Table(str(tags), "", read_whole(file), "named")]
        except OSError as error:
            message = f"--tags cannot be read: {error.strerror}. Received: {tags}"
            raise UsageError(message) from error
    folders = {""}
    for folder in {name.rpartition("/")[0] for name in images} - {""}:
        folders |= {
            f"{above}/" for above in itertools.accumulate(folder.split("/"), "{}/{}".format)
        }
    written = _tables_by_lower_name(files)
    tables = []
    for folder in sorted(folders, key=lambda folder: (-folder.count("/"), folder)):
        for table in TABLES:
            if name := written.get(folder + table):
                tables.append(Table(str(path / name), folder, _read_table(path, files, name)))
    for table in TABLES:
        outside = path.resolve().parent / table
        if outside.is_file():
            try:
                with outside.open("rb") as file:
                    tables.append(Table(str(outside), "", read_whole(file), "beside"))
            except OSError as error:
                raise ProjectError(f"Cannot read {table} of {path}: {error}") from error
    return tables


def _tables_by_lower_name(files: Files) -> dict[str, str]:
    """Return the tables as they are written, such as `a/Tags.CSV`, by `a/tags.csv`."""
    tables: dict[str, str] = {}
    for name in sorted(files.stamps):  # capitals first: tags.csv replaces Tags.csv
        folder, slash, last = name.rpartition("/")
        if last.lower() in TABLES:
            tables[folder + slash + last.lower()] = name
    return tables


def _read_table(path: Path, files: Files, name: str) -> bytes:
    try:
        return read_file(files, name)
    except OSError as error:
        table = name.rpartition("/")[2]
        raise ProjectError(f"Cannot read {table} of {path}: {error}") from error


def read_file(files: Files, name: str) -> bytes:
    """Read a file of the data, which must fit in memory; raise OSError if it cannot be read."""
    with files.open(name) as file:
        return read_whole(file)


def first_kind(tables: list[Table]) -> list[Table]:
    """Return the tables that version 3 of the cache was made from: of one name, in one place.

    They come with outer folders first, as that version named them.
    """
    for kind in TABLES:
        of_kind = [table for table in tables if Path(table.label).name == kind]
        inside = [table for table in of_kind if table.place == "inside"]
        if of_kind:
            return sorted(inside, key=lambda table: table.folder) or of_kind
    return tables  # named by the user


def find_side_cars(files: Files, images: list[str]) -> dict[str, list[str]]:
    """Return the texts beside images, by image.

    They are called as the image with another suffix, or with one more; the case of the suffix does
    not matter. Nor do letter case and composed letters of the rest, unless another file is called
    exactly so.

    JSON counts if the first one holds a caption: it may be what a program for marking objects in
    images wrote.

    Returns:
        For each image that has any, the names of its texts; the first of them counts.
    """
    exact = {base for image in images for base in (stem_of(image), image)}
    found: dict[str, dict[str, list[str]]] = {}  # names by base and suffix
    for name in files.stamps:
        base, _, suffix = name.rpartition(".")
        if suffix.lower() in SIDE_CAR_SUFFIXES:
            base = base if base in exact else same_name(base)
            found.setdefault(base, {}).setdefault(suffix.lower(), []).append(name)
    side_cars: dict[str, list[str]] = {}
    for image in images:
        if names := list(_names_beside(found, image, exact)):
            side_cars[image] = names
    objects = sorted(name for names in side_cars.values() for name in names if _is_json(name))
    if objects and not _holds_caption(files, objects[0]):
        texts = {image: [n for n in names if not _is_json(n)] for image, names in side_cars.items()}
        side_cars = {image: names for image, names in texts.items() if names}
    return side_cars


def _is_json(name: str) -> bool:
    return name.lower().endswith(".json")


def _holds_caption(files: Files, name: str) -> bool:
    try:
        return bool(read_object(read_file(files, name)))
    except (OSError, ValueError):
        return False


def same_name(path: str) -> str:
    """Return a path that is equal for names that differ in letter case or composed letters."""
    return unicodedata.normalize("NFC", path).casefold()


def _names_beside(
    found: dict[str, dict[str, list[str]]], image: str, exact: set[str]
) -> Iterator[str]:
    for suffix in SIDE_CAR_SUFFIXES:
        for base in (stem_of(image), image):
            also = same_name(base)  # unless that is the name of another image
            for written in (base, *([] if also in exact else [also])):
                names = found.get(written, {}).get(suffix, ())
                yield from sorted(names, key=lambda name: (name != f"{base}.{suffix}", name))

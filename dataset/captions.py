"""Find the caption files of a data set and match their rows to its images."""

from __future__ import annotations

import csv
import io
import itertools
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from config import ProjectError, UsageError
from console import EXAMPLES
from dataset.sources import TABLES, Files, stem_of
from dataset.summary import TagReport
from dataset.tags import TagTable, parse_tags, read_text
from files.untrusted import read_whole
from files.writing import replacing

SIDE_CARS = "NAME.txt beside each image"


class Table(NamedTuple):
    """A caption file for the images in and below its folder."""

    label: str  # its path, for the user
    folder: str  # relative to the data's root: "" or "some/folder/"
    data: bytes


def find_tables(path: Path, files: Files, images: list[str], tags: Path | None) -> list[Table]:
    """Find and read the caption files to use, those of outer folders first.

    Args:
        path: The data: a folder or a zip.
        files: Its files.
        images: Names of the images among them.
        tags: A caption file that the user named; None looks for `TABLES` in the folders of the
            images, in the folders above these, and beside `path`.

    Returns:
        The files, all of one name; none if there is none.

    Raises:
        UsageError: `tags` cannot be read.
        ProjectError: Another caption file cannot be read.
    """
    if tags is not None:
        try:
            with tags.open("rb") as file:
                return [Table(str(tags), "", read_whole(file))]
        except OSError as error:
            message = f"--tags cannot be read: {error.strerror}. Received: {tags}"
            raise UsageError(message) from error
    folders = {""}
    for folder in {name.rpartition("/")[0] for name in images} - {""}:
        folders |= {
            f"{above}/" for above in itertools.accumulate(folder.split("/"), "{}/{}".format)
        }
    for table in TABLES:
        inside = [folder for folder in sorted(folders) if folder + table in files.stamps]
        outside = path.resolve().parent / table
        try:
            if inside:
                return [Table(str(path / (f + table)), f, _read(files, f + table)) for f in inside]
            if outside.is_file():
                with outside.open("rb") as file:
                    return [Table(str(outside), "", read_whole(file))]
        except OSError as error:
            raise ProjectError(f"Cannot read {table} of {path}: {error}") from error
    return []


def find_side_cars(files: Files, images: list[str]) -> list[str]:
    """Return the names of the text files that lie beside an image of the same stem, sorted."""
    return sorted({stem_of(name) + ".txt" for name in images} & files.stamps.keys())


def read_captions(
    path: Path, files: Files, images: list[str], tables: list[Table]
) -> tuple[dict[str, str], TagReport]:
    """Read the captions from the tables, or without any from the text file beside each image.

    Args:
        path: The data: a folder or a zip.
        files: Its files.
        images: Names of the images among them.
        tables: From `find_tables`.

    Returns:
        The captions by image, and what was found in the files.
    """
    if not tables:
        return _read_side_cars(files, images)
    captions: dict[str, str] = {}
    unmatched: list[str] = []
    bad: list[str] = []
    duplicates = 0
    for table in tables:  # from the outer to the inner folders: the nearest table decides
        parsed = parse_tags(Path(table.label).name, table.data)
        matched, others = _match(images, path.resolve().name, table.folder, parsed)
        captions |= matched
        duplicates += parsed.duplicates
        unmatched += others
        bad += parsed.bad
    return captions, TagReport(
        source=", ".join(table.label for table in tables),
        duplicates=duplicates,
        unmatched=len(unmatched),
        unmatched_examples=unmatched[:EXAMPLES],
        bad_rows=len(bad),
        bad_examples=bad[:EXAMPLES],
    )


def _read_side_cars(files: Files, images: list[str]) -> tuple[dict[str, str], TagReport]:
    captions: dict[str, str] = {}
    bad: list[str] = []
    for name in images:
        side_car = stem_of(name) + ".txt"
        if side_car not in files.stamps:
            continue
        try:
            captions[name], guessed = read_text(_read(files, side_car))
        except (OSError, ValueError) as error:
            bad.append(f"{side_car}: {error}")
        else:
            if guessed:
                bad.append(f"{side_car}: not UTF-8, read as {guessed}")
    return captions, TagReport(SIDE_CARS, bad_rows=len(bad), bad_examples=bad[:EXAMPLES])


def _read(files: Files, name: str) -> bytes:
    with files.open(name) as file:
        return read_whole(file)


def _match(
    images: list[str], root: str, folder: str, table: TagTable
) -> tuple[dict[str, str], list[str]]:
    """Match the ids of a table to images.

    An id is an image's path below the table's folder, or the end of that path, down to the mere
    name, if no other image's path ends alike; with or without the suffix. The name of the data
    folder, `root`, may come before the path.

    Returns:
        The captions by image, and the ids that match no image.
    """
    texts = {key.replace("\\", "/").removeprefix("./"): text for key, text in table.texts.items()}
    below = {name: name[len(folder) :] for name in images if name.startswith(folder)}
    stems = {stem_of(name) for name in below.values()}
    endings = Counter(ending for stem in stems for ending in _endings(stem))
    captions: dict[str, str] = {}
    matched: set[str] = set()
    for name, relative in below.items():
        stem = stem_of(relative)
        suffix = relative[len(stem) :]
        unique = (ending for ending in _endings(stem) if endings[ending] == 1)
        for key in (key + end for key in (f"{root}/{stem}", stem, *unique) for end in ("", suffix)):
            if key in texts:
                captions[name] = texts[key]
                matched.add(key)
                break
    return captions, [key for key in texts if key not in matched]


def _endings(path: str) -> list[str]:
    """`a/b/c` -> `a/b/c`, `b/c`, `c`."""
    parts = path.split("/")
    return ["/".join(parts[n:]) for n in range(len(parts))]


def write_tags(target: Path, captions: dict[str, str]) -> list[str]:
    """Write captions as a table that `parse_tags` reads.

    Args:
        target: The file to write.
        captions: Captions by image.

    Returns:
        The images that were left out, because a row cannot hold their names.

    Raises:
        WriteError: The file cannot be written.
    """
    header = b"id,text\n"  # says that commas separate the fields, whatever the names hold
    left_out = []
    with replacing(target) as file:
        file.write(header)
        for name, text in captions.items():
            row = io.StringIO()
            csv.writer(row, lineterminator="\n").writerow([stem_of(name), text])
            line = row.getvalue().encode("utf-8", "surrogateescape")  # a name may be undecodable
            if parse_tags(target.name, header + line).texts == {stem_of(name): text}:
                file.write(line)
            else:
                left_out.append(name)
    return left_out

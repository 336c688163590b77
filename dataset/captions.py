"""Find the caption files of a data set and match them to its images."""

from __future__ import annotations

import csv
import io
import itertools
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from config import ProjectError, UsageError
from console import EXAMPLES
from dataset.sources import TABLES, Files, stem_of
from dataset.tags import TagTable, parse_tags, read_text
from files.untrusted import read_whole
from files.writing import replacing

SIDE_CARS = "NAME.txt beside each image"


class Table(NamedTuple):
    """A tag file: its captions are for the images below its folder."""

    label: str  # for the user
    folder: str  # relative to the data's root: "" or "some/folder/"
    data: bytes


def find_tables(path: Path, files: Files, images: list[str], tags: Path | None) -> list[Table]:
    """The tag files to use; none means that side-cars are to be looked for."""
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


def _read(files: Files, name: str) -> bytes:
    with files.open(name) as file:
        return read_whole(file)


def _tails(name: str) -> list[str]:
    """`a/b/c` -> `a/b/c`, `b/c`, `c`."""
    parts = name.split("/")
    return ["/".join(parts[n:]) for n in range(len(parts))]


def _match(images: list[str], root: str, folder: str, table: TagTable) -> tuple[dict, list[str]]:
    """Find the images of a table's ids: captions by image, and ids without an image.

    An id is an image's path below the table's folder, or the end of that path, down to the
    mere name, if no other image's path ends so; with or without the suffix. With `root`, the
    data folder's own name may come before it.
    """
    texts = {key.replace("\\", "/").removeprefix("./"): text for key, text in table.texts.items()}
    below = {name: name[len(folder) :] for name in images if name.startswith(folder)}
    stems = {stem_of(name) for name in below.values()}
    ends = Counter(tail for stem in stems for tail in _tails(stem))
    captions, matched = {}, set()
    for name, relative in below.items():
        stem, suffix = stem_of(relative), relative[len(stem_of(relative)) :]
        keys = [f"{root}/{stem}", stem, *(tail for tail in _tails(stem) if ends[tail] == 1)]
        for key in (key + end for key in keys for end in ("", suffix)):
            if key in texts:
                captions[name] = texts[key]
                matched.add(key)
                break
    return captions, [key for key in texts if key not in matched]


def read_captions(
    path: Path, files: Files, images: list[str], tables: list[Table]
) -> tuple[dict[str, str], dict[str, Any]]:
    """Captions by image, and the summary's fields about tags."""
    captions: dict[str, str] = {}
    about: dict[str, Any] = {"duplicates": 0}
    unmatched: list[str] = []
    bad: list[str] = []
    if not tables:
        for name in images:
            if (side_car := stem_of(name) + ".txt") in files.stamps:
                try:
                    captions[name], guessed = read_text(_read(files, side_car))
                    if guessed:
                        bad.append(f"{side_car}: not UTF-8, read as {guessed}")
                except (OSError, ValueError) as error:
                    bad.append(f"{side_car}: {error}")
    for table in tables:  # from the outer to the inner folders: the nearest table decides
        parsed = parse_tags(Path(table.label).name, table.data)
        found, others = _match(images, path.resolve().name, table.folder, parsed)
        captions |= found
        about["duplicates"] += parsed.duplicates
        unmatched += others
        bad += parsed.bad
    about["tags"] = ", ".join(table.label for table in tables) or SIDE_CARS
    about |= {"unmatched": len(unmatched), "unmatched_examples": unmatched[:EXAMPLES]}
    about |= {"bad_rows": len(bad), "bad_examples": bad[:EXAMPLES]}
    return {name: text for name, text in captions.items() if text}, about


def write_tags(target: Path, captions: dict[str, str]) -> list[str]:
    """Write captions by image as a table that `parse_tags` reads.

    Returns:
        The images that are not in it: a line cannot hold their names.
    """
    left, head = [], b"id,text\n"  # which says that commas separate, whatever the names hold
    with replacing(target) as file:
        file.write(head)
        for name, text in captions.items():
            row = io.StringIO()
            csv.writer(row, lineterminator="\n").writerow([stem_of(name), text])
            line = row.getvalue().encode("utf-8", "surrogateescape")  # of a name that is no text
            if parse_tags(target.name, head + line).texts == {stem_of(name): text}:
                file.write(line)
            else:
                left.append(name)
    return left

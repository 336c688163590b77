"""Where pictures and their captions come from: folders, zips, tag files, side-cars."""

from __future__ import annotations

import io
import itertools
import lzma
import os
import stat
import threading
import zipfile
import zlib
from collections import Counter
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from captions import TagTable, parse_tags, read_text
from config import ProjectError, UsageError

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff")
TABLES = ("metadata.jsonl", "metadata.csv", "tags.csv", "tags_clean.csv")  # first found wins
SIDE_CARS = "NAME.txt beside each picture"
EXAMPLES = 20  # file names or rows that a summary lists of a kind


# ---------------------------------------------------------------------- folders and zips


class Folder:
    """The files of a folder and of the folders in it; links to folders are not followed."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.stamps: dict[str, tuple[int, int]] = {}  # relative path -> size, time of change
        for folder, subfolders, names in os.walk(root):
            subfolders[:] = [name for name in subfolders if _visible(name)]
            for name in filter(_visible, names):
                file = Path(folder, name)
                try:
                    status = file.stat()
                except OSError:
                    continue  # a link to nowhere, or gone since it was listed
                if stat.S_ISREG(status.st_mode):
                    relative = file.relative_to(root).as_posix()
                    self.stamps[relative] = status.st_size, status.st_mtime_ns

    def open(self, name: str) -> BinaryIO:
        return (self._root / name).open("rb")


# What zipfile raises for a member that is damaged, has a password or is gone.
_BAD_MEMBER = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError, KeyError)


class Zip:
    """The files of a zip, read in place."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()  # each thread's own handle: a shared one makes them wait
        try:
            members = self._handle().infolist()
        except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError) as error:
            raise ProjectError(f"{path} is not a zip file that can be read: {error}") from error
        self.stamps = {  # path -> size, checksum
            member.filename: (member.file_size, member.CRC)
            for member in members
            if not member.is_dir() and all(map(_visible, member.filename.split("/")))
        }

    def _handle(self) -> zipfile.ZipFile:
        if not hasattr(self._local, "handle"):
            self._local.handle = zipfile.ZipFile(self._path)
        return self._local.handle

    def open(self, name: str) -> BinaryIO:
        try:
            return io.BytesIO(self._handle().read(name))
        except _BAD_MEMBER as error:
            raise OSError(str(error)) from error


Files = Folder | Zip


def _visible(name: str) -> bool:
    return not name.startswith(".") and name != "__MACOSX"


def open_files(path: Path) -> Files:
    if path.is_dir():
        return Folder(path)
    if path.is_file():
        return Zip(path)
    raise UsageError(f"--data must be a folder or a .zip of pictures. Received: {path}")


# --------------------------------------------------------------------------------- captions


class Table(NamedTuple):
    """A tag file: its captions are for the pictures below its folder."""

    label: str  # for the user
    folder: str  # relative to the data's root: "" or "some/folder/"
    data: bytes


def find_tables(path: Path, files: Files, pictures: list[str], tags: Path | None) -> list[Table]:
    """The tag files to use; none means that side-cars are to be looked for."""
    if tags is not None:
        try:
            return [Table(str(tags), "", tags.read_bytes())]
        except OSError as error:
            message = f"--tags cannot be read: {error.strerror}. Received: {tags}"
            raise UsageError(message) from error
    folders = {""}
    for folder in {name.rpartition("/")[0] for name in pictures} - {""}:
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
                return [Table(str(outside), "", outside.read_bytes())]
        except OSError as error:
            raise ProjectError(f"Cannot read {table} of {path}: {error}") from error
    return []


def _read(files: Files, name: str) -> bytes:
    with files.open(name) as file:
        return file.read()


def _tails(name: str) -> list[str]:
    """`a/b/c` -> `a/b/c`, `b/c`, `c`."""
    parts = name.split("/")
    return ["/".join(parts[n:]) for n in range(len(parts))]


def _match(pictures: list[str], root: str, folder: str, table: TagTable) -> tuple[dict, int]:
    """Find the pictures of a table's ids: captions by picture, and ids without a picture.

    An id is a picture's path below the table's folder, or the end of that path, down to the
    mere name, if no other picture's path ends so; with or without the suffix. With `root`, the
    data folder's own name may come before it.
    """
    texts = {key.replace("\\", "/").removeprefix("./"): text for key, text in table.texts.items()}
    below = {name: name[len(folder) :] for name in pictures if name.startswith(folder)}
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
    return captions, len(texts) - len(matched)


def stem_of(name: str) -> str:
    return name.rpartition(".")[0]


def read_captions(
    path: Path, files: Files, pictures: list[str], tables: list[Table]
) -> tuple[dict[str, str], dict[str, Any]]:
    """Captions by picture, and the summary's fields about tags."""
    captions: dict[str, str] = {}
    about: dict[str, Any] = {"duplicates": 0, "unmatched": 0}
    bad: list[str] = []
    if not tables:
        for name in pictures:
            if (side_car := stem_of(name) + ".txt") in files.stamps:
                try:
                    captions[name], guessed = read_text(_read(files, side_car))
                    if guessed:
                        bad.append(f"{side_car}: not UTF-8, read as {guessed}")
                except (OSError, ValueError) as error:
                    bad.append(f"{side_car}: {error}")
    for table in tables:  # from the outer to the inner folders: the nearest table decides
        parsed = parse_tags(Path(table.label).name, table.data)
        found, unmatched = _match(pictures, path.resolve().name, table.folder, parsed)
        captions |= found
        about["duplicates"] += parsed.duplicates
        about["unmatched"] += unmatched
        bad += parsed.bad
    about["tags"] = ", ".join(table.label for table in tables) or SIDE_CARS
    about |= {"bad_rows": len(bad), "bad_examples": bad[:EXAMPLES]}
    return {name: text for name, text in captions.items() if text}, about

"""Where pictures and their captions come from: folders, zips, tag files, side-cars."""

from __future__ import annotations

import csv
import io
import itertools
import os
import stat
import threading
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from captions import EXAMPLES, TagTable, parse_tags, read_text
from config import ProjectError, UsageError
from files import BAD_ZIP, read_whole, replacing

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff")
TABLES = ("metadata.jsonl", "metadata.csv", "tags.csv", "tags_clean.csv")  # first found wins
SIDE_CARS = "NAME.txt beside each picture"

# ---------------------------------------------------------------------- folders and zips


class Folder:
    """The files of a folder and of the folders in it; links to folders are not followed."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.stamps: dict[str, tuple[int, int]] = {}  # relative path -> size, time of change
        self.unread: dict[str, str] = {}  # pictures and folders that cannot be opened -> reason
        for folder, subfolders, names in os.walk(root, onerror=self._note):
            subfolders[:] = [name for name in subfolders if _visible(name)]
            for name in subfolders:
                if (link := Path(folder, name)).is_symlink():
                    self.unread[f"{self._relative(link)}/"] = "a link to a folder"
            for name in filter(_visible, names):
                file = Path(folder, name)
                try:
                    status = file.stat()
                except OSError as error:  # a link to nowhere or in a circle, or gone by now
                    if is_picture(name) or name in TABLES:
                        self._note(error)
                    continue
                if stat.S_ISREG(status.st_mode):
                    self.stamps[self._relative(file)] = status.st_size, status.st_mtime_ns
                elif is_picture(name):
                    self.unread[self._relative(file)] = "not a file"

    def _relative(self, path: Path) -> str:
        return path.relative_to(self._root).as_posix()

    def _note(self, error: OSError) -> None:
        path = Path(error.filename)
        if path == self._root:
            raise UsageError(f"--data {path} cannot be read: {error.strerror}.") from error
        self.unread[self._relative(path)] = f"cannot be read: {error.strerror}"

    def open(self, name: str) -> BinaryIO:
        return (self._root / name).open("rb")


class Zip:
    """The files of a zip, read in place: nothing of it is ever written to the disk."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()  # each thread's own handle: a shared one makes them wait
        try:
            members = self._handle().infolist()
        except (*BAD_ZIP, OSError) as error:
            raise ProjectError(f"{path} is not a zip file that can be read: {error}") from error
        self.stamps: dict[str, tuple[int, int]] = {}  # path -> size, checksum
        self.unread: dict[str, str] = {}  # as of a folder
        for member in members:
            name, parts = member.filename, member.filename.split("/")
            if name.startswith("/") or ".." in parts:
                self.unread[name] = "its path leads out of the zip"
            elif not name.endswith("/") and all(map(_visible, parts)):
                self.stamps[name] = member.file_size, member.CRC

    def _handle(self) -> zipfile.ZipFile:
        if not hasattr(self._local, "handle"):
            self._local.handle = zipfile.ZipFile(self._path)
        return self._local.handle

    def open(self, name: str) -> BinaryIO:
        try:
            with self._handle().open(name) as member:  # ends where the zip says, whatever follows
                return io.BytesIO(read_whole(member))
        except BAD_ZIP as error:
            raise OSError(str(error) or "it is cut short") from error


Files = Folder | Zip


def is_picture(name: str) -> bool:
    """Whether a file's name is that of a picture."""
    return name.lower().endswith(SUFFIXES)


def _visible(name: str) -> bool:
    return not name.startswith(".") and name != "__MACOSX"


def check_data(data: Path, tags: Path | None) -> None:
    """Refuse paths that are not there."""
    for flag, path in (("--data", data), ("--tags", tags)):
        if path is not None and not path.exists():
            raise UsageError(f"{flag} {path}: there is no such file or folder.")
    if tags is not None and tags.is_dir():
        raise UsageError(f"--tags {tags} is a folder. Name a file of descriptions: {tags}/tags.csv")


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
            with tags.open("rb") as file:
                return [Table(str(tags), "", read_whole(file))]
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


def _match(pictures: list[str], root: str, folder: str, table: TagTable) -> tuple[dict, list[str]]:
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
    return captions, [key for key in texts if key not in matched]


def stem_of(name: str) -> str:
    return name.rpartition(".")[0]


def read_captions(
    path: Path, files: Files, pictures: list[str], tables: list[Table]
) -> tuple[dict[str, str], dict[str, Any]]:
    """Captions by picture, and the summary's fields about tags."""
    captions: dict[str, str] = {}
    about: dict[str, Any] = {"duplicates": 0}
    unmatched: list[str] = []
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
        found, others = _match(pictures, path.resolve().name, table.folder, parsed)
        captions |= found
        about["duplicates"] += parsed.duplicates
        unmatched += others
        bad += parsed.bad
    about["tags"] = ", ".join(table.label for table in tables) or SIDE_CARS
    about |= {"unmatched": len(unmatched), "unmatched_examples": unmatched[:EXAMPLES]}
    about |= {"bad_rows": len(bad), "bad_examples": bad[:EXAMPLES]}
    return {name: text for name, text in captions.items() if text}, about


def write_tags(target: Path, captions: dict[str, str]) -> list[str]:
    """Write captions by picture as a table that `parse_tags` reads.

    Returns:
        The pictures that are not in it: a line cannot hold their names.
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

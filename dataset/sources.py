"""Where images and their captions come from: folders, zips, tag files, side-cars."""

from __future__ import annotations

import io
import os
import stat
import threading
import zipfile
from pathlib import Path
from typing import BinaryIO

from config import ProjectError, UsageError
from files.untrusted import BAD_ZIP, read_whole

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff")
TABLES = ("metadata.jsonl", "metadata.csv", "tags.csv", "tags_clean.csv")  # first found wins


class Folder:
    """The files of a folder and of the folders in it; links to folders are not followed."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.stamps: dict[str, tuple[int, int]] = {}  # relative path -> size, time of change
        self.unread: dict[str, str] = {}  # images and folders that cannot be opened -> reason
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
                    if is_image(name) or name in TABLES:
                        self._note(error)
                    continue
                if stat.S_ISREG(status.st_mode):
                    self.stamps[self._relative(file)] = status.st_size, status.st_mtime_ns
                elif is_image(name):
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


def is_image(name: str) -> bool:
    """Whether a file's name is that of an image."""
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
    raise UsageError(f"--data must be a folder or a .zip of images. Received: {path}")


def stem_of(name: str) -> str:
    return name.rpartition(".")[0]

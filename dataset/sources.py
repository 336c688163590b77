"""Where images and captions come from: a folder or a zip, as files with names."""

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

SUFFIXES = (
    *(".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff"),
    *(".jfif", ".jpe", ".avif"),
)
# Images that are named, but not read; the first with the Python packages that convert them.
PLUG_INS = {"heic": "pillow-heif", "heif": "pillow-heif", "jxl": "pillow-jxl-plugin"}
UNREAD_IMAGES = (
    *("tga", "ppm", "pgm", "pbm", "pnm", "psd", "svg", "ico", "jp2", "j2k", "dds", "pcx", "xcf"),
    *("kra", "clip", "exr", "hdr", "qoi", "icns", "mp4", "webm", "apng"),
)
# Of the files beside images that hold captions; the first found wins. JSON is read if it has some.
SIDE_CAR_SUFFIXES = ("txt", "caption", "cap", "tags", "json")
TABLES = ("metadata.jsonl", "metadata.csv", "tags.csv", "tags_clean.csv")  # first found wins
_UNREADABLE: tuple[type[Exception], ...] = (*BAD_ZIP, OSError)


class Folder:
    """The files of a folder and of its subfolders; links to folders are not followed.

    Args:
        root: The folder.

    Attributes:
        stamps: Size in bytes and modification time in ns, by path relative to the root.
        unread: Why images and folders cannot be opened, by path relative to the root.

    Raises:
        UsageError: The folder itself cannot be read.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self.stamps: dict[str, tuple[int, int]] = {}
        self.unread: dict[str, str] = {}
        for folder, subfolders, names in os.walk(root, onerror=self._note):
            subfolders[:] = [name for name in subfolders if _is_visible(name)]
            for name in subfolders:
                if (link := Path(folder, name)).is_symlink():
                    self.unread[f"{self._relative(link)}/"] = "a link to a folder"
            for name in filter(_is_visible, names):
                self._add(Path(folder, name))

    def _add(self, file: Path) -> None:
        try:
            status = file.stat()
        except OSError as error:  # a link to nowhere or in a circle, or gone by now
            if is_image(file.name) or file.name in TABLES:
                self._note(error)
            return
        if stat.S_ISREG(status.st_mode):
            self.stamps[self._relative(file)] = status.st_size, status.st_mtime_ns
        elif is_image(file.name):
            self.unread[self._relative(file)] = "not a file"

    def _note(self, error: OSError) -> None:
        path = Path(error.filename)
        if path == self._root:
            raise UsageError(f"--data {path} cannot be read: {error.strerror}.") from error
        self.unread[self._relative(path)] = f"cannot be read: {error.strerror}"

    def _relative(self, path: Path) -> str:
        return path.relative_to(self._root).as_posix()

    def open(self, name: str) -> BinaryIO:
        """Open a file by its path relative to the root.

        Raises:
            OSError: It cannot be read.
        """
        return (self._root / name).open("rb")


class Zip:
    """The files of a zip, read in place: none of them is ever written to the disk.

    Args:
        path: The zip.

    Attributes:
        stamps: Size in bytes and checksum, by path within the zip.
        unread: Why members cannot be opened, by path within the zip.

    Raises:
        ProjectError: It is not a zip, or is damaged.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        # Each thread has a handle of its own: with a shared one, threads would wait for each other.
        self._thread = threading.local()
        try:
            members = self._handle().infolist()
        except _UNREADABLE as error:
            raise ProjectError(f"{path} is not a zip file that can be read: {error}") from error
        self.stamps: dict[str, tuple[int, int]] = {}
        self.unread: dict[str, str] = {}
        for member in members:
            name, parts = member.filename, member.filename.split("/")
            if name.startswith("/") or ".." in parts:
                self.unread[name] = "its path leads out of the zip"
            elif not name.endswith("/") and all(map(_is_visible, parts)):
                self.stamps[name] = member.file_size, member.CRC

    def _handle(self) -> zipfile.ZipFile:
        if not hasattr(self._thread, "handle"):
            self._thread.handle = zipfile.ZipFile(self._path)
        return self._thread.handle

    def open(self, name: str) -> BinaryIO:
        """Read a member of the zip into memory.

        Raises:
            OSError: It is damaged, encrypted, or expands beyond what fits in memory.
        """
        try:
            with self._handle().open(name) as member:  # ends where the zip says, whatever follows
                return io.BytesIO(read_whole(member))
        except BAD_ZIP as error:
            raise OSError(str(error) or "it is cut short") from error


Files = Folder | Zip


def open_files(path: Path) -> Files:
    """List the files of a folder or a zip.

    Raises:
        UsageError: The path is neither.
        ProjectError: The zip is damaged.
    """
    if path.is_dir():
        return Folder(path)
    if path.is_file() and (path.suffix.lower() == ".zip" or zipfile.is_zipfile(path)):
        return Zip(path)
    raise UsageError(
        f"--data must be a folder or a .zip of images; --tags FILE names captions. Received: {path}"
    )


def check_data(data: list[Path], tags: Path | None) -> None:
    """Check that `--data` and `--tags` exist, and that the latter is one file for one `--data`.

    Raises:
        UsageError: They do not.
    """
    if tags is not None and len(data) > 1:
        raise UsageError(
            f"--tags {tags} goes with one --data. Of several, each has its captions beside its "
            "images."
        )
    for flag, path in (*(("--data", path) for path in data), ("--tags", tags)):
        if path is not None and not path.exists():
            raise UsageError(f"{flag} {path}: there is no such file or folder.")
    if tags is not None and tags.is_dir():
        raise UsageError(f"--tags {tags} is a folder. Name a file in it, such as {tags}/tags.csv")


def is_image(name: str) -> bool:
    """Return whether a file's name is that of an image."""
    return name.lower().endswith(SUFFIXES)


def stem_of(name: str) -> str:
    """Return a path without its suffix; `""` if it has none."""
    return name.rpartition(".")[0]


def _is_visible(name: str) -> bool:
    return not name.startswith(".") and name != "__MACOSX"

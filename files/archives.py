"""Folders inside zips that others made: read in memory, never unpacked."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from config import ProjectError
from files.untrusted import BAD_ZIP, LARGEST, read_whole

_UNREADABLE: tuple[type[Exception], ...] = (*BAD_ZIP, OSError)
MEMBERS = 1000  # of a zip, at most


def open_zip(path: Path) -> zipfile.Path:
    """Open a zip as a folder.

    The whole zip is read and checked here. What is opened in it later is in memory and can
    neither fail nor change.

    Args:
        path: The zip.

    Returns:
        The root of the zip.

    Raises:
        ProjectError: It cannot be read, is damaged or encrypted, has a member whose path leads
            out of it, or takes more than `LARGEST` bytes, packed or not.
    """
    try:
        if not path.is_file():
            raise OSError("it is not a regular file" if path.exists() else "there is no such file")
        with path.open("rb") as file:
            archive = zipfile.ZipFile(io.BytesIO(read_whole(file)))
        _check(archive)
    except _UNREADABLE as error:
        why = getattr(error, "strerror", None) or error or "it is cut short"
        raise ProjectError(f"{path} cannot be read: {why}. Copy or download it again.") from error
    archive.filename = str(path)  # for messages
    return zipfile.Path(archive)


def _check(archive: zipfile.ZipFile) -> None:
    """Check all members of a zip.

    Raises:
        ValueError: There are too many, they are too large, or one has a path that leads out.
        zipfile.BadZipFile: One is damaged.
    """
    members = archive.infolist()
    if len(members) > MEMBERS or sum(member.file_size for member in members) > LARGEST:
        raise ValueError(f"it holds more than {MEMBERS:,} files or {LARGEST // 10**6} MB")
    for member in members:
        parts = member.filename.removesuffix("/").split("/")
        if "\\" in member.filename or not {"", ".", ".."}.isdisjoint(parts):
            raise ValueError(f"the path {member.filename!r:.80} leads out of it")
    if damaged := archive.testzip():  # no member is longer than it declares
        raise zipfile.BadZipFile(f"{damaged!r:.80} is damaged")

"""Paths on the disk and inside zips, read alike."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any, BinaryIO, TypeVar, cast

AnyPath = Path | zipfile.Path  # of a file or folder on the disk, or of one inside a zip
P = TypeVar("P", Path, zipfile.Path, AnyPath)


def sibling(path: P, name: str) -> P:
    """Return the path of another file in the same folder."""
    folder: Any = path.parent  # typeshed takes that of a zipfile.Path for any PathLike
    return folder / name


def open_binary(path: AnyPath) -> BinaryIO:
    """Open a file for reading; one inside a zip is read into memory."""
    return path.open("rb") if isinstance(path, Path) else io.BytesIO(path.read_bytes())


def advice(path: AnyPath, otherwise: str) -> str:
    """Return what to do about a damaged file; a member of a zip can only come again with it."""
    return otherwise if isinstance(path, Path) else "Copy or download the zip again."


def file_size(path: AnyPath) -> int:
    """Return the bytes of a file."""
    if isinstance(path, Path):
        return path.stat().st_size
    return cast(zipfile.ZipFile, path.root).getinfo(path.at).file_size

"""Bounded reading of files that others made."""

from __future__ import annotations

import errno
import lzma
import math
import os
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Collection
from pathlib import Path
from typing import BinaryIO

import numpy as np

from config import ProjectError

# What zipfile raises for an archive or a member that is damaged, has a password or is gone.
BAD_ZIP = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError, KeyError)
BAD_ZIP += (ValueError, OverflowError, struct.error)  # type: ignore[assignment]
# What NumPy's reader of headers lets out besides: they are Python literals, parsed as such.
_BAD_HEADER = (TypeError, SyntaxError, MemoryError, AttributeError, tokenize.TokenError)
LARGEST = 10**8  # bytes of a file that is read as a whole, or of a member of a zip
_EXPANSION = 100  # times its size that a file of arrays may take in memory; ours take 2.5


def read_whole(file: BinaryIO, limit: int = LARGEST) -> bytes:
    """The rest of a file that fits in memory.

    Raises:
        OSError: It cannot be read, or has more than `limit` bytes; /dev/zero has.
    """
    data = file.read(limit + 1)
    if len(data) > limit:
        raise OSError(errno.EFBIG, f"it is larger than {limit // 10**6} MB")
    return data


def read_npz(
    path: Path, advice: str, names: Collection[str] | None = None
) -> dict[str, np.ndarray]:
    """Plain numbers from a `.npz` file, whoever made it.

    No pickle in it is opened, and before any array is read, the lengths that the headers declare
    are held against the file: it cannot ask for memory that it does not fill.

    Args:
        path: The file.
        advice: What to do about a file that is damaged: a sentence for the user.
        names: Of the arrays that are wanted; None for all.

    Returns:
        The arrays by name.

    Raises:
        ProjectError: The file cannot be read, is damaged, lacks an array or holds anything but
            numbers.

    Example:
        >>> read_npz(Path("model/classifier/real.npz"), "Restore it.", ["labels"])["labels"]
    """
    try:
        if path.exists() and not path.is_file():  # a device or a pipe never ends
            raise OSError(errno.EINVAL, "it is no file")
        # Opened here: NumPy leaves a file open that turns out not to be an archive.
        with path.open("rb") as file, np.lib.npyio.NpzFile(file, allow_pickle=False) as arrays:
            names = arrays.files if names is None else names
            _check_lengths(arrays.zip, os.fstat(file.fileno()).st_size, names)
            return {name: arrays[name] for name in names}
    except (*BAD_ZIP, *_BAD_HEADER, OSError) as error:
        why = getattr(error, "strerror", None) or error or "it is cut short"
        raise ProjectError(f"{path} cannot be read: {why}. {advice}") from error


def _check_lengths(archive: zipfile.ZipFile, size: int, names: Collection[str]) -> None:
    """Refuse, by a ValueError, a file of `size` bytes whose arrays are not as long as they say."""
    members = [m for m in archive.infolist() if m.filename.removesuffix(".npy") in names]
    total = sum(member.file_size for member in members)
    if total > _EXPANSION * size:
        raise ValueError(f"it would expand from {size:,} to {total:,} bytes")
    for member in members:
        with archive.open(member) as file:
            if np.lib.format.read_magic(file) == (1, 0):
                shape, _, dtype = np.lib.format.read_array_header_1_0(file)
            else:
                shape, _, dtype = np.lib.format.read_array_header_2_0(file)
            has = member.file_size - file.tell()
        name = member.filename
        if dtype.kind not in "biuf":
            raise ValueError(f"{name} holds no plain numbers but {dtype}")
        if math.prod(shape) * dtype.itemsize != has:
            raise ValueError(f"{name} declares {dtype} of shape {shape}, in {has:,} bytes")

"""Read files that others made, within bounds."""

from __future__ import annotations

import errno
import json
import lzma
import math
import os
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Collection
from typing import IO, Any

import numpy as np

from config import ProjectError
from files.paths import AnyPath, open_binary
from files.paths import advice as advice_on

# What zipfile raises if an archive or a member is damaged, encrypted or missing.
BAD_ZIP: tuple[type[Exception], ...] = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError, KeyError),
    *(ValueError, OverflowError, struct.error),
)
# The same for NumPy's archives of arrays, whose headers are parsed as Python literals.
_BAD_NPZ: tuple[type[Exception], ...] = (
    *BAD_ZIP,
    *(OSError, TypeError, SyntaxError, MemoryError, AttributeError, tokenize.TokenError),
)
LARGEST = 10**8  # bytes of a file, or of a member of a zip, that is read as a whole
LARGEST_JSON = 10**7  # bytes of a JSON file; in memory it takes up to thirty times that
_EXPANSION = 100  # size of a file's arrays in memory by its size on disk, at most; ours have 2.5


def read_whole(file: IO[bytes], limit: int = LARGEST) -> bytes:
    """Read the rest of a file, which must fit in memory.

    Raises:
        OSError: It cannot be read, or is longer than `limit` bytes. /dev/zero is.
    """
    data = file.read(limit + 1)
    if len(data) > limit:
        raise OSError(errno.EFBIG, f"it is larger than {limit // 10**6} MB")
    return data


def read_json(path: AnyPath) -> Any:
    """Read a JSON file that anyone may have made.

    Raises:
        OSError: It cannot be read, or is longer than `LARGEST_JSON` bytes.
        ValueError: It is no JSON, or is nested too deep.
    """
    with open_binary(path) as file:
        data = read_whole(file, LARGEST_JSON)
    try:
        return json.loads(data)
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def read_npz(
    path: AnyPath, advice: str, names: Collection[str] | None = None
) -> dict[str, np.ndarray]:
    """Read plain numbers from a `.npz` file that anyone may have made.

    No pickle is opened. Before an array is read, the length that its header declares is checked
    against the file, so no file can claim memory that it does not fill.

    Args:
        path: The file.
        advice: What the user can do if the file is damaged, unless it is in a zip: a sentence for
            the error message.
        names: The arrays to read; None reads all.

    Returns:
        The arrays by name.

    Raises:
        ProjectError: The file cannot be read, is damaged, lacks an array or holds anything but
            finite numbers.

    Example:
        >>> read_npz(Path("model/classifier/real.npz"), "Restore it.", ["labels"])["labels"]
    """
    try:
        if path.exists() and not path.is_file():  # a device or a pipe never ends
            raise OSError(errno.EINVAL, "it is not a regular file")
        # Opened here: if the file is no archive, NumPy leaves it open.
        with open_binary(path) as file, np.lib.npyio.NpzFile(file, allow_pickle=False) as arrays:
            assert arrays.zip is not None, "open until the end of this block"
            names = arrays.files if names is None else names
            _check_lengths(arrays.zip, file.seek(0, os.SEEK_END), names)
            read = {name: arrays[name] for name in names}
        for name, array in read.items():
            if not np.isfinite(array).all():
                raise ValueError(f"{name}: holds NaN or infinite values")
        return read
    except _BAD_NPZ as error:
        why = getattr(error, "strerror", None) or error or "it is cut short"
        what = advice_on(path, advice)
        raise ProjectError(f"{path} cannot be read: {why}. {what}") from error


def _check_lengths(archive: zipfile.ZipFile, size: int, names: Collection[str]) -> None:
    """Check that the arrays of a file of `size` bytes are as long as their headers declare.

    Raises:
        ValueError: One is not, is not numeric, or the file would expand beyond all reason.
    """
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
            length = member.file_size - file.tell()
        name = member.filename
        if dtype.kind not in "biuf":
            raise ValueError(f"{name} holds {dtype}, not plain numbers")
        if math.prod(shape) * dtype.itemsize != length:
            raise ValueError(f"{name} declares {dtype} of shape {shape}, but has {length:,} bytes")

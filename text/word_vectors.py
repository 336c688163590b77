"""The words of a skip-thoughts model, and the tables that hold a vector for each of them.

A published table is a pickled array of 930,911 arrays. Unpickling one takes twice its 2.3 GB and
runs whatever the file names. Here a pickle is read as data, one row at a time: only the opcodes
that NumPy's arrays need are understood, and nothing that the pickle names is ever called. The rows
are kept beside it as a plain array, which later runs map into memory.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
from tqdm import tqdm

from config import ProjectError
from files.derived import read_record, stamps, write_record
from files.paths import AnyPath, open_binary
from files.writing import WriteError, replacing
from text.pickled_tables import Shape, check_floats, damaged, read_pickled_rows


class Dictionary:
    """The words of a model, each with its row in the model's tables.

    Few of the 930,911 words are ever looked up. A `dict` of them takes 130 MB; their sorted hashes
    take 15 MB. Two words share a 64-bit hash in one of 40 million runs.

    Args:
        path: A UTF-8 file with one word per line; line i is row i. A later duplicate wins.

    Raises:
        ProjectError: The file is not UTF-8, or lacks a word that every model has.

    Example:
        >>> dictionary = Dictionary(Path("model/text-encoder/dictionary.txt"))
        >>> dictionary["UNK"], "xyzzy" in dictionary, dictionary.get("xyzzy", 0)
        (1, False, 0)
    """

    def __init__(self, path: AnyPath) -> None:
        try:
            # Not in text mode, which would end lines at \r and U+0085 too.
            with open_binary(path) as lines:
                hashes = np.fromiter((hash(line.decode().strip()) for line in lines), np.int64)
        except UnicodeDecodeError as error:
            raise damaged(path, error) from error
        rows = np.argsort(hashes, kind="stable")
        # Memory views, since NumPy's own scalars would be slow to compare one by one.
        self._rows, self._hashes = rows.data, hashes[rows].data
        for special in ("UNK", "<eos>"):
            if special not in self:
                raise damaged(path, f"it lacks the word {special}")

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, word: str) -> bool:
        return self.get(word) is not None

    def __getitem__(self, word: str) -> int:
        if (row := self.get(word)) is None:
            raise KeyError(word)
        return row

    def get(self, word: str, default: int | None = None) -> int | None:
        """Return the row of a word, or `default` if the model does not know it."""
        place = bisect_right(self._hashes, hash(word)) - 1  # the last of its duplicates
        return self._rows[place] if place >= 0 and self._hashes[place] == hash(word) else default


def open_table(path: AnyPath, shape: tuple[int, int]) -> np.ndarray:
    """Open a table of word vectors.

    Args:
        path: A `.npy` file of one array of floats, or of a pickled array of arrays. The latter is
            converted once, into `*.float32.npy` beside it; if that file cannot be written, the
            table is read into memory.
        shape: (words, e), the shape that the table must have.

    Returns:
        Float array of that shape, memory-mapped where possible.

    Raises:
        ProjectError: The table is damaged, unsafe, or of another shape.
    """
    stored_shape, dtype = _header(path)
    if dtype == np.dtype(object):
        if stored_shape != shape[:1]:
            raise ProjectError(
                f"{path} does not fit dictionary.txt: its shape should be {shape[:1]}. "
                f"Received: {stored_shape}"
            )
        if not isinstance(path, Path):  # in a zip
            return _load(path, shape)
        converted = path.with_suffix(".float32.npy")
        record = converted.with_suffix(".json")
        if read_record(record, stamps([path, converted])) is None:
            try:
                _convert(path, converted, shape)
            except WriteError:  # the folder is read-only or the disk is full
                return _load(path, shape)
            write_record(record, stamps([path, converted]), converted.name)
        path = converted
        stored_shape, dtype = _header(path)
    check_floats(str(path), stored_shape, dtype, shape)
    try:
        if isinstance(path, Path):
            return np.load(path, mmap_mode="r", allow_pickle=False)
        return np.load(open_binary(path), allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise damaged(path, error) from error


def _header(path: AnyPath) -> tuple[Shape, np.dtype]:
    with open_binary(path) as file:
        return read_npy_header(file, path)


def read_npy_header(file: BinaryIO, path: AnyPath) -> tuple[Shape, np.dtype]:
    """Read the header of a `.npy` file, and leave the file at the start of its data.

    Args:
        file: The file, at its start.
        path: Its path, for messages.

    Returns:
        The shape and the type of the array.

    Raises:
        ProjectError: The header is damaged, or longer than an array of numbers needs.
    """
    try:
        # Version 1 is enough for arrays of numbers, and limits the header to 64 KB.
        if (version := np.lib.format.read_magic(file)) != (1, 0):
            raise ValueError(f"version {version} of the format")
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
    except OSError:
        raise
    except Exception as error:  # NumPy parses the header as Python, which can raise anything
        raise damaged(path, error) from error
    return shape, dtype


def _convert(path: Path, converted: Path, shape: tuple[int, int]) -> None:
    """Write a pickled table as a plain array."""
    with replacing(converted) as file:
        header = {"descr": "<f4", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, header)
        for vector in _vectors(path, shape):
            file.write(vector.data)


def _load(path: AnyPath, shape: tuple[int, int]) -> np.ndarray:
    """Read a pickled table into memory."""
    table = np.empty(shape, np.float32)
    for row, vector in enumerate(_vectors(path, shape)):
        table[row] = vector
    return table


def _vectors(path: AnyPath, shape: tuple[int, int]) -> Iterator[np.ndarray]:
    """Read the vectors of a pickled table, (e,) little-endian float32, with a progress bar."""
    bar = {"desc": path.name, "total": shape[0], "unit": " words", "delay": 1, "disable": None}
    with open_binary(path) as file:
        read_npy_header(file, path)
        try:
            for row in tqdm(read_pickled_rows(file, path, shape), **bar):
                yield row.astype("<f4", copy=False)
        except LookupError as error:
            raise damaged(
                path, "it refers to an object that is missing or no longer kept"
            ) from error
        except (ValueError, TypeError, RecursionError) as error:
            raise damaged(path, error) from error

"""The words of a skip-thoughts model, and the tables that hold a vector for each of them.

The published tables are pickled arrays of arrays, 930,911 of them. To unpickle one takes twice its
2.3 GB, and runs whatever the file names. Here a pickle is read as data, a row at a time: of its
opcodes only those are known that NumPy's arrays take, and nothing that it names is ever called.
The rows are kept beside it as a plain array, which later runs map into memory.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
from tqdm import tqdm

from config import ProjectError
from files.derived import recall, remember, stamps
from files.writing import WriteError, replacing
from text.pickled_tables import Shape, check_floats, damaged, read_pickled_rows


class Dictionary:
    """The words of a model and the rows that they have in its tables.

    Of 930,911 words, a few of which are looked up, a `dict` takes 130 MB and their sorted hashes
    take 15 MB. Two words have the same 64 bits in one of 40 million runs.

    Args:
        path: A file with a word a line, in UTF-8; line i is row i. A later duplicate wins.

    Raises:
        ProjectError: It is not UTF-8, or lacks a word that every model has.

    Example:
        >>> dictionary = Dictionary(Path("model/text-encoder/dictionary.txt"))
        >>> dictionary["UNK"], "xyzzy" in dictionary, dictionary.get("xyzzy", 0)
        (1, False, 0)
    """

    def __init__(self, path: Path) -> None:
        try:
            # Not in text mode, which would end lines at \r and U+0085 too.
            with path.open("rb") as lines:
                hashes = np.fromiter((hash(line.decode().strip()) for line in lines), np.int64)
        except UnicodeDecodeError as error:
            raise damaged(path, error) from error
        rows = np.argsort(hashes, kind="stable")
        self._rows, self._hashes = memoryview(rows), memoryview(hashes[rows])
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
        """The row of a word, or `default`."""
        place = bisect_right(self._hashes, hash(word)) - 1  # of the last of its duplicates
        return self._rows[place] if place >= 0 and self._hashes[place] == hash(word) else default


def open_table(path: Path, shape: tuple[int, int]) -> np.ndarray:
    """Open the table of a model's word vectors.

    Args:
        path: A `.npy` file of one array of floats, or of a pickled one of arrays. The latter is
            converted once, into `*.float32.npy` beside it; where that cannot be written, it is
            read into memory.
        shape: (words, e), that it must have.

    Returns:
        Array of that shape, memory-mapped where that can be.

    Raises:
        ProjectError: It is damaged, unsafe, or of another shape.
    """
    stored_shape, dtype = _header(path)
    if dtype == np.dtype(object):
        if stored_shape != shape[:1]:
            raise ProjectError(
                f"{path} does not fit dictionary.txt: its shape should be {shape[:1]}. "
                f"Received: {stored_shape}"
            )
        converted = path.with_suffix(".float32.npy")
        record = converted.with_suffix(".json")
        if recall(record, stamps([path, converted])) is None:
            try:
                _convert(path, converted, shape)
            except WriteError:  # a folder that cannot be written, or a full disk
                return _in_memory(path, shape)
            remember(record, stamps([path, converted]), converted.name)
        path = converted
        stored_shape, dtype = _header(path)
    check_floats(str(path), stored_shape, dtype, shape)
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise damaged(path, error) from error


def _header(path: Path) -> tuple[Shape, np.dtype]:
    with path.open("rb") as file:
        return read_npy_header(file, path)


def read_npy_header(file: BinaryIO, path: Path) -> tuple[Shape, np.dtype]:
    """Shape and type of an array; leaves the file at the start of the data."""
    try:
        # Version 1 is all that arrays of numbers need, and bounds the header by 64 KB.
        if (version := np.lib.format.read_magic(file)) != (1, 0):
            raise ValueError(f"version {version} of the format")
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
    except OSError:
        raise
    except Exception as error:  # NumPy has the header parsed as Python, which can raise anything
        raise damaged(path, error) from error
    return shape, dtype


def _convert(path: Path, converted: Path, shape: tuple[int, int]) -> None:
    """Write a pickled table as a plain one."""
    with replacing(converted) as file:
        header = {"descr": "<f4", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, header)
        for row in _rows(path, shape):
            file.write(row)


def _in_memory(path: Path, shape: tuple[int, int]) -> np.ndarray:
    table = np.empty(shape, np.float32)
    for row, vector in enumerate(_rows(path, shape)):
        table[row] = vector
    return table


def _rows(path: Path, shape: tuple[int, int]) -> Iterator[np.ndarray]:
    """The vectors of a pickled table, as (e,) little-endian float32; shows a bar."""
    bar = {"desc": path.name, "total": shape[0], "unit": " words", "delay": 1, "disable": None}
    with path.open("rb") as file:
        read_npy_header(file, path)
        try:
            for row in tqdm(read_pickled_rows(file, path, shape), **bar):
                yield row.astype("<f4", copy=False)
        except LookupError as error:
            raise damaged(path, "it refers to what is not there, or long past") from error
        except (ValueError, TypeError, RecursionError) as error:
            raise damaged(path, error) from error

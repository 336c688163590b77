"""Skip-thought sentence vectors from the published files, in NumPy alone.

Reads any model in the layout of Kiros et al. (2015), "Skip-Thought Vectors",
https://arxiv.org/abs/1506.06726. The files and the exact arithmetic are those of the program
published with it, https://github.com/ryankiros/skip-thoughts. All sizes come from the arrays.

A folder holds `dictionary.txt` (a word a line), `utable.npy` and `btable.npy` (a word vector a
line), `uni_skip.npz` and `bi_skip.npz` (the GRUs). One more file, `encoder.json`, is this
project's own: with it, texts are read as `plain_words`, and misspelt words are mended by its lists.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
import json
import os
import pickle
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from config import ROOT, ProjectError
from files import WriteError, replacing
from tokens import Spelling, plain_words, tokenize

FILES = ("dictionary.txt", "utable.npy", "btable.npy", "uni_skip.npz", "bi_skip.npz")
SHIPPED = ROOT / "model" / "text-encoder"  # the project's own
PLACES = (SHIPPED, ROOT / "model" / "skip-thoughts", ROOT / "model" / "skipthoughts")
SETTINGS = "encoder.json"  # only in a folder of the project's own
ONE_THREAD = 1024  # widest sentence vector whose model runs on one thread
HASH_ALWAYS = 64 * 2**20  # bytes; the fingerprint of a smaller model is not worth keeping

# ---- Vectors ---------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, eq=False)
class _GRU:
    """A gated recurrent unit over row vectors; gates in the order reset, update, candidate.

    Section 2.1 of the paper, but as the program has it: the reset gate acts after the product
    with U, and the update gate keeps the old state.
    """

    W: np.ndarray  # (e, 3d), from the word
    b: np.ndarray  # (3d,)
    U: np.ndarray  # (d, 3d), from the state

    def last_states(self, table: np.ndarray, sentences: list[np.ndarray]) -> np.ndarray:
        """The states after the last words: (N, d) for N arrays of table rows, longest first."""
        dim = len(self.U)
        lengths = np.array([len(sentence) for sentence in sentences])
        ids, words = np.unique(np.concatenate(sentences), return_inverse=True)
        inputs = np.asarray(table[ids], np.float32) @ self.W + self.b  # each distinct word once
        starts = np.cumsum(lengths) - lengths
        states = np.zeros((len(sentences), dim), np.float32)
        for step in range(lengths[0]):
            going = np.count_nonzero(lengths > step)  # the first ones, since longest first
            h = states[:going]  # (n, d)
            x = inputs[words[starts[:going] + step]]  # (n, 3d)
            hU = h @ self.U  # (n, 3d)
            gates = _sigmoid(x[:, : 2 * dim] + hU[:, : 2 * dim])
            reset, update = gates[:, :dim], gates[:, dim:]
            candidate = np.tanh(x[:, 2 * dim :] + reset * hU[:, 2 * dim :])
            states[:going] = update * h + (1 - update) * candidate
        return states


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 0.5 * (1 + np.tanh(0.5 * x))  # no exp, so no overflow


def _normalized(x: np.ndarray) -> np.ndarray:
    """Each row divided by its L2 norm; a row of zeros stays."""
    return x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), np.finfo(np.float32).tiny)


class Reading(NamedTuple):
    """How a text is read."""

    words: list[str]  # tokens, misspelt ones mended
    mended: dict[str, str]  # as it stands -> as it is read
    unknown: list[str]  # distinct words that the model does not know and reads as `UNK`


@dataclasses.dataclass(frozen=True, eq=False)
class Encoder:
    """A skip-thoughts model, ready to encode. Made by `load_encoder`.

    A sentence vector is [uni, bi]: the last state of one GRU, then those of a GRU that reads
    forward and of one that reads backward ("combine-skip", section 3.1 of Kiros et al., 2015).
    """

    directory: Path
    spelling: Spelling | None  # of this project's own models; None: as the published program
    rows: dict[str, int]  # word -> row of both tables
    utable: np.ndarray  # (words, e), usually memory-mapped
    btable: np.ndarray  # (words, e)
    uni: _GRU
    forward: _GRU
    backward: _GRU

    @property
    def dim(self) -> int:
        """Width of a sentence vector: 4800 for the published model."""
        return sum(len(gru.U) for gru in (self.uni, self.forward, self.backward))

    @functools.cached_property
    def fingerprint(self) -> str:
        """SHA-256, in hex, of the content of every file that the vectors depend on.

        For a large model it is kept beside the files and taken again when one of them changes.
        """
        paths = [self.directory / name for name in (*FILES, SETTINGS)]
        paths = [path for path in paths if path.exists()]
        stamps = _stamps(paths)
        if sum(size for _, size, _ in stamps) < HASH_ALWAYS:
            return _hash(paths)
        record = self.directory / "fingerprint.json"
        fingerprint = _recall(record, stamps)
        if fingerprint is None:
            fingerprint = _hash(paths)
            _remember(record, stamps, fingerprint)
        return fingerprint

    def encode(
        self,
        texts: Iterable[str],
        use_norm: bool = True,
        use_eos: bool = False,
        batch_size: int = 128,
    ) -> np.ndarray:
        """Turn texts into sentence vectors. Each distinct text is encoded once.

        Args:
            texts: N texts with a word or more each.
            use_norm: Whether to divide the uni and the bi half by their own L2 norms.
            use_eos: Whether to end each text with the word `<eos>`.
            batch_size: Texts encoded together; bounds the memory, not the result.

        Returns:
            Array of shape (N, dim), float32, in the order of the texts.

        Raises:
            ProjectError: A text has no token.
            TypeError: `texts` is itself a string, or one of them is not.
            ValueError: `batch_size` is less than 1.

        Example:
            >>> encoder = load_encoder("model/skip-thoughts")
            >>> encoder.encode(["blue hair red eyes", "pink hair green eyes"]).shape
            (2, 4800)
        """
        if isinstance(texts, str):
            raise TypeError(f"texts must be a list of strings. Received: {texts!r}")
        if batch_size < 1:
            raise ValueError(f"batch_size must be 1 or more. Received: {batch_size}")
        texts = list(texts)
        end = [self.rows["<eos>"]] if use_eos else []
        unknown = self.rows["UNK"]
        sentences: dict[str, np.ndarray] = {}  # of rows of the tables
        for number, text in enumerate(texts, start=1):
            if not isinstance(text, str):
                raise TypeError(f"Text {number} of {len(texts)} is no string. Received: {text!r}")
            if text in sentences:
                continue
            tokens = self.read(text).words
            if not tokens:
                raise ProjectError(
                    f"Text {number} of {len(texts)} has no word to encode. Received: {text!r}"
                )
            sentences[text] = np.array([self.rows.get(token, unknown) for token in tokens] + end)

        longest_first = sorted(sentences, key=lambda text: -len(sentences[text]))
        vectors = np.empty((len(sentences), self.dim), np.float32)
        # Several threads gain a small model nothing, and wait for each other beside other work.
        with threadpool_limits(None if self.dim > ONE_THREAD else 1, "blas"):
            for start in range(0, len(sentences), batch_size):
                batch = [sentences[text] for text in longest_first[start : start + batch_size]]
                uni = self.uni.last_states(self.utable, batch)
                forward = self.forward.last_states(self.btable, batch)
                backward = self.backward.last_states(self.btable, [ids[::-1] for ids in batch])
                bi = np.concatenate([forward, backward], axis=1)
                if use_norm:
                    uni, bi = _normalized(uni), _normalized(bi)
                vectors[start : start + batch_size] = np.concatenate([uni, bi], axis=1)
        place = {text: index for index, text in enumerate(longest_first)}
        return vectors[np.array([place[text] for text in texts], dtype=int)]

    def read(self, text: str) -> Reading:
        """Split a text into words and mend its spelling, as `encode` does.

        Args:
            text: Any text.

        Returns:
            The words and what became of them. A published model mends none.

        Example:
            >>> load_encoder("model/text-encoder").read("sparkly gren eyes").mended
            {'gren': 'green'}
        """
        if self.spelling is None:
            words, mended = tokenize(text), {}
        else:
            words = plain_words(text)
            if not words:  # nothing but symbols
                return Reading(text.split(), {}, text.split())
            found = {word: self._mended(word) for word in words if word not in self.rows}
            mended = {word: name for word, name in found.items() if name}
            words = " ".join(mended.get(word, word) for word in words).split()
        strange = (word for word in words if word not in self.rows and any(map(str.isalnum, word)))
        return Reading(words, mended, list(dict.fromkeys(strange)))

    @functools.cached_property
    def _mended(self) -> Callable[[str], str | None]:
        return functools.lru_cache(maxsize=4096)(self.spelling.mend)


# ---- Files -----------------------------------------------------------------------------------


def load_encoder(directory: str | os.PathLike[str]) -> Encoder:
    """Open a skip-thoughts model.

    The published tables are pickles. They are read by an unpickler that admits arrays only, and
    kept as `*.float32.npy` beside the originals, so that later runs touch only the rows of the
    words that they need. The pickled options (`*.npz.pkl`) are never opened.

    Args:
        directory: The folder of the model's files.

    Returns:
        The encoder.

    Raises:
        ProjectError: A file is missing, damaged, unsafe, or does not fit the others.

    Example:
        >>> load_encoder("model/skip-thoughts").dim
        4800
    """
    directory = Path(directory)
    missing = [name for name in FILES if not (directory / name).is_file()]
    if missing:
        raise ProjectError(
            f"No skip-thoughts model in {directory}: it lacks {', '.join(missing)}. Put the "
            "model's files there, or name the folder that has them."
        )
    dictionary, utable, btable, uni_npz, bi_npz = (directory / name for name in FILES)
    try:
        words = _read_dictionary(dictionary)
        uni = _read_gru(uni_npz, "encoder")
        forward = _read_gru(bi_npz, "encoder")
        backward = _read_gru(bi_npz, "encoder_r", like=(len(forward.W), len(forward.U)))
        return Encoder(
            directory=directory,
            spelling=_read_spelling(directory / SETTINGS),
            rows={word: row for row, word in enumerate(words)},  # a later duplicate wins
            utable=_open_table(utable, (len(words), len(uni.W))),
            btable=_open_table(btable, (len(words), len(forward.W))),
            uni=uni,
            forward=forward,
            backward=backward,
        )
    except OSError as error:
        raise ProjectError(f"Cannot read the model in {directory}: {error}") from error


def find_encoder(fingerprint: str, directory: Path | None = None) -> Encoder:
    """Open the model with a given fingerprint, wherever it lies.

    Args:
        fingerprint: Of the encoder that a generator was trained with.
        directory: A folder to look in before `PLACES`.

    Returns:
        The first encoder that has the fingerprint.

    Raises:
        ProjectError: None has. The message names the folders and what each holds instead.
    """
    seen = []
    for place in dict.fromkeys(([directory] if directory else []) + list(PLACES)):
        if not (place / FILES[0]).is_file():
            seen.append(f"{place}: no model")
            continue
        encoder = load_encoder(place)
        if encoder.fingerprint == fingerprint:
            return encoder
        seen.append(f"{place}: another one, {encoder.fingerprint[:12]}")
    raise ProjectError(
        f"The model needs the sentence encoder with the fingerprint {fingerprint[:12]}, with "
        "which it was trained. Looked in\n  "
        + "\n  ".join(seen)
        + "\nName its folder: --encoder DIR"
    )


def _damaged(path: Path, why: object) -> ProjectError:
    return ProjectError(f"{path} is cut short or damaged: copy or download it again. ({why})")


def _read_dictionary(path: Path) -> list[str]:
    try:
        # Not in text mode, which would end lines at \r and U+0085 too.
        lines = path.read_bytes().decode("utf-8").removesuffix("\n").split("\n")
    except UnicodeDecodeError as error:
        raise _damaged(path, error) from error
    words = [line.strip() for line in lines]
    for special in ("UNK", "<eos>"):
        if special not in words:
            raise _damaged(path, f"it lacks the word {special}")
    return words


def _read_spelling(path: Path) -> Spelling | None:
    if not path.exists():
        return None
    try:
        lists = json.loads(path.read_text(encoding="utf-8"))
        first, second, others = (lists[name] for name in ("first", "second", "others"))
        for words in (first, second, others):
            if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
                raise ValueError("it should hold three lists of words")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _damaged(path, repr(error)) from error
    return Spelling(tuple(first), tuple(second), frozenset(others))


def _read_gru(path: Path, prefix: str, like: tuple[int, int] | None = None) -> _GRU:
    """Read one GRU, checked against the shape (e, d) of another's Wx or else of its own."""
    try:
        # Opened here: NumPy leaves a file open that turns out not to be an archive.
        with path.open("rb") as file, np.lib.npyio.NpzFile(file, allow_pickle=False) as npz:
            names = ("W", "b", "U", "Wx", "bx", "Ux")
            arrays = {name: np.asarray(npz[f"{prefix}_{name}"]) for name in names}
    except (ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        raise _damaged(path, error) from error
    if arrays["Wx"].ndim != 2:
        raise _damaged(path, f"{prefix}_Wx should be a matrix, its shape is {arrays['Wx'].shape}")
    e, d = like or arrays["Wx"].shape
    expected = {
        "Wx": (e, d), "bx": (d,), "Ux": (d, d), "W": (e, 2 * d), "b": (2 * d,), "U": (d, 2 * d)
    }  # fmt: skip
    for name, shape in expected.items():
        _check_shape(f"{path}: {prefix}_{name}", arrays[name], shape)
    # Side by side, so that one product serves the three gates.
    W, b, U = (
        np.concatenate([arrays[gates], arrays[candidate]], axis=-1).astype(np.float32, copy=False)
        for gates, candidate in (("W", "Wx"), ("b", "bx"), ("U", "Ux"))
    )
    return _GRU(W, b, U)


def _check_shape(what: str, array: np.ndarray, *shapes: tuple[int, ...]) -> None:
    if array.shape not in shapes or array.dtype.kind != "f":
        raise ProjectError(
            f"{what} does not fit the model's other files: it should hold floats of shape "
            f"{' or '.join(map(str, shapes))}. Received: {array.dtype} of shape {array.shape}"
        )


def _open_table(path: Path, shape: tuple[int, int]) -> np.ndarray:
    """The word vectors, memory-mapped; converted first if they are the published pickles."""
    with path.open("rb") as file:
        stored_shape, dtype = _read_npy_header(file)
    if dtype == np.dtype(object):
        if stored_shape != shape[:1]:
            raise ProjectError(
                f"{path} does not fit dictionary.txt: its shape should be {shape[:1]}. "
                f"Received: {stored_shape}"
            )
        converted = path.with_suffix(".float32.npy")
        record = converted.with_suffix(".json")
        if _recall(record, _stamps([path, converted])) is None:
            try:
                _convert(path, converted, shape)
            except WriteError:  # a folder that cannot be written, or a full disk
                return np.stack(list(_float_rows(path, shape)))
            _remember(record, _stamps([path, converted]), converted.name)
        path = converted
    try:
        table = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise _damaged(path, error) from error
    _check_shape(str(path), table, shape)
    return table


def _read_npy_header(file: BinaryIO) -> tuple[tuple[int, ...], np.dtype]:
    """Shape and type; leaves the file at the start of the data."""
    try:
        if np.lib.format.read_magic(file) == (1, 0):
            shape, _, dtype = np.lib.format.read_array_header_1_0(file)
        else:
            shape, _, dtype = np.lib.format.read_array_header_2_0(file)
    except ValueError as error:
        raise _damaged(Path(file.name), error) from error
    return shape, dtype


def _convert(path: Path, converted: Path, shape: tuple[int, int]) -> None:
    """Write a pickled table as a plain one."""
    with replacing(converted) as file:
        header = {"descr": "<f4", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, header)
        for row in _float_rows(path, shape):
            file.write(row.tobytes())


def _float_rows(path: Path, shape: tuple[int, int]) -> Iterator[np.ndarray]:
    """The vectors of a pickled table, checked, as (e,) little-endian float32."""
    count, width = shape
    for index, row in enumerate(_object_rows(path, count)):
        if not isinstance(row, np.ndarray):
            raise _damaged(path, f"row {index} is no array")
        _check_shape(f"{path}: row {index}", row, (width,), (1, width))
        yield row.reshape(width).astype("<f4")


def _object_rows(path: Path, count: int) -> Iterator[Any]:
    """The elements of a pickled table, in order."""
    with path.open("rb") as file:
        _read_npy_header(file)
        try:
            table = _ArrayUnpickler(file).load()
        except (ProjectError, OSError):
            raise
        except Exception as error:  # a damaged pickle can raise anything, says its documentation
            raise _damaged(path, error) from error
    if not isinstance(table, np.ndarray) or table.dtype != object or table.shape != (count,):
        raise _damaged(path, f"it holds no table of {count} words")
    yield from table


# Not imported by name: the name that NumPy 1 wrote is deprecated in NumPy 2.
_reconstruct = np.empty(0).__reduce__()[0]
_ARRAY_GLOBALS = {
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
}


class _ArrayUnpickler(pickle.Unpickler):
    """Unpickles NumPy arrays; any other global is refused before it is even imported."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file, encoding="latin1")  # the published tables come from Python 2
        self._path = file.name

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ARRAY_GLOBALS:
            raise ProjectError(
                f"{self._path} is unsafe and was not loaded: a table of word vectors has no use "
                f"for {module}.{name}. Delete it and download it again."
            )
        return _ARRAY_GLOBALS[module, name]


# ---- What is kept beside the files -----------------------------------------------------------


def _hash(paths: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{path.name} {path.stat().st_size}\n".encode())  # sets the files apart
        with path.open("rb") as file:
            while block := file.read(2**20):
                digest.update(block)
    return digest.hexdigest()


def _stamps(paths: list[Path]) -> list[list[Any]]:
    """Name, size in bytes and time in ns of each file that is there."""
    stats = [(path.name, path.stat()) for path in paths if path.exists()]
    return [[name, stat.st_size, stat.st_mtime_ns] for name, stat in stats]


def _recall(record: Path, stamps: list[list[Any]]) -> str | None:
    """The value that was derived from files, if these still have the stamps they had then."""
    try:
        kept = json.loads(record.read_text(encoding="utf-8"))
        return kept["value"] if kept["files"] == stamps else None
    except (OSError, ValueError, KeyError, TypeError):  # none yet, or damaged: derive it again
        return None


def _remember(record: Path, stamps: list[list[Any]], value: str) -> None:
    with contextlib.suppress(WriteError), replacing(record) as file:  # the folder may be read-only
        file.write(json.dumps({"files": stamps, "value": value}, indent=1).encode())

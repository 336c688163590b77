"""Skip-thought sentence vectors from the published files, in NumPy alone.

Reads any model in the layout of Kiros et al. (2015), "Skip-Thought Vectors",
https://arxiv.org/abs/1506.06726. The files and the exact arithmetic are those of the authors'
program, https://github.com/ryankiros/skip-thoughts. All sizes come from the arrays.

A model is a folder with `dictionary.txt` (one word per line), `utable.npy` and `btable.npy` (one
word vector per row; see text/word_vectors.py), `uni_skip.npz` and `bi_skip.npz` (the GRUs). Models
of this project have one more file, `encoder.json`: their texts are split by `plain_words`, and its
lists correct misspelt words.
"""

from __future__ import annotations

import dataclasses
import functools
import os
import zipfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from threadpoolctl import ThreadpoolController

import config
from config import ProjectError
from files.derived import fingerprint
from files.paths import AnyPath
from files.untrusted import read_json, read_npz
from text.denials import MARK, mark_denials
from text.fact_probe import FactProbe, load_probe
from text.facts import assign_colours
from text.pickled_tables import check_floats, damaged
from text.rewritings import RESOLVED
from text.tag_lists import shorten, strip_weights
from text.tokens import Reading, Spelling, plain_words, tokenize
from text.word_vectors import Dictionary, open_table

FILES = ("dictionary.txt", "utable.npy", "btable.npy", "uni_skip.npz", "bi_skip.npz")
SETTINGS = "encoder.json"  # only models of this project have it
ONE_THREAD = 1024  # width of a sentence vector up to which a model runs on one thread


@dataclasses.dataclass(frozen=True, eq=False)
class _GRU:
    """A gated recurrent unit over row vectors; gates in the order reset, update, candidate.

    As in section 2.1 of the paper, with two differences that the program has: the reset gate acts
    after the product with U, and the update gate weights the old state.
    """

    W: np.ndarray  # (e, 3d), of the word
    b: np.ndarray  # (3d,)
    U: np.ndarray  # (d, 3d), of the state

    def last_states(self, table: np.ndarray, sentences: list[np.ndarray]) -> np.ndarray:
        """Return the states after the last words, (N, d), of N arrays of rows, longest first.

        Small models are run in double precision, so that a text has the same states in single
        precision whatever texts it is run with: BLAS adds in another order for other shapes.
        """
        dim = len(self.U)
        kind = np.dtype(np.float64 if dim <= ONE_THREAD else np.float32)
        weights, recurrent = np.asarray(self.W, kind), np.asarray(self.U, kind)
        lengths = np.array([len(sentence) for sentence in sentences])
        ids, words = np.unique(np.concatenate(sentences), return_inverse=True)
        inputs = np.asarray(table[ids], kind) @ weights + self.b  # each distinct word once
        starts = np.cumsum(lengths) - lengths
        states = np.zeros((len(sentences), dim), kind)
        for step in range(lengths[0]):
            active = np.count_nonzero(lengths > step)  # n, the first ones: they are the longest
            h = states[:active]  # (n, d)
            x = inputs[words[starts[:active] + step]]  # (n, 3d)
            hU = h @ recurrent  # (n, 3d)
            gates = _sigmoid(x[:, : 2 * dim] + hU[:, : 2 * dim])
            reset, update = gates[:, :dim], gates[:, dim:]
            candidate = np.tanh(x[:, 2 * dim :] + reset * hU[:, 2 * dim :])
            states[:active] = update * h + (1 - update) * candidate
        return states.astype(np.float32)


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 0.5 * (1 + np.tanh(0.5 * x))  # without exp, which could overflow


def _normalized(x: np.ndarray) -> np.ndarray:
    """Divide each row by its L2 norm; a row of zeros stays."""
    return x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), np.finfo(np.float32).tiny)


@dataclasses.dataclass(frozen=True, eq=False)
class Encoder:
    """A skip-thoughts model, ready to encode. Made by `load_encoder`.

    A sentence vector is [uni, bi]: the last state of one GRU, then the last states of a GRU that
    reads forward and of one that reads backward ("combine-skip", section 3.1 of the paper).
    """

    directory: AnyPath
    fingerprint: str  # SHA-256, in hex, of the content of every file that the vectors depend on
    spelling: Spelling | None  # None for published models, which split text as their program does
    facts: tuple[str, ...]  # what it was taught to hear; none for encoders older than version 2
    probe: FactProbe | None  # reads these off the vectors
    rows: Dictionary  # word -> its row in both tables
    utable: np.ndarray  # (words, e), usually memory-mapped
    btable: np.ndarray  # (words, e)
    uni: _GRU
    forward: _GRU
    backward: _GRU

    @property
    def dim(self) -> int:
        """The width of a sentence vector: 4800 for the published model."""
        return sum(len(gru.U) for gru in (self.uni, self.forward, self.backward))

    def encode(
        self,
        texts: Iterable[str],
        use_norm: bool = True,
        use_eos: bool = False,
        batch_size: int = 128,
    ) -> np.ndarray:
        """Turn texts into sentence vectors. Each distinct text is encoded once.

        Args:
            texts: N texts with at least one word each.
            use_norm: Whether to divide the uni and the bi part by their own L2 norms.
            use_eos: Whether to end each text with the word `<eos>`.
            batch_size: Number of texts encoded together; limits memory and leaves the result alone.

        Returns:
            Sentence vectors of shape (N, dim), float32, in the order of the texts.

        Raises:
            ProjectError: A text has no word, or a word vector holds NaN or infinite values.
            TypeError: `texts` is itself a string, or holds something that is not a string.
            ValueError: `batch_size` is less than 1.

        Example:
            >>> encoder = load_encoder("model/text-encoder")
            >>> encoder.encode(["blue hair red eyes", "pink hair green eyes"]).shape
            (2, 256)
        """
        if isinstance(texts, str):
            raise TypeError(f"texts must be a list of strings. Received: {texts!r}")
        if batch_size < 1:
            raise ValueError(f"batch_size must be 1 or more. Received: {batch_size}")
        texts = list(texts)
        sentences = self._look_up(texts, use_eos)
        longest_first = sorted(sentences, key=lambda text: -len(sentences[text]))
        vectors = np.empty((len(sentences), self.dim), np.float32)
        # Threads gain a small model nothing, and wait for each other while other work runs.
        with _threads().limit(limits=None if self.dim > ONE_THREAD else 1, user_api="blas"):
            for start in range(0, len(sentences), batch_size):
                batch = [sentences[text] for text in longest_first[start : start + batch_size]]
                vectors[start : start + batch_size] = self._encode_batch(batch, use_norm)
        if not np.isfinite(vectors).all():  # the tables are too large to be checked beforehand
            raise damaged(self.directory, "word vectors in it hold NaN or infinite values")
        place = {text: index for index, text in enumerate(longest_first)}
        return vectors[np.array([place[text] for text in texts], dtype=int)]

    def _look_up(self, texts: list[str], use_eos: bool) -> dict[str, np.ndarray]:
        """Return the table rows of each distinct text's words."""
        end = [self.rows["<eos>"]] if use_eos else []
        unknown = self.rows["UNK"]
        sentences: dict[str, np.ndarray] = {}
        for number, text in enumerate(texts, start=1):
            which = f"Text {number} of {len(texts)}"
            if not isinstance(text, str):
                raise TypeError(f"{which} is not a string. Received: {text!r}")
            if text not in sentences:
                words = self.read(text).words
                if not words:
                    raise ProjectError(f"{which} has no word to encode. Received: {text!r}")
                sentences[text] = np.array([self.rows.get(word, unknown) for word in words] + end)
        return sentences

    def _encode_batch(self, sentences: list[np.ndarray], use_norm: bool) -> np.ndarray:
        """Encode N arrays of table rows, longest first, as (N, dim) sentence vectors."""
        uni = self.uni.last_states(self.utable, sentences)
        forward = self.forward.last_states(self.btable, sentences)
        backward = self.backward.last_states(self.btable, [rows[::-1] for rows in sentences])
        bi = np.concatenate([forward, backward], axis=1)
        if use_norm:
            uni, bi = _normalized(uni), _normalized(bi)
        return np.concatenate([uni, bi], axis=1)

    def read(self, text: str) -> Reading:
        """Split a text into words and correct their spelling, as `encode` does.

        Since version 2, models of this project read only what a long list of tags says of a face,
        say what colours belong to, and mark the words that are denied.

        Args:
            text: Any text.

        Returns:
            The words, the corrections and the unknown words. Published models correct nothing.

        Example:
            >>> load_encoder("model/text-encoder").read("sparkly gren eyes").mended
            {'gren': 'green'}
        """
        return self._readings(text)

    @functools.cached_property
    def _readings(self) -> Callable[[str], Reading]:
        return functools.lru_cache(maxsize=4096)(self._read)  # a text is read several times

    def _read(self, text: str) -> Reading:
        if self.spelling is None:
            words, mended = tokenize(text), {}
        else:
            words = plain_words(strip_weights(text) if self.facts else text)
            if not words:  # nothing but symbols
                return Reading(text.split(), {}, text.split())
            found = {word: self._mend(word) for word in words if word not in self.rows}
            mended = {word: name for word, name in found.items() if name}
            words = " ".join(mended.get(word, word) for word in words).split()
        strange = (word for word in words if word not in self.rows and any(map(str.isalnum, word)))
        unknown = list(dict.fromkeys(strange))
        if self.facts:
            words = (
                plain_words(shorten(" ".join(assign_colours(words, self.facts)), self.facts))
                or words
            )
            unknown = [word for word in unknown if word in words or word not in RESOLVED]
            words = mark_denials(words, lambda word: MARK + word in self.rows)
        return Reading(words, mended, unknown)

    @functools.cached_property
    def _mend(self) -> Callable[[str], str | None]:
        assert self.spelling is not None
        return functools.lru_cache(maxsize=4096)(self.spelling.mend)


@functools.cache
def _threads() -> ThreadpoolController:
    """Return the threads of NumPy's BLAS; it takes some time to find them."""
    return ThreadpoolController()


def load_encoder(directory: str | os.PathLike[str] | AnyPath) -> Encoder:
    """Open a skip-thoughts model.

    The published tables are pickles. They are read once, as data, and kept as `*.float32.npy`
    beside the originals until these change; so is the fingerprint of a large model. The pickled
    options (`*.npz.pkl`) are never opened.

    Args:
        directory: The folder that holds the model's files, on the disk or inside a zip.

    Returns:
        The encoder.

    Raises:
        ProjectError: A file is missing, damaged or unsafe, or does not fit the others.

    Example:
        >>> load_encoder("model/text-encoder").dim
        256
    """
    if not isinstance(directory, zipfile.Path):
        directory = Path(directory)
    if missing := missing_files(directory):
        raise ProjectError(
            f"No skip-thoughts model in {directory}: it lacks {', '.join(missing)}. Put the "
            "model's files there, or name the folder that holds them."
        )
    dictionary, utable, btable, uni_npz, bi_npz = (directory / name for name in FILES)
    try:
        rows = Dictionary(dictionary)
        uni = _read_gru(uni_npz, "encoder")
        forward = _read_gru(bi_npz, "encoder")
        backward = _read_gru(bi_npz, "encoder_r", like=(len(forward.W), len(forward.U)))
        spelling, facts = _read_settings(directory / SETTINGS)
        dim = sum(len(gru.U) for gru in (uni, forward, backward))
        return Encoder(
            directory=directory,
            spelling=spelling,
            facts=facts,
            probe=load_probe(directory, facts, dim),
            rows=rows,
            utable=open_table(utable, (len(rows), len(uni.W))),
            btable=open_table(btable, (len(rows), len(forward.W))),
            uni=uni,
            forward=forward,
            backward=backward,
            fingerprint=_fingerprint(directory),
        )
    except OSError as error:
        raise ProjectError(f"Cannot read the model in {directory}: {error}") from error


def find_encoder(wanted: str, directories: Sequence[AnyPath] = ()) -> Encoder:
    """Find and open the model with a given fingerprint.

    Args:
        wanted: The fingerprint of the encoder that a generator was trained with.
        directories: Folders to search before those of `config.ENCODERS`.

    Returns:
        The first encoder that has the fingerprint.

    Raises:
        ProjectError: No folder holds it. The message says what each holds instead.
    """
    seen = []
    for place in dict.fromkeys((*directories, *config.ENCODERS)):
        try:
            if not place.is_dir():
                seen.append(f"{place}: no such folder")
            elif missing := missing_files(place):
                seen.append(f"{place}: no model, it lacks {', '.join(missing)}")
            elif (found := _fingerprint(place)) == wanted:
                return load_encoder(place)
            else:
                seen.append(f"{place}: a different encoder, {found[:12]}")
        except OSError as error:
            seen.append(f"{place}: {error}")
    raise ProjectError(
        f"The sentence encoder that the model was trained with (fingerprint {wanted[:12]}) "
        "was not found. Searched:\n  " + "\n  ".join(seen) + "\nPass its folder: --encoder DIR"
    )


def missing_files(directory: AnyPath) -> list[str]:
    """Return the names of the model files that a folder lacks; none if it holds a model."""
    return [name for name in FILES if not (directory / name).is_file()]


def _fingerprint(directory: AnyPath) -> str:
    """Hash a model's files. The hash of a large model is kept beside them until one changes."""
    paths = [directory / name for name in (*FILES, SETTINGS) if (directory / name).exists()]
    return fingerprint(paths, directory / "fingerprint.json")


def _read_settings(path: AnyPath) -> tuple[Spelling | None, tuple[str, ...]]:
    """Read how a model of this project splits text, and the names of the facts it was taught."""
    if not path.exists():
        return None, ()
    try:
        lists = read_json(path)
        first, second, others = (_words(lists[name]) for name in ("first", "second", "others"))
        facts = _words(lists.get("facts", []))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise damaged(path, repr(error)) from error
    return Spelling(first, second, frozenset(others)), facts


def _words(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise ValueError("it should hold lists of words")
    return tuple(value)


def _read_gru(path: AnyPath, prefix: str, like: tuple[int, int] | None = None) -> _GRU:
    """Read one GRU, and check it against the (e, d) of another one or else of its own Wx."""
    names = [f"{prefix}_{name}" for name in ("W", "Wx", "b", "bx", "U", "Ux")]
    arrays = read_npz(path, "It is cut short or damaged: copy or download it again.", names)
    shape = arrays[f"{prefix}_Wx"].shape
    if len(shape) != 2:
        raise damaged(path, f"{prefix}_Wx should be a matrix, but its shape is {shape}")
    e, d = like or shape
    expected = ((e, 2 * d), (e, d), (2 * d,), (d,), (d, 2 * d), (d, d))
    for name, shape in zip(names, expected, strict=True):
        check_floats(f"{path}: {name}", arrays[name].shape, arrays[name].dtype, shape)
    # Side by side, so that one product serves all three gates.
    W, b, U = (
        np.concatenate([arrays.pop(gates), arrays.pop(candidate)], axis=-1, dtype=np.float32)
        for gates, candidate in (names[:2], names[2:4], names[4:])
    )
    return _GRU(W, b, U)

"""Write a trained sentence encoder in the layout that Kiros et al. (2015) published theirs in."""

from __future__ import annotations

import io
import json
import pickle
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from skipthoughts_encoder import SETTINGS
from text.attributes import FACTS
from text.colour_names import OTHER_WORDS, PLAIN_WORDS
from text.facts import FACT_SPELLINGS
from tools import colour_words

if TYPE_CHECKING:
    import keras


def expand(words: list[str], table: np.ndarray) -> tuple[list[str], np.ndarray]:
    """Find vectors for colour words that no story has.

    The map from the word space of `colour_words` to the encoder's is fitted by least squares with
    an intercept, over the words that both have (Kiros et al. 2015, section 2.2). Words of the
    stories keep their own vectors.

    Args:
        words: The vocabulary, V words.
        table: Their vectors, (V, e).

    Returns:
        W more words, and their vectors, (W, e) float32.
    """
    named, features = colour_words.load()
    features = np.hstack([features, np.ones((len(named), 1))])
    rows = {word: row for row, word in enumerate(words)}
    known = np.array([word in rows for word in named])
    targets = table[[rows[word] for word in named if word in rows]]
    mapping = np.linalg.lstsq(features[known], targets, rcond=None)[0]  # (F + 1, e)
    more = [word for word in named if word not in rows]
    return more, (features[~known] @ mapping).astype(np.float32)


def write(
    directory: Path,
    words: list[str],
    models: dict[str, keras.Model],
    extra: Sequence[str] = (),
) -> None:
    """Write the encoders in the published layout, completely or not at all.

    Keras has the gates in the order update, reset, candidate. The files have reset and update in
    one array, in that order, and the candidate in another. Decoders are not written.

    Args:
        directory: The folder to write; an earlier encoder in it is replaced.
        words: The vocabulary of the models; the files also get the words of `expand`.
        models: `uni` and `bi`, from `encoder_network.build`.
        extra: Facts that only these stories have.
    """
    files = _files(words, models) | {SETTINGS: _settings(words, extra)}
    with tempfile.TemporaryDirectory(dir=directory.parent, prefix=".text-encoder-") as scratch:
        fresh, stale = Path(scratch, "fresh"), Path(scratch, "stale")
        fresh.mkdir()  # with the user's usual permissions, unlike its parent
        for name, data in files.items():
            (fresh / name).write_bytes(data)
        if directory.exists():
            directory.rename(stale)  # a folder with files cannot be overwritten by a rename
        try:
            fresh.rename(directory)
        except BaseException:
            if stale.exists():
                stale.rename(directory)
            raise


def _files(words: list[str], models: dict[str, keras.Model]) -> dict[str, bytes]:
    """Return the content of every file of an encoder, by name."""
    files: dict[str, bytes] = {}
    known = words
    for name, model in models.items():
        (table,) = model.get_layer("words").get_weights()  # (n_words, e)
        more, vectors = expand(words, table)
        known = words + more
        table = np.vstack([table, vectors])
        arrays = {"Wemb": table}  # unused, but the original program fails without it
        for layer in [layer for layer in model.layers if layer.name.startswith("encoder")]:
            arrays |= _published(layer.name, *layer.get_weights())
            dim = layer.units
        # Protocol 0 because the original program runs on Python 2.
        options = {"encoder": "gru", "dim_word": table.shape[1], "dim": dim}
        options |= dict.fromkeys(("n_words_src", "n_words"), len(table))
        files[f"{name[0]}table.npy"] = _saved(np.save, table)
        files[f"{name}_skip.npz"] = _saved(np.savez, **arrays)
        files[f"{name}_skip.npz.pkl"] = pickle.dumps(options, protocol=0)
    files["dictionary.txt"] = "".join(f"{word}\n" for word in known).encode()
    return files


def _settings(words: list[str], extra: Sequence[str]) -> bytes:
    """Return how the encoder's texts are read: the lists for spelling, and the facts."""
    settings = {
        "first": PLAIN_WORDS,
        "second": [*OTHER_WORDS, *(word for word in FACT_SPELLINGS if word in words)],
        "others": colour_words.load_correct_words(),
        "facts": [*FACTS, *extra],
    }
    return json.dumps(settings).encode() + b"\n"


def _published(
    prefix: str, kernel: np.ndarray, recurrent: np.ndarray, bias: np.ndarray
) -> dict[str, np.ndarray]:
    """Return the arrays of one GRU by their published names."""

    def gates(array: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        update, reset, candidate = np.split(array, 3, axis=-1)
        return np.concatenate([reset, update], axis=-1), candidate

    (W, Wx), (U, Ux), (b, bx) = gates(kernel), gates(recurrent), gates(bias[0])
    arrays = {"W": W, "b": b, "U": U, "Wx": Wx, "bx": bx, "Ux": Ux}
    return {f"{prefix}_{key}": value for key, value in arrays.items()}


def _saved(save: Callable[..., None], *args: np.ndarray, **arrays: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    save(buffer, *args, **arrays)
    return buffer.getvalue()

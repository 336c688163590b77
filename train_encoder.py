"""Trains a small skip-thoughts sentence encoder on told stories, and writes the published layout.

The objective is that of Kiros et al. (2015), "Skip-Thought Vectors",
https://arxiv.org/abs/1506.06726, section 2: encode a sentence, and from the code alone predict the
sentence before and the one after. Sentences that mean the same have the same neighbours, so they
get like codes. The decoders exist here only; `skipthoughts_encoder.py` reads what is written.
"""

from __future__ import annotations

import argparse
import collections
import io
import json
import pickle
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from captions import EYE_COLOURS, HAIR_COLOURS, stories
from config import ROOT, ProjectError, UsageError
from skipthoughts_encoder import FILES, SETTINGS, load_encoder

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

WORD_DIM = 32  # width of a word vector
STATE_DIM = 96  # width of the uni encoder's state, and of both bi encoders' states together
DIRECTIONS = {"uni": 1, "bi": 2}  # model -> encoders in it
BATCH = 64  # sentences an update
LEARNING_RATE = 8e-3  # Adam, at the start; at the paper's 2e-4 so small a model does not get off
CLIP = 5.0  # largest norm of the gradient
UNKNOWN_RATE = 0.02  # share of words read as UNK, or nothing would be learnt about it
EOS, UNK = 0, 1  # word ids; the others follow by frequency


# ------------------------------------------------------------------------------ sentences


def vocabulary(told: list[list[str]]) -> list[str]:
    """Lists the words of stories: `<eos>`, `UNK`, then by frequency, ties by spelling."""
    counts = collections.Counter(
        word for story in told for sentence in story for word in sentence.split()
    )
    return ["<eos>", "UNK", *sorted(counts, key=lambda word: (-counts[word], word))]


class Batch(NamedTuple):
    """Word ids of B sentences and their neighbours; these end in `EOS` and are filled with it."""

    sentence: np.ndarray  # (B, T) int32, all of one length
    previous: np.ndarray  # (B, T') int32
    next: np.ndarray  # (B, T'') int32


def batches(told: list[list[str]], words: list[str], seed: int) -> Iterator[Batch]:
    """Yields batches of consecutive sentences without end, each story once an epoch.

    The sentences of a batch have one length, so that the encoders need no mask and end in the
    state that the NumPy reader computes. The neighbours are padded: the loss leaves that out.

    Args:
        told: Stories of three or more sentences.
        words: The vocabulary; its order gives the ids.
        seed: Decides the order of the batches and which words are read as unknown.
    """
    rng = np.random.default_rng(seed)
    ids = {word: number for number, word in enumerate(words)}
    by_length = collections.defaultdict(list)
    for story in told:
        coded = [[ids[word] for word in sentence.split()] for sentence in story]
        for triple in zip(coded, coded[1:], coded[2:], strict=False):
            by_length[len(triple[1])].append(triple)
    while True:
        epoch = []
        for triples in by_length.values():
            order = rng.permutation(len(triples))
            epoch += [[triples[i] for i in part] for part in _chunks(order, BATCH)]
        for number in rng.permutation(len(epoch)):
            previous, sentence, following = zip(*epoch[number], strict=True)
            sentence = np.array(sentence, np.int32)
            sentence[rng.random(sentence.shape) < UNKNOWN_RATE] = UNK
            yield Batch(sentence, _padded(previous), _padded(following))


def _chunks(order: np.ndarray, size: int) -> list[np.ndarray]:
    return np.split(order, range(size, len(order), size))


def _padded(sentences: tuple[list[int], ...]) -> np.ndarray:
    width = max(map(len, sentences)) + 1  # at least one EOS each
    return np.array([s + [EOS] * (width - len(s)) for s in sentences], np.int32)


# ------------------------------------------------------------------------------- training


def build(n_words: int, directions: int) -> keras.Model:
    """Builds the encoders and decoders of one model.

    Args:
        n_words: Size of the vocabulary.
        directions: 1 for one forward encoder, 2 for a forward and a backward one of half width.

    Returns:
        Model from ids `[sentence (B, T), previous (B, T'), next (B, T'')]` to the logits of both
        neighbours, `[(B, T', n_words), (B, T'', n_words)]`. Layers `encoder` and `encoder_r`.

    Example:
        >>> build(100, directions=2).get_layer("encoder_r").units
        48
    """
    import keras

    layers = keras.layers
    inputs = [keras.Input((None,), dtype="int32", name=name) for name in Batch._fields]
    # Ten times Keras' own: from so close to zero, the colours are not told apart in time.
    spread = keras.initializers.RandomUniform(-0.5, 0.5)
    embed = layers.Embedding(n_words, WORD_DIM, embeddings_initializer=spread, name="words")
    shift = layers.ZeroPadding1D((1, 0))
    softmax = layers.Dense(n_words, name="softmax")

    class FirstBiasOnly(keras.constraints.Constraint):  # Keras has two, the files one
        def __call__(self, bias):
            return bias * [[1.0], [0.0]]

    sentence = embed(inputs[0])  # (B, T, e)
    states = [
        layers.GRU(
            STATE_DIM // directions,
            go_backwards=backwards,
            bias_constraint=FirstBiasOnly(),
            name=name,
        )(sentence)
        for name, backwards in [("encoder", False), ("encoder_r", True)][:directions]
    ]
    state = layers.Concatenate()(states) if directions > 1 else states[0]  # (B, d)
    logits = []
    for ids in inputs[1:]:
        # A word is predicted from those before it: the first one from the state alone.
        before = shift(embed(ids[:, :-1]))  # (B, T', e)
        decoder = layers.GRU(STATE_DIM, return_sequences=True, name=f"decoder_{ids.name}")
        logits.append(softmax(decoder(before, initial_state=state)))  # (B, T', n_words)
    return keras.Model(inputs, logits)


def cross_entropy(ids: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """Sums -log p over the words of each sentence up to its first `EOS`; mean over the batch.

    Args:
        ids: (B, T) int32. What follows the first `EOS` is padding and costs nothing.
        logits: (B, T, n_words).

    Returns:
        A scalar, in nats.
    """
    import tensorflow as tf

    cost = tf.nn.sparse_softmax_cross_entropy_with_logits(ids, logits)  # (B, T)
    ended = tf.cumsum(tf.cast(ids == EOS, tf.int32), axis=1, exclusive=True)
    return tf.reduce_mean(tf.reduce_sum(tf.where(ended == 0, cost, 0.0), axis=1))


def fit(model: keras.Model, data: Iterator[Batch], updates: int, title: str) -> None:
    """Minimises the cross entropy of both neighbours with Adam.

    Args:
        model: From `build`; trained in place.
        data: Endless batches.
        updates: Number of them to use.
        title: Label of the progress bar.
    """
    import keras
    import tensorflow as tf
    from tqdm import tqdm

    optimizer = keras.optimizers.Adam(
        keras.optimizers.schedules.CosineDecay(LEARNING_RATE, updates), global_clipnorm=CLIP
    )

    @tf.function(autograph=False, input_signature=[tf.TensorSpec((None, None), tf.int32)] * 3)
    def update(sentence: tf.Tensor, previous: tf.Tensor, following: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            before, after = model([sentence, previous, following], training=True)
            loss = cross_entropy(previous, before) + cross_entropy(following, after)
        variables = model.trainable_variables
        optimizer.apply(tape.gradient(loss, variables), variables)
        return loss

    bar = tqdm(range(updates), desc=title, unit="update", mininterval=1.0)
    for _, batch in zip(bar, data, strict=False):
        loss = update(*batch)
        if bar.n % 50 == 0:
            bar.set_postfix(loss=f"{float(loss):.2f}", refresh=False)


# -------------------------------------------------------------------------------- writing


def write(directory: Path, words: list[str], models: dict[str, keras.Model]) -> None:
    """Writes the encoders in the published layout, as a whole or not at all.

    The Keras gates come as update, reset, candidate; the files have reset and update in one
    array, in that order, and the candidate in another. Decoders are not written.

    Args:
        directory: The folder; an earlier encoder in it is replaced.
        words: The vocabulary.
        models: `uni` and `bi`, from `build`.
    """
    files = {
        "dictionary.txt": "".join(f"{word}\n" for word in words).encode(),
        SETTINGS: json.dumps({"lowercase": True}).encode() + b"\n",
    }
    for name, model in models.items():
        (table,) = model.get_layer("words").get_weights()  # (n_words, e)
        arrays = {}
        for layer in [layer for layer in model.layers if layer.name.startswith("encoder")]:
            arrays |= _published(layer.name, *layer.get_weights())
            dim = layer.units
        # Protocol 0 because the original program runs on Python 2.
        options = {"encoder": "gru", "dim_word": table.shape[1], "dim": dim}
        options |= {"n_words_src": len(words), "n_words": len(words)}
        files[f"{name[0]}table.npy"] = _saved(np.save, table)
        files[f"{name}_skip.npz"] = _saved(np.savez, **arrays)
        files[f"{name}_skip.npz.pkl"] = pickle.dumps(options, protocol=0)

    with tempfile.TemporaryDirectory(dir=directory.parent, prefix=".text-encoder-") as scratch:
        fresh, stale = Path(scratch, "fresh"), Path(scratch, "stale")
        fresh.mkdir()  # unlike its parent, readable by whom the user lets read
        for name, data in files.items():
            (fresh / name).write_bytes(data)
        if directory.exists():
            directory.rename(stale)  # a folder that has files cannot be renamed over
        try:
            fresh.rename(directory)
        except BaseException:
            if stale.exists():
                stale.rename(directory)
            raise


def _published(
    prefix: str, kernel: np.ndarray, recurrent: np.ndarray, bias: np.ndarray
) -> dict[str, np.ndarray]:
    """The arrays of one GRU by their published names."""

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


# ------------------------------------------------------------------------------ measuring


class Report(NamedTuple):
    """How well vectors tell the 120 pairs of hair and eye colour apart."""

    smallest_distance: float  # between two of the 120 tag captions
    swap_cosine: float  # of "red hair blue eyes" and "blue hair red eyes"
    accuracy: dict[str, tuple[float, float]]  # form -> share of hair and of eye colours read off


PROBE_CUT = 1e-2  # smallest singular value used, share of the largest: 120 captions, 192 columns
PROBE_FITTED_ON = "{h} hair {e} eyes"
PROBE_FORMS = (
    "{e} eyes {h} hair",
    "{h} hair , {e} eyes",
    "{h} hair and {e} eyes",
    "a girl with {h} hair and {e} eyes",
    "she has {e} eyes and {h} hair .",
    "her hair is {h} and her eyes are {e} .",
    "a {h}-haired girl with {e} eyes",
    "{e} eyes long hair {h} hair twintails",
    "short hair glasses {h} hair smiling {e} eyes",
)


def measure(encode: Callable[[list[str]], np.ndarray]) -> Report:
    """Measures what can be read off sentence vectors by a linear map.

    The probe is fitted by least squares to the captions of one form, `PROBE_FITTED_ON`, and read
    on others: what it gets right there is in the vectors whatever the wording.

    Args:
        encode: From N texts to vectors (N, D).

    Example:
        >>> measure(load_encoder("model/text-encoder").encode).swap_cosine < 0.9
        True
    """
    pairs = [(h, e) for h in range(len(HAIR_COLOURS)) for e in range(len(EYE_COLOURS))]

    def captions(form: str) -> np.ndarray:
        texts = [form.format(h=HAIR_COLOURS[h], e=EYE_COLOURS[e]) for h, e in pairs]
        return encode(texts).astype(np.float64)  # (120, D)

    tags = captions(PROBE_FITTED_ON)
    distances = np.linalg.norm(tags[:, None] - tags, axis=-1)
    red_blue, blue_red = encode(["red hair blue eyes", "blue hair red eyes"])

    hair, eyes = np.array(pairs).T
    wanted = np.hstack([np.eye(len(HAIR_COLOURS))[hair], np.eye(len(EYE_COLOURS))[eyes]])
    mean = tags.mean(axis=0)
    probe = np.linalg.lstsq(tags - mean, wanted, rcond=PROBE_CUT)[0]  # (D, 12 + 10)
    accuracy = {}
    for form in PROBE_FORMS:
        scores = (captions(form) - mean) @ probe + wanted.mean(axis=0)
        read_hair = scores[:, : len(HAIR_COLOURS)].argmax(axis=1)
        read_eyes = scores[:, len(HAIR_COLOURS) :].argmax(axis=1)
        accuracy[form] = float((read_hair == hair).mean()), float((read_eyes == eyes).mean())
    return Report(
        smallest_distance=float(distances[~np.eye(len(pairs), dtype=bool)].min()),
        swap_cosine=float(
            red_blue @ blue_red / np.linalg.norm(red_blue) / np.linalg.norm(blue_red)
        ),
        accuracy=accuracy,
    )


# -------------------------------------------------------------------------------- command


def train(output: Path, n_stories: int, updates: int, seed: int) -> Report:
    """Trains an encoder, writes it and measures what was written.

    Args:
        output: The folder to write; an earlier encoder in it is replaced at the end.
        n_stories: How many stories to learn from.
        updates: Steps of training for either model.
        seed: Decides the stories, the first weights and the order of training.

    Returns:
        The measurements.

    Raises:
        UsageError: `output` is a file, a folder with other things in it, or cannot be made.
        ProjectError: The encoder cannot be written.
    """
    output = output.resolve()
    layout = {*FILES, SETTINGS, *(f"{name}_skip.npz.pkl" for name in DIRECTIONS)}
    if output.exists() and not output.is_dir():
        raise UsageError(f"--output must be a folder. Received a file: {output}")
    if output.exists() and (other := {path.name for path in output.iterdir()} - layout):
        raise UsageError(
            f"--output {output} would be replaced, but holds {min(other)}, which is no part of "
            "a text encoder. Name another folder."
        )

    try:
        output.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--output {output} cannot be made: {error}") from error

    told = stories(n_stories, seed)
    words = vocabulary(told)
    import keras

    keras.utils.set_random_seed(seed)
    models = {name: build(len(words), directions) for name, directions in DIRECTIONS.items()}
    for name, model in models.items():
        fit(model, batches(told, words, seed), updates, title=name)
    try:
        write(output, words, models)
    except OSError as error:
        raise ProjectError(f"Cannot write the encoder to {output}: {error}") from error
    return measure(load_encoder(output).encode)


def main(arguments: list[str] | None = None) -> int:
    """Runs the command.

    Returns:
        The exit status.
    """
    parser = argparse.ArgumentParser(
        description="Train a small skip-thoughts sentence encoder on generated stories.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument(
        "--output", type=Path, default=ROOT / "model" / "text-encoder", help="folder to write"
    )
    parser.add_argument("--stories", type=int, default=40_000, help="stories to learn from")
    parser.add_argument("--updates", type=int, default=8_000, help="steps for either model")
    parser.add_argument(
        "--overwrite", action="store_true", help="replace an encoder that is there already"
    )
    parser.add_argument("--seed", type=int, default=0, help="decides every random number")
    options = parser.parse_args(arguments)
    try:
        for name in ("stories", "updates"):
            if (value := getattr(options, name)) < 1:
                raise UsageError(f"--{name} must be 1 or more. Received: {value}")
        if (options.output / FILES[0]).exists() and not options.overwrite:
            raise UsageError(
                f"--output {options.output} holds an encoder, and the models that were trained "
                "with it draw with no other. Name another folder, or add --overwrite."
            )
        report = train(options.output, options.stories, options.updates, options.seed)
    except ProjectError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    print(f"Wrote {options.output}")
    print(f"smallest distance between two of the 120 colour pairs: {report.smallest_distance:.3f}")
    print(f"cosine of red hair blue eyes and blue hair red eyes: {report.swap_cosine:.3f}")
    print(f"read by a linear probe fitted on {PROBE_FITTED_ON!r}: hair, eyes")
    for form, (hair, eyes) in report.accuracy.items():
        print(f"  {hair:.3f}  {eyes:.3f}  {form}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

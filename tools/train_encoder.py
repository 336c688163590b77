"""Trains a small skip-thoughts sentence encoder on told stories.

The objective is that of Kiros et al. (2015), "Skip-Thought Vectors",
https://arxiv.org/abs/1506.06726, section 2: encode a sentence, and from the code alone predict the
sentence before and the one after. Sentences that mean the same have the same neighbours, so they
get like codes. The decoders exist here only: what `encoder_writer.py` writes has the encoders.
"""

from __future__ import annotations

import argparse
import collections
import itertools
import shutil
import sys
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from config import ROOT, ProjectError, UsageError
from files.untrusted import read_npz
from files.writing import replacing
from skipthoughts_encoder import FILES, SETTINGS, load_encoder
from text.colour_names import TELLING_WORDS
from text.grammar import HELD_OUT
from text.probe import Probe
from text.tokens import plain_words
from tools.encoder_writer import write
from tools.stories import stories

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

WORD_DIM = 48  # width of a word vector
STATE_DIM = 128  # width of the uni encoder's state, and of both bi encoders' states together
DIRECTIONS = {"uni": 1, "bi": 2}  # model -> encoders in it
STORIES, UPDATES = 60_000, 8_000  # that the shipped encoder was trained with, either model
BATCH = 128  # texts an update
LEARNING_RATE = 6e-3  # Adam, at the start; at the paper's 2e-4 so small a model does not get off
CLIP = 5.0  # largest norm of the gradient
UNKNOWN_RATE = 0.1  # share of the words beside colours, hair and eyes that are read as UNK
NOISE = 0.4  # deviation of what is added to a state before it is decoded
LONGEST = 30  # words of a text that is encoded, as in the original
LONGEST_NEIGHBOUR = 12  # words of a text that is decoded: of longer ones, little is colour
SAVE_EVERY = 500  # updates between two saves of unfinished training
EOS, UNK = 0, 1  # word ids; the others follow by frequency


def vocabulary(told: list[list[list[str]]]) -> list[str]:
    """Lists the words of stories: `<eos>`, `UNK`, then by frequency, ties by spelling.

    Words of less than one story in a thousand are left out: to the model they are unknown.
    """
    counts = collections.Counter(word for story in told for text in story for word in text)
    known = [word for word, count in counts.items() if 1000 * count >= len(told)]
    return ["<eos>", "UNK", *sorted(known, key=lambda word: (-counts[word], word))]


class Batch(NamedTuple):
    """Word ids of B sentences and their neighbours; these end in `EOS` and are filled with it."""

    sentence: np.ndarray  # (B, T) int32, all of one length
    previous: np.ndarray  # (B, T') int32
    next: np.ndarray  # (B, T'') int32


def batches(told: list[list[list[str]]], words: list[str], seed: int) -> Iterator[Batch]:
    """Yields batches of consecutive sentences without end, each story once an epoch.

    The sentences of a batch have one length, so that the encoders need no mask and end in the
    state that the NumPy reader computes. The neighbours are padded: the loss leaves that out.

    Args:
        told: Stories of three or more texts, each of a word or more.
        words: The vocabulary; its order gives the ids.
        seed: Decides the order of the batches and which words are read as unknown.
    """
    rng = np.random.default_rng(seed)
    ids = {word: number for number, word in enumerate(words)}
    # An unknown word is none of these: what has a colour and is unknown is neither hair nor eyes.
    kept = np.isin(words, list(TELLING_WORDS))
    by_length = collections.defaultdict(list)
    for story in told:
        coded = [[ids.get(word, UNK) for word in text] for text in story]
        for before, text, after in zip(coded, coded[1:], coded[2:], strict=False):
            if len(text) <= LONGEST and max(len(before), len(after)) <= LONGEST_NEIGHBOUR:
                by_length[len(text)].append((before, text, after))
    while True:
        epoch = []
        for triples in by_length.values():
            order = rng.permutation(len(triples))
            epoch += [[triples[i] for i in part] for part in _chunks(order, BATCH)]
        for number in rng.permutation(len(epoch)):
            previous, sentence, following = zip(*epoch[number], strict=True)
            sentence = np.array(sentence, np.int32)
            drawn = rng.random(sentence.shape) < UNKNOWN_RATE
            sentence[drawn & ~kept[sentence]] = UNK
            yield Batch(sentence, _padded(previous), _padded(following))


def _chunks(order: np.ndarray, size: int) -> list[np.ndarray]:
    return np.split(order, range(size, len(order), size))


def _padded(sentences: tuple[list[int], ...]) -> np.ndarray:
    width = max(map(len, sentences)) + 1  # at least one EOS each
    return np.array([s + [EOS] * (width - len(s)) for s in sentences], np.int32)


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
        64
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

    def remembering(shape, dtype=None):  # the first gate, which keeps the old state, is open
        return np.array([[1.0], [0.0]]) * (np.arange(shape[1]) < shape[1] // 3)

    sentence = embed(inputs[0])  # (B, T, e)
    states = [
        layers.GRU(
            STATE_DIM // directions,
            go_backwards=backwards,
            bias_constraint=FirstBiasOnly(),
            bias_initializer=remembering,
            name=name,
        )(sentence)
        for name, backwards in [("encoder", False), ("encoder_r", True)][:directions]
    ]
    state = layers.Concatenate()(states) if directions > 1 else states[0]  # (B, d)
    # Only what stands out of the noise can be decoded, so what tells the neighbours, the
    # colours, takes up the state, in all its dimensions, and the paraphrase is left out.
    state = layers.GaussianNoise(NOISE, seed=0)(state)
    logits = []
    for ids in inputs[1:]:
        # A word is predicted from those before it and, at each step, from the state (eq. 5 to 8).
        before = shift(embed(ids[:, :-1]))  # (B, T', e)
        context = layers.Dense(WORD_DIM, use_bias=False)(state)[:, None]  # (B, 1, e)
        decoder = layers.GRU(STATE_DIM, return_sequences=True, name=f"decoder_{ids.name}")
        logits.append(softmax(decoder(before + context, initial_state=state)))  # (B, T', n_words)
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


def fit(model: keras.Model, data: Iterator[Batch], updates: int, kept: Path) -> None:
    """Minimises the cross entropy of both neighbours with Adam.

    Args:
        model: From `build`; trained in place.
        data: Endless batches, from the first one on.
        updates: Number of them to use.
        kept: A file that the state of training is saved to now and then, and that training
            goes on from if it is there.

    Raises:
        ProjectError: The file does not fit, or cannot be written.
    """
    import keras
    import tensorflow as tf
    from tqdm import tqdm

    optimizer = keras.optimizers.Adam(
        keras.optimizers.schedules.CosineDecay(LEARNING_RATE, updates), global_clipnorm=CLIP
    )
    optimizer.build(model.trainable_variables)
    state = [*model.variables, *optimizer.variables]  # of the noise too

    @tf.function(autograph=False, input_signature=[tf.TensorSpec((None, None), tf.int32)] * 3)
    def update(sentence: tf.Tensor, previous: tf.Tensor, following: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            before, after = model([sentence, previous, following], training=True)
            loss = cross_entropy(previous, before) + cross_entropy(following, after)
        variables = model.trainable_variables
        optimizer.apply(tape.gradient(loss, variables), variables)
        return loss

    done = _restore(kept, state) if kept.exists() else 0
    losses: list[float] = []
    bar = tqdm(desc=kept.stem, initial=done, total=updates, unit="update", mininterval=1.0)
    for number, batch in enumerate(itertools.islice(data, done, updates), start=done + 1):
        losses.append(float(update(*batch)))
        bar.update()
        if number % SAVE_EVERY == 0 or number == updates:
            bar.set_postfix(loss=f"{np.mean(losses):.3f}", refresh=False)
            losses.clear()
            with replacing(kept) as file:
                np.savez(file, *(variable.numpy() for variable in state), done=number)
    bar.close()


def _restore(kept: Path, state: list[keras.Variable]) -> int:
    """Sets the variables from a file of `fit`; returns the updates that were made."""
    arrays = read_npz(kept, "Remove it to begin anew.")
    try:
        for number, variable in enumerate(state):
            variable.assign(arrays[f"arr_{number}"])
        return int(arrays["done"])
    except (ValueError, KeyError, TypeError) as error:
        raise ProjectError(f"{kept} does not fit: {error}. Remove it to begin anew.") from error


def train(
    output: Path, n_stories: int, updates: int, seed: int, without: Collection[str] = ()
) -> tuple[float, float]:
    """Trains an encoder and writes it.

    What was trained so far is kept in a folder beside `output` until that is written: the same
    call goes on from there after it was stopped.

    Args:
        output: The folder to write; an earlier encoder in it is replaced at the end.
        n_stories: How many stories to learn from.
        updates: Steps of training for either model.
        seed: Decides the stories, the first weights and the order of training.
        without: Names of colours that the stories do not use.

    Returns:
        The shares of hair and of eye colours that a linear probe of what was written, fitted to
        tags, reads off the sentences of `paraphrase.HELD_OUT`.

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
    settings = f"{n_stories}-{updates}-{seed}" + "".join(f"-{word}" for word in sorted(without))
    work = output.with_name(f".{output.name}-{zlib.crc32(settings.encode()):08x}")
    try:
        work.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--output {output} cannot be made: {error}") from error

    told = [[plain_words(text) for text in story] for story in stories(n_stories, seed, without)]
    words = vocabulary(told)
    import keras

    models = {}
    for name, directions in DIRECTIONS.items():
        # TensorFlow orders its sums by the names of layers, which count up in a process.
        keras.utils.clear_session()
        keras.utils.set_random_seed(seed)
        models[name] = build(len(words), directions)
        fit(models[name], batches(told, words, seed), updates, work / f"{name}.npz")
    try:
        write(output, words, models)
        shutil.rmtree(work)
    except OSError as error:
        raise ProjectError(f"Cannot write the encoder to {output}: {error}") from error
    return Probe(load_encoder(output)).score(HELD_OUT)


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
    parser.add_argument("--stories", type=int, default=STORIES, help="stories to learn from")
    parser.add_argument("--updates", type=int, default=UPDATES, help="steps for either model")
    parser.add_argument(
        "--overwrite", action="store_true", help="replace an encoder that is there already"
    )
    parser.add_argument("--seed", type=int, default=0, help="decides every random number")
    options = parser.parse_args(arguments)
    try:
        for name in ("stories", "updates"):
            if (value := getattr(options, name)) < 1:
                raise UsageError(f"--{name} must be 1 or more. Received: {value}")
        if not 0 <= options.seed < 2**32:
            raise UsageError(f"--seed must be from 0 to 2^32 - 1. Received: {options.seed}")
        if (options.output / FILES[0]).exists() and not options.overwrite:
            raise UsageError(
                f"--output {options.output} holds an encoder, and the models that were trained "
                "with it draw with no other. Name another folder, or add --overwrite."
            )
        hair, eyes = train(options.output, options.stories, options.updates, options.seed)
    except (ProjectError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return getattr(error, "exit_code", 1)
    except KeyboardInterrupt:
        print("Stopped. The same command goes on from the last save.", file=sys.stderr)
        return 130
    print(f"Wrote {options.output}")
    print(f"read off sentences it was not trained on: hair {hair:.3f}, eyes {eyes:.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Train a small skip-thoughts sentence encoder on generated stories.

The objective is that of Kiros et al. (2015), "Skip-Thought Vectors",
https://arxiv.org/abs/1506.06726, section 2: encode a sentence, and predict the sentences before
and after it from the code alone. Sentences that mean the same have the same neighbours, so they
get similar codes. The decoders serve training only: `encoder_writer` writes the encoders.
"""

from __future__ import annotations

import argparse
import functools
import itertools
import shutil
import sys
import zlib
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from config import (
    CACHE,
    DEFAULT_SIZE,
    TEXT_ENCODER,
    ProjectError,
    UsageError,
    prepare_environment,
    reporting,
)
from console import counted
from dataset.cache import load_dataset
from dataset.faces import Dataset
from files.untrusted import read_npz
from files.writing import replacing
from skipthoughts_encoder import FILES, SETTINGS, load_encoder
from text.fact_probe import PROBE
from text.facts import LONGEST_TAG, read_tags
from text.grammar import HELD_OUT
from text.probe import Probe
from text.tokens import plain_words
from tools.encoder_batches import Batch, batches, split_stories, vocabulary
from tools.encoder_network import DIRECTIONS, build, cross_entropy
from tools.encoder_probe import fit_probe, write_probe
from tools.encoder_writer import write
from tools.stories import stories

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

STORIES, UPDATES = 80_000, 13_000  # for the shipped encoder; updates of each of its two models
LEARNING_RATE = 6e-3  # Adam, at the start; at the paper's 2e-4, so small a model does not learn
EXTRA_IMAGES, MOST_EXTRA = 20, 200  # least images of a tag of a data set; most such tags
KNOWN_STORIES = 2_000  # whose words count as known
CLIP = 5.0  # largest norm of the gradient
SAVE_EVERY = 500  # updates between two saves of unfinished training


def fit(model: keras.Model, data: Iterator[Batch], updates: int, kept: Path) -> None:
    """Minimise the cross entropy of both neighbours with Adam.

    Args:
        model: From `build`; trained in place.
        data: Endless batches, from the first one on.
        updates: Number of batches to use.
        kept: A file for the state of unfinished training, saved every `SAVE_EVERY` updates. If it
            exists, training continues from it.

    Raises:
        ProjectError: The file is damaged, belongs to another model, or cannot be written.
    """
    import keras
    import tensorflow as tf
    from tqdm import tqdm

    optimizer = keras.optimizers.Adam(
        keras.optimizers.schedules.CosineDecay(LEARNING_RATE, updates), global_clipnorm=CLIP
    )
    optimizer.build(model.trainable_variables)
    state = [*model.variables, *optimizer.variables]  # includes the state of the noise

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
    """Set the variables from a file of `fit`; return the number of updates made so far."""
    arrays = read_npz(kept, "Remove it to start over.")
    try:
        for number, variable in enumerate(state):
            variable.assign(arrays[f"arr_{number}"])
        return int(arrays["done"])
    except (ValueError, KeyError, TypeError) as error:
        raise ProjectError(f"{kept} does not fit: {error}. Remove it to start over.") from error


def train(
    output: Path,
    n_stories: int,
    updates: int,
    seed: int,
    without: Collection[str] = (),
    extra: Sequence[str] = (),
) -> tuple[float, float]:
    """Train an encoder and write it.

    Unfinished training is kept in a folder beside `output` until the encoder is written. If it was
    stopped, the same call continues from there.

    Args:
        output: The folder to write; an earlier encoder in it is replaced at the end.
        n_stories: Number of stories to learn from.
        updates: Training steps of each of the two models.
        seed: Decides the stories, the initial weights and the order of training.
        without: Names of colours that the stories do not use.
        extra: Tags that the stories have as further facts; see `find_extra`.

    Returns:
        The shares of hair and of eye colours that a linear probe, fitted to tags, reads off the
        sentences of `grammar.HELD_OUT`.

    Raises:
        UsageError: `output` is a file, holds other files, or cannot be created.
        ProjectError: The encoder cannot be written, or unfinished training is damaged.
    """
    output = output.resolve()
    _check_output(output)
    settings = f"{n_stories}-{updates}-{seed}" + "".join(f"-{word}" for word in sorted(without))
    settings += "".join(f"+{tag}" for tag in extra)
    work = output.with_name(f".{output.name}-{zlib.crc32(settings.encode()):08x}")
    try:
        work.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--output {output} cannot be created: {error}") from error

    import keras

    texts = split_stories(stories(n_stories, seed, without, extra), extra)
    words = vocabulary(texts)
    models = {}
    for name, directions in DIRECTIONS.items():
        # TensorFlow orders its sums by the names of layers, which are numbered within a process.
        keras.utils.clear_session()
        keras.utils.set_random_seed(seed)
        models[name] = build(len(words), directions)
        fit(models[name], batches(texts, words, seed), updates, work / f"{name}.npz")
    try:
        write(output, words, models, extra)
        encoder = load_encoder(output)
        write_probe(output, fit_probe(encoder, seed))
        shutil.rmtree(work)
    except OSError as error:
        raise ProjectError(f"Cannot write the encoder to {output}: {error}") from error
    return Probe(encoder).score(HELD_OUT)


def find_extra(dataset: Dataset) -> list[str]:
    """Find what the captions of a data set say that no encoder is taught without them.

    Args:
        dataset: The images with their captions.

    Returns:
        Tags of up to `LONGEST_TAG` words, and words of longer captions, that are no facts and that
        `EXTRA_IMAGES` or more of the images have; the `MOST_EXTRA` commonest.
    """
    images = np.bincount(dataset.caption_ids, minlength=len(dataset.captions))
    counts: Counter[str] = Counter()
    for caption, count in zip(dataset.captions, images, strict=True):
        # Each counts once for an image, in the order of the caption.
        named = dict.fromkeys(name for tag in read_tags(caption)[1] for name in _names(tag))
        counts.update(dict.fromkeys(named, int(count)))
    return [tag for tag, count in counts.most_common(MOST_EXTRA) if count >= EXTRA_IMAGES]


def _names(tag: str) -> Iterator[str]:
    """Yield a tag that is no fact, as plain words; of a sentence, the words that are not known."""
    words = plain_words(tag.strip(" .:!?"))
    if 0 < len(words) <= LONGEST_TAG:
        yield " ".join(words)
    else:
        yield from (word for word in words if word not in known_words())


@functools.cache
def known_words() -> frozenset[str]:
    """Return the words of ordinary stories; alone, they are no facts of a data set."""
    told = itertools.chain.from_iterable(stories(KNOWN_STORIES, seed=0))
    return frozenset(word for text in told for word in plain_words(text))


def _check_output(output: Path) -> None:
    """Refuse to replace anything but an encoder."""
    layout = {*FILES, SETTINGS, PROBE, *(f"{name}_skip.npz.pkl" for name in DIRECTIONS)}
    if output.exists() and not output.is_dir():
        raise UsageError(f"--output must be a folder. Received a file: {output}")
    if output.exists() and (other := {path.name for path in output.iterdir()} - layout):
        raise UsageError(
            f"--output {output} would be replaced, but it holds {min(other)}, which is not part "
            "of a text encoder. Name another folder."
        )


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python3 -m tools.train_encoder",
        description="Train a small skip-thoughts sentence encoder on generated stories.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--output", type=Path, default=TEXT_ENCODER, help="folder to write")
    parser.add_argument("--stories", type=int, default=STORIES, help="stories to learn from")
    parser.add_argument(
        "--updates", type=int, default=UPDATES, help="training steps of each of the two models"
    )
    parser.add_argument(
        "--overwrite", action="store_true", help="replace an encoder that is there already"
    )
    parser.add_argument(
        "--captions",
        type=Path,
        help="a data set, as for DCGAN.py --data, whose other common tags are to be heard too",
    )
    parser.add_argument("--seed", type=int, default=0, help="decides every random number")
    return parser.parse_args(arguments)


@reporting
def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    options = _parse(arguments)
    prepare_environment()
    try:
        for name in ("stories", "updates"):
            if (value := getattr(options, name)) < 1:
                raise UsageError(f"--{name} must be 1 or more. Received: {value}")
        if not 0 <= options.seed < 2**32:
            raise UsageError(f"--seed must be from 0 to 2^32 - 1. Received: {options.seed}")
        if (options.output / FILES[0]).exists() and not options.overwrite:
            raise UsageError(
                f"--output {options.output} holds an encoder, and a model works only with the "
                "encoder it was trained with. Name another folder, or add --overwrite."
            )
        extra = []
        if options.captions:
            extra = find_extra(load_dataset(options.captions, None, DEFAULT_SIZE, CACHE))
            print(f"{counted(len(extra), 'further tag')}: {', '.join(extra) or 'none'}")
        hair, eyes = train(
            options.output, options.stories, options.updates, options.seed, extra=extra
        )
    except OSError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped. The same command continues from the last save.", file=sys.stderr)
        return 130
    print(f"Wrote {options.output}")
    print(f"read off sentences it was not trained on: hair {hair:.3f}, eyes {eyes:.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

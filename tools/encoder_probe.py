"""Fit the probe of a sentence encoder: the linear map from its vectors to facts."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from files.writing import replacing
from skipthoughts_encoder import Encoder
from text.attributes import FACTS, Facts
from text.colours import EYE_COLOURS, HAIR_COLOURS
from text.fact_probe import PROBE, FactProbe
from text.speaker import Speaker
from tools.stories import subject

TEXTS = 120_000  # that the probe is fitted to
EPOCHS, BATCH = 12, 512
LEARNING_RATE = 1e-2  # Adam, at the start


def labelled_texts(count: int, seed: int, extra: Sequence[str] = ()) -> list[tuple[str, Facts]]:
    """Generate texts with the facts that they say, from none to ten.

    Args:
        count: Number of texts.
        seed: The same seed gives the same texts; those of stories have other seeds.
        extra: Further tags that are facts.
    """
    rng = random.Random(f"probe {seed}")
    speaker = Speaker(rng)
    texts = []
    for _ in range(count):
        facts = subject(rng, rng.choice(HAIR_COLOURS), rng.choice(EYE_COLOURS), extra)
        way = rng.choice((speaker.brief, speaker.tags, speaker.sentence))
        texts.append((way(facts) if facts else speaker.neither(), facts))
    return texts


def targets(facts: Sequence[Facts], names: Sequence[str]) -> np.ndarray:
    """Return (N, 2F) float32: 1 where a text states a fact, then where it denies one."""
    place = {name: i for i, name in enumerate(names)}
    wanted = np.zeros((len(facts), 2, len(names)), np.float32)
    for row, said in enumerate(facts):
        for name, stated in said.items():
            wanted[row, 0 if stated else 1, place[name]] = 1
    return wanted.reshape(len(facts), -1)


def fit_probe(encoder: Encoder, seed: int) -> FactProbe:
    """Fit a probe by logistic regression, one for each fact stated and each denied.

    Args:
        encoder: The encoder, with `facts`; those it does not share with every encoder come last.
        seed: Decides the texts and the order of training.
    """
    import keras

    extra = encoder.facts[len(FACTS) :]
    texts, facts = zip(*labelled_texts(TEXTS, seed, extra), strict=True)
    vectors = encoder.encode(texts)
    mean, scale = vectors.mean(axis=0), vectors.std(axis=0) + 1e-6
    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [keras.Input((encoder.dim,)), keras.layers.Dense(2 * len(encoder.facts))]
    )
    schedule = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, EPOCHS * TEXTS // BATCH)
    model.compile(
        keras.optimizers.Adam(schedule), keras.losses.BinaryCrossentropy(from_logits=True)
    )
    wanted = targets(facts, encoder.facts)
    model.fit((vectors - mean) / scale, wanted, BATCH, EPOCHS, verbose=0)
    weights, bias = model.layers[0].get_weights()
    weights = weights / scale[:, None]
    return FactProbe(encoder.facts, weights, bias - mean @ weights)


def write_probe(directory: Path, probe: FactProbe) -> None:
    """Write a probe beside its encoder, in half precision.

    Raises:
        WriteError: The file cannot be written.
    """
    with replacing(directory / PROBE) as file:
        weights, bias = (array.astype(np.float16) for array in (probe.weights, probe.bias))
        np.savez(file, weights=weights, bias=bias)

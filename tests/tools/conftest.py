"""Fixtures for the tests of the tools: a sentence encoder after a few updates."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import keras
import pytest

from tools.encoder_batches import Story, batches, split_stories, vocabulary
from tools.encoder_network import DIRECTIONS, build
from tools.encoder_writer import write
from tools.stories import stories
from tools.train_encoder import fit


class Settings(NamedTuple):
    stories: int = 30
    updates: int = 5
    seed: int = 0


class Trained(NamedTuple):
    models: dict[str, Any]  # name -> Keras model
    words: list[str]
    directory: Path  # that they were written to
    settings: Settings


def words_of(count: int, seed: int = 0) -> list[Story]:
    return split_stories(stories(count, seed))


@pytest.fixture(scope="session")
def story_words() -> Callable[..., list[Story]]:
    """A function from a number of stories to the words of their texts."""
    return words_of


@pytest.fixture(scope="session")
def trained(tmp_path_factory) -> Trained:
    """Both models after a few updates, their words, and the folder they were written to."""
    settings = Settings()
    texts = words_of(settings.stories, settings.seed)
    words = vocabulary(texts)
    models = {}
    for name, directions in DIRECTIONS.items():
        keras.utils.clear_session()
        keras.utils.set_random_seed(settings.seed)
        models[name] = build(len(words), directions)
        kept = tmp_path_factory.mktemp("kept") / f"{name}.npz"
        fit(models[name], batches(texts, words, settings.seed), settings.updates, kept)
    directory = tmp_path_factory.mktemp("encoder") / "text-encoder"
    write(directory, words, models)
    return Trained(models, words, directory, settings)

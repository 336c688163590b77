"""Small data for the tests: faces are flat colours, so that what is learnt can be read off."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import config
from config import ROOT
from DCGAN import main
from skipthoughts_encoder import FILES
from text import tokens

config.prepare_environment()  # before any test imports TensorFlow

HAIR = {"red": (200, 30, 30), "green": (30, 200, 30), "blue": (30, 30, 200)}


@pytest.fixture(scope="session")
def faces(tmp_path_factory) -> Path:
    """A folder of 12 images with tags.csv: three hair colours, two eye colours."""
    folder = tmp_path_factory.mktemp("data") / "faces"
    folder.mkdir()
    random = np.random.default_rng(0)
    rows = []
    for number in range(12):
        hair = list(HAIR)[number % 3]
        eyes = ("aqua", "black")[number // 6]
        pixels = np.clip(HAIR[hair] + random.normal(0, 20, (40, 40, 3)), 0, 255)
        Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{number}.png")
        rows.append(f"{number},{hair} hair {eyes} eyes\n")
    (folder / "tags.csv").write_text("".join(rows))
    return folder


@pytest.fixture(autouse=True)
def folders(monkeypatch, tmp_path_factory):
    """The user's own models and caches: what a test meets and leaves is its own."""
    own = tmp_path_factory.mktemp("own")
    monkeypatch.setattr(config, "OWN_MODEL", own / "DCGAN")
    monkeypatch.setattr(config, "CACHE", own / "cache")


@pytest.fixture
def encoder_folder(tmp_path) -> Path:
    """A copy of the tiny published sentence encoder; encoders write beside their files."""
    folder = tmp_path / "encoder"
    folder.mkdir()
    for name in FILES:
        shutil.copyfile(ROOT / "tests" / "golden" / "skipthoughts_tiny" / name, folder / name)
    return folder


@pytest.fixture
def no_nltk_data(monkeypatch):
    """Hide NLTK's data: results must not depend on what the machine has downloaded."""
    import nltk

    monkeypatch.setattr(nltk.data, "path", [])
    tokens._nltk_splitters.cache_clear()


@pytest.fixture
def refused(capsys):
    """Run a command that does not do its work; return its exit code and message."""

    def run(*arguments) -> tuple[object, str]:
        code: object
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as stop:
            code = stop.code
        return code, capsys.readouterr().err

    return run

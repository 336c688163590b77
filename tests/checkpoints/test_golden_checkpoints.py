"""Checkpoints of every format and of every field load and draw what they drew."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from checkpoints import checkpoint
from checkpoints.checkpoint import Header
from config import ROOT, ModelConfig, TrainConfig
from files import sheets
from files.images import save_image
from files.untrusted import read_npz

GOLDEN = ROOT / "tests" / "golden" / "checkpoints"


# In the order in which they were made: `a` is of the first version that wrote the format, and each
# field that a header has got since added another. They are never made again.
GOLDENS = sorted(GOLDEN.glob("*.npz"))


def drawn_by(trainer) -> np.ndarray:
    """Draw four faces in a row, from the same noise and vectors each time."""
    noise = np.random.default_rng(1).standard_normal((4, 5)).astype(np.float32)
    text = np.random.default_rng(0).standard_normal((3, 6)).astype(np.float32)
    return sheets.grid(trainer.draw(noise, text[[0, 1, 2, 0]]), 4)


def make(path: Path) -> None:
    """Write another checkpoint, and what it draws beside it; to be run when a header gets a field.

    Its kernels have three values each, so that it is small. In this folder:
    `PYTHONPATH=../.. python3 -c "from test_golden_checkpoints import *; make(GOLDEN / 'NAME.npz')"`
    """
    from training.trainer import Trainer

    model = ModelConfig(6, "none", size=32, width=4, max_channels=8, noise=5, residual=True)
    config = TrainConfig(batch_size=4)
    header = Header(model, config, step=7, images=28, held_out=("red hair",), figures={"a": 1.5})
    header = dataclasses.replace(
        header, exported=2**32 - 1, shown={"red hair": 3}, half_of="ab" * 32
    )
    arrays: dict[str, Any] = dict(Trainer(model, config).arrays())
    for name, array in arrays.items():
        if array.ndim > 1 and not name.startswith(("g_optimizer/", "d_optimizer/")):
            if not array.any():  # residual blocks begin so
                array = np.random.default_rng(0).normal(0, 0.1, array.shape)
            step = np.float16(1.2 * array.std())
            arrays[name] = (np.round(array / step).clip(-1, 1) * step).astype(np.float16)
    arrays = {name: array for name, array in arrays.items() if not name.startswith("generator/")}
    np.savez_compressed(path, header=np.frombuffer(header.to_bytes(), np.uint8), **arrays)
    trainer = Trainer(model, config)
    trainer.restore(path)
    save_image(drawn_by(trainer), path.with_suffix(".png"), "png", {})


@pytest.mark.parametrize("path", GOLDENS, ids=lambda path: path.stem)
def test_checkpoints_of_every_format_load_and_draw_what_they_drew(path):
    from training.trainer import Trainer

    header = checkpoint.read_header(path)
    assert (header.step, header.images, header.train.batch_size) == (7, 28, 4)
    trainer = Trainer(header.model, header.train)
    trainer.restore(path)
    with Image.open(path.with_suffix(".png")) as drawn:
        difference = drawn_by(trainer).astype(int) - np.asarray(drawn)
    assert np.abs(difference).max() <= 1


def test_there_is_a_checkpoint_of_every_format_and_of_every_field():
    first, *_, last = (
        json.loads(read_npz(path, "", ["header"])["header"].tobytes()) for path in GOLDENS
    )
    for part, kind in ((last, Header), (last["model"], ModelConfig), (last["train"], TrainConfig)):
        fields = {field.name for field in dataclasses.fields(kind)}
        if kind is Header:
            fields = fields - {"images"} | {"pictures"}  # its name in format 1
        assert part.keys() - {"format"} == fields, "add one: see `make`"
    assert {"held_out", "figures"}.isdisjoint(first) and "mirror" not in first["train"]
    assert {int(path.stem[7]) for path in GOLDENS} == set(range(1, checkpoint.FORMAT + 1))

"""Checkpoints: what is kept, what fits, and what is refused."""

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from checkpoints import checkpoint
from checkpoints.checkpoint import Header
from config import ModelConfig, ProjectError, TrainConfig
from training.trainer import Trainer


@pytest.fixture
def header():
    model = ModelConfig(text_dim=6, encoder="none", size=32, width=4, noise=5)
    return Header(model, TrainConfig(batch_size=4))


def test_a_checkpoint_sweeps_up_partial_files_of_training_only(tmp_path, header):
    mine = ["generator-best.tflite", ".notes-1.tmp", "checkpoint-old.npz"]
    left = [".checkpoint-00000009.npz.77.tmp", ".generator-00000009.tflite.77.tmp"]
    left += [".log.jsonl.77.tmp"]
    for name in [*mine, *left, "generator-00000008.tflite", "checkpoint-00000007.npz"]:
        (tmp_path / name).touch()
    checkpoint.save(tmp_path, dataclasses.replace(header, step=5), {}, b"", keep=1)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        [*mine, "checkpoint-00000005.npz", "generator-00000005.tflite"]
    )


def test_a_header_from_before_a_setting_gets_its_default(header):
    changed = Header(header.model, dataclasses.replace(header.train, paraphrases=7), images=28)
    assert Header.from_bytes(changed.to_bytes(), Path()) == changed
    values = json.loads(changed.to_bytes())
    assert values["format"] == 1 and values["pictures"] == 28 and "images" not in values
    del values["train"]["paraphrases"]
    assert Header.from_bytes(json.dumps(values).encode(), Path()).train == header.train


def damaged_checkpoints(arrays):
    name = "generator/base/kernel"
    yield {**arrays, name: arrays[name][:-1]}, "generator/base/kernel: shape"
    yield {k: v for k, v in arrays.items() if k != name}, "missing: generator/base/kernel"
    yield {**arrays, "ema/extra": np.zeros(1)}, "not in this model: ema/extra"
    yield {**arrays, name: arrays[name] + np.nan}, f"{name}: holds NaN or infinite values"


def test_what_does_not_fit_is_named(tmp_path, header):
    trainer = Trainer(header.model, header.train)
    arrays = trainer.arrays()
    path = checkpoint.save(tmp_path, dataclasses.replace(header, step=1), arrays)
    for wrong, message in damaged_checkpoints(arrays):
        other = checkpoint.save(tmp_path / "wrong", header, wrong)
        with pytest.raises(ProjectError, match=message):
            trainer.restore(other)

    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(ProjectError, match=r"00001\.npz cannot be read"):
        checkpoint.read_header(path)


def test_a_checkpoint_under_another_steps_name_is_refused(tmp_path, header):
    path = checkpoint.save(tmp_path, dataclasses.replace(header, step=7), {})
    copy = Path(shutil.copy(path, tmp_path / "copy.npz"))
    assert checkpoint.read_header(copy).step == 7
    renamed = path.rename(tmp_path / "checkpoint-00000009.npz")
    with pytest.raises(ProjectError, match=r"00009.npz holds step 7, .* to checkpoint-00000007"):
        checkpoint.read_header(renamed)


def test_the_oldest_checkpoints_go(tmp_path, header):
    for step in (5, 9, 100_000_000, 10):
        checkpoint.save(tmp_path, dataclasses.replace(header, step=step), {}, b"", keep=3)
    found = [checkpoint.read_header(path).step for path in checkpoint.list_checkpoints(tmp_path)]
    assert found == [9, 10, 100_000_000]
    generators = {path.name for path in tmp_path.glob("*.tflite")}
    assert generators == {f"generator-{step:08d}.tflite" for step in found}


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (b"{}", "header cannot be read"),
        (b"\xff", "header cannot be read"),
        (b'{"format": 99}', "format 99"),
        (b'{"format": 1, "model": {"text_dim": 1, "encoder": "", "new": 1}}', "new"),
    ],
)
def test_a_header_that_is_not_ours_is_refused(tmp_path, header, message):
    path = tmp_path / "checkpoint-00000001.npz"
    np.savez(path, header=np.frombuffer(header, np.uint8))
    with pytest.raises(ProjectError, match=message):
        checkpoint.read_header(path)


def test_a_pickle_in_a_checkpoint_is_not_opened(tmp_path):
    path = tmp_path / "checkpoint-00000001.npz"
    np.savez(path, header=np.array([Path], dtype=object))
    with pytest.raises(ProjectError, match="cannot be read"):
        checkpoint.read_header(path)

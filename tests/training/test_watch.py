"""Warnings about training that goes wrong without failing."""

import dataclasses

import numpy as np
import pytest

from checkpoints.checkpoint import Header
from config import Length, ModelConfig
from training import watch
from training.watch import Watch


def test_a_discriminator_that_has_won_is_mentioned_once(tmp_path, capsys, run, header):
    config = dataclasses.replace(
        header.train,
        batch_size=12,
        g_learning_rate=0.0,
        d_learning_rate=1e-3,
        r1_gamma=0.0,
        mismatch_weight=0.0,
    )
    assert run(tmp_path, Length(steps=240), header=Header(header.model, config))
    assert capsys.readouterr().err.count("tells every generated face from a real one") == 1


def test_a_collapse_is_mentioned_once(tmp_path, monkeypatch, capsys, run):
    monkeypatch.setattr(
        ModelConfig, "draw_noise", lambda self, count, _: np.zeros((count, self.noise), np.float32)
    )
    monkeypatch.setattr(watch, "EARLY", 2)
    assert run(tmp_path, Length(steps=6), save_every=1)
    said = capsys.readouterr().err
    assert said.count("faces of one description hardly differ (0%") == 1
    assert said.index("step 4: the faces") > 0


@pytest.mark.parametrize(
    ("losses", "warnings"),
    [
        ([0.01] * 4, 0),
        ([0.01] * 4 + [1.0] + [0.01] * 4, 0),
        ([0.01] * 5, 1),
        ([0.01] * 5 + [1.0] + [0.01] * 5, 1),
    ],
)
def test_a_low_loss_counts_five_times_in_a_row(capsys, losses, warnings):
    watcher = Watch()
    for step, loss in enumerate(losses):
        watcher.check_discriminator(step, loss)
    assert capsys.readouterr().err.count("start a new model with a smaller --width") == warnings


def test_a_new_generator_is_given_time_to_learn_variety(capsys):
    watcher = Watch()
    for step in (watch.EARLY - 1, watch.EARLY, watch.EARLY + 1):
        watcher.check_variety(step, 0.0)
    assert capsys.readouterr().err == ""
    watcher.check_variety(watch.EARLY + 2, 0.1)
    assert f"step {watch.EARLY + 2}: the faces" in capsys.readouterr().err

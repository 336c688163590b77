"""The training loop on tiny data: what it learns and leaves, how it resumes and recovers."""

import contextlib
import dataclasses
import json
import re
import shutil
import types

import numpy as np
import pytest
import tensorflow as tf

from checkpoints import checkpoint
from checkpoints.checkpoint import Header
from config import Length, ProjectError
from training.loop import train
from training.plan import with_record
from training.trainer import Trainer


def test_training_leaves_checkpoints_logs_and_grids(tmp_path, capsys, run, header):
    folder = tmp_path / "model"
    assert run(folder, Length(steps=60), save_every=10)
    names = [path.name for path in checkpoint.list_checkpoints(folder)]
    assert names == [f"checkpoint-000000{step}.npz" for step in (40, 50, 60)]  # the last 3
    assert sorted(p.name for p in folder.glob("*.tflite")) == [
        f"generator-000000{step}.tflite" for step in (40, 50, 60)
    ]
    assert [p for p in folder.rglob("*") if p.name.endswith(".tmp")] == []
    last = checkpoint.read_header(folder / names[-1])
    assert (last.step, last.images, last.model, last.train) == (60, 240, header.model, header.train)
    assert last.seconds > 0

    records = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    losses, evaluations = (
        [r for r in records if any(key.startswith(kind) for key in r)]
        for kind in ("loss/", "evaluation/")
    )
    assert [record["step"] for record in losses] == [10, 20, 30, 40, 50, 60]
    assert {"images", "score/real", "images_per_second"} <= set(losses[0])
    assert [record["step"] for record in evaluations] == [10, 20, 30, 40, 50, 60]
    figures = {f"evaluation/{name}" for name in ("hair", "eyes", "frechet", "variety")}
    assert set(evaluations[0]) == {"step", "images", *figures}
    assert set(last.figures) == figures
    (best,) = checkpoint.list_checkpoints(folder / checkpoint.BEST)
    least = min(evaluations, key=lambda record: record["evaluation/frechet"])
    assert checkpoint.read_header(best).step == least["step"]
    assert len(list((folder / "grids").glob("grid-*.png"))) == 6
    assert list((folder / "logs").iterdir())
    assert "saved" in capsys.readouterr().err


def test_training_learns_the_colours(data, tmp_path, run, vectors, header, newest):
    """Flat colours, named by their captions, are told apart after a few seconds."""
    config = dataclasses.replace(
        header.train, g_learning_rate=2e-3, d_learning_rate=4e-3, ema=0.95, batch_size=12
    )
    run(tmp_path, Length(steps=500), header=Header(header.model, config))
    trainer = Trainer(header.model, config)
    trainer.restore(newest(tmp_path))
    noise = np.random.default_rng(1).standard_normal((len(data.captions), 5), np.float32)
    images = trainer.nets.ema([noise, vectors[:, 0]], training=False).numpy()
    brightest = images.mean(axis=(1, 2)).argmax(axis=1)
    wanted = [("red", "green", "blue").index(text.split()[0]) for text in data.captions]
    assert (brightest == wanted).all()


def test_a_resumed_run_reaches_the_same_weights_bit_for_bit(tmp_path, run, newest):
    run(tmp_path / "whole", Length(steps=12), save_every=5)
    run(tmp_path / "parts", Length(steps=5))
    half = newest(tmp_path / "parts")
    run(tmp_path / "parts", Length(steps=12), half, checkpoint.read_header(half))
    one, two = (checkpoint.read_arrays(newest(tmp_path / name)) for name in ("whole", "parts"))
    assert one.keys() == two.keys()
    for name, array in one.items():
        np.testing.assert_array_equal(array, two[name], err_msg=name)


@pytest.fixture
def stopping(monkeypatch):
    """Return a function that lets a signal arrive in a step of the given number."""

    def stop_at(number):
        step = Trainer.train_step
        received: list[int] = []

        @contextlib.contextmanager
        def signals(_begun):
            received.clear()
            yield received

        def train_step(self, *batch):
            scalars = step(self, *batch)
            if self.step == number:
                received.append(2)
            return scalars

        monkeypatch.setattr("training.loop.stop_signals", signals)
        monkeypatch.setattr(Trainer, "train_step", train_step)

    return stop_at


def test_a_run_that_a_signal_stopped_resumes_bit_for_bit(tmp_path, run, newest, stopping):
    run(tmp_path / "whole", Length(steps=12), save_every=5)
    stopping(7)
    assert not run(tmp_path / "parts", Length(steps=12), save_every=5)
    half = newest(tmp_path / "parts")
    header = checkpoint.read_header(half)
    assert (header.step, header.figures) == (7, {})  # not measured, because it was not due
    assert checkpoint.generator_path(half).is_file()
    assert [path.name for path in (tmp_path / "parts" / "grids").iterdir()] == ["grid-00000005.png"]
    assert run(tmp_path / "parts", Length(steps=12), half, header, save_every=5)
    one, two = (checkpoint.read_arrays(newest(tmp_path / name)) for name in ("whole", "parts"))
    for name, array in one.items():
        np.testing.assert_array_equal(array, two[name], err_msg=name)


def test_after_a_signal_the_weights_are_written_before_faces_are_measured(
    tmp_path, monkeypatch, run, newest, stopping, capsys
):
    saved = []

    def measure(*_):
        saved.extend(checkpoint.list_checkpoints(tmp_path))
        return {"evaluation/frechet": 1.0}

    monkeypatch.setattr("evaluation.monitor.Monitor.measure", measure)
    stopping(4)
    assert not run(tmp_path, Length(steps=8), save_every=4)  # a checkpoint is due as well
    assert saved == [newest(tmp_path)]
    assert checkpoint.read_header(newest(tmp_path)).figures == {"evaluation/frechet": 1.0}
    assert (tmp_path / "grids" / "grid-00000004.png").is_file()
    said = capsys.readouterr().err
    assert f"saved {saved[0]}. Its generator follows; Ctrl-C loses no step now." in said


@pytest.mark.parametrize(
    ("step", "told"),
    [
        (7, "stopped at step 7. 2 steps lost: the newest checkpoint is"),
        (6, "stopped at step 6. 1 step lost: the newest checkpoint is"),
        (3, "stopped at step 3. 3 steps lost: there is no checkpoint yet."),
    ],
)
def test_a_second_signal_says_what_is_lost(tmp_path, monkeypatch, run, step, told):
    make_step = Trainer.train_step

    def interrupted(self, *batch):
        if self.step == step:
            raise KeyboardInterrupt
        return make_step(self, *batch)

    monkeypatch.setattr(Trainer, "train_step", interrupted)
    with pytest.raises(KeyboardInterrupt, match=told):
        run(tmp_path, Length(steps=12), save_every=5)


@pytest.mark.parametrize(("step", "signals"), [(0, 1), (3, 2)])
def test_an_error_that_a_signal_causes_within_tensorflow_is_no_error(
    tmp_path, monkeypatch, run, step, signals
):
    make_step = Trainer.train_step
    received: list[int] = []

    def failing(self, *batch):
        if self.step == step:
            received.extend([2] * signals)
            raise AssertionError("Nesting violated")
        return make_step(self, *batch)

    monkeypatch.setattr("training.loop.stop_signals", lambda _: contextlib.nullcontext(received))
    monkeypatch.setattr(Trainer, "train_step", failing)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, Length(steps=12))


def test_the_log_forgets_what_came_after_the_checkpoint(tmp_path, run, newest):
    run(tmp_path, Length(steps=2))
    path = newest(tmp_path)
    with (tmp_path / "log.jsonl").open("a") as file:
        # A later step, and what a kill left.
        file.write('{"step": "x"}\n{"step": 3}\n\0\0\n[]\n{"step": 1')
    run(tmp_path, Length(steps=5), path, checkpoint.read_header(path))
    steps = [json.loads(line)["step"] for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert steps == [2, 2, 5, 5]  # the losses and the figures of each checkpoint


def test_weights_that_ship_have_no_optimizers_and_still_start_a_run(tmp_path, run, header, newest):
    run(tmp_path / "one", Length(steps=3))
    arrays = checkpoint.read_arrays(newest(tmp_path / "one"))
    light = {k: v.astype(np.float16) for k, v in arrays.items() if k[:4] in ("ema/", "disc")}
    path = checkpoint.save(tmp_path / "light", header, light)
    trainer = Trainer(header.model, header.train)
    trainer.restore(path)
    for one, two in zip(trainer.nets.ema.variables, trainer.nets.generator.variables, strict=True):
        np.testing.assert_array_equal(one.numpy(), two.numpy())
    assert run(tmp_path / "two", Length(steps=2), path)


@pytest.mark.parametrize("part", ["contrast_embedding", "opinion[/_]bias"])
def test_an_older_discriminator_gets_what_is_new_as_zeros(tmp_path, run, header, newest, part):
    run(tmp_path / "one", Length(steps=3))
    arrays = checkpoint.read_arrays(newest(tmp_path / "one"))
    new = [name for name in arrays if re.search(part, name)]
    assert len(new) == 3 and all(arrays[name].any() for name in new)  # weights and Adam's two
    kept = {name: array for name, array in arrays.items() if name not in new}
    path = checkpoint.save(tmp_path / "old", dataclasses.replace(header, step=3), kept)
    trainer = Trainer(header.model, header.train)
    trainer.restore(path)
    for name, array in trainer.arrays().items():
        np.testing.assert_array_equal(array, kept.get(name, 0 * array))
    assert run(tmp_path / "two", Length(steps=2), path)

    del arrays[new[-1]]
    path = checkpoint.save(tmp_path / "part", dataclasses.replace(header, step=3), arrays)
    with pytest.raises(ProjectError, match=f"missing: {new[-1]}"):
        trainer.restore(path)


@pytest.fixture
def diverging(monkeypatch):
    """Return a function that makes the loss NaN at the second step after a start, so many times."""

    def diverge(times):
        step, bad = Trainer.train_step, iter([True] * times)

        def train_step(self, *batch):
            scalars = step(self, *batch)
            if self.step % 10 == 2 and next(bad, False):
                scalars["loss/generator"] = tf.constant(np.nan)
            return scalars

        monkeypatch.setattr(Trainer, "train_step", train_step)

    return diverge


def test_nan_losses_send_it_back_with_half_the_rates(
    tmp_path, capsys, run, newest, diverging, header
):
    assert run(tmp_path, Length(steps=10), save_every=5)
    diverging(times=2)
    before = newest(tmp_path)
    assert run(tmp_path, Length(steps=20), before, checkpoint.read_header(before))
    said = capsys.readouterr().err
    assert f"step 20: the weights became NaN or infinite. Training goes back to {before}" in said
    assert "2 of 3" in said and "3 of 3" not in said
    last = checkpoint.read_header(newest(tmp_path))
    assert last.step == 20 and last.train.g_learning_rate == header.train.g_learning_rate / 4
    steps = [json.loads(line)["step"] for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert steps == sorted(steps) and steps[-1] == 20


def test_weights_that_do_not_stay_finite_stop_it_and_are_never_saved(tmp_path, run, newest, header):
    assert run(tmp_path, Length(steps=2))
    good = newest(tmp_path)
    rates = dataclasses.replace(header.train, g_learning_rate=1e38)
    fast = dataclasses.replace(checkpoint.read_header(good), train=rates)
    with pytest.raises(ProjectError, match=f"1/8 of .* The checkpoint {good} is good"):
        run(tmp_path, Length(steps=40), good, fast, save_every=1)
    for path in checkpoint.list_checkpoints(tmp_path):
        arrays = checkpoint.read_arrays(path).values()
        assert all(np.isfinite(array).all() for array in arrays)


def test_a_full_disk_stops_it_and_leaves_the_checkpoint_before(tmp_path, monkeypatch, run, newest):
    assert run(tmp_path, Length(steps=2))
    before = newest(tmp_path)
    files = sorted(path.name for path in tmp_path.iterdir())
    monkeypatch.setattr(shutil, "disk_usage", lambda _: types.SimpleNamespace(free=1000))
    with pytest.raises(ProjectError, match=r"No space left.*1,000 bytes are free, [\d,]+ are need"):
        run(tmp_path, Length(steps=4), before, checkpoint.read_header(before))
    assert sorted(path.name for path in tmp_path.iterdir()) == files
    monkeypatch.undo()
    assert run(tmp_path, Length(steps=4), before, checkpoint.read_header(before))


def test_an_encoder_that_hears_facts_leaves_a_record_and_chooses_the_mismatches(
    tmp_path, data, plan, header, fact_encoder, newest
):
    encoder = fact_encoder()
    model = dataclasses.replace(header.model, text_dim=encoder.dim, encoder=encoder.fingerprint)
    planned = plan(tmp_path, Length(steps=1), header=dataclasses.replace(header, model=model))
    start = dataclasses.replace(planned.start, encoder=encoder)
    vectors = encoder.encode(data.captions).astype(np.float16)[:, None].repeat(2, axis=1)
    planned = with_record(dataclasses.replace(planned, start=start), vectors)
    assert train(planned, data, vectors)
    shown = checkpoint.read_header(newest(tmp_path)).shown
    expected = {"red hair": 4, "green hair": 4, "blue hair": 4, "aqua eyes": 6, "black eyes": 6}
    assert {name: count for name, count in shown.items() if count} == expected

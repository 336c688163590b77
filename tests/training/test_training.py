"""The real loop on tiny data: it learns, saves, survives a kill, and goes on bit for bit."""

import contextlib
import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import types
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import ops
from checkpoints import checkpoint
from checkpoints.checkpoint import Header
from config import ROOT, Length, ModelConfig, ProjectError, TrainConfig
from dataset.batches import Batch
from dataset.cache import load_dataset
from training import watch
from training.log import Log
from training.loop import train
from training.plan import Plan, Start
from training.progress import stop_signals
from training.runtime import multiplies_bfloat16
from training.sample_grid import SampleGrid
from training.trainer import Trainer

CONFIG = ModelConfig(text_dim=6, encoder="none", size=32, width=4, noise=5)
TRAIN = TrainConfig(batch_size=4)


@pytest.fixture
def data(faces, tmp_path):
    return load_dataset(faces, None, 32, tmp_path / "cache")


def vectors_of(data):
    """Three paraphrases of each caption, of which two are close to it."""
    vectors = np.random.default_rng(0).standard_normal((len(data.captions), 3, 6), np.float32)
    vectors[:, 1:] = vectors[:, :1] + 0.1 * vectors[:, 1:]
    return vectors


def plan(data, folder, length, start=None, header=None, save_every=None, overwrite=False):
    header = header or Header(CONFIG, TRAIN)
    begin = Start(header, start, None)
    return Plan(folder, folder, data, begin, header, length, 3, save_every, overwrite)


def run(data, folder, length, start=None, header=None, **options):
    return train(plan(data, folder, length, start, header, **options), data, vectors_of(data))


def test_training_leaves_saves_logs_and_grids(data, tmp_path, capsys):
    folder = tmp_path / "model"
    assert run(data, folder, Length(steps=60), save_every=10)
    names = [path.name for path in checkpoint.list_checkpoints(folder)]
    assert names == [f"checkpoint-000000{step}.npz" for step in (40, 50, 60)]  # the last 3
    assert sorted(p.name for p in folder.glob("*.tflite")) == [
        f"generator-000000{step}.tflite" for step in (40, 50, 60)
    ]
    assert [p for p in folder.rglob("*") if p.name.endswith(".tmp")] == []
    header = checkpoint.read_header(folder / names[-1])
    assert (header.step, header.images, header.model, header.train) == (60, 240, CONFIG, TRAIN)
    assert header.seconds > 0

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
    assert set(header.figures) == figures
    (best,) = checkpoint.list_checkpoints(folder / checkpoint.BEST)
    least = min(evaluations, key=lambda record: record["evaluation/frechet"])
    assert checkpoint.read_header(best).step == least["step"]
    assert len(list((folder / "grids").glob("grid-*.png"))) == 6
    assert list((folder / "logs").iterdir())
    assert "saved" in capsys.readouterr().err


def test_training_learns_the_colours(data, tmp_path):
    """Flat colours, named by their captions, are told apart after a few seconds."""
    fast = {"g_learning_rate": 2e-3, "d_learning_rate": 4e-3, "ema": 0.95, "batch_size": 12}
    config = dataclasses.replace(TRAIN, **fast)
    run(data, tmp_path, Length(steps=300), header=Header(CONFIG, config))
    trainer = Trainer(CONFIG, config)
    trainer.restore(checkpoint.latest(tmp_path))
    noise = np.random.default_rng(1).standard_normal((len(data.captions), 5), np.float32)
    images = trainer.nets.ema([noise, vectors_of(data)[:, 0]], training=False).numpy()
    brightest = images.mean(axis=(1, 2)).argmax(axis=1)
    wanted = [("red", "green", "blue").index(text.split()[0]) for text in data.captions]
    assert (brightest == wanted).all()


def test_a_resumed_run_reaches_the_same_weights_bit_for_bit(data, tmp_path):
    run(data, tmp_path / "whole", Length(steps=12), save_every=5)
    run(data, tmp_path / "parts", Length(steps=5))
    half = checkpoint.latest(tmp_path / "parts")
    run(data, tmp_path / "parts", Length(steps=12), half, checkpoint.read_header(half))
    one, two = (
        checkpoint.read_arrays(checkpoint.latest(tmp_path / name)) for name in ("whole", "parts")
    )
    assert one.keys() == two.keys()
    for name, array in one.items():
        np.testing.assert_array_equal(array, two[name], err_msg=name)


def test_a_save_sweeps_up_its_own_leavings_only(tmp_path):
    mine = ["generator-best.tflite", ".notes-1.tmp", "checkpoint-old.npz"]
    left = [".checkpoint-00000009.npz.77.tmp", ".generator-00000009.tflite.77.tmp"]
    left += [".log.jsonl.77.tmp"]
    for name in [*mine, *left, "generator-00000008.tflite", "checkpoint-00000007.npz"]:
        (tmp_path / name).touch()
    checkpoint.save(tmp_path, Header(CONFIG, TRAIN, step=5), {}, b"", keep=1)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        [*mine, "checkpoint-00000005.npz", "generator-00000005.tflite"]
    )


def test_epochs_count_images_over_the_models_life():
    length = Length(epochs=3)
    assert length.last_step(step=0, images=0, count=10, batch_size=4) == 8
    assert length.last_step(step=5, images=20, count=10, batch_size=2) == 10
    assert length.last_step(step=9, images=36, count=10, batch_size=4) == 9
    assert Length(minutes=2).last_step(0, 0, 10, 4) is None


def test_the_log_forgets_what_was_made_after_the_save(data, tmp_path):
    run(data, tmp_path, Length(steps=2))
    path = checkpoint.latest(tmp_path)
    with (tmp_path / "log.jsonl").open("a") as file:
        file.write(
            '{"step": "x"}\n{"step": 3}\n\0\0\n[]\n{"step": 1'
        )  # a later step, and what a kill left
    run(data, tmp_path, Length(steps=5), path, checkpoint.read_header(path))
    steps = [json.loads(line)["step"] for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert steps == [2, 2, 5, 5]  # the losses and the figures of each save


def test_averaged_statistics_are_the_batches_plain_mean(data):
    vectors = np.random.default_rng(0).standard_normal((6, 3, 6), np.float32)
    trainer = Trainer(CONFIG, TRAIN)
    trainer.refresh_statistics(vectors, data.caption_ids)
    norm = trainer.nets.ema.get_layer("norm0")
    assert norm.batches.numpy() == 32 and np.abs(norm.moving_mean.numpy()).min() > 0
    code, x = (trainer.nets.ema.get_layer(name).output for name in ("code", "first_map"))
    inside = keras.Model(trainer.nets.ema.inputs, [code, x])
    random = np.random.default_rng(9)
    rows = data.caption_ids[random.integers(len(data), size=4096)]
    noise = random.standard_normal((4096, 5), np.float32)
    maps = inside([noise, vectors[rows, random.integers(3, size=4096)]])[1].numpy()
    np.testing.assert_allclose(norm.moving_mean, maps.mean((0, 1, 2)), atol=0.05)
    np.testing.assert_allclose(norm.moving_variance, maps.var((0, 1, 2)), rtol=0.1)


@pytest.mark.parametrize(("room", "paraphrases"), [(10**6, 3), (6 * 6 * 4 * 2, 2), (1, 1)])
def test_text_inputs_are_fitted_to_as_many_paraphrases_as_there_is_room_for(
    data, monkeypatch, room, paraphrases
):
    monkeypatch.setattr("training.trainer.ADAPT_BYTES", room)
    trainer = Trainer(CONFIG, TRAIN)
    trainer.adapt(vectors_of(data))
    mean = vectors_of(data)[:, :paraphrases].mean((0, 1))
    for network in (trainer.nets.generator, trainer.nets.discriminator, trainer.nets.ema):
        (layer,) = (x for x in network.layers if isinstance(x, ops.Standardize))
        np.testing.assert_allclose(layer.mean, mean, atol=1e-6)


@pytest.mark.parametrize(
    ("averaged", "made", "decay"),
    [
        (False, 0, 0.1),
        (False, 890, 0.99),
        (True, 0, 0.999),
        (True, 17990, 0.9995),
        (True, 10**6, 0.9998),
        (False, 10**6, 0.9998),
    ],
)
def test_the_average_looks_back_a_tenth_of_the_steps(averaged, made, decay):
    trainer = Trainer(CONFIG, TRAIN, averaged)
    trainer.step = made
    average = trainer.nets.ema.trainable_variables[-1]
    average.assign_add(tf.ones(average.shape))  # far from the weights
    before = average.numpy()
    text = tf.random.normal((4, 2, 6))
    trainer.train_step(Batch(tf.zeros((4, 32, 32, 3), tf.uint8), text, -text[:, 0]))
    after = trainer.nets.generator.trainable_variables[-1].numpy()
    expected = decay * before + (1 - decay) * after
    np.testing.assert_allclose(average, expected, atol=1e-6)


def test_averaged_statistics_depend_on_the_weights_alone(data):
    trainers = [Trainer(CONFIG, TRAIN) for _ in range(2)]
    for trainer in trainers:
        trainer.adapt(vectors_of(data))
    trainers[0].refresh_statistics(vectors_of(data), data.caption_ids)
    for _ in range(2):
        trainers[1].refresh_statistics(vectors_of(data), data.caption_ids)
    for one, two in zip(
        trainers[0].nets.ema.variables, trainers[1].nets.ema.variables, strict=True
    ):
        np.testing.assert_array_equal(one.numpy(), two.numpy())


@pytest.mark.parametrize(
    ("flags", "told"), [("fpu amx_bf16 avx512f", True), ("fpu avx512_bf16", False), (None, False)]
)
def test_matrix_units_for_bfloat16_are_found_where_the_processor_has_them(tmp_path, flags, told):
    if flags:
        (tmp_path / "cpuinfo").write_text(f"processor\t: 0\nflags\t\t: {flags}\n")
    assert multiplies_bfloat16(tmp_path / "cpuinfo") is told


def test_average_starts_from_the_generators_own_weights():
    trainer = Trainer(CONFIG, TRAIN)
    for one, two in zip(trainer.nets.ema.variables, trainer.nets.generator.variables, strict=True):
        np.testing.assert_array_equal(one.numpy(), two.numpy())


def test_the_grid_shows_common_and_rare_captions(data):
    trainer = Trainer(CONFIG, TRAIN)
    grid = SampleGrid(data, vectors_of(data), CONFIG, seed=0)
    assert sorted(grid.captions) == sorted(data.captions)  # there are only six
    first = grid.draw(trainer)
    assert first.ndim == 3 and first.dtype == np.uint8
    np.testing.assert_array_equal(first, grid.draw(trainer))
    as_they_stand = SampleGrid(data, vectors_of(data)[:, :1], CONFIG, seed=0)
    np.testing.assert_array_equal(first, as_they_stand.draw(trainer))


def test_weights_that_ship_have_no_optimizers_and_still_start_a_run(data, tmp_path):
    run(data, tmp_path / "one", Length(steps=3))
    arrays = checkpoint.read_arrays(checkpoint.latest(tmp_path / "one"))
    light = {k: v.astype(np.float16) for k, v in arrays.items() if k[:4] in ("ema/", "disc")}
    path = checkpoint.save(tmp_path / "light", Header(CONFIG, TRAIN), light)
    trainer = Trainer(CONFIG, TRAIN)
    trainer.restore(path)
    for one, two in zip(trainer.nets.ema.variables, trainer.nets.generator.variables, strict=True):
        np.testing.assert_array_equal(one.numpy(), two.numpy())
    assert run(data, tmp_path / "two", Length(steps=2), path)


def test_a_discriminator_from_before_the_contrast_gets_it_as_zeros(data, tmp_path):
    run(data, tmp_path / "one", Length(steps=3))
    arrays = checkpoint.read_arrays(checkpoint.latest(tmp_path / "one"))
    new = [name for name in arrays if "contrast_embedding" in name]
    assert len(new) == 3 and all(arrays[name].any() for name in new)  # kernel and Adam's two
    kept = {name: array for name, array in arrays.items() if name not in new}
    path = checkpoint.save(tmp_path / "old", Header(CONFIG, TRAIN, step=3), kept)
    trainer = Trainer(CONFIG, TRAIN)
    trainer.restore(path)
    for name, array in trainer.arrays().items():
        np.testing.assert_array_equal(array, kept.get(name, 0 * array))
    assert run(data, tmp_path / "two", Length(steps=2), path)

    del arrays[new[-1]]
    path = checkpoint.save(tmp_path / "part", Header(CONFIG, TRAIN, step=3), arrays)
    with pytest.raises(ProjectError, match=f"missing: {new[-1]}"):
        trainer.restore(path)


def test_a_header_from_before_a_setting_gets_its_default():
    header = Header(CONFIG, dataclasses.replace(TRAIN, paraphrases=7))
    assert Header.from_bytes(header.to_bytes(), Path()) == header
    values = json.loads(header.to_bytes())
    del values["train"]["paraphrases"]
    assert Header.from_bytes(json.dumps(values).encode(), Path()).train == TRAIN


def damaged_checkpoints(arrays):
    name = "generator/base/kernel"
    yield {**arrays, name: arrays[name][:-1]}, "generator/base/kernel: shape"
    yield {k: v for k, v in arrays.items() if k != name}, "missing: generator/base/kernel"
    yield {**arrays, "ema/extra": np.zeros(1)}, "not of this model: ema/extra"


def test_what_does_not_fit_is_named(data, tmp_path):
    run(data, tmp_path, Length(steps=1))
    path = checkpoint.latest(tmp_path)
    arrays = checkpoint.read_arrays(path)
    trainer = Trainer(CONFIG, TRAIN)
    for wrong, message in damaged_checkpoints(arrays):
        other = checkpoint.save(tmp_path / "wrong", Header(CONFIG, TRAIN), wrong)
        with pytest.raises(ProjectError, match=message):
            trainer.restore(other)

    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(ProjectError, match=r"00001\.npz cannot be read"):
        checkpoint.read_header(path)


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


# ------------------------------------------------------------- the program itself, as a process


def command(faces, folder, *options):
    cache = str(folder.parent / "cache")
    code = f"import DCGAN, config, sys; config.CACHE = config.Path({cache!r})"
    return [
        *(sys.executable, "-W", "error::ResourceWarning", "-c"),
        *(f"{code}; sys.exit(DCGAN.main())", "--train"),
        *("--data", str(faces), "--model", str(folder), "--size", "32", "--width", "4"),
        *("--batch-size", "4", "--steps", "40", "--save-every", "20", *options),
    ]


@pytest.fixture
def start():
    """Begins trainings in processes of their own, and leaves none of them running."""
    with contextlib.ExitStack() as stack:

        def begin(*arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT):
            process = subprocess.Popen(
                command(*arguments), cwd=ROOT, stdout=stdout, stderr=stderr, text=True
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            return process

        yield begin


def wait_for(process, happened):
    deadline = time.monotonic() + 120
    while not happened():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_kill_and_resume_equals_a_run_in_one_go(faces, tmp_path, start):
    whole = start(faces, tmp_path / "whole", "--init", "scratch")
    output = whole.communicate()[0]
    assert whole.returncode == 0 and "Done." in output, output
    assert "INFO" not in output  # notes that TensorFlow and LiteRT make on themselves

    # The killed one would go on for long; it dies at some moment after its first save.
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    killed = start(faces, tmp_path / "parts", "--init", "scratch", "--steps", "100000", **quiet)
    wait_for(killed, lambda: checkpoint.latest(tmp_path / "parts"))
    killed.kill()
    killed.wait()
    for late in checkpoint.list_checkpoints(tmp_path / "parts"):
        if checkpoint.read_header(late).step > 20:
            late.unlink()
    resumed = start(faces, tmp_path / "parts")
    output = resumed.communicate()[0]
    assert resumed.returncode == 0 and "goes on after step 20" in output, output

    one, two = (
        checkpoint.read_arrays(tmp_path / name / "checkpoint-00000040.npz")
        for name in ("whole", "parts")
    )
    for name, array in one.items():
        np.testing.assert_array_equal(array, two[name], err_msg=name)


@pytest.fixture
def heard():
    """Signals are not ignored, as they are where the tests run under `nohup` or behind `&`."""
    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {n: signal.signal(n, signal.SIG_DFL) for n in (getattr(signal, x) for x in names)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_saves_and_says_how_to_go_on(faces, tmp_path, number, heard, start):
    process = start(faces, tmp_path, "--init", "scratch", "--steps", "1000000")
    wait_for(process, lambda: checkpoint.latest(tmp_path))
    process.send_signal(number)
    output = process.communicate(timeout=60)[0]
    assert process.returncode == 0, output
    assert "Stopped. To go on: python3" in output and "Traceback" not in output
    step = checkpoint.read_header(checkpoint.latest(tmp_path)).step
    assert json.loads((tmp_path / "log.jsonl").read_text().splitlines()[-1])["step"] == step
    with Image.open(tmp_path / "grids" / f"grid-{step:08d}.png") as grid:
        assert grid.size[0] > 8 * 32


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="Windows has none")
def test_signals_that_are_to_be_ignored_are(heard):
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with stop_signals() as stop:
        os.kill(os.getpid(), signal.SIGHUP)
        os.kill(os.getpid(), signal.SIGTERM)
    assert stop == [signal.SIGTERM]
    assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="Windows has none")
def test_a_closed_terminal_does_not_keep_a_run_from_saving(faces, tmp_path, heard, start):
    reader, unheard = os.pipe()
    os.close(reader)
    endless = ("--steps", "1000000", "--save-every", "1000000")
    streams = {"stdout": unheard, "stderr": subprocess.PIPE}
    process = start(faces, tmp_path / "m", "--init", "scratch", *endless, **streams)
    os.close(unheard)
    log = tmp_path / "m" / "log.jsonl"
    wait_for(process, log.exists)
    process.stderr.close()  # from now on, whatever it says fails
    process.send_signal(signal.SIGHUP)
    assert process.wait(timeout=60) == 0
    step = checkpoint.read_header(checkpoint.latest(tmp_path / "m")).step
    assert json.loads(log.read_text().splitlines()[-1])["step"] == step


def losing(monkeypatch, times):
    """Make the loss no number at the second step after a start, as often as given."""
    step, bad = Trainer.train_step, iter([True] * times)

    def train_step(self, *batch):
        scalars = step(self, *batch)
        if self.step % 10 == 2 and next(bad, False):
            scalars["loss/generator"] = tf.constant(np.nan)
        return scalars

    monkeypatch.setattr(Trainer, "train_step", train_step)


def test_losses_that_are_no_numbers_send_it_back_with_half_the_rates(
    data, tmp_path, monkeypatch, capsys
):
    assert run(data, tmp_path, Length(steps=10), save_every=5)
    losing(monkeypatch, times=2)
    before = checkpoint.latest(tmp_path)
    assert run(data, tmp_path, Length(steps=20), before, checkpoint.read_header(before))
    said = capsys.readouterr().err
    assert f"step 20: the weights are no numbers any more. Training goes back to {before}" in said
    assert "2 of 3" in said and "3 of 3" not in said
    header = checkpoint.read_header(checkpoint.latest(tmp_path))
    assert header.step == 20 and header.train.g_learning_rate == TRAIN.g_learning_rate / 4
    steps = [json.loads(line)["step"] for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert steps == sorted(steps) and steps[-1] == 20


def test_weights_that_do_not_stay_finite_stop_it_and_are_never_saved(data, tmp_path):
    assert run(data, tmp_path, Length(steps=2))
    good = checkpoint.latest(tmp_path)
    rates = dataclasses.replace(TRAIN, g_learning_rate=1e38)
    header = dataclasses.replace(checkpoint.read_header(good), train=rates)
    with pytest.raises(ProjectError, match=f"The save {good} is good"):
        run(data, tmp_path, Length(steps=40), good, header, save_every=1)
    for path in checkpoint.list_checkpoints(tmp_path):
        arrays = checkpoint.read_arrays(path).values()
        assert all(np.isfinite(array).all() for array in arrays)


def test_a_discriminator_that_has_won_is_told_of_once(data, tmp_path, capsys):
    config = dataclasses.replace(
        TRAIN,
        batch_size=12,
        g_learning_rate=0.0,
        d_learning_rate=1e-3,
        r1_gamma=0.0,
        mismatch_weight=0.0,
    )
    assert run(data, tmp_path, Length(steps=240), header=Header(CONFIG, config))
    assert capsys.readouterr().err.count("tells every drawn face from a real one") == 1


def test_a_collapse_is_told_of_once(data, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(
        ModelConfig, "draw_noise", lambda self, count, _: np.zeros((count, self.noise), np.float32)
    )
    monkeypatch.setattr(watch, "EARLY", 2)
    assert run(data, tmp_path, Length(steps=6), save_every=1)
    said = capsys.readouterr().err
    assert said.count("faces of one description hardly differ (0%") == 1
    assert said.index("step 4: the faces") > 0


def test_a_full_disk_stops_it_and_leaves_the_save_before(data, tmp_path, monkeypatch):
    assert run(data, tmp_path, Length(steps=2))
    before = checkpoint.latest(tmp_path)
    files = sorted(path.name for path in tmp_path.iterdir())
    monkeypatch.setattr(shutil, "disk_usage", lambda _: types.SimpleNamespace(free=1000))
    with pytest.raises(ProjectError, match=r"No space left.*1,000 bytes are free, [\d,]+ are need"):
        run(data, tmp_path, Length(steps=4), before, checkpoint.read_header(before))
    assert sorted(path.name for path in tmp_path.iterdir()) == files
    monkeypatch.undo()
    assert run(data, tmp_path, Length(steps=4), before, checkpoint.read_header(before))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_a_log_for_which_there_is_no_room_is_named(tmp_path):
    log = Log(tmp_path, 0)
    log._path = Path("/dev/full")
    with pytest.raises(ProjectError, match=r"Cannot write /dev/full: No space left.* bytes are fr"):
        log.scalars(1, 64, {"loss": 0.5})


def test_an_event_log_for_which_there_is_no_room_is_named(tmp_path, monkeypatch):
    def full(*_):
        raise tf.errors.ResourceExhaustedError(None, None, "No space left on device")

    log = Log(tmp_path, 0)
    monkeypatch.setattr(tf.summary, "create_file_writer", full)
    monkeypatch.setattr(tf.summary, "scalar", full)
    message = r"Cannot write \S+logs: No space left.* bytes are free"
    with pytest.raises(ProjectError, match=message):
        Log(tmp_path, 0)
    with pytest.raises(ProjectError, match=message):
        log.scalars(1, 64, {"loss": 0.5})

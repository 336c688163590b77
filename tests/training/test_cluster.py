"""Several replicas compute what one does: on two devices, and as two and three processes."""

import contextlib
import json
import os
import re
import socket
import subprocess
import sys

import numpy as np
import pytest

from checkpoints import checkpoint
from config import DEFAULT, ORIGINAL, ROOT, UsageError
from training.cluster import Cluster, alone

SECONDS = 600  # that the processes may take, on a machine that does other work too
STEPS = 20
CHILD = """
import os, sys
from pathlib import Path
from config import ModelConfig, TrainConfig, prepare_environment
prepare_environment()
import numpy as np
import tensorflow as tf
from dataset.cache import load_dataset
from training import runtime
from training.cluster import Cluster
from training.task import Task
from training.trainer import Trainer

faces, cache, out, devices, steps = sys.argv[1:]
if devices == "2":
    (cpu,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    cluster = Cluster(tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]))
else:
    cluster = Cluster.join(Task.read(os.environ.get("TF_CONFIG")))
assert cluster.any(cluster.is_chief, False) == [True, False]
runtime.configure()
# Products of bfloat16 would hide what is compared.
tf.config.optimizer.set_experimental_options({"auto_mixed_precision_onednn_bfloat16": False})
data = load_dataset(Path(faces), None, 32, Path(cache))
vectors = np.random.default_rng(0).standard_normal((len(data.captions), 3, 6), np.float32)
model = ModelConfig(text_dim=6, encoder="none", size=32, width=4, noise=5)
config = TrainConfig(batch_size=12, r1_every=4, decay_from=9)
trainer = Trainer(model, config, strategy=cluster.strategy)
trainer.adapt(vectors)
found = {}
for batch in trainer.batches(data, vectors, 12):
    for name, value in trainer.train_step(batch).items():
        found.setdefault("step/" + name, []).append(float(value))
    if trainer.step == int(steps):
        break
trainer.refresh_statistics(vectors, data.caption_ids)
assert trainer.images == 12 * int(steps)
np.savez(out, **found, **trainer.arrays())
"""


def addresses(count: int) -> list[str]:
    """Return addresses with free ports."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [f"127.0.0.1:{each.getsockname()[1]}" for each in sockets]


@pytest.fixture
def start():
    """Return a function that starts a process for each worker; none of them is left running."""
    with contextlib.ExitStack() as stack:

        def run(count, arguments):
            workers, started = addresses(count), []
            for index in range(count):
                task = {"type": "worker", "index": index}
                environment = os.environ | {"OMP_NUM_THREADS": "1"}
                if count > 1:
                    config = {"cluster": {"worker": workers}, "task": task}
                    environment["TF_CONFIG"] = json.dumps(config)
                process = subprocess.Popen(
                    [sys.executable, *arguments(index)],
                    cwd=ROOT,
                    env=environment,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                )
                stack.enter_context(process)
                stack.callback(process.kill)
                started.append(process)
            return started

        yield run


@pytest.fixture
def trained(start, faces, tmp_path):
    """Return a function that trains on some workers and devices, and what each ends with."""

    def train(workers=1, devices=1):
        outs = [tmp_path / f"{workers}-{devices}-{index}.npz" for index in range(workers)]

        def arguments(index):
            given = (faces, tmp_path / "cache", outs[index], devices, STEPS)
            return ["-c", CHILD, *map(str, given)]

        processes = start(workers, arguments)
        for process in processes:
            output = process.communicate(timeout=SECONDS)[0]
            assert process.returncode == 0, output
        return [dict(np.load(out)) for out in outs]

    return train


def test_replicas_compute_what_a_single_device_does(trained):
    """Batch norm, pairs, contrast and penalty are those of the whole batch."""
    (single,) = trained()
    (mirrored,) = trained(devices=2)
    two, three = trained(workers=2), trained(workers=3)
    for several in ([mirrored], two, three):
        for name, values in single.items():
            if name.startswith("step/"):
                np.testing.assert_allclose(several[0][name], values, atol=1e-4, err_msg=name)
            else:
                for other in several[1:]:
                    np.testing.assert_array_equal(other[name], several[0][name], err_msg=name)


@pytest.fixture
def command(faces, tmp_path):
    """Return a function that gives the command of a training of so many steps."""

    def train(steps):
        cache = str(tmp_path / "cache")
        code = f"import DCGAN, config, sys; config.CACHE = config.Path({cache!r})"
        options = ["--size", "32", "--width", "4", "--batch-size", "4", "--save-every", "20"]
        options += ["--paraphrase", "2", "--no-attributes", "--steps", str(steps)]
        where = ["--train", "--data", str(faces), "--model", str(tmp_path / "model")]
        return ["-c", f"{code}; sys.exit(DCGAN.main())", *where, *options]

    return train


def test_workers_that_were_started_otherwise_are_refused(start, command, tmp_path):
    processes = start(2, lambda index: command(10 + index))
    for process in processes:
        output = process.communicate(timeout=SECONDS)[0]
        assert process.returncode and "Traceback" not in output, output
        assert "worker 1 differs from worker 0 in steps. Start all workers" in output, output
    assert not checkpoint.list_checkpoints(tmp_path / "model")


def test_a_lost_worker_ends_the_others_and_any_number_of_them_continue(start, command, tmp_path):
    model = tmp_path / "model"
    chief, other = start(2, lambda _: [*command(10**6), "--init", "scratch"])
    while not checkpoint.latest(model):
        with contextlib.suppress(subprocess.TimeoutExpired):
            chief.wait(timeout=0.1)
            pytest.fail(chief.communicate()[0])
    other.kill()
    output = chief.communicate(timeout=SECONDS)[0]
    assert chief.returncode == 1 and "Traceback" not in output, output
    assert "worker 0 of 2: another worker ended" in output, output

    newest = checkpoint.latest(model)
    assert newest is not None
    step = checkpoint.read_header(newest).step
    (process,) = start(1, lambda _: command(step + 2))
    output = process.communicate(timeout=SECONDS)[0]
    assert process.returncode == 0 and f"continues after step {step}" in output, output
    chief, other = start(2, lambda _: command(step + 4))
    outputs = [process.communicate(timeout=SECONDS)[0] for process in (chief, other)]
    assert chief.returncode == other.returncode == 0, outputs
    assert re.search("Done", outputs[0]) and "worker 1 of 2: done" in outputs[1], outputs


def test_a_single_process_agrees_with_itself():
    assert alone().any(True, False) == [True, False]
    assert alone().is_chief


def test_a_batch_that_cannot_be_divided_is_refused():
    class Four:
        num_replicas_in_sync = 4

    cluster = Cluster(Four())
    cluster.check(DEFAULT, 64)
    with pytest.raises(UsageError, match=r"--batch-size 12 .* multiple of 8, such as 16"):
        cluster.check(DEFAULT, 12)
    with pytest.raises(UsageError, match="--recipe original trains on one device"):
        cluster.check(ORIGINAL, 64)
    alone().check(ORIGINAL, 5)

"""Training as a process of its own: killed, signalled, and left by its terminal."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from checkpoints import checkpoint
from config import ROOT

SECONDS = 600  # that a process may take to end, on a machine that does other work too


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
    """Start trainings in processes of their own; leave none of them running."""
    with contextlib.ExitStack() as stack:

        def run(*arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT):
            process = subprocess.Popen(
                command(*arguments), cwd=ROOT, stdout=stdout, stderr=stderr, text=True
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            return process

        yield run


def wait_for(process, happened):
    while not happened():
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.02)


def test_kill_and_resume_equals_a_run_in_one_go(faces, tmp_path, start):
    whole = start(faces, tmp_path / "whole", "--init", "scratch")
    output = whole.communicate()[0]
    assert whole.returncode == 0 and "Done." in output, output
    assert "INFO" not in output  # notes by TensorFlow and LiteRT about themselves

    # The killed run would be long; it dies at some moment after its first checkpoint.
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
    assert resumed.returncode == 0 and "continues after step 20" in output, output

    one, two = (
        checkpoint.read_arrays(tmp_path / name / "checkpoint-00000040.npz")
        for name in ("whole", "parts")
    )
    for name, array in one.items():
        np.testing.assert_array_equal(array, two[name], err_msg=name)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_saves_and_says_how_to_continue(faces, tmp_path, number, heard, start, newest):
    process = start(faces, tmp_path, "--init", "scratch", "--steps", "1000000")
    wait_for(process, lambda: checkpoint.latest(tmp_path))
    process.send_signal(number)
    output = process.communicate(timeout=SECONDS)[0]
    assert process.returncode == 0, output
    assert "stopping: this step is completed and saved. Press Ctrl-C again to" in output
    assert "Stopped. To continue: python3" in output and "Traceback" not in output
    header = checkpoint.read_header(newest(tmp_path))
    assert json.loads((tmp_path / "log.jsonl").read_text().splitlines()[-1])["step"] == header.step
    with Image.open(tmp_path / "grids" / "grid-00000020.png") as grid:
        assert grid.size[0] > 8 * 32
    due = header.step % 20 == 0  # only then faces are measured and drawn
    assert bool(header.figures) is due
    assert (tmp_path / "grids" / f"grid-{header.step:08d}.png").exists() is due
    assert checkpoint.generator_path(newest(tmp_path)).is_file()


def test_a_signal_before_the_first_step_stops_at_once(faces, tmp_path, heard, start):
    process = start(faces, tmp_path, "--init", "scratch")
    wait_for(process, (tmp_path / "logs").exists)
    process.send_signal(signal.SIGINT)
    output = process.communicate(timeout=SECONDS)[0]
    assert process.returncode == 1 and "before the first step" in output, output
    assert "Traceback" not in output and not checkpoint.list_checkpoints(tmp_path)


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="Windows has none")
def test_a_closed_terminal_does_not_keep_a_run_from_saving(faces, tmp_path, heard, start, newest):
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
    assert process.wait(timeout=SECONDS) == 0
    step = checkpoint.read_header(newest(tmp_path / "m")).step
    assert json.loads(log.read_text().splitlines()[-1])["step"] == step

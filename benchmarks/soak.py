"""Kill a training run again and again, and check that nothing is lost and nothing changes.

    python3 -m benchmarks.soak

trains a tiny model on `faces/`, once undisturbed and once killed (-9) fifty times: half of the
times at a random moment, half while a checkpoint is being written, as soon as its temporary file
exists. After each kill, the newest checkpoint must load and must not be older than the last one
reported. At the end, all weights must equal those of the undisturbed run bit for bit.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from checkpoints import checkpoint
from config import ROOT, prepare_environment

SAVE_EVERY = 8  # steps
STEPS_PER_KILL = 24  # leaves steps to train until the last kill


def start(folder: Path, steps: int) -> subprocess.Popen[bytes]:
    """Start or continue training."""
    command = [sys.executable, "DCGAN.py", "--train", "--model", str(folder)]
    command += ["--steps", str(steps), "--save-every", str(SAVE_EVERY)]
    command += ["--size", "32", "--width", "4", "--batch-size", "8"]
    if not checkpoint.list_checkpoints(folder):
        command += ["--init", "scratch"]
    with log_of(folder).open("a") as log:
        return subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, start_new_session=True)


def log_of(folder: Path) -> Path:
    """Return the log of the runs that train in a folder."""
    return folder.with_suffix(".log")


def finish(folder: Path, steps: int) -> None:
    """Train to the end; exit if training fails."""
    if start(folder, steps).wait():
        sys.exit(log_of(folder).read_text())


def reported(folder: Path) -> int:
    """Return the step of the last checkpoint that a run reported; 0 if there is none."""
    text = log_of(folder).read_text()
    return max((int(n) for n in re.findall(r"saved \S+checkpoint-(\d+)\.npz", text)), default=0)


def kill(run: subprocess.Popen[bytes], folder: Path, while_saving: bool, seconds: float) -> bool:
    """Kill a run, unless it ends first.

    Args:
        run: The run.
        folder: Its model folder.
        while_saving: Whether to wait, after `seconds`, until a checkpoint is being written.
        seconds: When to kill it.

    Returns:
        Whether it was killed while it wrote a checkpoint.
    """
    end = time.time() + seconds
    saving = False
    while run.poll() is None and not saving:
        if time.time() >= end and not while_saving:
            break
        if while_saving and time.time() >= end:
            saving = any(folder.rglob(".*.tmp"))
        time.sleep(0.0005)
    if run.poll() is None:
        os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    return saving


def kill_often(folder: Path, steps: int, kills: int, seed: int) -> tuple[int, int]:
    """Train and kill until the kills are used up or training is done; exit if anything is lost.

    Returns:
        The number of kills, and how many of them were while a checkpoint was being written.
    """
    moments = random.Random(seed)
    killed = saving = 0
    while killed < kills:
        before = checkpoint.latest(folder)
        run = start(folder, steps)
        saving += kill(run, folder, killed % 2 == 1, moments.uniform(0, 15))
        if run.returncode == 0:
            break
        if run.returncode != -signal.SIGKILL:
            sys.exit(f"a resume failed: {log_of(folder)}\n{log_of(folder).read_text()}")
        killed += 1
        newest = checkpoint.latest(folder)
        step = checkpoint.read_header(newest).step if newest else 0
        if newest:
            checkpoint.read_arrays(newest)
        if step < reported(folder) or (before and not newest):
            sys.exit(f"lost: step {reported(folder)} was reported, the newest is {step}")
        print(f"kill {killed}: step {step} of {steps} is there", flush=True)
    return killed, saving


def final_arrays(folder: Path) -> dict[str, np.ndarray]:
    """Return the arrays of a folder's newest checkpoint."""
    newest = checkpoint.latest(folder)
    if newest is None:
        sys.exit(f"there is no checkpoint in {folder}")
    return checkpoint.read_arrays(newest)


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python3 -m benchmarks.soak",
        description="Kill a training run again and again, and check that nothing is lost.",
    )
    parser.add_argument("--kills", type=int, default=50, help="default: %(default)s")
    parser.add_argument(
        "--seed", type=int, default=0, help="decides the moments (default: %(default)s)"
    )
    options = parser.parse_args(arguments)
    prepare_environment()
    with tempfile.TemporaryDirectory() as work:
        calm, disturbed = Path(work) / "calm", Path(work) / "killed"
        calm.mkdir()
        disturbed.mkdir()
        steps = STEPS_PER_KILL * options.kills
        started = time.time()
        finish(calm, steps)
        print(f"undisturbed: {steps} steps in {time.time() - started:.0f} s", flush=True)
        kills, saving = kill_often(disturbed, steps, options.kills, options.seed)
        finish(disturbed, steps)
        one, two = final_arrays(calm), final_arrays(disturbed)
        different = [n for n in one.keys() & two.keys() if not np.array_equal(one[n], two[n])]
        different += one.keys() ^ two.keys()
        left = [str(path) for path in disturbed.rglob("*.tmp")]
        print(
            f"{kills} kills, {saving} of them while saving: every resume succeeded, no reported "
            f"checkpoint was lost; {len(one)} arrays, {len(different)} differ; half-written "
            f"files: {left or 0}"
        )
        return int(bool(different or left))


if __name__ == "__main__":
    sys.exit(main())

"""Kills a training again and again, and checks that nothing is lost and nothing changes.

    python3 benchmarks/soak.py

trains a tiny model on `faces/`, once undisturbed, once killed (-9) fifty times: half of the times
at a random moment, half inside a save, as soon as its temporary file is there. After each kill the
newest save must load and be none older than the last one reported; at the end all weights must
equal those of the undisturbed run bit for bit.
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

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from checkpoints import checkpoint
from config import ROOT

SAVE_EVERY = 8  # steps
STEPS_A_KILL = 24  # so that there is something left to train until the last


def start(folder: Path, steps: int) -> subprocess.Popen:
    """Begin or go on with the training."""
    command = [sys.executable, "DCGAN.py", "--train", "--model", str(folder)]
    command += ["--steps", str(steps), "--save-every", str(SAVE_EVERY)]
    command += ["--size", "32", "--width", "4", "--batch-size", "8"]
    if not checkpoint.list_checkpoints(folder):
        command += ["--init", "scratch"]
    with (folder.parent / f"{folder.name}.log").open("a") as log:
        return subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, start_new_session=True)


def reported(folder: Path) -> int:
    """The step of the last save that the run said it had made; 0 for none."""
    text = (folder.parent / f"{folder.name}.log").read_text()
    return max((int(n) for n in re.findall(r"saved \S+checkpoint-(\d+)\.npz", text)), default=0)


def kill(run: subprocess.Popen, folder: Path, inside_a_save: bool, seconds: float) -> bool:
    """Kill a run, at the latest when it ends by itself; whether it was killed in a save."""
    end = time.time() + seconds
    saving = False
    while run.poll() is None and not saving:
        if time.time() >= end and not inside_a_save:
            break
        if inside_a_save and time.time() >= end:
            saving = any(folder.rglob(".*.tmp"))
        time.sleep(0.0005)
    if run.poll() is None:
        os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    return saving


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    options = parser.parse_args()
    moments = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as work:
        calm, killed = Path(work) / "calm", Path(work) / "killed"
        calm.mkdir()
        killed.mkdir()
        steps = STEPS_A_KILL * options.kills
        begun = time.time()
        if start(calm, steps).wait():
            sys.exit(calm.with_suffix(".log").read_text())
        alone = time.time() - begun
        print(f"undisturbed: {steps} steps in {alone:.0f} s", flush=True)
        inside = kills = 0
        while kills < options.kills:
            before = checkpoint.latest(killed)
            run = start(killed, steps)
            inside += kill(run, killed, kills % 2 == 1, moments.uniform(0, 15))
            if run.returncode == 0:
                break
            if run.returncode != -signal.SIGKILL:
                sys.exit(
                    f"a resume failed: {killed}.log\n" + killed.with_suffix(".log").read_text()
                )
            kills += 1
            newest = checkpoint.latest(killed)
            step = checkpoint.read_header(newest).step if newest else 0
            if newest:
                checkpoint.read_arrays(newest)
            if step < reported(killed) or (before and not newest):
                sys.exit(f"lost: step {reported(killed)} was reported, {step} is there")
            print(f"kill {kills}: step {step} of {steps} is there", flush=True)
        if start(killed, steps).wait():
            sys.exit(killed.with_suffix(".log").read_text())
        one, two = (checkpoint.read_arrays(checkpoint.latest(f)) for f in (calm, killed))
        different = [n for n in one.keys() | two.keys() if not np.array_equal(one[n], two[n])]
        left = [str(p) for p in killed.rglob("*.tmp")]
        print(
            f"{kills} kills, {inside} of them inside a save: every resume succeeded, no reported "
            f"save was lost; {len(one)} arrays, {len(different)} differ; half-written: {left or 0}"
        )
        sys.exit(bool(different or left))


if __name__ == "__main__":
    main()

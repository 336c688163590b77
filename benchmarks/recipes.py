"""Train the 2017 recipe and the default one for the same minutes, and measure both.

    python3 -m benchmarks.recipes --data FACES.zip --work DIR

Both start from random weights and train at the same time, each on half of the cores. Measuring
does not count: it starts when both have stopped. The sheets and figures of each recipe go to DIR.
If the command is started again, it continues with what is there.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from config import DEFAULTS, ROOT, prepare_environment

MINUTES = (5, 15, 30, 60)
# Keys of evaluation.json.
SHARES = ("tags", "held-out sentences")
RATIOS = ("Fréchet distance", "recall", "sliced Wasserstein, 64 px")

Results = dict[str, dict[str, Any]]  # minutes -> recipe -> content of evaluation.json


def train(
    recipe: str, data: Path, model: Path, minutes: float, cores: set[int]
) -> subprocess.Popen[bytes]:
    """Start or continue training, on some cores only."""
    command = [sys.executable, "DCGAN.py", "--train", "--recipe", recipe, "--data", str(data)]
    command += ["--init", "scratch"] if not (model / "log.jsonl").exists() else []
    command += ["--model", str(model), "--minutes", str(minutes)]
    with (model.parent / f"{recipe}.log").open("a") as log:
        return subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=log,
            stderr=log,
            preexec_fn=lambda: os.sched_setaffinity(0, cores),
        )


def train_all(data: Path, work: Path, minutes: float) -> None:
    """Train every recipe for some minutes, at the same time."""
    cores = sorted(os.sched_getaffinity(0))
    halves = set(cores[: len(cores) // 2]) or set(cores), set(cores[len(cores) // 2 :])
    runs = [
        train(recipe, data, work / recipe, minutes, half)
        for recipe, half in zip(DEFAULTS, halves, strict=True)
    ]
    codes = [run.wait() for run in runs]
    if any(codes):
        sys.exit(f"error: Training failed. See {work}/*.log.")


def evaluate(model: Path, output: Path) -> dict[str, Any]:
    """Measure a model and return the content of `evaluation.json`."""
    command = [sys.executable, "DCGAN.py", "--evaluate", "--model", str(model), "-o", str(output)]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return json.loads((output / "evaluation.json").read_text("utf-8"))


def row(recipe: str, minutes: float, figures: dict[str, Any]) -> str:
    """Return a line of the table."""
    cells = [recipe, f"{minutes:g}", f"{figures['images']:,}"]
    cells += [" / ".join(f"{share[0]:.3f}" for share in figures["fit"][n].values()) for n in SHARES]
    quality = figures["quality"]
    cells += [f"{quality[n]['drawn'] / quality[n]['real']:.2f}" for n in RATIOS]
    return "| " + " | ".join(cells) + " |"


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python3 -m benchmarks.recipes",
        description="Train both recipes for the same minutes, and measure both.",
    )
    parser.add_argument("--data", type=Path, required=True, help="images with tags")
    parser.add_argument("--work", type=Path, required=True, help="folder for models and figures")
    parser.add_argument("--minutes", type=float, nargs="+", default=MINUTES, help="when to measure")
    options = parser.parse_args(arguments)
    prepare_environment()
    options.work.mkdir(parents=True, exist_ok=True)
    data, work = options.data.resolve(), options.work.resolve()
    results = work / "recipes.json"
    figures: Results = json.loads(results.read_text("utf-8")) if results.exists() else {}

    print("hair / eyes / both; the last three columns are ratios to as many real faces\n")
    columns = ["recipe", "minutes", "images", *SHARES, *RATIOS]
    print("| " + " | ".join(columns) + " |\n|" + "---|" * len(columns))
    trained = 0.0
    for minutes in sorted(options.minutes):
        if str(minutes) not in figures:
            train_all(data, work, minutes - trained)
            figures[str(minutes)] = {
                recipe: evaluate(work / recipe, work / f"{recipe}-{minutes:g}")
                for recipe in DEFAULTS
            }
            results.write_text(json.dumps(figures, indent=1, ensure_ascii=False), "utf-8")
        for recipe in DEFAULTS:
            print(row(recipe, minutes, figures[str(minutes)][recipe]), flush=True)
        trained = minutes
    return 0


if __name__ == "__main__":
    sys.exit(main())

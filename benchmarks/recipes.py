"""Trains the recipe of 2017 and the default one for the same minutes, and measures both.

    python3 benchmarks/recipes.py --data FACES.zip --work DIR

Both begin with random weights and train at the same time, each on half of the cores, from which
the measuring is left out: it comes when both have stopped. A sheet and the figures of each go to
DIR; started again, it goes on with what is there.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from config import DEFAULTS, ROOT

MINUTES = (5, 15, 30, 60)
SHARES = ("tags", "held-out sentences")
RATIOS = ("Fréchet distance", "recall", "sliced Wasserstein, 64 px")


def train(
    recipe: str, data: Path, model: Path, minutes: float, cores: set[int]
) -> subprocess.Popen:
    """Begin or go on with training, on some cores only."""
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


def evaluate(model: Path, output: Path) -> dict:
    """Measure a model: the content of `evaluation.json`."""
    command = [sys.executable, "DCGAN.py", "--evaluate", "--model", str(model), "-o", str(output)]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return json.loads((output / "evaluation.json").read_text())


def row(recipe: str, minutes: float, figures: dict) -> str:
    """A line of the table."""
    cells = [recipe, f"{minutes:g}", f"{figures['images']:,}"]
    cells += [" / ".join(f"{share[0]:.3f}" for share in figures["fit"][n].values()) for n in SHARES]
    quality = figures["quality"]
    cells += [f"{quality[n]['drawn'] / quality[n]['real']:.2f}" for n in RATIOS]
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="images with tags")
    parser.add_argument("--work", type=Path, required=True, help="folder for models and figures")
    parser.add_argument("--minutes", type=float, nargs="+", default=MINUTES, help="when to measure")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    results = options.work / "recipes.json"
    figures = json.loads(results.read_text()) if results.exists() else {}

    cores = sorted(os.sched_getaffinity(0))
    halves = set(cores[: len(cores) // 2]) or set(cores), set(cores[len(cores) // 2 :])
    print("hair / eyes / both; the last three are ratios to as many real faces\n")
    columns = ["recipe", "minutes", "images", *SHARES, *RATIOS]
    print("| " + " | ".join(columns) + " |\n|" + "---|" * len(columns))
    trained = 0.0
    for minutes in sorted(options.minutes):
        if str(minutes) not in figures:
            runs = [
                train(
                    recipe,
                    options.data.resolve(),
                    (options.work / recipe).resolve(),
                    minutes - trained,
                    half,
                )
                for recipe, half in zip(DEFAULTS, halves, strict=True)
            ]
            codes = [run.wait() for run in runs]
            if any(codes):
                sys.exit(f"training failed: see {options.work}/*.log")
            figures[str(minutes)] = {
                recipe: evaluate(
                    options.work.resolve() / recipe,
                    options.work.resolve() / f"{recipe}-{minutes:g}",
                )
                for recipe in DEFAULTS
            }
            results.write_text(json.dumps(figures, indent=1, ensure_ascii=False))
        for recipe in DEFAULTS:
            print(row(recipe, minutes, figures[str(minutes)][recipe]), flush=True)
        trained = minutes


if __name__ == "__main__":
    main()

"""Measure how fast the program is, against what the machine and the libraries can do.

    python3 -m benchmarks.speed --data FACES.zip

takes about 30 minutes on a quiet machine. Every figure is a median. What counts are the ratios
within the run: to single-precision matrix products (SGEMM), to the same step with TensorFlow's
defaults, to `import tensorflow`, to the bare LiteRT loop. Memory is anonymous memory, child
processes included. With `--baseline FILE`, the JSON of an earlier run, the command lists the
figures that moved by more than a tenth, and then exits with 1.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.processes import RUNS, machine, run
from config import DEFAULT, ORIGINAL, prepare_environment

MANY = 1_000_000  # images of the large data set


class Figure(NamedTuple):
    """One measurement and its bar."""

    name: str
    value: float
    bar: float  # smallest value that is good enough; negative: largest one
    parts: str = ""  # what a ratio is made of

    @property
    def missed(self) -> bool:
        """Whether the value is on the wrong side of the bar."""
        return self.value < self.bar if self.bar > 0 else self.value > -self.bar


def child(name: str, *arguments: object, **environment: str) -> Any:
    """Return the result of a measurement of `speed_child`, in a process of its own."""
    command = ["-m", "benchmarks.speed_child", name, *map(str, arguments)]
    return json.loads(run(command, **environment).output.splitlines()[-1])


def measure_training(data: str) -> Iterator[Figure]:
    """Measure the training loops and their steps."""
    bare = {
        how: child("step", ORIGINAL, 64, TF_ENABLE_ONEDNN_OPTS=value)["images_per_second"]
        for how, value in (("TensorFlow's defaults", ""), ("oneDNN off", "0"))
    }
    for recipe, width, minutes, against_bare, against_gemm in (
        (ORIGINAL, 64, 4, 1.8, 0.85),
        (DEFAULT, 32, 6, 11, 0.6),
        (DEFAULT, 48, 6, 5.5, 0.6),
    ):
        loop, step = child("loop", data, recipe, width, minutes), child("step", recipe, width)
        gemm = child("gemm")  # anew each time, because the speed of a shared machine varies
        name, speed = f"{recipe}, width {width}, loop", loop["images_per_second"]
        for how, original in bare.items():
            parts = f"{speed:.0f} / {original:.1f} images/s"
            ratio = speed / original
            yield Figure(f"{name} / original's step with {how}", ratio, against_bare, parts)
        flops = 2 * step["multiply_adds"] * speed
        parts = f"{flops / 1e9:.0f} / {gemm / 1e9:.0f} GFLOP/s"
        yield Figure(f"{name} / SGEMM", flops / gemm, against_gemm, parts)
        yield Figure(f"{name}, share outside the compiled step", loop["outside"], -0.03)


def measure_start(data: str) -> Iterator[Figure]:
    """Measure the time from the command to the first step, and the making of the cache."""
    child("first_step", data)  # fills the cache
    seconds = []
    for _ in range(RUNS):
        started = time.time()
        seconds.append(child("first_step", data) - started)
    yield Figure("command to first step, seconds", statistics.median(seconds), -12, "cache built")
    yield Figure("cache: JPEGs a second", child("decode", data), 4000)


def measure_drawing(data: str) -> Iterator[Figure]:
    """Measure `--generate`, with few faces and with many."""
    tensorflow = statistics.median(run(["-c", "import tensorflow"]).seconds for _ in range(RUNS))
    with tempfile.TemporaryDirectory() as folder:
        draw = ["DCGAN.py", "--generate", "--model", "pretrained"]
        few, thousands = ["-t", "description.txt"], ["--text", "blue hair", "-n", "4000"]
        first = ["--tries", "1"]  # one face each, whether it seems broken or not
        three = statistics.median(run([*draw, *few, "-o", folder]).seconds for _ in range(RUNS))
        yield Figure("generate three, seconds", three, -0.9)
        parts = f"{three:.2f} / {tensorflow:.2f} s"
        yield Figure("generate three / import tensorflow", three / tensorflow, -0.25, parts)
        # A new folder each time, because replacing files takes longer than writing them.
        many = [run([*draw, *thousands, *first, "-o", f"{folder}/{k}"]) for k in range(RUNS)]
        once = statistics.median(finished.seconds for finished in many)
        speed = 4000 / once
        bare = child("bare_loop")
        yield Figure("generate 4000, images/s", speed, 1000)
        parts = f"{speed:.0f} / {bare:.0f}"
        yield Figure("generate 4000 / bare LiteRT loop", speed / bare, 0.5, parts)
        tried = run([*draw, *thousands, "-o", f"{folder}/tried"]).seconds
        parts = f"{tried:.1f} / {once:.1f} s"
        yield Figure("generate 4000, usual tries / one try", tried / once, -3, parts)
        one, again = (
            statistics.median(run([*draw, *what, "-o", folder]).seconds for _ in range(RUNS))
            for what in (["--text", "blue hair"], ["--from", f"{folder}/sample_1_1.jpg"])
        )
        yield Figure(
            "generate --from / generate one", again / one, -1.2, f"{again:.2f} / {one:.2f} s"
        )
        enlarged = child("enlarge")
        yield Figure("enlarge a face four times, seconds", enlarged["network"], -1.2)
        parts = f"{enlarged['network']:.2f} / {enlarged['lanczos']:.5f} s"
        ratio = enlarged["network"] / enlarged["lanczos"]
        yield Figure("enlarge a face / by Lanczos", ratio, -10_000, parts)
        memory = max(finished.memory for finished in many) / 1e6
        yield Figure("generate 4000, anonymous MB", memory, -300)


def measure_size(data: str) -> Iterator[Figure]:
    """Measure training on many images."""
    few, many = child("size", 16_626), child("size", MANY)
    parts = f"{many['bytes'] / 1e6:.0f} / {few['bytes'] / 1e6:.0f} MB"
    ratio = many["bytes"] / few["bytes"]
    yield Figure("training memory, 1,000,000 / 16,626 images", ratio, -1.1, parts)
    parts = f"{many['seconds']:.3f} / {few['seconds']:.3f} s"
    yield Figure("time of a step, likewise", many["seconds"] / few["seconds"], -1.05, parts)


def measure_workers(data: str) -> Iterator[Figure]:
    """Measure a step that two processes on this machine divide between them."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(2)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        addresses = [f"127.0.0.1:{each.getsockname()[1]}" for each in sockets]
    tasks = [{"type": "worker", "index": index} for index in range(2)]
    configs = [json.dumps({"cluster": {"worker": addresses}, "task": task}) for task in tasks]
    alone = child("shared_step")
    with ThreadPoolExecutor(2) as pool:
        both = pool.map(lambda config: child("shared_step", TF_CONFIG=config), configs)
        together = max(both)
    parts = f"{alone:.3f} / {together:.3f} s"
    # They share the cores, so it cannot be more than 1.
    yield Figure("step of one process / of two workers here", alone / together, 0.5, parts)


PARTS: dict[str, Callable[[str], Iterator[Figure]]] = {
    "training": measure_training,
    "start": measure_start,
    "drawing": measure_drawing,
    "size": measure_size,
    "workers": measure_workers,
}


def print_figure(figure: Figure) -> None:
    """Print a line of the table."""
    bar = f"{'at least' if figure.bar > 0 else 'at most'} {abs(figure.bar):g}"
    missed = "MISSED" if figure.missed else ""
    line = f"{figure.name:64}{figure.value:>10.3g}   {bar:16}{missed:8}{figure.parts}"
    print(line, flush=True)


def moved(values: dict[str, float], before: dict[str, float]) -> list[str]:
    """Return a line for each value that moved by more than a tenth."""
    return [
        f"moved: {name}: {before[name]:.3g} -> {value:.3g}"
        for name, value in values.items()
        if name in before and not 0.9 < value / before[name] < 1.1
    ]


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python3 -m benchmarks.speed",
        description="Measure how fast the program is, against what the machine can do.",
    )
    parser.add_argument("--data", type=Path, required=True, help="some thousand tagged images")
    parser.add_argument("--output", type=Path, help="JSON file to write")
    parser.add_argument("--baseline", type=Path, help="JSON file of an earlier run")
    parser.add_argument(
        "--parts", nargs="+", choices=PARTS, default=list(PARTS), help="default: all"
    )
    options = parser.parse_args(arguments)
    prepare_environment()
    print("  ".join(f"{name} {value}" for name, value in machine().items()) + "\n")
    values = {}
    for part in options.parts:
        for figure in PARTS[part](str(options.data.resolve())):
            values[figure.name] = figure.value
            print_figure(figure)
    if options.output:
        rounded = {name: float(f"{value:.4g}") for name, value in values.items()}
        result = {"machine": machine(), "figures": rounded}
        options.output.write_text(json.dumps(result, indent=1, ensure_ascii=False), "utf-8")
    if options.baseline:
        before = json.loads(options.baseline.read_text("utf-8"))["figures"]
        if lines := moved(values, before):
            print("\n".join(lines))
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

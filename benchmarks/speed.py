"""Measures how fast the program is, against what the machine and the libraries can do.

    python3 benchmarks/speed.py --data FACES.zip

takes some 30 minutes on a quiet machine. Every figure is a median, and what counts are the ratios
within the run: to single-precision matrix products (SGEMM), to the same step with TensorFlow's
defaults, to `import tensorflow`, to the bare LiteRT loop. Memory is anonymous memory, child
processes included. With `--baseline FILE`, an earlier run's JSON, ratios that moved by more than a
tenth are named, and it exits with 1.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.metadata
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from config import DEFAULT, DEFAULTS, ORIGINAL, PRETRAINED, ROOT, ModelConfig

BATCH = 64
RUNS = 5  # at least, of which the median is taken
TEXT = 4800  # numbers of a published sentence vector, as the program of 2017 had them
MANY = 1_000_000  # images of the large data set


# ---- In the child processes --------------------------------------------------------------------


def child_gemm() -> float:
    """FLOP/s of a product of two square single-precision matrices, all cores."""
    import tensorflow as tf

    a = tf.random.normal((4096, 4096))
    tf.matmul(a, a).numpy()
    return 2 * 4096**3 / median_seconds(lambda: tf.matmul(a, a).numpy())


def child_step(recipe: str, width: int) -> dict[str, float]:
    """Images/s of the compiled step alone, and its multiply-adds an image."""
    import tensorflow as tf

    from training.trainer import Trainer

    text = TEXT if recipe == ORIGINAL else 256
    _, max_channels, config = DEFAULTS[recipe]
    model = ModelConfig(
        text_dim=text, encoder="none", recipe=recipe, width=width, max_channels=max_channels
    )
    trainer = Trainer(model, config)
    images = tf.zeros((BATCH, 64, 64, 3), tf.uint8)
    captions = tf.random.normal((BATCH, 2, text))
    batch = (images, captions, images if recipe == ORIGINAL else captions[:, 0])
    # Sixteen, for the gradient penalty comes once in as many.
    steps = 16 if recipe == DEFAULT else 1

    def run() -> None:
        for _ in range(steps):
            scalars = trainer.train_step(*batch)
        float(scalars["loss/generator"])

    run()
    return {
        "images_per_second": steps * BATCH / median_seconds(run),
        "multiply_adds": step_multiply_adds(trainer.nets, recipe),
    }


def train_timed(data: str, *options: str) -> tuple[list[float], list[float]]:
    """Train a new model: seconds inside the compiled step, and when it ended, for each step."""
    import DCGAN
    from training.trainer import Trainer

    step, inside, ends = Trainer.train_step, [], []

    def train_step(self, *batch):
        begun = time.time()
        scalars = step(self, *batch)
        float(scalars["loss/generator"])
        ends.append(time.time())
        inside.append(ends[-1] - begun)
        return scalars

    Trainer.train_step = train_step
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(sys.stderr):
        options = ["--data", data, "--init", "scratch", "--model", folder, *options]
        DCGAN.main(["--train", *options])
    return inside, ends


def child_first_step(data: str) -> float:
    """The time since the epoch at the end of the first step."""
    return train_timed(data, "--steps", "1")[1][0]


def child_loop(data: str, recipe: str, width: str, minutes: str) -> dict[str, float]:
    """Images/s of the whole loop, and the share of its time outside the compiled step."""
    options = ["--recipe", recipe, "--width", width, "--minutes", minutes]
    inside, ends = train_timed(data, *options)
    # From the end of the first step, which compiles; the save at the end is one too many.
    total = ends[-1] - ends[0]
    return {
        "images_per_second": BATCH * (len(ends) - 1) / total,
        "outside": 1 - sum(inside[1:]) / total,
    }


def child_decode(data: str) -> float:
    """Images/s of making the cache."""
    from dataset.cache import load_dataset

    def load() -> int:
        with tempfile.TemporaryDirectory() as cache:
            return len(load_dataset(Path(data), None, 64, Path(cache)))

    count = load()
    return count / median_seconds(load, 3)


def child_bare_loop() -> float:
    """Images/s of the shipped generator's fixed batches, nothing around them."""
    from ai_edge_litert.interpreter import Interpreter

    from checkpoints import checkpoint

    path = checkpoint.generator_path(checkpoint.latest(PRETRAINED))
    interpreter = Interpreter(model_path=str(path), num_threads=os.cpu_count())
    interpreter.allocate_tensors()

    def run() -> None:
        for _ in range(50):
            interpreter.invoke()

    run()
    batch = int(interpreter.get_output_details()[0]["shape"][0])
    return 50 * batch / median_seconds(run)


def child_size(count: str) -> dict[str, float]:
    """Anonymous bytes and seconds a step of training on that many images."""
    from dataset.cache import map_images
    from dataset.faces import Dataset
    from training.trainer import Trainer

    count = int(count)
    with tempfile.TemporaryDirectory() as folder:
        # A file with holes: it takes no room on the disk, and is read like any other.
        images = np.lib.format.open_memmap(
            Path(folder) / "pictures.npy", "w+", np.uint8, (count, 64, 64, 3)
        )
        images.flush()
        images = map_images(Path(folder) / "pictures.npy")
        ids = np.arange(count, dtype=np.int32) % 120
        captions = [f"caption {n}" for n in range(120)]
        data = Dataset(images, captions, ids, None, Path(folder))
        vectors = np.random.default_rng(0).standard_normal((120, 256, 256), np.float32)
        trainer = Trainer(ModelConfig(text_dim=256, encoder="none"), DEFAULTS[DEFAULT].train)
        batches = iter(trainer.batches(data, vectors, BATCH))

        def run() -> None:
            for _ in range(16):
                scalars = trainer.train_step(*next(batches))
            float(scalars["loss/generator"])

        run()
        return {"seconds": median_seconds(run) / 16, "bytes": anonymous(os.getpid())}


def step_multiply_adds(nets, recipe: str) -> float:
    """Multiply-adds an image of a step: forward passes count once, backward ones as usual.

    Towards weights and towards inputs cost as much as forward each.
    """
    g, d = multiply_adds(nets.generator), multiply_adds(nets.discriminator)
    if recipe == ORIGINAL:
        # The discriminator learns from three images, the generator twice, through it.
        return g + 3 * (3 * d) + 2 * (3 * g + 2 * d)
    # One pass of the generator for both; the penalty, on half of the images each 16th step, is
    # a gradient of a gradient.
    return 3 * g + 2 * (3 * d) + 2 * d + 6 * d / 2 / 16


def multiply_adds(network) -> float:
    """Of one image's way through a network: its convolutions and dense layers."""
    from keras import layers

    total = 0
    for layer in network._flatten_layers(include_self=False):
        if isinstance(layer, layers.Dense):
            total += layer.kernel.shape[0] * layer.kernel.shape[1]
        elif isinstance(layer, (layers.Conv2D, layers.Conv2DTranspose)):
            up = isinstance(layer, layers.Conv2DTranspose)
            _, height, width, _ = (layer.input if up else layer.output).shape
            total += height * width * int(np.prod(layer.kernel.shape))
    return float(total)


# ---- Around them -------------------------------------------------------------------------------


def median_seconds(run: Callable[[], object], runs: int = RUNS) -> float:
    """The median time of a few runs."""
    seconds = []
    for _ in range(runs):
        begun = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - begun)
    return statistics.median(seconds)


def anonymous(process: int) -> int:
    """Anonymous bytes of a process and its children."""
    total = 0
    try:
        status = Path(f"/proc/{process}/status").read_text()
        total = int(status.partition("RssAnon:")[2].split()[0]) * 1024
        for task in Path(f"/proc/{process}/task").iterdir():
            for child in (task / "children").read_text().split():
                total += anonymous(int(child))
    except (OSError, IndexError):  # it has ended
        pass
    return total


def run(command: list[str], **environment: str) -> tuple[float, int, str]:
    """Seconds, most anonymous bytes, and output of a command."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    most = [0]

    def watch() -> None:
        while process.poll() is None:
            most[0] = max(most[0], anonymous(process.pid))
            time.sleep(0.005)

    watcher = threading.Thread(target=watch)
    watcher.start()
    output, errors = process.communicate()
    seconds = time.perf_counter() - begun
    watcher.join()
    if process.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{errors}")
    return seconds, most[0], output


def child(name: str, *arguments: object, **environment: str):
    """The result of one of the functions above, in a process of its own."""
    command = ["benchmarks/speed.py", "--child", name, *map(str, arguments)]
    return json.loads(run(command, **environment)[2].splitlines()[-1])


def machine() -> dict[str, str]:
    """What the figures were taken on."""
    model = platform.processor()
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((x.partition(": ")[2] for x in lines if x.startswith("model name")), model)
    packages = ("tensorflow-cpu", "tensorflow", "keras", "ai-edge-litert", "numpy", "pillow")
    versions = {}
    for package in packages:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[package] = importlib.metadata.version(package)
    cores = str(len(os.sched_getaffinity(0)))
    return {"processor": model, "cores": cores, "python": platform.python_version(), **versions}


# A ratio or share: its name, its value, its bar (negative: not to be exceeded), its parts.
Row = tuple[str, float, float, str]


def measure_training(data: str) -> Iterator[Row]:
    """The loops and their steps."""
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
        gemm = child("gemm")  # each time, for the speed of a shared machine moves
        name, speed = f"{recipe}, width {width}, loop", loop["images_per_second"]
        for how, seed in bare.items():
            parts = f"{speed:.0f} / {seed:.1f} images/s"
            yield f"{name} / original's step with {how}", speed / seed, against_bare, parts
        flops = 2 * step["multiply_adds"] * speed
        parts = f"{flops / 1e9:.0f} / {gemm / 1e9:.0f} GFLOP/s"
        yield f"{name} / SGEMM", flops / gemm, against_gemm, parts
        yield f"{name}, share outside the compiled step", loop["outside"], -0.03, ""


def measure_start(data: str) -> Iterator[Row]:
    """From the command to the first step, and the cache before it."""
    begun, first = [], []
    child("first_step", data)  # fills the cache
    for _ in range(RUNS):
        begun.append(time.time())
        first.append(child("first_step", data) - begun[-1])
    yield "command to first step, seconds", statistics.median(first), -12, "cache built"
    yield "cache: JPEGs a second", child("decode", data), 4000, ""


def measure_drawing(data: str) -> Iterator[Row]:
    """`--generate`, few and many."""
    tensorflow = statistics.median(run(["-c", "import tensorflow"])[0] for _ in range(RUNS))
    with tempfile.TemporaryDirectory() as folder:
        draw = ["DCGAN.py", "--generate", "--model", "pretrained"]
        three, thousands = ["-t", "description.txt"], ["--text", "blue hair", "-n", "4000"]
        one = [run([*draw, *three, "-o", folder])[0] for _ in range(RUNS)]
        one = statistics.median(one)
        yield "generate three, seconds", one, -0.9, ""
        parts = f"{one:.2f} / {tensorflow:.2f} s"
        yield "generate three / import tensorflow", one / tensorflow, -0.25, parts
        # A folder each, for to replace files costs more than to write them.
        many = [run([*draw, *thousands, "-o", f"{folder}/{k}"]) for k in range(RUNS)]
        speed = 4000 / statistics.median(seconds for seconds, _, _ in many)
        bare = child("bare_loop")
        yield "generate 4000, images/s", speed, 1000, ""
        yield "generate 4000 / bare LiteRT loop", speed / bare, 0.5, f"{speed:.0f} / {bare:.0f}"
        yield "generate 4000, anonymous MB", max(m for _, m, _ in many) / 1e6, -300, ""


def measure_size(data: str) -> Iterator[Row]:
    """Training on many images."""
    few, most = child("size", 16_626), child("size", MANY)
    parts = " / ".join(f"{found['bytes'] / 1e6:.0f}" for found in (most, few))
    ratio = most["bytes"] / few["bytes"]
    yield "training memory, 1,000,000 / 16,626 images", ratio, -1.1, f"{parts} MB"
    parts = f"{most['seconds']:.3f} / {few['seconds']:.3f} s"
    yield "time of a step, likewise", most["seconds"] / few["seconds"], -1.05, parts


PARTS = {
    "training": measure_training,
    "start": measure_start,
    "drawing": measure_drawing,
    "size": measure_size,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", help="tagged images, some thousands")
    parser.add_argument("--output", type=Path, help="JSON to write")
    parser.add_argument("--baseline", type=Path, help="JSON of an earlier run")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, help="default: all")
    parser.add_argument("--child", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        name, *arguments = options.child
        if name == "step":
            arguments[1] = int(arguments[1])
        print(json.dumps(globals()[f"child_{name}"](*arguments)))
        return
    if not options.data:
        parser.error("--data is needed")
    print("  ".join(f"{name} {value}" for name, value in machine().items()) + "\n")
    rows = {}
    for part in options.parts:
        for name, value, bar, parts in PARTS[part](str(Path(options.data).resolve())):
            rows[name] = value
            said = f"{'at least' if bar > 0 else 'at most'} {abs(bar):g}"
            missed = "" if (value >= bar if bar > 0 else value <= -bar) else "MISSED"
            print(f"{name:64}{value:>10.3g}   {said:16}{missed:8}{parts}", flush=True)
    if options.output:
        rounded = {name: float(f"{value:.4g}") for name, value in rows.items()}
        figures = {"machine": machine(), "figures": rounded}
        options.output.write_text(json.dumps(figures, indent=1, ensure_ascii=False))
    if options.baseline:
        before = json.loads(options.baseline.read_text())["figures"]
        moved = [n for n in rows if n in before and not 0.9 < rows[n] / before[n] < 1.1]
        for name in moved:
            print(f"moved: {name}: {before[name]:.3g} -> {rows[name]:.3g}")
        sys.exit(bool(moved))


if __name__ == "__main__":
    main()

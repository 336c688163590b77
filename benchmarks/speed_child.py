"""What `benchmarks.speed` measures in processes of their own.

    python3 -m benchmarks.speed_child NAME [ARGUMENT ...]

calls one of the functions of `MEASUREMENTS` and prints its result as JSON.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import numpy as np

from benchmarks.processes import anonymous_bytes, median_seconds
from config import DEFAULT, DEFAULTS, ORIGINAL, PRETRAINED, ModelConfig, prepare_environment

if TYPE_CHECKING:
    import keras

    from dataset.batches import Batch
    from recipes.base import Networks, Scalars
    from training.trainer import Trainer

BATCH = 64  # images per step
PUBLISHED_TEXT = 4800  # width of a published sentence vector, as the program of 2017 had them
TEXT = 384  # width of a sentence vector of the encoder that ships


def gemm() -> float:
    """Return the FLOP/s of a product of two square single-precision matrices, on all cores."""
    import tensorflow as tf

    a = tf.random.normal((4096, 4096))
    tf.matmul(a, a).numpy()
    return 2 * 4096**3 / median_seconds(lambda: tf.matmul(a, a).numpy())


def step(recipe: str, width: str) -> dict[str, float]:
    """Return the images/s of the compiled training step alone, and its multiply-adds per image."""
    # Sixteen steps at a time, because every sixteenth one has the gradient penalty.
    steps = 16 if recipe == DEFAULT else 1
    trainer, work = made_up_step(recipe, int(width), steps)
    work()
    return {
        "images_per_second": steps * BATCH / median_seconds(work),
        "multiply_adds": step_multiply_adds(trainer.nets, recipe),
    }


def made_up_step(recipe: str, width: int, steps: int) -> tuple[Trainer, Callable[[], None]]:
    """Return a trainer, and a function that makes so many steps on made-up images."""
    import tensorflow as tf

    from dataset.batches import Batch
    from training.trainer import Trainer

    text = PUBLISHED_TEXT if recipe == ORIGINAL else TEXT
    model = ModelConfig.of_recipe(recipe, text, "none", width=width)
    trainer = Trainer(model, DEFAULTS[recipe].train)
    images = tf.zeros((BATCH, 64, 64, 3), tf.uint8)
    captions = tf.random.normal((BATCH, 2, text))
    if recipe == ORIGINAL:
        batch = Batch(images, captions, captions[:, 0], mismatched_images=images)
    else:
        batch = Batch(images, captions, captions[:, 0], mismatched_captions=captions[:, 0])

    def work() -> None:
        for _ in range(steps):
            scalars = trainer.train_step(batch)
        float(scalars["loss/generator"])

    return trainer, work


def train_timed(data: str, *options: str) -> tuple[list[float], list[float]]:
    """Train a new model by the command line.

    Returns:
        For each step, the seconds inside the compiled step, and the time since the epoch at which
        it ended.
    """
    import DCGAN
    from training.trainer import Trainer

    train_step = Trainer.train_step
    inside: list[float] = []
    ends: list[float] = []

    def timed(self: Trainer, batch: Batch) -> Scalars:
        started = time.time()
        scalars = train_step(self, batch)
        float(scalars["loss/generator"])
        ends.append(time.time())
        inside.append(ends[-1] - started)
        return scalars

    with (
        mock.patch.object(Trainer, "train_step", timed),
        tempfile.TemporaryDirectory() as folder,
        contextlib.redirect_stdout(sys.stderr),
    ):
        command = ["--train", "--data", data, "--init", "scratch", "--model", folder, *options]
        if DCGAN.main(command):
            sys.exit("training failed")
    return inside, ends


def first_step(data: str) -> float:
    """Return the time since the epoch at the end of the first training step."""
    return train_timed(data, "--steps", "1")[1][0]


def loop(data: str, recipe: str, width: str, minutes: str) -> dict[str, float]:
    """Return the images/s of the training loop and the share of time outside the compiled step."""
    inside, ends = train_timed(data, "--recipe", recipe, "--width", width, "--minutes", minutes)
    # From the end of the first step, which compiles, to the end of the last one, before the save.
    total = ends[-1] - ends[0]
    return {
        "images_per_second": BATCH * (len(ends) - 1) / total,
        "outside": 1 - sum(inside[1:]) / total,
    }


def decode(data: str) -> float:
    """Return the images/s of making the cache."""
    from dataset.cache import load_dataset

    def work() -> int:
        with tempfile.TemporaryDirectory() as cache:
            return len(load_dataset(Path(data), None, 64, Path(cache)))

    count = work()
    return count / median_seconds(work, 3)


def bare_loop() -> float:
    """Return the images/s of the shipped generator in LiteRT, with nothing around it."""
    from ai_edge_litert.interpreter import Interpreter

    from checkpoints import checkpoint

    newest = checkpoint.latest(PRETRAINED)
    if newest is None:
        sys.exit(f"There is no model in {PRETRAINED}.")
    path = checkpoint.generator_path(newest)
    interpreter = Interpreter(model_path=str(path), num_threads=os.cpu_count())
    interpreter.allocate_tensors()

    def work() -> None:
        for _ in range(50):
            interpreter.invoke()

    work()
    batch = int(interpreter.get_output_details()[0]["shape"][0])
    return 50 * batch / median_seconds(work)


def enlarge() -> dict[str, float]:
    """Return the seconds a face takes to be enlarged four times: by the network, by Lanczos."""
    from PIL import Image

    from files import litert
    from files.upscaling import Upscaler
    from sampler import Sampler

    upscaler = Upscaler()
    faces = Sampler.load("pretrained").sample(
        ["blue hair red eyes"] * (2 * litert.THREADS), tries=1
    )

    def by_network() -> None:
        list(litert.map_in_threads(lambda face: upscaler.enlarge(face, 4), faces))

    def by_lanczos() -> None:
        for face in faces:
            side = 4 * len(face)
            Image.fromarray(face).resize((side, side), Image.Resampling.LANCZOS)

    by_network()
    return {
        "network": median_seconds(by_network, 3) / len(faces),
        "lanczos": median_seconds(by_lanczos) / len(faces),
    }


def size(images: str) -> dict[str, float]:
    """Return the anonymous bytes of training on that many images, and the seconds per step."""
    from training.trainer import Trainer

    model = ModelConfig(text_dim=TEXT, encoder="none", width=32)
    trainer = Trainer(model, DEFAULTS[DEFAULT].train)
    seconds = step_with_data(trainer, int(images))
    return {"seconds": seconds, "bytes": anonymous_bytes(os.getpid())}


def shared_step() -> float:
    """Return the seconds per step of a worker, with the others that TF_CONFIG names."""
    from training.cluster import Cluster
    from training.task import Task
    from training.trainer import Trainer

    cluster = Cluster.join(Task.read(os.environ.get("TF_CONFIG")))
    model = ModelConfig.of_recipe(DEFAULT, TEXT, "none")
    config = DEFAULTS[DEFAULT].train
    return step_with_data(Trainer(model, config, strategy=cluster.strategy), 16_626)


def step_with_data(trainer: Trainer, count: int) -> float:
    """Return the seconds per step, reading included, on made-up images."""
    from dataset.cache import map_images
    from dataset.faces import Dataset

    with tempfile.TemporaryDirectory() as folder:
        # A sparse file: it takes no room on the disk, but is read like any other.
        path = Path(folder) / "images.npy"
        shape = (count, 64, 64, 3)
        np.lib.format.open_memmap(path, "w+", np.uint8, shape).flush()
        ids = np.arange(count, dtype=np.int32) % 120
        captions = [f"caption {n}" for n in range(120)]
        summary: Any = None  # training does not read it
        data = Dataset(map_images(path), captions, ids, summary, Path(folder))
        vectors = np.random.default_rng(0).standard_normal((120, 256, TEXT), np.float32)
        batches = iter(trainer.batches(data, vectors, BATCH))

        def work() -> None:
            for _ in range(16):
                scalars = trainer.train_step(next(batches))
            float(scalars["loss/generator"])

        work()
        return median_seconds(work) / 16


def step_multiply_adds(nets: Networks, recipe: str) -> float:
    """Return the multiply-adds of a training step per image.

    A forward pass counts once. The gradients of weights and of inputs cost as much again each.
    """
    g, d = (
        multiply_adds(network._flatten_layers(include_self=False))
        for network in (nets.generator, nets.discriminator)
    )
    if recipe == ORIGINAL:
        # The discriminator learns from three images; the generator twice, through it.
        return g + 3 * (3 * d) + 2 * (3 * g + 2 * d)
    # One pass of the generator serves both updates. The two penalties, each on half of the images
    # in every 16th step, are gradients of gradients.
    return 3 * g + 2 * (3 * d) + 2 * d + 2 * 6 * d / 2 / 16


def multiply_adds(of: Iterable[keras.Layer]) -> float:
    """Return the multiply-adds of layers for one image, in convolutions and dense layers."""
    from keras import layers

    total = 0
    for layer in of:
        if isinstance(layer, layers.Dense):
            total += layer.kernel.shape[0] * layer.kernel.shape[1]
        elif isinstance(layer, (layers.Conv2D, layers.Conv2DTranspose)):
            transposed = isinstance(layer, layers.Conv2DTranspose)
            _, height, width, _ = (layer.input if transposed else layer.output).shape
            total += height * width * int(np.prod(layer.kernel.shape))
    return float(total)


MEASUREMENTS: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        *(gemm, step, first_step, loop, decode, bare_loop),
        *(enlarge, size, shared_step),
    )
}


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python3 -m benchmarks.speed_child",
        description="Measure one thing for benchmarks.speed and print the result as JSON.",
    )
    parser.add_argument("name", choices=MEASUREMENTS, help="what to measure")
    parser.add_argument("arguments", nargs="*", help="the arguments of that function")
    options = parser.parse_args(arguments)
    prepare_environment()
    print(json.dumps(MEASUREMENTS[options.name](*options.arguments)))
    return 0


if __name__ == "__main__":
    sys.exit(main())

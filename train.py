"""The training loop: steps, moving average, saves, logs and sample grids."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import math
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from tqdm import tqdm

import checkpoint
import images
import ops
from config import Length, ModelConfig, ProjectError, TrainConfig
from dataset import Dataset, batches
from evaluate import FRECHET, Monitor
from files import replacing
from model import Networks, recipe_of

# The optimizer's own pass that fuses a convolution with its activation fails on these graphs and
# says so; the device is opened here, where its start-up notes are expected.
tf.config.optimizer.set_experimental_options({"remapping": False})
tf.constant(0)

SAVE_SECONDS = 300  # between two saves, unless a number of steps is given
LOG_STEPS = 20  # steps that one record of log.jsonl is the mean of
STATISTICS = (32, 64)  # batches, pictures in each: for the averaged generator's statistics
ADAPT_BYTES = 64 * 10**6  # of vectors that the text inputs are fitted to, more captions apart
GRID_ROWS, GRID_COLUMNS = 8, 8  # captions and noises of the sample grid


class Trainer:
    """The networks in training, their moving average, and where training stands.

    Args:
        model: what to build.
        config: how to train it.
        averaged: the weights it will start from are an average already.
    """

    def __init__(self, model: ModelConfig, config: TrainConfig, averaged: bool = False) -> None:
        keras.utils.set_random_seed(config.seed)  # the initial weights
        recipe = recipe_of(model)
        adam = {"beta_1": config.beta_1, "beta_2": config.beta_2, "epsilon": config.epsilon}
        self.config = config
        self.nets = Networks(
            model,
            recipe.generator(model),
            recipe.discriminator(model),
            keras.optimizers.Adam(config.g_learning_rate, name="adam", **adam),
            keras.optimizers.Adam(config.d_learning_rate, name="adam", **adam),
        )
        self.ema = recipe.generator(model)
        self.ema.set_weights(self.nets.generator.get_weights())
        self.nets.g_optimizer.build(self.nets.generator.trainable_variables)
        self.nets.d_optimizer.build(self.nets.discriminator.trainable_variables)
        self.parts = {**self.nets._asdict(), "ema": self.ema}
        del self.parts["config"]
        self.step = self.pictures = 0
        self._averaged = averaged
        self._recipe = recipe
        self._compiled: Callable | None = None

    def adapt(self, vectors: np.ndarray) -> None:
        """Fit the text inputs to the data set; before any step.

        Args:
            vectors: (M, P, D) sentence vectors, P wordings of each of the M distinct captions.
        """
        # The first wordings speak for a pool that is large: TensorFlow copies what it is given.
        wordings = max(1, ADAPT_BYTES // vectors[:, 0].nbytes)
        vectors = vectors[:, :wordings].reshape(-1, vectors.shape[-1])
        for network in (self.nets.generator, self.nets.discriminator, self.ema):
            for layer in network.layers:
                if isinstance(layer, ops.Standardize):
                    layer.adapt(vectors)

    def restore(self, path: Path) -> None:
        """Take over a checkpoint's variables; its position is the caller's to take or leave."""
        absent = checkpoint.restore(path, self.parts)
        if "generator" in absent:
            self.nets.generator.set_weights(self.ema.get_weights())

    def batches(self, data: Dataset, vectors: np.ndarray, batch_size: int) -> tf.data.Dataset:
        """What `train_step` takes, from where training stands; arguments as `dataset.batches`."""
        config, mismatched = self.config, self._recipe.mismatched
        return batches(
            data, vectors, batch_size, config.seed, self.pictures, config.mirror, mismatched
        )

    def train_step(
        self, pictures: tf.Tensor, captions: tf.Tensor, mismatched: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """One step on a batch, as `dataset.batches` feeds it -> scalars to log."""
        if self._compiled is None:
            self._compiled = self._compile(pictures.shape[0])
        scalars = self._compiled(pictures, captions, mismatched, tf.constant(self.step, tf.int64))
        self.step += 1
        self.pictures += pictures.shape[0]
        return scalars

    def _compile(self, batch_size: int) -> Callable:
        model = self.nets.config
        picture = tf.TensorSpec((batch_size, model.size, model.size, 3), tf.uint8)
        text = tf.TensorSpec((batch_size, model.text_dim), tf.float32)
        other = picture if self._recipe.mismatched == "pictures" else text
        number = tf.TensorSpec((), tf.int64)

        @tf.function(autograph=False, input_signature=[picture, text, other, number])
        def step(pictures, captions, mismatched, number):
            if mismatched.dtype == tf.uint8:
                mismatched = ops.to_float(mismatched)
            scalars = self._recipe.step(
                self.nets, self.config, ops.to_float(pictures), captions, mismatched, number
            )
            if not self.config.ema:
                return scalars
            # From random weights, the average at first looks back a tenth of the steps made, or
            # it would show them for thousands of steps.
            made = tf.cast(number, tf.float32)
            warm_up = 1.0 if self._averaged else (1.0 + made) / (10.0 + made)
            decay = tf.minimum(self.config.ema, warm_up)
            pairs = zip(
                self.ema.trainable_variables, self.nets.generator.trainable_variables, strict=True
            )
            for average, now in pairs:
                average.assign_sub((1.0 - decay) * (average - now))
            return scalars

        return step

    def refresh_statistics(self, vectors: np.ndarray, caption_ids: np.ndarray) -> None:
        """Recompute the averaged generator's batch statistics, which averaging leaves behind.

        Without averaging, it is the generator itself, with the statistics that this has.

        Args:
            vectors: (M, P, D) sentence vectors, P wordings of each of the M distinct captions.
            caption_ids: (N,) int, each picture's caption: they are drawn as often as in the data.
        """
        if not self.config.ema:
            self.ema.set_weights(self.nets.generator.get_weights())
            return
        random = np.random.default_rng([self.config.seed, self.step])
        for layer in self.ema.layers:
            if isinstance(layer, ops.ConditionalNorm):
                layer.reset()
        count, size = STATISTICS
        for _ in range(count):
            rows = caption_ids[random.integers(len(caption_ids), size=size)]
            wordings = random.integers(vectors.shape[1], size=size)
            noise = self.nets.config.draw_noise(size, random)
            self._statistics(tf.constant(noise), tf.constant(vectors[rows, wordings]))

    @tf.function(autograph=False)
    def _statistics(self, noise: tf.Tensor, text: tf.Tensor) -> None:
        self.ema([noise, text], training=True)

    def draw(self, noise: np.ndarray, text: np.ndarray) -> np.ndarray:
        """Faces of the averaged generator: (N, noise), (N, D) -> (N, S, S, 3) uint8."""
        parts = [
            self.ema([noise[s : s + 64], text[s : s + 64]], training=False).numpy()
            for s in range(0, len(noise), 64)
        ]
        return images.to_uint8(np.concatenate(parts))

    def save(
        self,
        directory: Path,
        header: checkpoint.Header,
        keep: int = checkpoint.KEEP,
        best: Path | None = None,
    ) -> Path:
        """Write a checkpoint and the averaged generator's LiteRT form into a model folder.

        Args:
            directory: the model folder.
            header: as for `checkpoint.save`, as is `keep`.
            best: one more folder, that is to hold this save and no other.
        """
        arrays = {name: v.numpy() for name, v in checkpoint.variables(self.parts).items()}
        litert = checkpoint.export(self.ema)
        path = checkpoint.save(directory, header, arrays, litert, keep)
        if best:
            checkpoint.save(best, header, arrays, litert, keep=1)
        return path


class SampleGrid:
    """Fixed noise times fixed captions, so that grids of different steps can be compared.

    The captions are worded as they stand in the data: `[:, 0]` of the (M, P, D) vectors.
    """

    def __init__(self, data: Dataset, vectors: np.ndarray, model: ModelConfig, seed: int) -> None:
        # Those of pictures at even distances, from the commonest caption to the rarest.
        counts = np.bincount(data.caption_ids, minlength=len(vectors))
        order = np.argsort(-counts, kind="stable")
        places = np.linspace(0, len(data) - 1, GRID_ROWS)
        rows = order[np.unique(np.searchsorted(np.cumsum(counts[order]), places, side="right"))]
        self.captions = [data.captions[row] for row in rows]
        noise = model.draw_noise(GRID_COLUMNS, np.random.default_rng(seed))
        self._noise = np.tile(noise, (len(rows), 1))
        self._text = np.repeat(vectors[rows, 0], GRID_COLUMNS, axis=0)

    def draw(self, trainer: Trainer) -> np.ndarray:
        """The labelled grid, (H, W, 3) uint8."""
        pictures = trainer.draw(self._noise, self._text)
        rows = np.split(pictures, len(self.captions))
        return images.labelled_grid(list(zip(self.captions, rows, strict=True)))


class Log:
    """log.jsonl and TensorBoard events in a model folder; goes on after a resume."""

    def __init__(self, directory: Path, step: int) -> None:
        self._path = directory / "log.jsonl"
        if self._path.exists():
            # Steps after the save that training goes on from will be made, and logged, again.
            lines = self._path.read_bytes().splitlines(keepends=True)
            kept = [line for line in lines if 0 <= _step_of(line) <= step]
            if len(kept) != len(lines):
                with replacing(self._path) as file:
                    file.writelines(kept)
        self._events = tf.summary.create_file_writer(str(directory / "logs"))

    def scalars(self, step: int, pictures: int, figures: dict[str, float]) -> None:
        record = {"step": step, "pictures": pictures, **figures}
        with self._path.open("a") as file:
            file.write(json.dumps({k: _round(v) for k, v in record.items()}) + "\n")
        with self._events.as_default(step):
            for name, value in figures.items():
                tf.summary.scalar(name, value)

    def picture(self, step: int, name: str, picture: np.ndarray) -> None:
        with self._events.as_default(step):
            tf.summary.image(name, picture[None])
        self._events.flush()


def _step_of(line: bytes) -> int:
    """The step of a line of log.jsonl; -1 for one that a kill or a full disk cut short."""
    try:
        return int(json.loads(line)["step"]) if line.endswith(b"\n") else -1
    except (ValueError, KeyError, TypeError):
        return -1


def _round(value: float) -> float:
    return value if isinstance(value, int) else float(f"{value:.6g}")


def say(text: str) -> None:
    """Print a line above the bar. A terminal that was closed must not keep a run from saving."""
    with contextlib.suppress(OSError):
        tqdm.write(text, file=sys.stderr)
        sys.stderr.flush()


class Bar:
    """Progress on a terminal; elsewhere a line at the start and one a minute."""

    def __init__(self, step: int, last_step: int | None, seconds: float | None) -> None:
        self._begin, self._first, self._last, self._seconds = time.time(), step, last_step, seconds
        self._said = -math.inf
        # None: shown on a terminal only.
        self._bar = tqdm(
            initial=step, total=last_step, unit="step", dynamic_ncols=True, disable=None
        )

    def update(self, step: int, batch_size: int, figures: dict[str, float]) -> None:
        elapsed = time.time() - self._begin
        speed = (step - self._first) / elapsed
        left = self._seconds - elapsed if self._last is None else (self._last - step) / speed
        end = time.strftime("%a %H:%M", time.localtime(time.time() + left))
        said = {
            "pictures/s": f"{speed * batch_size:.0f}",
            "D": f"{figures['loss/discriminator']:.3f}",
            "G": f"{figures['loss/generator']:.3f}",
            "left": f"{tqdm.format_interval(max(0, left))} (until {end})",
        }
        if not self._bar.disable:
            self._bar.update(step - self._bar.n)
            self._bar.set_postfix(said, refresh=False)
        elif elapsed - self._said >= 60:
            self._said = elapsed
            total = "" if self._last is None else f"/{self._last}"
            say(f"step {step}{total}  " + "  ".join(f"{k} {v}" for k, v in said.items()))

    def close(self) -> None:
        self._bar.close()


@contextlib.contextmanager
def stop_signals() -> Iterator[list[int]]:
    """Collects requests to stop in a list; the second one acts as if nobody listened."""
    received: list[int] = []

    def handle(number: int, _frame: object) -> None:
        received.append(number)
        for n, handler in before.items():
            signal.signal(n, handler)
        say("stopping after a save; once more loses what came after the last one")

    # SIGHUP, which Windows lacks: the terminal was closed.
    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {n: signal.signal(n, handle) for n in (getattr(signal, name) for name in names)}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def train(
    data: Dataset,
    vectors: np.ndarray,  # (M, P, D), P wordings of each entry of data.captions, itself first
    header: checkpoint.Header,  # what to train, and where it stands
    start: Path | None,  # checkpoint to begin with; None: random weights
    directory: Path,  # the model folder, written to
    length: Length,  # of which at least a step is left
    save_every: int | None = None,  # steps between saves; None: every SAVE_SECONDS
    replace: bool = False,  # drop the saves that are in the folder as soon as there is a new one
) -> bool:
    """Train a model until its length is reached or a signal asks to stop, saving all along.

    Returns:
        Whether the length was reached; False after a signal.

    Raises:
        ProjectError: The start does not fit, or the folder cannot be written to.
    """
    batch_size = min(header.train.batch_size, len(data))
    trainer = Trainer(header.model, header.train, averaged=header.origin != checkpoint.SCRATCH)
    if start is None:
        trainer.adapt(vectors)
    else:
        trainer.restore(start)
    trainer.step, trainer.pictures = header.step, header.pictures
    last_step = length.last_step(header.step, header.pictures, len(data), batch_size)
    seconds = None if length.minutes is None else 60 * length.minutes

    log = Log(directory, trainer.step)
    grid = SampleGrid(data, vectors, header.model, header.train.seed)
    try:
        monitor = Monitor(data, header.model, header.train.seed)
    except ProjectError as error:  # training goes on without LiteRT
        monitor = None
        say(f"faces are not measured: {error}")
    best_folder, least = directory / checkpoint.BEST, math.inf
    if not replace and (best := checkpoint.latest(best_folder)):
        before = checkpoint.read_header(best)
        if before.data == header.data:  # of other data, the figures cannot be compared
            least = before.figures.get(FRECHET, math.inf)
    begin = time.time()
    keep = 1 if replace else checkpoint.KEEP

    def save() -> None:
        nonlocal keep, least
        trainer.refresh_statistics(vectors, data.caption_ids)
        measured = {}
        if monitor:
            faces = trainer.draw(monitor.noise, vectors[monitor.rows, 0])
            measured = monitor.measure(faces)
            log.scalars(trainer.step, trainer.pictures, measured)
        now = dataclasses.replace(
            header,
            step=trainer.step,
            pictures=trainer.pictures,
            seconds=header.seconds + time.time() - begin,
            figures=measured,
        )
        picture = grid.draw(trainer)
        images.save(picture, directory / "grids" / f"grid-{trainer.step:08d}.png", "png", {})
        log.picture(trainer.step, "samples", picture)
        said = "  ".join(f"{k.partition('/')[2]} {v:.3g}" for k, v in measured.items())
        better = measured.get(FRECHET, math.inf) < least
        path = trainer.save(directory, now, keep, best=best_folder if better else None)
        say(f"saved {path}  {said}")
        keep = checkpoint.KEEP
        if better:
            least = measured[FRECHET]

    window: list[dict[str, tf.Tensor]] = []
    figures: dict[str, float] = {}
    window_start = saved_at = time.time()
    bar = Bar(trainer.step, last_step, seconds)
    with contextlib.closing(bar), stop_signals() as stop:
        for batch in trainer.batches(data, vectors, batch_size):
            window.append(trainer.train_step(*batch))
            done = (
                trainer.step == last_step
                if last_step is not None
                else time.time() - begin >= seconds
            )
            if done or stop or trainer.step % LOG_STEPS == 0:
                figures = {k: float(np.mean([s[k] for s in window])) for k in window[0]}
                figures["pictures_per_second"] = (
                    len(window) * batch_size / (time.time() - window_start)
                )
                log.scalars(trainer.step, trainer.pictures, figures)
                window, window_start = [], time.time()
            if figures:
                bar.update(trainer.step, batch_size, figures)
            due = (
                time.time() - saved_at >= SAVE_SECONDS
                if save_every is None
                else trainer.step % save_every == 0
            )
            if done or stop or due:
                save()
                window_start = saved_at = time.time()
            if done or stop:
                return bool(done)
    raise AssertionError("the batches never end")

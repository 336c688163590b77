"""The training loop: steps, moving average, saves, logs and sample grids."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import time
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

import checkpoint
import images
import ops
from config import Length, ModelConfig, ProjectError, TrainConfig
from dataset import Dataset, batches
from evaluate import FRECHET, VARIETY, Monitor
from model import RECIPES, Networks, fall
from progress import Bar, Log, Watch, say, stop_signals


def multiplies_bfloat16(processor: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether the processor has matrix units for bfloat16 (AMX), which halve the time of a step.

    Args:
        processor: what Linux says of it; elsewhere nobody does, and the answer is no.
    """
    with contextlib.suppress(OSError):
        return "amx_bf16" in processor.read_text().split()
    return False


# The optimizer's own pass that fuses a convolution with its activation fails on these graphs and
# says so; the device is opened here, where its start-up notes are expected.
# Where products are in bfloat16, the weights and the optimizers' state are in float32 all the same.
tf.config.optimizer.set_experimental_options(
    {"remapping": False, "auto_mixed_precision_onednn_bfloat16": multiplies_bfloat16()}
)
tf.constant(0)

SAVE_SECONDS = 300  # between two saves, unless a number of steps is given
LOG_STEPS = 20  # steps at most that one record of log.jsonl is the mean of
RETRIES = 3  # times that training goes back to a save when it has diverged
STATISTICS = (32, 64)  # batches, pictures in each: for the averaged generator's statistics
ADAPT_BYTES = 64 * 10**6  # of vectors that the text inputs are fitted to, more captions apart
AVERAGED = 0.999  # least decay of the average, where training begins with averaged weights
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
        recipe = RECIPES[model.recipe]
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
        own = tf.TensorSpec((batch_size, 2, model.text_dim), tf.float32)
        other = tf.TensorSpec((batch_size, model.text_dim), tf.float32)
        other = picture if self._recipe.mismatched == "pictures" else other
        number = tf.TensorSpec((), tf.int64)

        @tf.function(autograph=False, input_signature=[picture, own, other, number])
        def step(pictures, captions, mismatched, number):
            if mismatched.dtype == tf.uint8:
                mismatched = ops.to_float(mismatched)
            left = fall(self.config, number)
            self.nets.g_optimizer.learning_rate.assign(left * self.config.g_learning_rate)
            self.nets.d_optimizer.learning_rate.assign(left * self.config.d_learning_rate)
            scalars = self._recipe.step(
                self.nets, self.config, ops.to_float(pictures), captions, mismatched, number
            )
            if not self.config.ema:
                return scalars
            # The average looks back a tenth of the steps made, as weights move less and less
            # (Karras et al. 2024, "Analyzing and Improving the Training Dynamics of Diffusion
            # Models", section 3.1): from random weights, a fixed decay would show these at first.
            made = tf.cast(number, tf.float32)
            decay = (1.0 + made) / (10.0 + made)
            if self._averaged:
                decay = tf.maximum(AVERAGED, decay)
            decay = tf.minimum(self.config.ema, decay)
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

    def arrays(self) -> dict[str, np.ndarray]:
        """All of its state, as `checkpoint.save` takes it."""
        return {name: v.numpy() for name, v in checkpoint.variables(self.parts).items()}


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


class Diverged(Exception):
    """The weights are infinite or no numbers."""


class _Run:
    """One stretch of training: from a start to an end, a signal, or weights that diverged."""

    def __init__(
        self,
        data: Dataset,
        vectors: np.ndarray,
        header: checkpoint.Header,
        start: Path | None,
        directory: Path,
        replace: bool,
    ) -> None:
        self.data, self.vectors, self.header, self.directory = data, vectors, header, directory
        self.batch_size = min(header.train.batch_size, len(data))
        self.trainer = Trainer(
            header.model, header.train, averaged=header.origin != checkpoint.SCRATCH
        )
        if start is None:
            self.trainer.adapt(vectors)
        else:
            self.trainer.restore(start)
        self.trainer.step, self.trainer.pictures = header.step, header.pictures
        self.log = Log(directory, header.step)
        self.watch = Watch()
        self.grid = SampleGrid(data, vectors, header.model, header.train.seed)
        try:
            self.monitor = Monitor(data, header.model, header.train.seed)
        except ProjectError as error:  # training goes on without LiteRT
            self.monitor = None
            say(f"faces are not measured: {error}")
        self.saved: Path | None = None
        self.stop: list[int] = []  # signals that asked to
        self.best, self.least = directory / checkpoint.BEST, math.inf
        if not replace and (best := checkpoint.latest(self.best)):
            before = checkpoint.read_header(best)
            if before.data == header.data:  # of other data, the figures cannot be compared
                self.least = before.figures.get(FRECHET, math.inf)
        self.keep = 1 if replace else checkpoint.KEEP
        self.begin = time.time()

    def save(self) -> None:
        """Write a save, measure it, and draw the grid."""
        trainer = self.trainer
        trainer.refresh_statistics(self.vectors, self.data.caption_ids)
        arrays = trainer.arrays()
        if not all(np.isfinite(array).all() for array in arrays.values()):
            raise Diverged
        measured = {}
        if self.monitor:
            faces = trainer.draw(self.monitor.noise, self.vectors[self.monitor.rows, 0])
            measured = self.monitor.measure(faces)
        now = dataclasses.replace(
            self.header,
            step=trainer.step,
            pictures=trainer.pictures,
            seconds=self.header.seconds + time.time() - self.begin,
            figures=measured,
        )
        litert = checkpoint.export(trainer.ema)
        self.saved = checkpoint.save(self.directory, now, arrays, litert, self.keep)
        self.keep = checkpoint.KEEP
        if measured.get(FRECHET, math.inf) < self.least:
            checkpoint.save(self.best, now, arrays, litert, keep=1)
            self.least = measured[FRECHET]
        said = "  ".join(f"{k.partition('/')[2]} {v:.3g}" for k, v in measured.items())
        say(f"saved {self.saved}  {said}")
        if measured:
            self.log.scalars(trainer.step, trainer.pictures, measured)
            self.watch.variety(trainer.step, measured.get(VARIETY, 1.0))
        picture = self.grid.draw(trainer)
        path = self.directory / "grids" / f"grid-{trainer.step:08d}.png"
        images.save(picture, path, "png", {})
        self.log.picture(trainer.step, "samples", picture)

    def go(self, length: Length, end: float, save_every: int | None) -> bool:
        """Train up to the length's last step, or else the time `end`; otherwise as `train`."""
        trainer, size = self.trainer, self.batch_size
        last_step = length.last_step(trainer.step, trainer.pictures, len(self.data), size)
        window: list[dict[str, tf.Tensor]] = []
        figures: dict[str, float] = {}
        window_start = saved_at = time.time()
        bar = Bar(trainer.step, last_step, end - time.time())
        with contextlib.closing(bar), stop_signals() as stop:
            self.stop = stop
            for batch in trainer.batches(self.data, self.vectors, size):
                window.append(trainer.train_step(*batch))
                done = trainer.step == last_step if last_step else time.time() >= end
                due = (
                    time.time() - saved_at >= SAVE_SECONDS
                    if save_every is None
                    else trainer.step % save_every == 0
                )
                if done or stop or due or trainer.step % LOG_STEPS == 0:
                    figures = {k: float(np.mean([s[k] for s in window])) for k in window[0]}
                    if not np.isfinite(list(figures.values())).all():
                        raise Diverged
                    speed = len(window) * size / (time.time() - window_start)
                    figures["pictures_per_second"] = speed
                    self.log.scalars(trainer.step, trainer.pictures, figures)
                    self.watch.discriminator(trainer.step, figures["loss/discriminator"])
                    window, window_start = [], time.time()
                if figures:
                    bar.update(trainer.step, size, figures)
                if done or stop or due:
                    self.save()
                    window_start = saved_at = time.time()
                if done or stop:
                    return bool(done)
        raise AssertionError("the batches never end")


def train(
    data: Dataset,
    vectors: np.ndarray,
    header: checkpoint.Header,
    start: Path | None,
    directory: Path,
    length: Length,
    save_every: int | None = None,
    replace: bool = False,
) -> bool:
    """Train a model until its length is reached or a signal asks to stop, saving all along.

    Where the weights become infinite or no numbers, it goes back to the last save with half the
    learning rates, at most `RETRIES` times.

    Args:
        data: what to learn from.
        vectors: (M, P, D), P wordings of each entry of `data.captions`, itself first.
        header: what to train, and where it stands.
        start: checkpoint to begin with; None: random weights.
        directory: the model folder, written to; `files.only_one` keeps others out.
        length: how far, of which at least a step is left.
        save_every: steps between saves; None: every `SAVE_SECONDS`.
        replace: drop the saves that are in the folder as soon as there is a new one.

    Returns:
        Whether the length was reached; False after a signal.

    Raises:
        ProjectError: The start does not fit, the folder cannot be written to, or the weights do
            not stay finite.
    """
    end = math.inf if length.minutes is None else time.time() + 60 * length.minutes
    for attempt in range(1, RETRIES + 2):
        run = _Run(data, vectors, header, start, directory, replace)
        try:
            return run.go(length, end, save_every)
        except Diverged:
            step = run.trainer.step
        if run.saved:
            start, header, replace = run.saved, checkpoint.read_header(run.saved), False
        if run.stop:
            say(f"step {step}: not saved, for the weights are no numbers any more")
            return False
        if attempt > RETRIES:
            break
        rates = header.train
        slower = {name: getattr(rates, name) / 2 for name in ("g_learning_rate", "d_learning_rate")}
        header = dataclasses.replace(header, train=dataclasses.replace(rates, **slower))
        say(
            f"step {step}: the weights are no numbers any more. Training goes back to "
            f"{start or 'random weights'} with half the learning rates, {attempt} of {RETRIES}."
        )
    raise ProjectError(
        f"The weights are no numbers any more at step {step}, with an eighth of the learning rates "
        f"too. {f'The save {start} is good' if start else 'Nothing was saved'}. Look for odd "
        "pictures among the data, or begin a new model with another --seed or --batch-size."
    )

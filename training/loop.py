"""The training loop: steps, checkpoints, logs, and the way back from divergence."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import time
from pathlib import Path

import numpy as np

from checkpoints import checkpoint
from config import SAVE_MINUTES, ProjectError
from console import say
from dataset.faces import Dataset
from evaluation.monitor import FRECHET, VARIETY, Monitor
from files.images import save_image
from recipes.base import Scalars
from training.log import Log
from training.plan import Plan
from training.progress import Bar, stop_signals
from training.sample_grid import SampleGrid
from training.trainer import Trainer
from training.watch import Watch

SAVE_SECONDS = 60 * SAVE_MINUTES
LOG_STEPS = 20  # steps at most that one record of log.jsonl is the mean of
RETRIES = 3  # times that training goes back to a save when it has diverged


class Diverged(Exception):
    """The weights are infinite or no numbers."""


class _Run:
    """One stretch of training: from a start to an end, a signal, or weights that diverged."""

    def __init__(self, plan: Plan, dataset: Dataset, vectors: np.ndarray) -> None:
        self.plan, self.dataset, self.vectors = plan, dataset, vectors
        header, folder = plan.header, plan.folder
        averaged = header.origin != checkpoint.SCRATCH
        self.trainer = Trainer(header.model, header.train, averaged)
        if plan.start.weights is None:
            self.trainer.adapt(vectors)
        else:
            self.trainer.restore(plan.start.weights)
        self.trainer.step, self.trainer.images = header.step, header.images
        self.log = Log(folder, header.step)
        self.watch = Watch()
        self.grid = SampleGrid(dataset, vectors, header.model, header.train.seed)
        self.monitor: Monitor | None = None
        try:
            self.monitor = Monitor(dataset, header.model, header.train.seed)
        except ProjectError as error:  # training goes on without LiteRT
            say(f"faces are not measured: {error}")
        self.saved: Path | None = None
        self.stop: list[int] = []  # signals that asked to
        self.best, self.least = folder / checkpoint.BEST, math.inf
        if not plan.overwrite and (best := checkpoint.latest(self.best)):
            before = checkpoint.read_header(best)
            if before.data == header.data:  # figures for other data cannot be compared
                self.least = before.figures.get(FRECHET, math.inf)
        self.keep = 1 if plan.overwrite else checkpoint.KEEP
        self.begin = time.time()

    def save(self) -> None:
        """Write a checkpoint, measure it, and draw the sample grid."""
        trainer, header = self.trainer, self.plan.header
        trainer.refresh_statistics(self.vectors, self.dataset.caption_ids)
        arrays = trainer.arrays()
        if not all(np.isfinite(array).all() for array in arrays.values()):
            raise Diverged
        measured: dict[str, float] = {}
        if self.monitor:
            faces = trainer.draw(self.monitor.noise, self.vectors[self.monitor.rows, 0])
            measured = self.monitor.measure(faces)
        now = dataclasses.replace(
            header,
            step=trainer.step,
            images=trainer.images,
            seconds=header.seconds + time.time() - self.begin,
            figures=measured,
        )
        litert = checkpoint.export(trainer.nets.ema)
        self.saved = checkpoint.save(self.plan.folder, now, arrays, litert, self.keep)
        self.keep = checkpoint.KEEP
        if measured.get(FRECHET, math.inf) < self.least:
            checkpoint.save(self.best, now, arrays, litert, keep=1)
            self.least = measured[FRECHET]
        told = "  ".join(f"{k.partition('/')[2]} {v:.3g}" for k, v in measured.items())
        say(f"saved {self.saved}  {told}")
        if measured:
            self.log.scalars(trainer.step, trainer.images, measured)
            self.watch.variety(trainer.step, measured.get(VARIETY, 1.0))
        sheet = self.grid.draw(trainer)
        path = self.plan.folder / "grids" / f"grid-{trainer.step:08d}.png"
        save_image(sheet, path, "png", {})
        self.log.image(trainer.step, "samples", sheet)

    def go(self, end: float) -> bool:
        """Train up to the plan's last step, or else the time `end`; otherwise as `train`."""
        trainer, plan, size = self.trainer, self.plan, self.plan.batch_size
        last_step = plan.last_step
        window: list[Scalars] = []
        figures: dict[str, float] = {}
        window_start = saved_at = time.time()
        bar = Bar(trainer.step, last_step, end - time.time())
        with contextlib.closing(bar), stop_signals() as stop:
            self.stop = stop
            for batch in trainer.batches(self.dataset, self.vectors, size):
                window.append(trainer.train_step(batch))
                done = trainer.step == last_step if last_step else time.time() >= end
                due = (
                    time.time() - saved_at >= SAVE_SECONDS
                    if plan.save_every is None
                    else trainer.step % plan.save_every == 0
                )
                if done or stop or due or trainer.step % LOG_STEPS == 0:
                    figures = {k: float(np.mean([s[k] for s in window])) for k in window[0]}
                    if not np.isfinite(list(figures.values())).all():
                        raise Diverged
                    speed = len(window) * size / (time.time() - window_start)
                    figures["images_per_second"] = speed
                    self.log.scalars(trainer.step, trainer.images, figures)
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


def train(plan: Plan, dataset: Dataset, vectors: np.ndarray) -> bool:
    """Carry out a plan: train until its length is reached or a signal arrives, saving all along.

    Where the weights become NaN or infinite, training goes back to the last checkpoint with half
    the learning rates, at most `RETRIES` times.

    Args:
        plan: What to do. At least one step is left, and `files.writing.lock_folder` holds the folder.
        dataset: The plan's, with captions that mean the same merged.
        vectors: (M, P, D) float32, P paraphrases of each of the M captions, itself first.

    Returns:
        Whether the length was reached; False after a signal.

    Raises:
        ProjectError: The weights to start from do not fit, the folder cannot be written to, or
            the weights do not stay finite.
    """
    minutes = plan.length.minutes
    end = math.inf if minutes is None else time.time() + 60 * minutes
    for attempt in range(1, RETRIES + 2):
        run = _Run(plan, dataset, vectors)
        try:
            return run.go(end)
        except Diverged:
            step = run.trainer.step
        if run.saved:
            header = checkpoint.read_header(run.saved)
            start = dataclasses.replace(plan.start, header=header, weights=run.saved)
            plan = dataclasses.replace(plan, header=header, start=start, overwrite=False)
        if run.stop:
            say(f"step {step}: not saved, because the weights are NaN or infinite")
            return False
        if attempt > RETRIES:
            break
        plan = _with_half_rates(plan)
        say(
            f"step {step}: the weights became NaN or infinite. Training goes back to "
            f"{plan.start.weights or 'random weights'} with half the learning rates "
            f"({attempt} of {RETRIES} attempts)."
        )
    kept = (
        f"The checkpoint {plan.start.weights} is good"
        if plan.start.weights
        else "Nothing was saved"
    )
    raise ProjectError(
        f"The weights became NaN or infinite at step {step}, even with an eighth of the learning "
        f"rates. {kept}. Look for odd images in the data, or start a new model with another "
        "--seed or --batch-size."
    )


def _with_half_rates(plan: Plan) -> Plan:
    rates = plan.header.train
    slower = {name: getattr(rates, name) / 2 for name in ("g_learning_rate", "d_learning_rate")}
    config = dataclasses.replace(rates, **slower)
    return dataclasses.replace(plan, header=dataclasses.replace(plan.header, train=config))

"""The training loop: steps, logs, checkpoints, and recovery from divergence."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import time
from pathlib import Path

import numpy as np

from checkpoints import checkpoint
from config import SAVE_MINUTES, ProjectError
from console import counted, say
from dataset.attributes import as_described
from dataset.claims import Claims
from dataset.faces import Dataset
from evaluation.monitor import FRECHET, VARIETY, Monitor
from files.images import save_image
from recipes.base import Scalars
from skipthoughts_encoder import Encoder
from training.cluster import Cluster, alone
from training.log import Log
from training.plan import Plan
from training.progress import Bar, stop_signals
from training.sample_grid import SampleGrid
from training.trainer import Trainer
from training.watch import Watch

SAVE_SECONDS = 60 * SAVE_MINUTES
LOG_STEPS = 20  # steps per record of log.jsonl, at most
RETRIES = 3  # times that training goes back to a checkpoint after it has diverged


class Diverged(Exception):
    """The losses or the weights have become NaN or infinite."""


class Attempt:
    """One attempt to carry out a plan: until its end, a signal, or divergence.

    Args:
        plan: What to do.
        dataset: See `train`.
        vectors: See `train`.
        recombined: See `train`.
        cluster: See `train`.

    Attributes:
        trainer: The networks, and the number of steps made.
        saved: The newest checkpoint of this attempt; None before the first.
        stop: The signals that asked this process to stop.
    """

    def __init__(
        self,
        plan: Plan,
        dataset: Dataset,
        vectors: np.ndarray,
        recombined: np.ndarray | None,
        cluster: Cluster,
    ) -> None:
        self._plan, self._dataset, self._vectors = plan, dataset, vectors
        self._recombined = recombined
        self._cluster = cluster
        header, probe = plan.header, plan.start.encoder.probe
        self._claims = Claims.read(dataset, vectors, probe) if probe else None
        self.saved: Path | None = None
        self.stop: list[int] = []
        self.trainer = make_trainer(plan, vectors, cluster)
        self._start_time = time.time()
        if not cluster.is_chief:
            return
        self._log = Log(plan.folder, header.step)
        self._watch = Watch()
        described = as_described(dataset)
        self._grid = SampleGrid(described, header, plan.start.encoder)
        self._monitor = _monitor(described, header, plan.start.encoder)
        self._least_frechet = _least_frechet(plan)  # of the checkpoint in best/

    def run(self, end: float) -> bool:
        """Train, and log and write checkpoints along the way.

        Args:
            end: Unix time to stop at; infinite if a number of steps decides.

        Returns:
            Whether the plan's length was reached; False after a signal. Either way, the last
            step is in a checkpoint.

        Raises:
            Diverged: The losses or the weights became NaN or infinite.
            KeyboardInterrupt: A second signal, or one before the first step.
        """
        trainer, plan, cluster = self.trainer, self._plan, self._cluster
        last_step = plan.last_step
        window: list[Scalars] = []  # the steps since the last record
        figures: dict[str, float] = {}  # the last record
        window_start = saved_at = time.time()
        bar = Bar(trainer.step, last_step, end - time.time(), cluster.is_chief)
        begin = trainer.step
        signals = stop_signals(lambda: trainer.step > begin)
        with contextlib.closing(bar), signals as self.stop:
            for batch in trainer.batches(
                self._dataset, self._vectors, plan.batch_size, self._claims, self._recombined
            ):
                # Update the networks.
                window.append(trainer.train_step(batch))

                # Decide whether to write a checkpoint after this step.
                done = trainer.step == last_step or time.time() >= end
                due = done or self._checkpoint_is_due(saved_at)
                done, due, stopping = cluster.any(done, due, bool(self.stop))
                saving = due or stopping

                # Log the means since the last record.
                if saving or trainer.step % LOG_STEPS == 0:
                    figures = self._log_losses(window, time.time() - window_start)
                    window, window_start = [], time.time()
                if figures:
                    bar.update(trainer.step, plan.batch_size, figures)

                # Write the checkpoint, and stop there if it is time.
                if saving:
                    if done and cluster.is_chief:
                        say(f"step {trainer.step:,}: the last one; measuring and saving")
                    self._save_checkpoint(due)
                    (stopping,) = cluster.any(bool(self.stop))
                    window_start = saved_at = time.time()
                    if done or stopping:
                        return done
        raise AssertionError("the batches never end")

    def _checkpoint_is_due(self, saved_at: float) -> bool:
        if self._plan.save_every is None:
            return time.time() - saved_at >= SAVE_SECONDS
        return self.trainer.step % self._plan.save_every == 0

    def _log_losses(self, window: list[Scalars], seconds: float) -> dict[str, float]:
        """Log the means of some steps, with their speed; return them."""
        figures = {name: float(np.mean([step[name] for step in window])) for name in window[0]}
        if not np.isfinite(list(figures.values())).all():
            raise Diverged
        figures["images_per_second"] = len(window) * self._plan.batch_size / seconds
        if self._cluster.is_chief:
            self._log.scalars(self.trainer.step, self.trainer.images, figures)
            self._watch.check_discriminator(self.trainer.step, figures["loss/discriminator"])
        return figures

    def _save_checkpoint(self, due: bool) -> None:
        """Write a checkpoint, measure its faces, and draw the sample grid; only the chief does.

        After a signal, the weights are written before anything else.

        Args:
            due: Whether to measure and to draw; False if only a signal asks for the checkpoint.
        """
        trainer, plan = self.trainer, self._plan

        # Collect the weights. Only finite ones are ever written.
        trainer.refresh_statistics(self._vectors, self._dataset.caption_ids)
        arrays = trainer.arrays()
        if not all(np.isfinite(array).all() for array in arrays.values()):
            raise Diverged
        if not self._cluster.is_chief:
            self.saved = checkpoint.path_of(plan.folder, trainer.step)
            return
        stopping = bool(self.stop) or not due
        if stopping:
            self._write(arrays)
            say(f"saved {self.saved}. Its generator follows; Ctrl-C loses no step now.")

        # Measure faces.
        figures: dict[str, float] = {}
        if due and self._monitor:
            faces = trainer.draw(self._monitor.noise, self._monitor.text)
            figures = self._monitor.measure(faces)

        # Write the checkpoint, and a copy if it is the best so far.
        litert = checkpoint.export(trainer.nets.ema)
        header = self._write(arrays, figures, litert)
        if figures.get(FRECHET, math.inf) < self._least_frechet:
            checkpoint.save(plan.folder / checkpoint.BEST, header, arrays, litert, keep=1)
            self._least_frechet = figures[FRECHET]

        # Report.
        if figures or not stopping:
            shown = "  ".join(f"{k.partition('/')[2]} {v:.3g}" for k, v in figures.items())
            say(f"saved {self.saved}  {shown}")
        if figures:
            self._log.scalars(trainer.step, trainer.images, figures)
            self._watch.check_variety(trainer.step, figures.get(VARIETY, 1.0))
        if due:
            sheet = self._grid.draw(trainer)
            path = plan.folder / "grids" / f"grid-{trainer.step:08d}.png"
            save_image(sheet, path, "png", {})
            self._log.image(trainer.step, "samples", sheet)

    def _write(
        self,
        arrays: dict[str, np.ndarray],
        figures: dict[str, float] | None = None,
        litert: bytes | None = None,
    ) -> checkpoint.Header:
        """Write the checkpoint of the present step; return its header."""
        trainer, plan = self.trainer, self._plan
        header = dataclasses.replace(
            plan.header,
            step=trainer.step,
            images=trainer.images,
            seconds=plan.header.seconds + time.time() - self._start_time,
            figures=figures or {},
        )
        # The first checkpoint of a run with --overwrite replaces all earlier ones.
        keep = 1 if plan.overwrite and not self.saved else checkpoint.KEEP
        self.saved = checkpoint.save(plan.folder, header, arrays, litert, keep)
        return header


def make_trainer(plan: Plan, vectors: np.ndarray, cluster: Cluster) -> Trainer:
    """Return a trainer with the weights and the position that the plan starts from."""
    header = plan.header
    averaged = header.origin != checkpoint.SCRATCH
    trainer = Trainer(header.model, header.train, averaged, cluster.strategy)
    if plan.start.weights is None:
        trainer.adapt(vectors)
    else:
        trainer.restore(plan.start.weights)
    trainer.step, trainer.images = header.step, header.images
    return trainer


def _monitor(dataset: Dataset, header: checkpoint.Header, encoder: Encoder) -> Monitor | None:
    """Return what measures faces; without LiteRT, say so and return None."""
    try:
        return Monitor(dataset, header, encoder)
    except ProjectError as error:
        say(f"faces are not measured: {error}")
        return None


def _least_frechet(plan: Plan) -> float:
    """Return the Fréchet distance of the checkpoint in best/; infinite if it does not count."""
    best = None if plan.overwrite else checkpoint.latest(plan.folder / checkpoint.BEST)
    header = checkpoint.read_header(best) if best else None
    if header is None or header.data != plan.header.data:  # figures on other data do not compare
        return math.inf
    return header.figures.get(FRECHET, math.inf)


def train(
    plan: Plan,
    dataset: Dataset,
    vectors: np.ndarray,
    recombined: np.ndarray | None = None,
    cluster: Cluster | None = None,
) -> bool:
    """Carry out a plan: train until its length is reached or a signal arrives.

    If the losses or the weights become NaN or infinite, training goes back to the newest
    checkpoint with half the learning rates, at most `RETRIES` times.

    Args:
        plan: What to do, the same on all workers. At least one step is left, and the chief holds
            the model folder by `files.writing.lock_folder`.
        dataset: The plan's, after `dataset.faces.merge_captions`.
        vectors: (M, P, D) float, P paraphrases of each of the M captions, itself first.
        recombined: (R, P, D) float, the same of recombined captions; None for none.
        cluster: The devices and workers to train on. Default: one device.

    Returns:
        Whether the length was reached; False after a signal.

    Raises:
        ProjectError: The weights to start from do not fit, the folder cannot be written to, or
            training keeps diverging, or another worker ended.
        KeyboardInterrupt: A second signal, or one before the first step. The message of the
            former says what is lost.
    """
    cluster = cluster or alone()
    minutes = plan.length.minutes
    end = math.inf if minutes is None else time.time() + 60 * minutes
    for retry in range(1, RETRIES + 2):
        with cluster.explaining():
            attempt = Attempt(plan, dataset, vectors, recombined, cluster)
        try:
            with cluster.explaining():
                return attempt.run(end)
        except Diverged:
            step = attempt.trainer.step
            (stopping,) = cluster.any(bool(attempt.stop))
        except BaseException as error:
            begun = attempt.trainer.step > plan.header.step
            # Raised within TensorFlow, a KeyboardInterrupt may arrive here as another error.
            if not isinstance(error, KeyboardInterrupt) and len(attempt.stop) <= begun:
                raise
            raise KeyboardInterrupt(_what_is_lost(attempt, plan) if begun else "") from None
        if attempt.saved:
            header = checkpoint.read_header(attempt.saved)
            start = dataclasses.replace(plan.start, header=header, weights=attempt.saved)
            plan = dataclasses.replace(plan, header=header, start=start, overwrite=False)
        if stopping:
            say(f"step {step}: not saved, because the weights are NaN or infinite")
            return False
        if retry > RETRIES:
            break
        plan = _with_half_rates(plan)
        say(
            f"step {step}: the weights became NaN or infinite. Training goes back to "
            f"{plan.start.weights or 'random weights'} with half the learning rates "
            f"({retry} of {counted(RETRIES, 'attempt')})."
        )
    weights = plan.start.weights
    kept = f"The checkpoint {weights} is good" if weights else "No checkpoint was written"
    raise ProjectError(
        f"The weights became NaN or infinite at step {step}, even with 1/{2**RETRIES} of the "
        f"learning rates. {kept}. Look for odd images in the data, or start a new model with "
        "another --seed or --batch-size."
    )


def _what_is_lost(attempt: Attempt, plan: Plan) -> str:
    """Return what becomes of the steps of an attempt that was stopped at once."""
    step, saved = attempt.trainer.step, attempt.saved
    if saved is None and plan.start.weights and plan.start.weights.parent == plan.folder:
        saved = plan.start.weights  # the checkpoint that this run continues
    lost = step - (checkpoint.read_header(saved).step if saved else 0)
    if not lost:
        return f"stopped at step {step:,}, which {saved} holds."
    newest = f"the newest checkpoint is {saved}" if saved else "there is no checkpoint yet"
    return f"stopped at step {step:,}. {counted(lost, 'step')} lost: {newest}."


def _with_half_rates(plan: Plan) -> Plan:
    config = plan.header.train
    config = dataclasses.replace(
        config,
        g_learning_rate=config.g_learning_rate / 2,
        d_learning_rate=config.d_learning_rate / 2,
    )
    return dataclasses.replace(plan, header=dataclasses.replace(plan.header, train=config))

"""Measure what training costs on this machine: a few steps, without writing anything."""

from __future__ import annotations

import dataclasses
import os
import shutil
import sys
import time
from itertools import islice

import numpy as np

from checkpoints import checkpoint
from dataset.faces import Dataset
from dataset.vectors import DTYPE, RECOMBINED
from training.cluster import Cluster
from training.loop import make_trainer
from training.plan import Plan
from training.task import Task

STEPS = 3  # that are timed, after one that compiles the graph


@dataclasses.dataclass(frozen=True)
class Costs:
    """What a plan takes; None where the system does not tell."""

    seconds_per_step: float
    seconds_per_epoch: float
    seconds: float | None  # until the plan's end; None if minutes decide
    memory: int | None  # bytes that this process took at most
    memory_here: int | None  # bytes that the machine has
    disk: int  # bytes of checkpoints and sentence vectors
    disk_free: int  # bytes


def measure_costs(plan: Plan, dataset: Dataset, vectors: np.ndarray) -> Costs:
    """Make a few steps of a plan and throw them away.

    Args:
        plan: The plan.
        dataset: The plan's, after `dataset.faces.merge_captions`.
        vectors: (M, 1, D) float, the sentence vectors of the captions.

    Raises:
        UsageError: The batch cannot be divided among the devices of this machine.
    """
    cluster = Cluster.join(Task())
    cluster.check(plan.header.model.recipe, plan.batch_size)
    trainer = make_trainer(plan, vectors, cluster)
    begin = 0.0
    batches = trainer.batches(dataset, vectors, plan.batch_size)
    for number, batch in enumerate(islice(batches, STEPS + 1)):
        float(trainer.train_step(batch)["loss/generator"])  # waits for the result
        if number == 0:
            begin = time.perf_counter()
    step = (time.perf_counter() - begin) / STEPS
    last = plan.last_step
    arrays = trainer.arrays()
    average = sum(array.nbytes for name, array in arrays.items() if name.startswith("ema/"))
    saved = sum(array.nbytes for array in arrays.values()) + average  # and the LiteRT generator
    recombined = min(RECOMBINED, len(vectors)) if plan.header.train.recombined else 0
    captions = len(vectors) + recombined
    pool = captions * plan.paraphrases * vectors.shape[-1] * DTYPE.itemsize
    place = next(p for p in (plan.folder.absolute(), *plan.folder.absolute().parents) if p.exists())
    return Costs(
        seconds_per_step=step,
        seconds_per_epoch=step * len(dataset) / plan.batch_size,
        seconds=None if last is None else step * max(0, last - plan.header.step),
        memory=_peak_memory(),
        memory_here=_machine_memory(),
        disk=(checkpoint.KEEP + 2) * saved + pool,  # one in best/, and one while it is written
        disk_free=shutil.disk_usage(place).free,
    )


def _peak_memory() -> int | None:
    try:
        import resource
    except ImportError:  # Windows
        return None
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _machine_memory() -> int | None:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # Windows
        return None

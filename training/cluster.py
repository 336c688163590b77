"""The devices and processes that train one model together, by TensorFlow's `tf.distribute`.

A process is a worker. Several are described to each of them by the environment variable TF_CONFIG,
as TensorFlow, Slurm scripts and Kubernetes set it. The first worker is the chief: it alone writes
the model.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import itertools
import re
from collections.abc import Iterator, Mapping

import numpy as np
import tensorflow as tf
from tensorflow.python.eager import context

from config import ProjectError, UsageError
from recipes.registry import RECIPES
from training import runtime
from training.task import Task

LOST_SECONDS = 40  # after which a worker that does not answer counts as lost


@dataclasses.dataclass(frozen=True, eq=False)
class Cluster:
    """The replicas of the networks, on the devices of one process or of several."""

    strategy: tf.distribute.Strategy
    task: Task = dataclasses.field(default_factory=Task)

    @classmethod
    def join(cls, task: Task) -> Cluster:
        """Open the devices of this process, and wait for the other workers, if there are any.

        Call it before anything else uses TensorFlow.

        Args:
            task: This process's part.

        Raises:
            ProjectError: The address of this process cannot be opened.
        """
        runtime.set_options()
        if task.workers > 1:
            try:
                strategy = _several_workers(task)
            except tf.errors.OpError as error:
                raise ProjectError(
                    f"TF_CONFIG: {task.address} cannot be opened, or not all workers could be "
                    f"reached: {error.message.splitlines()[0]}"
                ) from error
        elif len(tf.config.list_logical_devices("GPU")) > 1:
            strategy = tf.distribute.MirroredStrategy()
        else:
            strategy = tf.distribute.get_strategy()
        runtime.configure()
        return cls(strategy, task)

    @property
    def is_chief(self) -> bool:
        """Whether this process writes the model."""
        return self.task.index == 0

    def check(self, recipe: str, batch_size: int) -> None:
        """Check that a batch can be divided: into equal shares, each of them pairs of images.

        Raises:
            UsageError: It cannot.
        """
        replicas = self.strategy.num_replicas_in_sync
        if replicas > 1 and not RECIPES[recipe].divides:
            raise UsageError(
                f"--recipe {recipe} trains on one device, and there are {replicas}. Unset "
                "TF_CONFIG, or set CUDA_VISIBLE_DEVICES=0."
            )
        if replicas > 1 and batch_size % (2 * replicas):
            least = 2 * replicas
            above = -(-batch_size // least) * least
            raise UsageError(
                f"--batch-size {batch_size} cannot be divided among {replicas} devices, two images "
                f"at a time. Use a multiple of {least}, such as {above}."
            )

    def any(self, *flags: bool) -> list[bool]:
        """Return, for each flag, whether it is set on any worker. All workers call it together."""
        if self.task.workers == 1:
            return list(flags)
        everyone = self._gather(np.array(flags, np.int64))  # (W, flags)
        return [bool(column.any()) for column in everyone.T]

    def wait(self) -> None:
        """Wait until all workers call this."""
        self.any(True)

    @contextlib.contextmanager
    def together(self) -> Iterator[Cluster]:
        """Leave the other workers in order: when the work is done, or at once after an error.

        What a worker has sent may still have to be fetched from it, so nobody leaves before all
        are done. The chief's service is what holds the workers together, so it leaves last.

        Yields:
            This cluster.
        """
        service = context.context()
        try:
            yield self
        except BaseException as error:
            with contextlib.suppress(tf.errors.OpError):  # it is what ended this one
                service.report_error_to_cluster(tf.errors.ABORTED, f"{self.task}: {error}")
            raise
        with contextlib.suppress(tf.errors.OpError):  # nobody waits for lost workers
            for word in ("done", "leaving"):
                service.set_config_key_value(f"{word}/{self.task.index}", word)
                if word == "done" or self.is_chief:
                    for index in range(self.task.workers):
                        service.get_config_key_value(f"{word}/{index}", 1000 * LOST_SECONDS)

    def check_alike(self, values: Mapping[str, object], otherwise: str) -> None:
        """Check that values are the same on all workers, who call this together.

        Args:
            values: By name; their `repr` counts.
            otherwise: What to say if they are not.

        Raises:
            UsageError: They are not. The message names the values, and the workers that differ
                from the chief.
        """
        texts = [repr(value).encode() for value in values.values()]
        digests = b"".join(hashlib.blake2b(text, digest_size=8).digest() for text in texts)
        everyone = self._gather(np.frombuffer(digests, np.int64))
        unlike = everyone != everyone[0]  # (W, values)
        if unlike.any():
            workers = ", ".join(map(str, np.flatnonzero(unlike.any(axis=1))))
            names = ", ".join(itertools.compress(values, unlike.any(axis=0)))
            raise UsageError(f"worker {workers} differs from worker 0 in {names}. {otherwise}")

    def _gather(self, numbers: np.ndarray) -> np.ndarray:
        """Return the numbers of all workers, (N,) int64 of each -> (W, N)."""
        with self.explaining():
            found = _gather(self.strategy, tf.constant(numbers)).numpy()
        return found[:: len(found) // self.task.workers]  # the replicas of a worker are alike

    @contextlib.contextmanager
    def explaining(self) -> Iterator[None]:
        """Turn the error that follows the end of another worker into one that says so.

        Raises:
            ProjectError: Another worker ended.
        """
        try:
            yield
        except tf.errors.OpError as error:
            if self.task.workers == 1:
                raise
            reported = re.search(r"worker \d+ of \d+: .+", error.message)  # by `together`
            why = f"It said: {reported[0]}" if reported else "See what that worker said."
            raise ProjectError(
                f"{self.task}: another worker ended or cannot be reached, so this one ends too. "
                f"{why}\nStart all workers again with the same command: training continues from "
                "the last checkpoint."
            ) from error


def _several_workers(task: Task) -> tf.distribute.Strategy:
    """Start the service of this process, and wait for the other workers."""
    # TensorFlow has no public option for the time after which a silent worker counts as lost. Its
    # ten seconds may pass on a machine that is busy.
    job = context.coordination_config_pb2.CoordinatedJob
    context.context().configure_coordination_service(
        service_type="standalone",
        service_leader="/job:worker/replica:0/task:0",
        heartbeat_timeout_in_ms=1000 * LOST_SECONDS,
        coordinated_jobs=[job(name="worker", num_tasks=task.workers)],
    )
    resolver = tf.distribute.cluster_resolver.SimpleClusterResolver(
        tf.train.ClusterSpec({"worker": list(task.addresses)}),
        task_type="worker",
        task_id=task.index,
        num_accelerators={"GPU": len(tf.config.list_physical_devices("GPU"))},
        rpc_layer="grpc",
    )
    return tf.distribute.MultiWorkerMirroredStrategy(resolver)


@tf.function(autograph=False)
def _gather(strategy: tf.distribute.Strategy, numbers: tf.Tensor) -> tf.Tensor:
    """Return the numbers of all replicas, (N,) of each -> (R, N)."""

    def all_rows() -> tf.Tensor:
        return tf.distribute.get_replica_context().all_gather(numbers[None], axis=0)

    return strategy.experimental_local_results(strategy.run(all_rows))[0]


def alone() -> Cluster:
    """Return a cluster of the one device that TensorFlow chooses."""
    return Cluster(tf.distribute.get_strategy())

"""What the replicas of a training step exchange, each with its share of the batch.

A replica is one device's copy of the networks. Together they compute what a single device would
compute from the whole batch. Where there is only one, nothing is added to the computation.
"""

from __future__ import annotations

from typing import TypeVar

import tensorflow as tf

T = TypeVar("T", tf.Tensor, dict[str, tf.Tensor])


def count() -> int:
    """Return the number of replicas that the batch of a step is divided among."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def rows(batch_size: int, replicas: int, replica: int) -> list[int]:
    """Return the rows of the whole batch that are a replica's share.

    They are a piece of its first half and the same piece of its second half, because recipes pair
    each image of the first half with one of the second. A single replica has all rows.

    Args:
        batch_size: Images in the whole batch, a multiple of `2 * replicas` if there are several.
        replicas: Replicas in all.
        replica: Which of them, from 0.

    Example:
        >>> [rows(8, 2, replica) for replica in range(2)]
        [[0, 1, 4, 5], [2, 3, 6, 7]]
    """
    if replicas == 1:
        return list(range(batch_size))
    half, piece = batch_size // 2, batch_size // (2 * replicas)
    first = range(replica * piece, (replica + 1) * piece)
    return [*first, *(half + row for row in first)]


def share(values: tf.Tensor, axis: int = 0) -> tf.Tensor:
    """Return this replica's share of values that all replicas have computed for the whole batch.

    Args:
        values: One row along `axis` for each image of the whole batch.
        axis: The batch's axis.
    """
    context = _context()
    if context is None:
        return values
    replicas = context.num_replicas_in_sync
    shares = [rows(values.shape[axis], replicas, replica) for replica in range(replicas)]
    return tf.gather(values, tf.gather(shares, context.replica_id_in_sync_group), axis=axis)


def mean(values: T) -> T:
    """Return the mean over all replicas of a tensor, or of each in a dictionary; differentiable."""
    context = _context()
    return values if context is None else context.all_reduce(tf.distribute.ReduceOp.MEAN, values)


def gather(values: tf.Tensor) -> tf.Tensor:
    """Return the rows of all replicas, in the order of the replicas; differentiable."""
    context = _context()
    return values if context is None else context.all_gather(values, axis=0)


def first_row(count_here: int) -> tf.Tensor:
    """Return where this replica's rows begin in what `gather` returns.

    Args:
        count_here: Rows that each replica gave.
    """
    context = _context()
    return tf.constant(0) if context is None else count_here * context.replica_id_in_sync_group


def moments(values: tf.Tensor, axes: list[int]) -> tuple[tf.Tensor, tf.Tensor]:
    """Return mean and variance over some axes and all replicas; `tf.nn.moments` for several."""
    own_mean, own_variance = tf.nn.moments(values, axes)
    if _context() is None:
        return own_mean, own_variance
    both = mean(tf.stack([own_mean, own_variance + tf.square(own_mean)]))
    return both[0], tf.maximum(both[1] - tf.square(both[0]), 0.0)


def _context() -> tf.distribute.ReplicaContext | None:
    """Return the context of this replica; None if it is alone, or outside of a step."""
    context = tf.distribute.get_replica_context()
    return None if context is None or context.num_replicas_in_sync == 1 else context

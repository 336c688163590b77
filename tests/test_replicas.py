"""How a batch is divided among replicas."""

import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

import replicas


@given(replicas_=st.integers(1, 16), pairs=st.integers(1, 16))
def test_each_row_of_a_batch_is_in_one_share(replicas_, pairs):
    batch_size = 2 * replicas_ * pairs
    shares = [replicas.rows(batch_size, replicas_, n) for n in range(replicas_)]
    assert sorted(row for share in shares for row in share) == list(range(batch_size))


@given(replicas_=st.integers(1, 16), pairs=st.integers(1, 16))
def test_both_images_of_a_pair_are_in_one_share_half_a_share_apart(replicas_, pairs):
    batch_size = 2 * replicas_ * pairs
    for n in range(replicas_):
        share = replicas.rows(batch_size, replicas_, n)
        half = len(share) // 2
        assert [row + batch_size // 2 for row in share[:half]] == share[half:]


def test_a_single_replica_has_the_whole_batch_of_any_size():
    assert replicas.rows(5, 1, 0) == [0, 1, 2, 3, 4]


def test_a_single_replica_changes_nothing():
    values = tf.random.normal((6, 3))
    assert replicas.count() == 1 and int(replicas.first_row(6)) == 0
    for function in (replicas.share, replicas.mean, replicas.gather):
        assert function(values) is values
    for one, other in zip(replicas.moments(values, [0]), tf.nn.moments(values, [0]), strict=True):
        tf.debugging.assert_equal(one, other)

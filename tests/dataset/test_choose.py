"""The images of a batch depend on their positions alone and are as frequent as they should be."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dataset.batches import CANDIDATES, Choice, choose

COUNTS = st.lists(st.integers(1, 9), min_size=2, max_size=9)  # images by caption
SEEDS = st.integers(0, 2**63)


def arrays(choice: Choice) -> list[np.ndarray]:
    return list(vars(choice).values())


@given(COUNTS, SEEDS, st.integers(0, 5))
def test_every_epoch_is_a_permutation_of_its_own(in_memory, counts, seed, epoch):
    data = in_memory(counts)
    rows = choose(data, 4, seed, epoch * len(data) + np.arange(2 * len(data))).rows
    assert sorted(rows[: len(data)]) == sorted(rows[len(data) :]) == list(range(len(data)))


@given(COUNTS, SEEDS, st.integers(0, 2**40), st.data())
def test_what_is_drawn_depends_on_the_position_alone(in_memory, counts, seed, first, random):
    data = in_memory(counts)
    positions = first + np.arange(64)
    whole = arrays(choose(data, 4, seed, positions))
    cut = random.draw(st.integers(1, 63))
    rest = arrays(choose(data, 4, seed, positions[cut:]))
    for part, piece in zip(whole, rest, strict=True):
        np.testing.assert_array_equal(part[cut:], piece)


@given(COUNTS, SEEDS, st.integers(0, 2**40))
def test_the_other_caption_is_never_the_right_one(in_memory, counts, seed, first):
    data = in_memory(counts)
    choice = choose(data, 4, seed, first + np.arange(200))
    assert choice.others.shape == (200, CANDIDATES)
    assert (data.caption_ids[choice.others] != data.caption_ids[choice.rows, None]).all()


def test_draws_are_as_frequent_as_they_should_be(in_memory):
    data = in_memory([10, 20, 30, 40])
    choice = choose(data, 4, 3, np.arange(100_000))
    assert abs(choice.mirrored.mean() - 0.5) < 0.01
    of_one = choice.others[data.caption_ids[choice.rows] == 1]
    assert len(np.unique(of_one, axis=0)) > len(of_one) / 2  # candidates are independent
    share = np.bincount(of_one.ravel(), minlength=100) / of_one.size
    expected = np.where(data.caption_ids == 1, 0, 1 / 80)  # every other image as often
    np.testing.assert_allclose(share, expected, atol=0.004)
    own, other = choice.paraphrases, choice.other_paraphrases
    for pair in (own.T, (own[:, 0], other), (own[:, 1], other)):
        both = np.bincount(4 * pair[0] + pair[1]) / 100_000
        np.testing.assert_allclose(both, np.full(16, 1 / 16), atol=0.005)
    first, second = (arrays(choose(data, 4, 3, n + np.arange(100))) for n in (0, 100))
    other_seed = arrays(choose(data, 4, 4, np.arange(100)))
    for one, two, three in zip(first, second, other_seed, strict=True):
        assert (one != two).any() and (one != three).any()


def test_the_number_of_paraphrases_changes_nothing_else(in_memory):
    data = in_memory([10, 20, 30, 40])
    one, many = (arrays(choose(data, number, 3, np.arange(100))) for number in (1, 64))
    for same, too in zip(one[:3] + one[5:], many[:3] + many[5:], strict=True):
        np.testing.assert_array_equal(same, too)
    assert not any(np.any(paraphrases) for paraphrases in one[3:5])

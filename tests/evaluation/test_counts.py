"""Counts: intervals of shares, confusion matrices, precision and recall of classes."""

import numpy as np
import pytest

from evaluation.counts import confusion, per_class, wilson


@pytest.mark.parametrize(
    ("right", "total", "low", "high"),
    [
        (8, 10, 0.4902, 0.9433),
        (81, 263, 0.2553, 0.3662),  # this one and those below: Newcombe 1998, table I
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson(right, total, low, high):
    assert wilson(right, total) == pytest.approx((low, high), abs=5e-5)
    assert wilson(total - right, total) == pytest.approx((1 - high, 1 - low), abs=5e-5)


def test_wilson_of_no_trials():
    assert wilson(0, 0) == (0, 1)


def test_wilson_stays_within_shares():
    for total in (1, 3, 7, 1000):
        for right in (0, 1, total - 1, total):
            low, high = wilson(right, total)
            assert 0 <= low <= right / total <= high <= 1


@pytest.mark.parametrize(("right", "total"), [(3, 2), (-1, 2), (0, -1)])
def test_wilson_refuses_impossible_counts(right, total):
    with pytest.raises(ValueError, match=f"Received: {right} of {total}$"):
        wilson(right, total)


def test_confusion():
    wanted, judged = np.array([0, 0, 0, 2, 2]), np.array([0, 1, 1, 2, 0], np.uint8)
    counts = confusion(wanted, judged, 4)
    assert counts.dtype == np.int64
    assert counts.tolist() == [[1, 2, 0, 0], [0, 0, 0, 0], [1, 0, 1, 0], [0, 0, 0, 0]]
    precision, recall = per_class(counts)
    np.testing.assert_allclose(precision, [1 / 2, 0, 1, np.nan])
    np.testing.assert_allclose(recall, [1 / 3, np.nan, 1 / 2, np.nan])
    assert confusion(np.array([]), np.array([]), 2).tolist() == [[0, 0], [0, 0]]


def test_confusion_refuses():
    for wanted, judged, received in (
        ([0, 1], [0], r"\(2,\), \(1,\)"),
        ([0, 3], [0, 1], "3"),
        ([0, 1], [-1, 1], "-1"),
        ([0, 1], [0.5, 1], "float64"),
    ):
        with pytest.raises(ValueError, match=f"Received: {received}$"):
            confusion(np.array(wanted), np.array(judged), 3)
    with pytest.raises(ValueError, match=r"Received: \(2, 3\)$"):
        per_class(np.zeros((2, 3)))

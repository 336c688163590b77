"""Figures: shares of faces and what they are compared with."""

import numpy as np

from evaluation.figures import Accuracy, Comparison


def test_accuracy():
    found = Accuracy.of(np.array([[True, True], [True, False], [True, True], [False, True]]))
    assert found.both is not None
    assert [found.hair.value, found.eyes.value, found.both.value] == [0.75, 0.75, 0.5]
    assert found.both.low < 0.5 < found.both.high


def test_ratios_need_a_positive_real_figure():
    assert Comparison(3.0, 2.0).ratio == 1.5
    assert Comparison(3.0, 0.0).ratio is None and Comparison(3.0, -0.1).ratio is None

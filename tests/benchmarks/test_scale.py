"""The computed table: what it is computed from, and that the documentation shows it."""

import keras
import numpy as np
import pytest

from benchmarks import scale, speed_child
from config import DEFAULT, DEFAULTS, ROOT, ModelConfig
from recipes.registry import build


def test_the_work_of_a_step_is_that_of_the_networks():
    keras.utils.set_random_seed(0)
    nets = build(ModelConfig.of_recipe(DEFAULT, 384, ""), DEFAULTS[DEFAULT].train)
    trainable = nets.generator.trainable_variables + nets.discriminator.trainable_variables
    assert sum(int(np.prod(weight.shape)) for weight in trainable) == scale.WEIGHTS
    flop = 2 * speed_child.step_multiply_adds(nets, DEFAULT)
    assert pytest.approx(flop, rel=0.005) == scale.FLOP


def test_more_machines_exchange_more_and_a_single_one_nothing():
    machine = scale.Machine("", 1e12, 1e9, 1e-5)
    times = [scale.exchange_seconds(machine, count) for count in (1, 2, 8, 64)]
    assert times[0] == 0 and times == sorted(times)
    # Never more than twice all bytes, besides the messages.
    bound = 2 * 4 * scale.WEIGHTS / machine.bandwidth + scale.ROUNDS * 126 * machine.latency
    assert times[-1] < bound


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.0123, "0.012 s"), (61, "1 min"), (7300, "2 h"), (200_000, "2.3 days")]
)
def test_durations_have_two_digits(seconds, text):
    assert scale.duration(seconds) == text


def test_the_documentation_shows_the_table():
    assert scale.table() in (ROOT / "docs" / "scale.md").read_text("utf-8")

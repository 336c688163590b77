"""Generators of Keras' own layers draw what the originals draw."""

import numpy as np
import pytest

from config import DEFAULT, ORIGINAL
from exports.base import load_generator
from exports.plain import plain_generator
from sampler import Sampler


@pytest.mark.parametrize("recipe", [DEFAULT, ORIGINAL])
def test_plain_generators_draw_the_same(recipe, published, write_model, normal, tmp_path):
    write_model(tmp_path, published, recipe)
    original = load_generator(Sampler.load(tmp_path, published.directory))
    plain = plain_generator(original)
    assert {type(layer).__module__.split(".")[0] for layer in plain.layers} == {"keras"}
    assert [i.name for i in plain.inputs] == ["noise", "text"]
    inputs = [normal(3, 5), normal(3, published.dim)]
    one, two = (model(inputs, training=False).numpy() for model in (original, plain))
    assert one.std() > 0.02
    np.testing.assert_allclose(one, two, atol=1e-4)

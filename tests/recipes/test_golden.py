"""A few steps of each recipe, against the numbers that they gave when this was written.

A change here is a change of the recipe. A change of 5 % in the gradient penalty alone fails it.
"""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from config import DEFAULTS, ORIGINAL, ModelConfig
from dataset.batches import Batch
from training import runtime
from training.trainer import Trainer

BATCH, SIZE, TEXT_DIM, STEPS = 8, 32, 24, 5
GOLDEN: dict[str, dict[str, list[float]]] = {
    "default": {
        "loss/discriminator": [1.21478, 1.20747, 1.13779, 1.11252, 1.08341],
        "loss/contrast": [2.07958, 2.07985, 2.08042, 2.07929, 2.07985],
        "score/real": [-0.0936114, -0.135054, -0.157903, -0.172064, -0.156922],
        "score/mismatched": [-0.0922899, -0.134356, -0.157386, -0.17302, -0.157509],
        "score/fake": [-0.0936856, -0.133004, -0.164537, -0.175322, -0.171577],
        "loss/generator": [0.641466, 0.680316, 0.689573, 0.685677, 0.67293],
        "loss/sameness": [0.269098, 0.262598, 0.259252, 0.25786, 0.25969],
        "generator: sums of magnitudes, of squares": [14594.3, 990.619],
        "discriminator: sums of magnitudes, of squares": [17051.2, 1068.22],
        "g_optimizer: sums of magnitudes, of squares": [219.417, 25.7692],
        "d_optimizer: sums of magnitudes, of squares": [33.1071, 25.1034],
        "ema: sums of magnitudes, of squares": [14563.4, 912.092],
    },
    "original": {
        "loss/discriminator": [1.23372, 1.21567, 1.2119, 1.19901, 1.19034],
        "loss/generator": [0.545273, 0.541311, 0.53975, 0.535862, 0.532277],
        "score/real": [-0.101128, -0.0936255, -0.0922472, -0.0875034, -0.0842996],
        "score/mismatched": [-0.0979929, -0.0957223, -0.0929116, -0.0873167, -0.0823942],
        "score/fake": [-0.0952019, -0.0902404, -0.08703, -0.0818931, -0.0773059],
        "generator: sums of magnitudes, of squares": [6616.66, 414.597],
        "discriminator: sums of magnitudes, of squares": [3810.45, 238.977],
        "g_optimizer: sums of magnitudes, of squares": [10.1148, 100.0],
        "d_optimizer: sums of magnitudes, of squares": [79.5338, 35.8154],
        "ema: sums of magnitudes, of squares": [6729.5, 533.884],
    },
}


def fixed_trainer(recipe) -> Trainer:
    """Return a trainer of tiny networks whose weights do not depend on Keras's initializers."""
    model = ModelConfig.of_recipe(recipe, TEXT_DIM, "none", size=SIZE, width=8)
    config = DEFAULTS[recipe].train
    # So that the few steps have penalties and falling rates, if the recipe has them.
    config = dataclasses.replace(config, r1_every=2, decay_from=min(2, config.decay_from))
    trainer = Trainer(model, config)
    random = np.random.default_rng(1)
    # By their names, because Keras orders layers by how far they are from the outputs.
    for network in (trainer.nets.generator, trainer.nets.discriminator):
        for variable in sorted(network.variables, key=lambda variable: variable.path):
            if "variance" not in variable.path:
                weights = random.standard_normal(variable.shape).astype(np.float32)
                variable.assign(0.05 * weights)
    trainer.nets.ema.set_weights(trainer.nets.generator.get_weights())
    return trainer


def fixed_batches(recipe) -> list[Batch]:
    random = np.random.default_rng(0)

    def images():
        return tf.constant(random.integers(0, 256, (BATCH, SIZE, SIZE, 3), np.uint8))

    def vectors(*shape):
        return tf.constant(random.standard_normal((*shape, TEXT_DIM), np.float32))

    def batch():
        real, captions = images(), vectors(BATCH, 2)
        if recipe == ORIGINAL:
            return Batch(real, captions, captions[:, 0], mismatched_images=images())
        return Batch(real, captions, captions[:, 0], mismatched_captions=vectors(BATCH))

    return [batch() for _ in range(STEPS)]


def numbers(recipe) -> dict[str, list[float]]:
    """Return the scalars of each step, and sums over all variables after the last."""
    trainer = fixed_trainer(recipe)
    found: dict[str, list[float]] = {}
    for batch in fixed_batches(recipe):
        for name, value in trainer.train_step(batch).items():
            found.setdefault(name, []).append(float(value))
    # Adam's moments carry the gradients, the sums over weights their effect.
    for part, owner in trainer.nets.parts().items():
        values = [variable.numpy().astype(np.float64) for variable in owner.variables]
        found[f"{part}: sums of magnitudes, of squares"] = [
            float(sum(np.abs(array).sum() for array in values)),
            float(sum(np.square(array).sum() for array in values)),
        ]
    return found


@pytest.fixture
def single_precision():
    """Compute in float32 throughout: products of bfloat16 change the third digit."""
    runtime.configure()  # or the trainer would do so later
    before = tf.config.optimizer.get_experimental_options()
    option = "auto_mixed_precision_onednn_bfloat16"
    tf.config.optimizer.set_experimental_options({option: False})
    yield
    tf.config.optimizer.set_experimental_options({option: before.get(option, False)})


@pytest.mark.parametrize("recipe", DEFAULTS)
def test_a_few_steps_give_the_numbers_they_always_gave(recipe, single_precision):
    found = numbers(recipe)
    assert found.keys() == GOLDEN[recipe].keys()
    for name, values in GOLDEN[recipe].items():
        # Processors add in different orders; the results then differ in the seventh digit.
        np.testing.assert_allclose(found[name], values, rtol=1e-4, atol=1e-6, err_msg=name)

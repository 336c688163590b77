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
        "loss/discriminator": [1.26061, 1.24864, 1.16015, 1.12245, 1.09432],
        "loss/contrast": [2.07951, 2.07999, 2.07874, 2.07932, 2.07908],
        "score/real": [0.00947378, -0.00415702, -0.0162764, -0.0263548, -0.0311347],
        "score/mismatched": [0.00907615, -0.00472412, -0.0156114, -0.02663, -0.0323791],
        "score/fake": [0.0153295, -0.00330443, -0.0180031, -0.0229924, -0.0315165],
        "loss/generator": [0.501447, 0.519562, 0.530128, 0.531136, 0.53791],
        "loss/sameness": [0.277857, 0.268756, 0.264932, 0.274459, 0.266697],
        "generator: sums of magnitudes, of squares": [6251.95, 467.786],
        "discriminator: sums of magnitudes, of squares": [6528.82, 408.792],
        "g_optimizer: sums of magnitudes, of squares": [76.0776, 25.4836],
        "d_optimizer: sums of magnitudes, of squares": [23.3096, 25.1262],
        "ema: sums of magnitudes, of squares": [6225.76, 390.064],
    },
    "original": {
        "loss/discriminator": [0.985865, 0.976465, 0.968443, 0.964345, 0.957245],
        "loss/generator": [0.470158, 0.46735, 0.464785, 0.462259, 0.458901],
        "score/real": [0.00826595, 0.012662, 0.0168834, 0.0189031, 0.0225279],
        "score/mismatched": [0.00892809, 0.0115948, 0.0154199, 0.019303, 0.0230537],
        "score/fake": [0.00888199, 0.0139627, 0.0181467, 0.021503, 0.0257258],
        "generator: sums of magnitudes, of squares": [6617.65, 414.834],
        "discriminator: sums of magnitudes, of squares": [3810.72, 238.86],
        "g_optimizer: sums of magnitudes, of squares": [10.4237, 100.0],
        "d_optimizer: sums of magnitudes, of squares": [57.5328, 30.9984],
        "ema: sums of magnitudes, of squares": [6729.5, 533.884],
    },
}


def fixed_trainer(recipe) -> Trainer:
    """Return a trainer of tiny networks whose weights do not depend on Keras's initializers."""
    model = ModelConfig(text_dim=TEXT_DIM, encoder="none", recipe=recipe, size=SIZE, width=8)
    config = DEFAULTS[recipe].train
    # So that the few steps have penalties and falling rates, if the recipe has them.
    config = dataclasses.replace(config, r1_every=2, decay_from=min(2, config.decay_from))
    trainer = Trainer(model, config)
    random = np.random.default_rng(1)
    for network in (trainer.nets.generator, trainer.nets.discriminator):
        for variable in network.variables:
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

    if recipe == ORIGINAL:
        return [
            Batch(images(), vectors(BATCH, 2), mismatched_images=images()) for _ in range(STEPS)
        ]
    return [
        Batch(images(), vectors(BATCH, 2), mismatched_captions=vectors(BATCH)) for _ in range(STEPS)
    ]


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
    """Compute in float32 throughout: matrix units for bfloat16 change the third digit."""
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

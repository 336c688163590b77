"""The update rule of the default recipe."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

import losses
from config import ModelConfig, TrainConfig
from recipes.base import Networks
from recipes.default import update
from recipes.registry import build

CONFIG = ModelConfig(text_dim=6, encoder="none", size=32, width=4, noise=5)
TRAIN = TrainConfig(g_learning_rate=1e-3, d_learning_rate=1e-3)
PLAIN = TrainConfig(translate=0.0, zoom=0.0, cutout=0.0)  # the discriminator's inputs unaugmented


def nets() -> Networks:
    keras.utils.set_random_seed(0)
    return build(CONFIG, TRAIN)


@pytest.fixture
def step(normal):
    """Return a function that makes one update on data that are always the same."""

    def make(nets, config, number, batch=4):
        images, captions = np.tanh(normal(batch, 32, 32, 3)), normal(batch, 2, 6)
        data = map(tf.constant, (images, captions, normal(batch, 6, seed=1)))
        images, captions, mismatched = data
        number = tf.constant(number, tf.int64)
        return update(nets, config, images, captions, captions[:, 0], mismatched, number)

    return make


def test_a_step_moves_every_weight_and_reports_its_losses(step):
    made = nets()
    trainable = [made.generator.trainable_variables, made.discriminator.trainable_variables]
    before = [[v.numpy() for v in variables] for variables in trainable]
    scalars = step(made, TrainConfig(), 0)
    for old, variables in zip(before, trainable, strict=True):
        assert all(np.abs(o - v.numpy()).max() > 0 for o, v in zip(old, variables, strict=True))
    assert all(np.isfinite(value) for value in scalars.values())
    assert set(scalars) >= {"loss/discriminator", "loss/generator"}


def test_a_step_depends_on_its_number_and_the_seed_and_on_nothing_else(step):
    def drawn(seed, number):
        return float(step(nets(), TrainConfig(seed=seed), number)["loss/generator"])

    assert drawn(0, 1) == drawn(0, 1)
    assert len({drawn(0, 1), drawn(0, 2), drawn(1, 1)}) == 3


def deaf_nets():
    """Return networks whose generator ignores its noise."""
    made = nets()
    for kernel in made.generator.trainable_variables:
        if kernel.path.endswith(("base/kernel", "affine/kernel")):
            kernel.assign(np.concatenate([np.zeros((5, kernel.shape[1])), kernel.numpy()[5:]]))
    return made


def test_sameness_makes_a_generator_use_its_noise(step):
    """Without noise, all faces of a caption are alike; a few steps against that help."""

    def apart(weight):
        made = deaf_nets()
        config = TrainConfig(sameness_weight=weight, least_difference=5.0)
        for number in range(20):
            scalars = step(made, config, number)
        return float(scalars["loss/sameness"])

    assert apart(100.0) < apart(0.0) - 0.1


def test_sameness_compares_two_faces_of_one_caption(step, normal):
    found = step(deaf_nets(), TrainConfig(), 0)["loss/sameness"]
    images = np.tanh(normal(4, 32, 32, 3))  # those of `step`
    usual = np.abs(images[:2] - images[2:]).mean()
    assert float(found) == pytest.approx(TrainConfig().least_difference * usual, rel=1e-4)


def test_the_penalty_comes_every_r1_every_steps(step):
    def weights(gamma, number):
        made = nets()
        step(made, TrainConfig(r1_gamma=gamma, r1_every=4), number)
        return np.concatenate([v.numpy().ravel() for v in made.discriminator.trainable_variables])

    np.testing.assert_array_equal(weights(0.0, 1), weights(9.0, 1))
    assert np.abs(weights(0.0, 4) - weights(9.0, 4)).max() > 1e-5


@pytest.mark.parametrize("batch", [1, 2, 3, 5])
def test_a_step_works_on_few_images_and_odd_numbers_of_them(batch, step):
    scalars = step(nets(), TrainConfig(), 0, batch=batch)
    assert all(np.isfinite(value) for value in scalars.values())
    assert (scalars["loss/sameness"] > 0) == (batch > 1)  # one image makes no pair


def test_a_steps_contrast_is_of_the_real_images_and_their_own_captions(step, normal):
    made, config = nets(), PLAIN
    images, captions = np.tanh(normal(4, 32, 32, 3)), normal(4, 2, 6)  # those of `step`
    _, features, named = made.discriminator([images, captions])
    expected = losses.contrast(features @ tf.transpose(named))
    found = step(made, config, 1)["loss/contrast"]
    assert float(found) == pytest.approx(float(expected), rel=1e-4)


def test_a_discriminator_learns_which_caption_belongs_to_an_image(step):
    def contrast(weight):
        made = nets()
        for number in range(10):
            scalars = step(made, dataclasses.replace(PLAIN, contrast_weight=weight), number)
        return float(scalars["loss/contrast"])

    assert contrast(1.0) < contrast(0.0) - 0.1


def test_mismatches_weigh_less_as_the_rates_fall(step):
    # They make up the whole loss.
    config = dataclasses.replace(PLAIN, mismatch_weight=1e6, decay_from=1)
    first, fourth = (float(step(nets(), config, n)["loss/discriminator"]) for n in (0, 3))
    assert fourth == pytest.approx(first / 4, rel=1e-3)

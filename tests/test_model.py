"""Layers, losses and networks, against NumPy and against the figures they are known by."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

import losses
import model
import ops
from config import ModelConfig, ProjectError, TrainConfig, UsageError
from files.images import to_float
from recipes.base import Networks, learning_rate_factor
from recipes.default import update
from recipes.registry import RECIPES

CONFIG = ModelConfig(text_dim=6, encoder="none", size=32, width=4, noise=5)
PLAIN = {"translate": 0.0, "zoom": 0.0, "cutout": 0.0}  # the discriminator's inputs as they are


def nets(config=CONFIG, train=TrainConfig()):  # noqa: B008 (frozen)
    keras.utils.set_random_seed(0)
    recipe = RECIPES[config.recipe]
    optimizers = [keras.optimizers.Adam(1e-3, name="adam") for _ in range(2)]
    made = Networks(config, recipe.generator(config), recipe.discriminator(config), *optimizers)
    made.g_optimizer.build(made.generator.trainable_variables)
    made.d_optimizer.build(made.discriminator.trainable_variables)
    return made


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape, np.float32)


@pytest.mark.parametrize(
    ("size", "side", "count"), [(32, 4, 3), (48, 6, 3), (64, 4, 4), (96, 6, 4), (256, 4, 6)]
)
def test_pyramid_halves_down_to_a_small_side(size, side, count):
    config = dataclasses.replace(CONFIG, size=size, width=8)
    smallest, channels = model.pyramid(config)
    assert smallest == side and len(channels) == count and side * 2**count == size
    assert channels == [64, 64, 64, 32, 16, 8][-count:]
    limited = model.pyramid(dataclasses.replace(config, max_channels=40))[1]
    assert limited == [40, 40, 40, 32, 16, 8][-count:]


@pytest.mark.parametrize("size", range(32, 257, 16))
def test_every_size_builds(size):
    config = dataclasses.replace(CONFIG, size=size)
    assert model.generator(config).output_shape == (None, size, size, 3)
    assert model.discriminator(config).input_shape[0] == (None, size, size, 3)


@pytest.mark.parametrize("wrong", [{"size": 16}, {"size": 65}, {"size": 272}, {"width": 3}])
def test_impossible_sizes_are_refused_by_name(wrong):
    with pytest.raises(UsageError, match=f"--{next(iter(wrong))} must be"):
        dataclasses.replace(CONFIG, **wrong)


def test_default_networks_have_their_known_numbers_of_parameters():
    config = ModelConfig(text_dim=192, encoder="none")
    assert model.generator(config).count_params() == 1_869_447
    assert model.discriminator(config).count_params() == 2_431_841
    config = dataclasses.replace(config, width=48, max_channels=256)
    assert model.generator(config).count_params() == 2_388_679
    assert model.discriminator(config).count_params() == 2_899_665


def test_generator_draws_in_range_and_listens_to_both_inputs():
    generator = nets().generator
    noise, text = normal(4, 5), normal(4, 6, seed=1)
    images = generator([noise, text], training=True).numpy()
    assert images.shape == (4, 32, 32, 3) and np.abs(images).max() <= 1
    assert np.abs(images - generator([noise[::-1], text], training=True)).max() > 1e-3
    assert np.abs(images - generator([noise, text[::-1]], training=True)).max() > 1e-3


def test_discriminator_scores_each_caption_as_if_alone():
    discriminator = nets().discriminator
    images, texts = normal(3, 32, 32, 3), normal(3, 2, 6, seed=1)
    both = discriminator([images, texts])[0].numpy()
    alone = [discriminator([images, texts[:, k : k + 1]])[0].numpy()[:, 0] for k in range(2)]
    np.testing.assert_allclose(both, np.stack(alone, 1), atol=1e-6)
    assert both.shape == (3, 2) and np.abs(both[:, 0] - both[:, 1]).min() > 0


def test_discriminator_compares_each_image_with_the_first_caption_of_each():
    discriminator = nets().discriminator
    images, texts = normal(3, 32, 32, 3), normal(3, 2, 6, seed=1)
    logits = discriminator([images, texts])[1].numpy()
    swapped = discriminator([images, texts[[1, 0, 2]] * np.array([[[1.0], [2.0]]])])[1].numpy()
    np.testing.assert_allclose(swapped, logits[:, [1, 0, 2]], atol=1e-6)
    assert logits.shape == (3, 3) and logits.std() > 0


def test_losses_are_least_squares():
    real, fake, wrong = normal(7), normal(7, seed=1), normal(7, seed=2)
    expected = 0.5 * np.mean((real - 1) ** 2)
    expected += 0.5 * np.mean((fake + 1) ** 2) + 0.25 * np.mean((wrong + 1) ** 2)
    assert float(losses.discriminator(real, fake, wrong, 0.5)) == pytest.approx(expected, rel=1e-5)
    assert float(losses.generator(fake)) == pytest.approx(0.5 * np.mean((fake - 1) ** 2), rel=1e-5)
    gradients = normal(2, 4, 4, 3)
    expected = 0.5 * np.mean(np.sum(gradients**2, axis=(1, 2, 3)))
    assert float(losses.gradient_penalty(gradients)) == pytest.approx(expected, rel=1e-5)


def test_contrast_is_the_cross_entropy_of_the_own_caption():
    logits = normal(5, 5)
    expected = -np.log(np.diag(np.exp(logits)) / np.exp(logits).sum(axis=1)).mean()
    assert float(losses.contrast(logits)) == pytest.approx(expected, rel=1e-5)
    assert float(losses.contrast(tf.zeros((5, 5)))) == pytest.approx(np.log(5), rel=1e-5)


def test_sameness_is_what_pairs_lack_of_a_distance():
    one, other = normal(3, 4, 4, 3), normal(3, 4, 4, 3, seed=1)
    apart = np.abs(one - other).mean(axis=(1, 2, 3))
    least = float(np.median(apart))
    expected = np.mean(np.maximum(0, least - apart))
    assert float(losses.sameness(one, other, least)) == pytest.approx(expected, rel=1e-5)
    assert float(losses.sameness(one, other, apart.min())) == 0
    assert float(losses.sameness(one, one, 0.5)) == pytest.approx(0.5)


def test_a_recipe_of_another_version_is_refused():
    with pytest.raises(ProjectError, match="no recipe 'own'"):
        dataclasses.replace(CONFIG, recipe="own")


def test_standardize_centres_and_bounds_entries_that_hardly_vary():
    deviations = np.array([3, 3, 3, 3, 0.1, 0], np.float32)
    vectors = normal(500, 6) * deviations + 2
    layer = ops.Standardize()
    np.testing.assert_array_equal(layer(vectors), vectors)  # before it is adapted
    layer.adapt(vectors)
    out = layer(vectors).numpy()
    np.testing.assert_allclose(out.mean(0), 0, atol=1e-4)
    np.testing.assert_allclose(out[:, :4].std(0), 1, atol=0.01)
    assert np.abs(layer(vectors + 1).numpy()).max() < 5  # all off by one: nothing explodes


def test_conditional_norm_is_a_batch_norm_scaled_by_its_code():
    x, code = normal(6, 4, 4, 3) * 3 + 1, normal(6, 2, seed=1)
    layer = ops.ConditionalNorm()
    out = layer(x, code, training=True).numpy()
    plain = (x - x.mean((0, 1, 2))) / np.sqrt(x.var((0, 1, 2)) + 1e-5)
    gamma, beta = np.split(code @ layer.affine.kernel.numpy() + layer.affine.bias.numpy(), 2, 1)
    expected = plain * (1 + gamma[:, None, None]) + beta[:, None, None]
    np.testing.assert_allclose(out, expected, atol=1e-4)
    np.testing.assert_allclose(layer(x, code), out, atol=1e-4)  # one batch: same statistics


def test_moving_statistics_begin_as_a_plain_mean_and_owe_nothing_to_what_was_before_a_reset():
    layer = ops.ConditionalNorm(momentum=0.9)
    code = normal(2, 2)
    batches = [normal(2, 4, 4, 3, seed=s) + s for s in range(5)]
    for x in (batches[-1] + 100, None, *batches):
        if x is None:
            layer.reset()
        else:
            layer(x, code, training=True)
    expected = np.mean([x.mean((0, 1, 2)) for x in batches], axis=0)
    np.testing.assert_allclose(layer.moving_mean, expected, atol=1e-4)


def augmented(images, seed=1, **change):
    change = {"limit": 0, "zoom": 0.0, "cutout": 0.0, **change}
    return ops.augment(tf.constant(images), **change, seed=tf.constant([seed, 0]))


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**31 - 1), limit=st.integers(0, 7))
def test_images_are_shifted_within_the_limit_and_reflected(seed, limit):
    images = np.arange(3 * 8 * 8, dtype=np.float32).reshape(3, 8, 8, 1)
    out = augmented(images, seed, limit=limit).numpy()
    padded = np.pad(images, ((0, 0), (limit, limit), (limit, limit), (0, 0)), "reflect")
    for image, wide in zip(out, padded, strict=True):
        windows = [
            wide[i : i + 8, j : j + 8] for i in range(2 * limit + 1) for j in range(2 * limit + 1)
        ]
        assert any(np.array_equal(image, window) for window in windows)


def test_images_are_zoomed_about_their_middle():
    row = np.arange(65, dtype=np.float32)
    ramps = np.tile(np.broadcast_to(row, (65, 65))[..., None], (500, 1, 1, 1))
    out = augmented(ramps, zoom=0.6).numpy()[..., 0]
    factors = out[:, 0, 33] - out[:, 0, 32]  # a ramp's slope is the factor, ...
    np.testing.assert_allclose(out[:, :, 32], 32, atol=1e-3)  # ... and its middle stays
    alike = np.repeat(out[:, :1], 65, axis=1)
    np.testing.assert_allclose(out, alike, atol=1e-3)  # rows are alike, and stay so
    zoomed = ~np.isclose(factors, 1, atol=1e-6)
    assert zoomed.mean() == pytest.approx(0.6, abs=0.07)
    powers = np.log2(factors[zoomed])
    assert powers.mean() == pytest.approx(0, abs=0.04) and powers.std() == pytest.approx(0.2, 0.15)
    columns = augmented(np.swapaxes(ramps, 1, 2), zoom=0.6).numpy()[..., 0]
    np.testing.assert_allclose(columns, np.swapaxes(out, 1, 2), atol=1e-3)  # both axes alike


def test_images_lose_a_square_of_half_their_side():
    whole = np.ones((500, 16, 16, 3), np.float32)
    out = augmented(whole, cutout=0.4).numpy()
    assert set(np.unique(out)) == {0, 1} and (out[..., :1] == out).all()
    lost = out[..., 0] == 0
    assert lost.any((1, 2)).mean() == pytest.approx(0.4, abs=0.07)
    high, wide = lost.any(2).sum(1), lost.any(1).sum(1)
    assert (lost.sum((1, 2)) == high * wide).all()  # rectangles: squares, but for the border
    assert high.max() == wide.max() == 8
    assert lost.any(0).all()  # the corners, too


def test_a_shift_has_a_gradient_that_keeps_the_sum():
    images = tf.constant(normal(2, 8, 8, 3))
    with tf.GradientTape() as tape:
        tape.watch(images)
        total = tf.reduce_sum(augmented(images, limit=3))
    assert float(tf.reduce_sum(tape.gradient(total, images))) == pytest.approx(2 * 8 * 8 * 3)


def test_graph_and_numpy_scale_pixels_alike():
    pixels = np.arange(256, dtype=np.uint8)
    np.testing.assert_array_equal(ops.to_float(pixels), to_float(pixels))


def step(made, config, number, batch=4):
    images = np.tanh(normal(batch, 32, 32, 3))
    inputs = map(tf.constant, (images, normal(batch, 2, 6), normal(batch, 6, seed=1)))
    return update(made, config, *inputs, tf.constant(number, tf.int64))


def test_a_step_moves_every_weight_and_reports_its_losses():
    made = nets()
    trainable = [made.generator.trainable_variables, made.discriminator.trainable_variables]
    before = [[v.numpy() for v in variables] for variables in trainable]
    scalars = step(made, TrainConfig(), 0)
    for old, variables in zip(before, trainable, strict=True):
        assert all(np.abs(o - v.numpy()).max() > 0 for o, v in zip(old, variables, strict=True))
    assert all(np.isfinite(value) for value in scalars.values())
    assert set(scalars) >= {"loss/discriminator", "loss/generator"}


def test_a_step_depends_on_its_number_and_the_seed_and_on_nothing_else():
    def drawn(seed, number):
        return float(step(nets(), TrainConfig(seed=seed), number)["loss/generator"])

    assert drawn(0, 1) == drawn(0, 1)
    assert len({drawn(0, 1), drawn(0, 2), drawn(1, 1)}) == 3


def deaf_nets():
    """Whose generator pays no heed to its noise."""
    made = nets()
    for kernel in made.generator.trainable_variables:
        if kernel.path.endswith(("base/kernel", "affine/kernel")):
            kernel.assign(np.concatenate([np.zeros((5, kernel.shape[1])), kernel.numpy()[5:]]))
    return made


def test_sameness_makes_a_generator_heed_its_noise():
    """Of one that does not, all drawings of a caption are alike; a few steps against that help."""

    def apart(weight):
        made = deaf_nets()
        config = TrainConfig(sameness_weight=weight, least_difference=5.0)
        for number in range(20):
            scalars = step(made, config, number)
        return float(scalars["loss/sameness"])

    assert apart(100.0) < apart(0.0) - 0.1


def test_sameness_is_of_two_drawings_of_one_paraphrase():
    told = step(deaf_nets(), TrainConfig(), 0)["loss/sameness"]
    images = np.tanh(normal(4, 32, 32, 3))  # those of `step`
    usual = np.abs(images[:2] - images[2:]).mean()
    assert float(told) == pytest.approx(TrainConfig().least_difference * usual, rel=1e-4)


def test_the_penalty_comes_every_r1_every_steps():
    def weights(gamma, number):
        made = nets()
        step(made, TrainConfig(r1_gamma=gamma, r1_every=4), number)
        return np.concatenate([v.numpy().ravel() for v in made.discriminator.trainable_variables])

    np.testing.assert_array_equal(weights(0.0, 1), weights(9.0, 1))
    assert np.abs(weights(0.0, 4) - weights(9.0, 4)).max() > 1e-5


@pytest.mark.parametrize("batch", [1, 2, 3, 5])
def test_a_step_works_on_few_images_and_odd_numbers_of_them(batch):
    scalars = step(nets(), TrainConfig(), 0, batch=batch)
    assert all(np.isfinite(value) for value in scalars.values())
    assert (scalars["loss/sameness"] > 0) == (batch > 1)  # of one, there is no pair


def test_a_configuration_of_another_version_is_refused():
    with pytest.raises(ProjectError, match="ModelConfig"):
        ModelConfig.from_dict({"text_dim": 1, "encoder": "", "colour_head": True})


def test_rates_fall_with_the_root_of_the_steps():
    config = TrainConfig(decay_from=400)
    steps = tf.constant([0, 399, 1599, 39_999], tf.int64)
    assert learning_rate_factor(config, steps).numpy() == pytest.approx([1, 1, 0.5, 0.1])
    assert float(learning_rate_factor(TrainConfig(decay_from=0), tf.constant(10**9, tf.int64))) == 1


def test_a_steps_contrast_is_of_the_real_images_and_their_own_captions():
    made, config = nets(), TrainConfig(**PLAIN)
    images, captions = np.tanh(normal(4, 32, 32, 3)), normal(4, 2, 6)  # those of `step`
    expected = losses.contrast(made.discriminator([images, captions])[1])
    told = step(made, config, 1)["loss/contrast"]
    assert float(told) == pytest.approx(float(expected), rel=1e-4)


def test_a_discriminator_learns_which_caption_is_a_images():
    def told(weight):
        made = nets()
        for number in range(10):
            scalars = step(made, TrainConfig(contrast_weight=weight, **PLAIN), number)
        return float(scalars["loss/contrast"])

    assert told(1.0) < told(0.0) - 0.1


def test_mismatches_weigh_less_as_the_rates_fall():
    # They are all the loss.
    config = TrainConfig(mismatch_weight=1e6, decay_from=1, **PLAIN)
    batch = normal(4, 32, 32, 3), normal(4, 2, 6), normal(4, 6, seed=1)
    told = [
        update(nets(train=config), config, *map(tf.constant, batch), step)
        for step in tf.constant([0, 3], tf.int64)
    ]
    first, fourth = (float(one["loss/discriminator"]) for one in told)
    assert fourth == pytest.approx(first / 4, rel=1e-3)

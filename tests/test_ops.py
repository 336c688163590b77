"""The layers and the augmentation, against NumPy."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

import ops
from files.images import to_float


def test_standardize_centres_and_bounds_entries_that_hardly_vary(normal):
    deviations = np.array([3, 3, 3, 3, 0.1, 0], np.float32)
    vectors = normal(500, 6) * deviations + 2
    layer = ops.Standardize()
    np.testing.assert_array_equal(layer(vectors), vectors)  # before it is adapted
    layer.adapt(vectors)
    out = layer(vectors).numpy()
    np.testing.assert_allclose(out.mean(0), 0, atol=1e-4)
    np.testing.assert_allclose(out[:, :4].std(0), 1, atol=0.01)
    assert np.abs(layer(vectors + 1).numpy()).max() < 5  # all off by one: nothing explodes


def test_conditional_norm_is_a_batch_norm_scaled_by_its_code(normal):
    x, code = normal(6, 4, 4, 3) * 3 + 1, normal(6, 2, seed=1)
    layer = ops.ConditionalNorm()
    out = layer(x, code, training=True).numpy()
    plain = (x - x.mean((0, 1, 2))) / np.sqrt(x.var((0, 1, 2)) + 1e-5)
    gamma, beta = np.split(code @ layer.affine.kernel.numpy() + layer.affine.bias.numpy(), 2, 1)
    expected = plain * (1 + gamma[:, None, None]) + beta[:, None, None]
    np.testing.assert_allclose(out, expected, atol=1e-4)
    np.testing.assert_allclose(layer(x, code), out, atol=1e-4)  # one batch: same statistics


def test_moving_statistics_start_as_a_plain_mean_and_forget_everything_at_a_reset(normal):
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


@settings(max_examples=20)
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


def test_a_shift_has_a_gradient_that_keeps_the_sum(normal):
    images = tf.constant(normal(2, 8, 8, 3))
    with tf.GradientTape() as tape:
        tape.watch(images)
        total = tf.reduce_sum(augmented(images, limit=3))
    assert float(tf.reduce_sum(tape.gradient(total, images))) == pytest.approx(2 * 8 * 8 * 3)


def test_graph_and_numpy_scale_pixels_alike():
    pixels = np.arange(256, dtype=np.uint8)
    np.testing.assert_array_equal(ops.to_float(pixels), to_float(pixels))

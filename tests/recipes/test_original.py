"""The recipe of 2017, against the same networks in NumPy."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

import DCGAN
from checkpoints import checkpoint, tf1_checkpoint
from config import DEFAULTS, ORIGINAL, ModelConfig
from recipes import original
from recipes.registry import RECIPES, build
from sampler import Sampler

CONFIG = ModelConfig(text_dim=12, encoder="none", recipe=ORIGINAL, size=32, width=4, noise=5)
TRAIN = DEFAULTS[ORIGINAL].train


def norm(x, arrays, name, training):
    if training:
        axes = tuple(range(x.ndim - 1))
        mean, variance = x.mean(axes), x.var(axes)
    else:
        mean, variance = arrays[f"{name}/moving_mean"], arrays[f"{name}/moving_variance"]
    x = (x - mean) / np.sqrt(variance + 1e-5)
    return x * arrays[f"{name}/gamma"] + arrays[f"{name}/beta"]


def linear(x, arrays, name):
    return x @ arrays[f"{name}/weight"] + arrays[f"{name}/bias"]


def lrelu(x):
    return np.maximum(x, 0.2 * x)


def conv(x, arrays, name, stride=2):
    """A convolution that pads as little as it can, more at the end than at the start."""
    weight = arrays[f"{name}/weight"]  # (k, k, in, out)
    count, side, k = len(x), x.shape[1], len(weight)
    out = np.zeros((count, side // stride, side // stride, weight.shape[3]))
    pad = (k - stride) // 2
    x = np.pad(x, ((0, 0), (pad, k), (pad, k), (0, 0)))
    for i in range(k):
        for j in range(k):
            part = x[:, i : i + side : stride, j : j + side : stride]
            out += part @ weight[i, j]
    return out + arrays[f"{name}/bias"]


def deconv(x, arrays, name):
    """The transpose of that convolution."""
    weight = arrays[f"{name}/weight"]  # (5, 5, out, in)
    side = 2 * x.shape[1]
    out = np.zeros((len(x), side + 5, side + 5, weight.shape[2]))
    for i in range(5):
        for j in range(5):
            out[:, i : i + side : 2, j : j + side : 2] += x @ weight[i, j].T
    return out[:, 1 : side + 1, 1 : side + 1] + arrays[f"{name}/bias"]


def draw(arrays, noise, text, training=False):
    """Images in [0, 1]."""
    x = np.concatenate([noise, lrelu(linear(text, arrays, "g_embedding"))], axis=1)
    width = arrays["g_h4/weight"].shape[3]
    x = linear(x, arrays, "g_h0_lin")
    side = int((x.shape[1] // (8 * width)) ** 0.5)
    x = x.reshape(-1, side, side, 8 * width)
    for i in range(4):
        x = np.maximum(norm(x, arrays, f"g_bn{i}", training), 0)
        x = deconv(x, arrays, f"g_h{i + 1}")
    return np.tanh(x) / 2 + 0.5


def score(arrays, images, text):
    """Scores of images in [0, 1], with the statistics of the batch."""
    x = lrelu(conv(images, arrays, "d_h0_conv"))
    for i in (1, 2, 3):
        x = lrelu(norm(conv(x, arrays, f"d_h{i}_conv"), arrays, f"d_bn{i}", True))
    embedded = lrelu(linear(text, arrays, "d_embedding"))[:, None, None]
    x = np.concatenate([x, np.broadcast_to(embedded, (*x.shape[:3], 256))], axis=3)
    x = lrelu(norm(conv(x, arrays, "d_h3_conv_new", 1), arrays, "d_bn4", True))
    return linear(x.reshape(len(x), -1), arrays, "d_h3_lin")


def networks(arrays, rate=0.0):
    """Return the recipe's networks with given weights."""
    config = dataclasses.replace(TRAIN, g_learning_rate=rate, d_learning_rate=rate)
    nets = build(CONFIG, config)
    for network in (nets.generator, nets.discriminator):
        for v in network.variables:
            v.assign(arrays[v.path.replace("/kernel", "/weight")])
    return nets


def test_the_networks_have_the_numbers_of_parameters_they_are_known_by():
    config = ModelConfig(text_dim=4800, encoder="none", recipe=ORIGINAL, width=64)
    counts = [
        sum(int(np.prod(v.shape)) for v in network.trainable_variables)
        for network in (original.generator(config), original.discriminator(config))
    ]
    assert counts == [8_461_571, 5_940_353]


def test_variables_have_the_names_and_shapes_of_the_program(arrays_of_2017):
    nets = networks(arrays_of_2017())
    found = {
        v.path.replace("/kernel", "/weight"): tuple(v.shape)
        for network in (nets.generator, nets.discriminator)
        for v in network.variables
    }
    assert found == {name: array.shape for name, array in arrays_of_2017().items()}


def test_the_generator_draws_by_its_moving_statistics_as_numpy_does(arrays_of_2017, normal):
    arrays, noise, text = arrays_of_2017(), normal(3, 5), normal(3, 12, seed=1)
    images = networks(arrays).generator([noise, text], training=False).numpy()
    np.testing.assert_allclose(images / 2 + 0.5, draw(arrays, noise, text), atol=1e-5)
    assert images.std() > 0.05


def test_one_step_has_the_losses_that_numpy_finds_with_one_noise_for_all_updates(
    arrays_of_2017, normal
):
    arrays = arrays_of_2017()
    nets = networks(arrays)
    images, others = normal(4, 32, 32, 3) / 3, normal(4, 32, 32, 3, seed=1) / 3
    text, number = normal(4, 12, seed=2), tf.constant(7, tf.int64)
    config = dataclasses.replace(TRAIN, seed=3)
    real, captions, wrong = map(tf.constant, (images, np.stack([text, -text], axis=1), others))
    scalars = RECIPES[CONFIG.recipe].update(
        nets, config, real, captions, captions[:, 0], wrong, number
    )

    noise = tf.random.stateless_uniform((4, 5), (3, 7), -1.0, 1.0).numpy()
    fake = draw(arrays, noise, text, training=True)
    real, wrong, fake = (score(arrays, x, text) for x in (images / 2 + 0.5, others / 2 + 0.5, fake))
    d_loss = np.mean((real - 1) ** 2) + np.mean(wrong**2) + np.mean(fake**2)
    g_loss = np.mean(np.log1p(np.exp(-fake)) ** 2)
    assert float(scalars["loss/discriminator"]) == pytest.approx(d_loss, rel=1e-4)
    assert float(scalars["loss/generator"]) == pytest.approx(g_loss, rel=1e-4)
    assert float(scalars["score/mismatched"]) == pytest.approx(wrong.mean(), rel=1e-3)

    assert int(nets.d_optimizer.iterations) == 1 and int(nets.g_optimizer.iterations) == 2
    # The same noise, and no learning: three passes of one batch through the moving statistics.
    x = np.concatenate([noise, lrelu(linear(text, arrays, "g_embedding"))], axis=1)
    mean = linear(x, arrays, "g_h0_lin").reshape(4, 2, 2, 32).mean((0, 1, 2))
    expected = arrays["g_bn0/moving_mean"] / 8 + mean * 7 / 8
    found = nets.generator.get_layer("g_bn0").moving_mean
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_each_network_is_updated_by_its_own_loss(arrays_of_2017, normal):
    before = arrays_of_2017()
    nets = networks(before, rate=1e-3)
    images, others = normal(4, 32, 32, 3) / 3, normal(4, 32, 32, 3, seed=1) / 3
    real, captions, wrong = map(tf.constant, (images, normal(4, 2, 12), others))
    step = tf.constant(0, tf.int64)
    losses = [
        original.update(nets, TRAIN, real, captions, captions[:, 0], wrong, step) for _ in range(8)
    ]
    assert float(losses[-1]["loss/discriminator"]) < float(losses[0]["loss/discriminator"])
    for network in (nets.generator, nets.discriminator):
        for v in network.trainable_variables:
            name = v.path.replace("/kernel", "/weight")
            assert np.abs(v.numpy() - before[name]).max() > 0, name


def test_noise_is_uniform_of_the_original_and_normal_of_the_default():
    random = np.random.default_rng(0)
    noise = CONFIG.draw_noise(1000, random)
    assert noise.shape == (1000, 5) and noise.dtype == np.float32
    assert -1 <= noise.min() < -0.99 < 0.99 < noise.max() <= 1
    default = dataclasses.replace(CONFIG, recipe="default").draw_noise(1000, random)
    assert default.std() == pytest.approx(1, abs=0.05) and default.max() > 2


def test_it_trains_resumes_and_generates_by_the_same_commands(faces, tmp_path, capsys, newest):
    new = ["--train", "--recipe", "original", "--size", "32", "--width", "4", "--data", str(faces)]
    once, twice = (["--model", str(tmp_path / name)] for name in ("once", "twice"))
    assert DCGAN.main([*new, *once, "--steps", "2"]) == 0
    assert DCGAN.main([*new, *twice, "--steps", "1"]) == 0
    assert DCGAN.main(["--train", "--data", str(faces), *twice, "--steps", "2"]) == 0
    saved = [newest(tmp_path / name) for name in ("once", "twice")]
    one, two = (checkpoint.read_arrays(path) for path in saved)
    for name, array in one.items():
        np.testing.assert_array_equal(array, two[name], err_msg=name)
    for name in ("g_h0_lin/kernel", "g_bn0/moving_mean"):  # nothing is averaged
        np.testing.assert_array_equal(one[f"ema/{name}"], one[f"generator/{name}"])
    assert DCGAN.main(["--generate", "--text", "red hair", *once, "-o", str(tmp_path / "s")]) == 0
    assert Sampler.load(tmp_path / "once").noise((0,)).max() <= 1
    capsys.readouterr()
    assert DCGAN.main(["--train", "--recipe", "default", "--data", str(faces), *once]) == 2
    assert "--recipe default: the model in" in capsys.readouterr().err


def test_a_checkpoint_of_2017_draws_what_numpy_draws(folder_of_2017, published, arrays_of_2017):
    assert tf1_checkpoint.convert(folder_of_2017 / "model.ckpt", published.directory) == []
    sampler = Sampler.load(folder_of_2017, published.directory)
    header = sampler.header
    assert (header.step, header.images, header.origin) == (0, 0, "model.ckpt")
    config = dataclasses.replace(CONFIG, text_dim=published.dim, encoder=published.fingerprint)
    assert header.model == config
    texts = ["blue hair red eyes", "She has green hair."]
    noise = np.stack([sampler.noise((0, j)) for j in range(2)])
    expected = draw(arrays_of_2017(text=published.dim), noise, published.encode(texts))
    found = sampler.generate(
        np.resize(noise, (16, 5)), np.resize(published.encode(texts), (16, config.text_dim))
    )
    np.testing.assert_allclose(found[:2] / 2 + 0.5, expected, atol=1e-4)
    np.testing.assert_allclose(
        sampler.sample(texts, [(0, 0), (0, 1)], truncation=1) / 255, expected, atol=0.51 / 255
    )

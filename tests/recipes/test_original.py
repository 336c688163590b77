"""The recipe of 2017 and its checkpoints, against NumPy."""

import dataclasses
import shutil

import numpy as np
import pytest
import tensorflow as tf

import config
import DCGAN
from checkpoints import checkpoint, tf1_checkpoint
from config import DEFAULTS, ENCODERS, ORIGINAL, ROOT, TEXT_ENCODER, ModelConfig, ProjectError
from recipes import original
from recipes.registry import RECIPES
from sampler import Sampler
from skipthoughts_encoder import load_encoder
from training.trainer import Trainer

CONFIG = ModelConfig(text_dim=12, encoder="none", recipe=ORIGINAL, size=32, width=4, noise=5)
TRAIN = DEFAULTS[ORIGINAL].train


# ---- The networks in NumPy, by the names and shapes of the program's checkpoints --------------


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


def shapes(text=12, noise=5, width=4, side=2):
    """Names and shapes as the program of 2017 has them, for both networks."""
    w = [8 * width, 4 * width, 2 * width, width]
    found = {
        "g_embedding": (text, 256),
        "g_h0_lin": (noise + 256, w[0] * side * side),
        **{f"g_h{i}": (5, 5, out, w[i - 1]) for i, out in enumerate([*w[1:], 3], start=1)},
        "d_embedding": (text, 256),
        **{f"d_h{i}_conv": (5, 5, (3, *w[::-1])[i], w[3 - i]) for i in range(4)},
        "d_h3_conv_new": (1, 1, w[0] + 256, w[0]),
        "d_h3_lin": (w[0] * side * side, 1),
    }
    arrays = {}
    for name, shape in found.items():
        arrays[f"{name}/weight"] = shape
        arrays[f"{name}/bias"] = (
            shape[2:3] if name.startswith("g_h") and len(shape) == 4 else shape[-1:]
        )
    norms = {f"g_bn{i}": w[i] for i in range(4)} | {
        f"d_bn{i}": w[3 - min(i, 3)] for i in range(1, 5)
    }
    for name, channels in norms.items():
        for kind in ("beta", "gamma", "moving_mean", "moving_variance"):
            arrays[f"{name}/{kind}"] = (channels,)
    return arrays


def made(seed=0, **sizes):
    """Arrays for all names, none of them trivial."""
    random = np.random.default_rng(seed)
    arrays = {}
    for name, shape in shapes(**sizes).items():
        array = random.normal(0, 0.1, shape)
        if name.endswith(("gamma", "variance")):
            array = 1 + np.abs(array)
        arrays[name] = array.astype(np.float32)
    return arrays


def write(path, arrays):
    """A checkpoint by TensorFlow 1's own Saver."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        for name, array in arrays.items():
            tf.compat.v1.get_variable(name, initializer=array)
        session.run(tf.compat.v1.global_variables_initializer())
        path.parent.mkdir(parents=True, exist_ok=True)
        tf.compat.v1.train.Saver().save(session, str(path))
    return path


def adam(arrays, steps=(20, 40)):
    """The same with the state of the two optimizers, discriminator's first."""
    random = np.random.default_rng(1)
    state = {}
    for name, array in arrays.items():
        if "moving" not in name:
            state[f"{name}/Adam"] = random.normal(0, 1, array.shape).astype(np.float32)
            state[f"{name}/Adam_1"] = random.random(array.shape, np.float32)
    for suffix, count in zip(("", "_1"), steps, strict=True):
        for beta in (1, 2):
            power = np.float32((0.5, 0.999)[beta - 1]) ** np.float32(count + 1)
            state[f"beta{beta}_power{suffix}"] = np.float32(power)
    return {**arrays, **state}


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape, np.float32)


def networks(arrays, rate=0.0):
    """The recipe's networks with given weights."""
    nets = Trainer(
        CONFIG, dataclasses.replace(TRAIN, g_learning_rate=rate, d_learning_rate=rate)
    ).nets
    for network in (nets.generator, nets.discriminator):
        for v in network.variables:
            v.assign(arrays[v.path.replace("/kernel", "/weight")])
    return nets


# ---- The recipe -------------------------------------------------------------------------------


def test_the_networks_have_the_numbers_of_parameters_they_are_known_by():
    config = ModelConfig(text_dim=4800, encoder="none", recipe=ORIGINAL, width=64)
    counts = [
        sum(int(np.prod(v.shape)) for v in network.trainable_variables)
        for network in (original.generator(config), original.discriminator(config))
    ]
    assert counts == [8_461_571, 5_940_353]


def test_variables_have_the_names_and_shapes_of_the_program():
    nets = networks(made())
    found = {
        v.path.replace("/kernel", "/weight"): tuple(v.shape)
        for network in (nets.generator, nets.discriminator)
        for v in network.variables
    }
    assert found == shapes()


def test_the_generator_draws_by_its_moving_statistics_as_numpy_does():
    arrays, noise, text = made(), normal(3, 5), normal(3, 12, seed=1)
    images = networks(arrays).generator([noise, text], training=False).numpy()
    np.testing.assert_allclose(images / 2 + 0.5, draw(arrays, noise, text), atol=1e-5)
    assert images.std() > 0.05


def test_one_step_has_the_losses_that_numpy_finds_with_one_noise_for_all_updates():
    arrays = made()
    nets = networks(arrays)
    images, others = normal(4, 32, 32, 3) / 3, normal(4, 32, 32, 3, seed=1) / 3
    text, number = normal(4, 12, seed=2), tf.constant(7, tf.int64)
    config = dataclasses.replace(TRAIN, seed=3)
    batch = [tf.constant(x) for x in (images, np.stack([text, -text], axis=1), others)]
    told = RECIPES[CONFIG.recipe].update(nets, config, *batch, number)

    noise = tf.random.stateless_uniform((4, 5), (3, 7), -1.0, 1.0).numpy()
    fake = draw(arrays, noise, text, training=True)
    real, wrong, fake = (score(arrays, x, text) for x in (images / 2 + 0.5, others / 2 + 0.5, fake))
    d_loss = np.mean((real - 1) ** 2) + np.mean(wrong**2) + np.mean(fake**2)
    g_loss = np.mean(np.log1p(np.exp(-fake)) ** 2)
    assert float(told["loss/discriminator"]) == pytest.approx(d_loss, rel=1e-4)
    assert float(told["loss/generator"]) == pytest.approx(g_loss, rel=1e-4)
    assert float(told["score/mismatched"]) == pytest.approx(wrong.mean(), rel=1e-3)

    assert int(nets.d_optimizer.iterations) == 1 and int(nets.g_optimizer.iterations) == 2
    # The same noise, and no learning: three passes of one batch through the moving statistics.
    x = np.concatenate([noise, lrelu(linear(text, arrays, "g_embedding"))], axis=1)
    mean = linear(x, arrays, "g_h0_lin").reshape(4, 2, 2, 32).mean((0, 1, 2))
    expected = arrays["g_bn0/moving_mean"] / 8 + mean * 7 / 8
    found = nets.generator.get_layer("g_bn0").moving_mean
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_each_network_is_updated_by_its_own_loss():
    before = made()
    nets = networks(before, rate=1e-3)
    batch = (normal(4, 32, 32, 3) / 3, normal(4, 2, 12), normal(4, 32, 32, 3, seed=1) / 3)
    batch = [tf.constant(x) for x in batch]
    losses = [original.update(nets, TRAIN, *batch, tf.constant(0, tf.int64)) for _ in range(8)]
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


def test_it_trains_resumes_and_draws_by_the_same_commands(faces, tmp_path, capsys):
    new = ["--train", "--recipe", "original", "--size", "32", "--width", "4", "--data", str(faces)]
    once, twice = (["--model", str(tmp_path / name)] for name in ("once", "twice"))
    assert DCGAN.main([*new, *once, "--steps", "2"]) == 0
    assert DCGAN.main([*new, *twice, "--steps", "1"]) == 0
    assert DCGAN.main(["--train", "--data", str(faces), *twice, "--steps", "2"]) == 0
    saved = [checkpoint.latest(tmp_path / name) for name in ("once", "twice")]
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


# ---- Its checkpoints --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A model in the published layout, with sentence vectors of a few numbers."""
    golden = ROOT / "tests" / "golden" / "skipthoughts_tiny"
    return load_encoder(shutil.copytree(golden, tmp_path_factory.mktemp("published") / "tiny"))


@pytest.fixture
def folder(tmp_path, published):
    """A model folder as the program of 2017 left it, without Adam's state."""
    write(tmp_path / "DCGAN" / "model.ckpt", made(text=published.dim))
    return tmp_path / "DCGAN"


def test_a_checkpoint_of_2017_draws_what_numpy_draws(folder, published):
    assert tf1_checkpoint.convert(tf1_checkpoint.find(folder), published.directory) == []
    sampler = Sampler.load(folder, published.directory)
    header = sampler.header
    assert (header.step, header.images, header.origin) == (0, 0, "model.ckpt")
    config = dataclasses.replace(CONFIG, text_dim=published.dim, encoder=published.fingerprint)
    assert header.model == config
    texts = ["blue hair red eyes", "She has green hair."]
    noise = np.stack([sampler.noise((0, j)) for j in range(2)])
    expected = draw(made(text=published.dim), noise, published.encode(texts))
    found = sampler._draw(
        np.resize(noise, (16, 5)), np.resize(published.encode(texts), (16, config.text_dim))
    )
    np.testing.assert_allclose(found[:2] / 2 + 0.5, expected, atol=1e-4)
    np.testing.assert_allclose(
        sampler.sample(texts, [(0, 0), (0, 1)]) / 255, expected, atol=0.51 / 255
    )


def test_generate_and_train_go_on_from_a_checkpoint_of_2017(folder, published, faces, capsys):
    encoder = ["--encoder", str(published.directory)]
    into = ["-o", str(folder / "samples"), "--model", str(folder)]
    assert DCGAN.main(["--generate", "--text", "blue hair red eyes", *into, *encoder]) == 0
    assert "model.ckpt, of the program of 2017, is converted, once" in capsys.readouterr().out
    assert (folder / "samples" / "sample_1_1.jpg").is_file()
    assert checkpoint.generator_path(checkpoint.latest(folder)).is_file()
    assert DCGAN.main(["--generate", "--text", "blue hair", *into, *encoder]) == 0
    assert "converted" not in capsys.readouterr().out
    options = ["--data", str(faces), "--model", str(folder), "--batch-size", "4", "--steps", "2"]
    assert DCGAN.main(["--train", *options, *encoder]) == 0
    assert "goes on after step 0" in capsys.readouterr().out
    assert checkpoint.read_header(checkpoint.latest(folder)).step == 2
    weights = checkpoint.read_arrays(checkpoint.latest(folder))
    moved = np.abs(
        weights["generator/g_h0_lin/kernel"] - made(text=published.dim)["g_h0_lin/weight"]
    )
    assert 1e-5 < moved.max() < 5e-3  # two steps, two updates each, of Adam at 2e-4


def test_the_users_folder_with_a_checkpoint_of_2017_is_drawn_from(
    folder, published, monkeypatch, capsys
):
    monkeypatch.setattr(config, "OWN_MODEL", folder)
    monkeypatch.setattr(config, "ENCODERS", (published.directory,))
    monkeypatch.setattr(config, "ENCODERS", (published.directory,))
    assert DCGAN.main(["--generate", "--text", "blue hair", "-o", str(folder / "out")]) == 0
    assert str(folder / "checkpoint-00000000.npz") in capsys.readouterr().out
    assert DCGAN.main(["--train", "--init", "scratch", "--dry-run"]) == 2


def test_adams_state_is_taken_over(tmp_path, published):
    arrays = adam(made(text=published.dim))
    path = write(tmp_path / "model.ckpt", arrays)
    assert tf1_checkpoint.convert(path, published.directory) == []
    saved = checkpoint.latest(tmp_path)
    header = checkpoint.read_header(saved)
    assert (header.step, header.images) == (20, 20 * 64)
    trainer = Trainer(header.model, header.train)
    trainer.restore(saved)
    assert int(trainer.nets.d_optimizer.iterations) == 20
    assert int(trainer.nets.g_optimizer.iterations) == 40
    found = checkpoint.read_arrays(saved)
    for ours, theirs in (
        ("g_optimizer/adam/g_h2_kernel_momentum", "g_h2/weight/Adam"),
        ("g_optimizer/adam/g_bn1_gamma_velocity", "g_bn1/gamma/Adam_1"),
        ("d_optimizer/adam/d_h3_conv_new_bias_velocity", "d_h3_conv_new/bias/Adam_1"),
        ("discriminator/d_bn4/moving_variance", "d_bn4/moving_variance"),
    ):
        np.testing.assert_array_equal(found[ours], arrays[theirs])


@pytest.mark.parametrize("count", [0, 1, 19, 20_000, 80_000])
def test_the_number_of_updates_is_read_off_the_power_of_beta(count):
    power = np.multiply.accumulate(np.full(count + 1, 0.999, np.float32))[-1]
    assert tf1_checkpoint._updates(power, 0.999) == pytest.approx(count, rel=1e-3)
    assert tf1_checkpoint._updates(0.0, 0.999) > 100_000


def test_all_that_does_not_fit_is_listed(tmp_path, published):
    arrays = made(text=published.dim)
    del arrays["d_bn2/beta"], arrays["g_bn0/moving_mean"]
    arrays["d_h3_lin/bias"] = np.zeros(2, np.float32)
    arrays["global_step"] = np.zeros((), np.float32)
    path = write(tmp_path / "model.ckpt", arrays)
    with pytest.raises(ProjectError) as error:
        tf1_checkpoint.convert(path, published.directory)
    assert str(error.value).splitlines()[1:] == [
        "  missing: d_bn2/beta",
        "  missing: g_bn0/moving_mean",
        "  d_h3_lin/bias: shape (2,), expected (1,)",
        "  not of this model: global_step",
    ]
    assert checkpoint.latest(tmp_path) is None


def test_what_is_only_too_much_is_said(tmp_path, published):
    arrays = {**made(text=published.dim), "global_step": np.zeros((), np.float32)}
    path = write(tmp_path / "model.ckpt", arrays)
    assert tf1_checkpoint.convert(path, published.directory) == ["global_step"]


def test_half_of_adams_state_is_refused(tmp_path, published):
    arrays = adam(made(text=published.dim))
    del arrays["g_h1/bias/Adam_1"]
    path = write(tmp_path / "model.ckpt", arrays)
    with pytest.raises(ProjectError, match="missing: g_h1/bias/Adam_1"):
        tf1_checkpoint.convert(path, published.directory)


def test_another_programs_checkpoint_is_refused_by_what_it_holds(tmp_path):
    path = write(tmp_path / "model.ckpt", {"w": np.zeros((2, 2), np.float32)})
    with pytest.raises(ProjectError, match=r"no checkpoint of the program of 2017.*It holds: w"):
        tf1_checkpoint.convert(path)


def test_without_the_published_files_the_error_says_what_to_put_where(
    folder, tmp_path, monkeypatch
):
    clone = tmp_path / "skip-thoughts"  # of the program, without its weights
    clone.mkdir()
    (clone / "dictionary.txt").write_text("UNK\n")
    monkeypatch.setattr(config, "ENCODERS", (TEXT_ENCODER, clone))
    with pytest.raises(ProjectError) as error:
        tf1_checkpoint.convert(tf1_checkpoint.find(folder))
    said = str(error.value)
    assert f"utable.npy, btable.npy, uni_skip.npz, bi_skip.npz into {clone}" in said
    assert f"{clone}: lacks utable.npy, btable.npy, uni_skip.npz, bi_skip.npz" in said
    with pytest.raises(ProjectError, match="vectors of 256 numbers"):
        tf1_checkpoint.convert(tf1_checkpoint.find(folder), TEXT_ENCODER)


def test_the_encoder_that_ships_is_no_place_for_the_published_files(folder):
    with pytest.raises(ProjectError) as error:
        tf1_checkpoint.convert(tf1_checkpoint.find(folder), TEXT_ENCODER)
    said = str(error.value)
    assert f"into {ENCODERS[1]}, or" in said and f"{TEXT_ENCODER}: vectors of 256 numbers" in said


def test_weights_without_their_index_are_missed(folder, monkeypatch, capsys):
    (folder / "model.ckpt.index").unlink()
    monkeypatch.setattr(config, "OWN_MODEL", folder)
    for options in (["--generate", "--text", "x"], ["--train", "--dry-run"]):
        assert DCGAN.main(options) == 1
        assert "model.ckpt.index, which belongs to it, is not there" in capsys.readouterr().err
    draw = ["--generate", "--text", "blue hair", "-o", str(folder / "out")]
    assert DCGAN.main([*draw, "--model", "pretrained"]) == 0


@pytest.mark.parametrize("damage", ["no data", "cut data", "cut index", "empty index"])
def test_damaged_checkpoints_are_refused_by_name(folder, damage, capsys):
    kind = "index" if "index" in damage else "data-00000-of-00001"
    file = folder / f"model.ckpt.{kind}"
    content = b"" if "empty" in damage else file.read_bytes()[: file.stat().st_size // 2]
    file.unlink() if damage == "no data" else file.write_bytes(content)
    out = ["-o", str(folder / "out")]
    assert DCGAN.main(["--generate", "--text", "x", "--model", str(folder), *out]) == 1
    assert (
        f"{folder / 'model.ckpt'} cannot be read: copy model.ckpt.index" in capsys.readouterr().err
    )


def test_the_checkpoint_file_names_the_one_to_use(tmp_path):
    assert tf1_checkpoint.find(tmp_path / "none") is None
    for name in ("model.ckpt-10", "model.ckpt-9"):
        (tmp_path / f"{name}.index").touch()
    assert tf1_checkpoint.find(tmp_path).name == "model.ckpt-9"
    (tmp_path / "model.ckpt.index").touch()
    assert tf1_checkpoint.find(tmp_path).name == "model.ckpt"
    for text, name in (
        ('model_checkpoint_path: "model.ckpt-10"\n', "model.ckpt-10"),
        ('model_checkpoint_path: "/home/me/DCGAN/model.ckpt-10"\n', "model.ckpt-10"),
        ('model_checkpoint_path: "C:\\\\me\\\\model.ckpt-9"\n', "model.ckpt-9"),
        ('model_checkpoint_path: "../elsewhere/gone"\n', "model.ckpt"),
        ("", "model.ckpt"),
    ):
        (tmp_path / "checkpoint").write_text(text)
        assert tf1_checkpoint.find(tmp_path).name == name

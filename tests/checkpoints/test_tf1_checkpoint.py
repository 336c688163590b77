"""Checkpoints of the 2017 program: found, converted, or refused by name."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import config
import DCGAN
from checkpoints import checkpoint, tf1_checkpoint
from config import ENCODERS, TEXT_ENCODER, ProjectError
from training.trainer import Trainer


def found(folder):
    """Return the path of a folder's TensorFlow 1 checkpoint, which it must have."""
    path = tf1_checkpoint.find(folder)
    assert path is not None
    return path


def adam(arrays, steps=(20, 40)):
    """Return the arrays with the state of the two optimizers, the discriminator's first."""
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


def test_generate_and_train_go_on_from_a_checkpoint_of_2017(
    folder_of_2017, published, faces, capsys, arrays_of_2017, newest
):
    encoder = ["--encoder", str(published.directory)]
    into = ["-o", str(folder_of_2017 / "samples"), "--model", str(folder_of_2017)]
    assert DCGAN.main(["--generate", "--text", "blue hair red eyes", *into, *encoder]) == 0
    assert "model.ckpt of the 2017 project, once" in capsys.readouterr().out
    assert (folder_of_2017 / "samples" / "sample_1_1.jpg").is_file()
    assert checkpoint.generator_path(newest(folder_of_2017)).is_file()
    assert DCGAN.main(["--generate", "--text", "blue hair", *into, *encoder]) == 0
    assert "converting" not in capsys.readouterr().out
    options = [
        "--data",
        str(faces),
        "--model",
        str(folder_of_2017),
        "--batch-size",
        "4",
        "--steps",
        "2",
    ]
    assert DCGAN.main(["--train", *options, *encoder]) == 0
    assert "continues after step 0" in capsys.readouterr().out
    assert checkpoint.read_header(newest(folder_of_2017)).step == 2
    weights = checkpoint.read_arrays(newest(folder_of_2017))
    moved = np.abs(
        weights["generator/g_h0_lin/kernel"] - arrays_of_2017(text=published.dim)["g_h0_lin/weight"]
    )
    assert 1e-5 < moved.max() < 5e-3  # two steps, two updates each, of Adam at 2e-4


def test_the_users_folder_with_a_checkpoint_of_2017_is_drawn_from(
    folder_of_2017, published, monkeypatch, capsys
):
    monkeypatch.setattr(config, "OWN_MODEL", folder_of_2017)
    monkeypatch.setattr(config, "ENCODERS", (published.directory,))
    assert DCGAN.main(["--generate", "--text", "blue hair", "-o", str(folder_of_2017 / "out")]) == 0
    assert str(folder_of_2017 / "checkpoint-00000000.npz") in capsys.readouterr().out
    assert DCGAN.main(["--train", "--init", "scratch", "--dry-run"]) == 2


def test_adams_state_is_taken_over(tmp_path, published, arrays_of_2017, write_tf1, newest):
    arrays = adam(arrays_of_2017(text=published.dim))
    path = write_tf1(tmp_path / "model.ckpt", arrays)
    assert tf1_checkpoint.convert(path, published.directory) == []
    saved = newest(tmp_path)
    header = checkpoint.read_header(saved)
    assert (header.step, header.images) == (20, 20 * 64)
    trainer = Trainer(header.model, header.train)
    trainer.restore(saved)
    assert int(trainer.nets.d_optimizer.iterations) == 20
    assert int(trainer.nets.g_optimizer.iterations) == 40
    arrays_now = checkpoint.read_arrays(saved)
    for ours, theirs in (
        ("g_optimizer/adam/g_h2_kernel_momentum", "g_h2/weight/Adam"),
        ("g_optimizer/adam/g_bn1_gamma_velocity", "g_bn1/gamma/Adam_1"),
        ("d_optimizer/adam/d_h3_conv_new_bias_velocity", "d_h3_conv_new/bias/Adam_1"),
        ("discriminator/d_bn4/moving_variance", "d_bn4/moving_variance"),
    ):
        np.testing.assert_array_equal(arrays_now[ours], arrays[theirs])


@pytest.mark.parametrize("count", [0, 1, 19, 20_000, 80_000])
def test_the_number_of_updates_is_read_off_the_power_of_beta(count):
    power = np.multiply.accumulate(np.full(count + 1, 0.999, np.float32))[-1]
    assert tf1_checkpoint._updates(power, 0.999) == pytest.approx(count, rel=1e-3)
    assert tf1_checkpoint._updates(0.0, 0.999) > 100_000


def test_all_that_does_not_fit_is_listed(tmp_path, published, arrays_of_2017, write_tf1):
    arrays = arrays_of_2017(text=published.dim)
    del arrays["d_bn2/beta"], arrays["g_bn0/moving_mean"]
    arrays["d_h3_lin/bias"] = np.zeros(2, np.float32)
    arrays["global_step"] = np.zeros((), np.float32)
    path = write_tf1(tmp_path / "model.ckpt", arrays)
    with pytest.raises(ProjectError) as error:
        tf1_checkpoint.convert(path, published.directory)
    assert str(error.value).splitlines()[1:] == [
        "  missing: d_bn2/beta",
        "  missing: g_bn0/moving_mean",
        "  d_h3_lin/bias: shape (2,), expected (1,)",
        "  not in this model: global_step",
    ]
    assert checkpoint.latest(tmp_path) is None


def test_what_is_only_too_much_is_said(tmp_path, published, arrays_of_2017, write_tf1):
    arrays = {**arrays_of_2017(text=published.dim), "global_step": np.zeros((), np.float32)}
    path = write_tf1(tmp_path / "model.ckpt", arrays)
    assert tf1_checkpoint.convert(path, published.directory) == ["global_step"]


def test_half_of_adams_state_is_refused(tmp_path, published, arrays_of_2017, write_tf1):
    arrays = adam(arrays_of_2017(text=published.dim))
    del arrays["g_h1/bias/Adam_1"]
    path = write_tf1(tmp_path / "model.ckpt", arrays)
    with pytest.raises(ProjectError, match="missing: g_h1/bias/Adam_1"):
        tf1_checkpoint.convert(path, published.directory)


def test_another_programs_checkpoint_is_refused_by_what_it_holds(tmp_path, write_tf1):
    path = write_tf1(tmp_path / "model.ckpt", {"w": np.zeros((2, 2), np.float32)})
    with pytest.raises(ProjectError, match=r"not a checkpoint of the 2017 program.*It holds: w"):
        tf1_checkpoint.convert(path)


def test_without_the_published_files_the_error_says_what_to_put_where(
    folder_of_2017, tmp_path, monkeypatch
):
    clone = tmp_path / "skip-thoughts"  # of the program, without its weights
    clone.mkdir()
    (clone / "dictionary.txt").write_text("UNK\n")
    monkeypatch.setattr(config, "ENCODERS", (TEXT_ENCODER, clone))
    with pytest.raises(ProjectError) as error:
        tf1_checkpoint.convert(found(folder_of_2017))
    said = str(error.value)
    assert f"utable.npy, btable.npy, uni_skip.npz, bi_skip.npz into {clone}" in said
    assert f"{clone}: lacks utable.npy, btable.npy, uni_skip.npz, bi_skip.npz" in said
    with pytest.raises(ProjectError, match="vectors of 384 numbers"):
        tf1_checkpoint.convert(found(folder_of_2017), TEXT_ENCODER)


def test_the_encoder_that_ships_is_no_place_for_the_published_files(folder_of_2017):
    with pytest.raises(ProjectError) as error:
        tf1_checkpoint.convert(found(folder_of_2017), TEXT_ENCODER)
    said = str(error.value)
    assert f"into {ENCODERS[1]}, or" in said and f"{TEXT_ENCODER}: vectors of 384 numbers" in said


def test_weights_without_their_index_are_missed(folder_of_2017, monkeypatch, capsys):
    (folder_of_2017 / "model.ckpt.index").unlink()
    monkeypatch.setattr(config, "OWN_MODEL", folder_of_2017)
    for options in (["--generate", "--text", "x"], ["--train", "--dry-run"]):
        assert DCGAN.main(options) == 1
        assert "model.ckpt.index, which belongs to it, is missing" in capsys.readouterr().err
    draw = ["--generate", "--text", "blue hair", "-o", str(folder_of_2017 / "out")]
    assert DCGAN.main([*draw, "--model", "pretrained"]) == 0


@pytest.mark.parametrize("damage", ["no data", "cut data", "cut index", "empty index"])
def test_damaged_checkpoints_are_refused_by_name(folder_of_2017, damage, capsys):
    kind = "index" if "index" in damage else "data-00000-of-00001"
    file = folder_of_2017 / f"model.ckpt.{kind}"
    content = b"" if "empty" in damage else file.read_bytes()[: file.stat().st_size // 2]
    file.unlink() if damage == "no data" else file.write_bytes(content)
    out = ["-o", str(folder_of_2017 / "out")]
    assert DCGAN.main(["--generate", "--text", "x", "--model", str(folder_of_2017), *out]) == 1
    assert (
        f"{folder_of_2017 / 'model.ckpt'} cannot be read: copy model.ckpt.index"
        in capsys.readouterr().err
    )


def test_the_checkpoint_file_names_the_one_to_use(tmp_path):
    assert tf1_checkpoint.find(tmp_path / "none") is None
    for name in ("model.ckpt-10", "model.ckpt-9"):
        (tmp_path / f"{name}.index").touch()
    assert found(tmp_path).name == "model.ckpt-9"
    (tmp_path / "model.ckpt.index").touch()
    assert found(tmp_path).name == "model.ckpt"
    for text, name in (
        ('model_checkpoint_path: "model.ckpt-10"\n', "model.ckpt-10"),
        ('model_checkpoint_path: "/home/me/DCGAN/model.ckpt-10"\n', "model.ckpt-10"),
        ('model_checkpoint_path: "C:\\\\me\\\\model.ckpt-9"\n', "model.ckpt-9"),
        ('model_checkpoint_path: "../elsewhere/gone"\n', "model.ckpt"),
        ("", "model.ckpt"),
    ):
        (tmp_path / "checkpoint").write_text(text)
        assert found(tmp_path).name == name


def test_a_conversion_sets_nothing_for_the_whole_process(folder_of_2017, published, monkeypatch):
    options = tf.config.optimizer.get_experimental_options()
    monkeypatch.setattr(keras.utils, "set_random_seed", None)  # a call would fail
    tf1_checkpoint.convert(found(folder_of_2017), published.directory)
    assert tf.config.optimizer.get_experimental_options() == options

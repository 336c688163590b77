"""Which model a command works on: a folder, one checkpoint, the user's own, the shipped one."""

import argparse
import shutil

import numpy as np
import pytest

import config
from checkpoints import checkpoint
from commands.models import model_folder, trained_model
from config import OWN_ENCODER, PRETRAINED, TEXT_ENCODER, UsageError
from DCGAN import main
from sampler import Sampler


@pytest.fixture
def older(tmp_path, newest):
    """A checkpoint with its generator, in a folder with a newer one that is damaged."""
    shipped = newest(PRETRAINED)
    for path in (shipped, checkpoint.generator_path(shipped)):
        shutil.copy(path, tmp_path)
    (tmp_path / "checkpoint-99999999.npz").write_bytes(b"damaged")
    return tmp_path / shipped.name


def test_an_older_checkpoint_can_be_drawn_from(older, tmp_path, capsys, newest):
    out = ["-o", str(tmp_path / "out"), "--seed", "1"]
    assert main(["--generate", "--text", "red hair", "--model", str(older), *out]) == 0
    assert (
        f"model    {older}, step {checkpoint.read_header(older).step:,}" in capsys.readouterr().out
    )
    one, two = (Sampler.load(path).sample(["red hair"]) for path in (older, PRETRAINED))
    np.testing.assert_array_equal(one, two)
    assert main(["--generate", "--text", "red hair", "--model", str(tmp_path), *out]) == 1


def test_a_checkpoint_that_is_not_there_is_refused(older, tmp_path, refused):
    wrong = tmp_path / "checkpoint-00000007.npz"
    code, said = refused("--generate", "--text", "red hair", "--model", wrong)
    assert code == 2 and f"--model {wrong}: there is no such checkpoint" in said
    assert f"in {tmp_path}: {older.name}, checkpoint-99999999.npz" in said


def test_a_folder_may_have_the_name_of_a_checkpoint(tmp_path, model_in):
    folder = tmp_path / "mine.npz"
    path = model_in(folder)
    assert not checkpoint.is_named(folder) and checkpoint.is_named(path)


def test_training_does_not_continue_from_one_checkpoint(refused, faces, tmp_path, model_in):
    path = model_in(tmp_path)
    code, said = refused("--train", "--data", faces, "--model", path)
    assert code == 2 and f"--model {path} names one checkpoint" in said
    assert f"the newest one of a folder: --model {tmp_path}." in said
    assert {each.name for each in tmp_path.iterdir()} == {path.name, "generator-00000005.tflite"}


def test_the_folder_that_the_2017_project_has_now_is_found(
    folder_of_2017, published, monkeypatch, tmp_path, capsys, model_in
):
    own = tmp_path / "own" / "DCGAN"
    other = own.with_name("LSGAN")
    other.parent.mkdir()
    folder_of_2017.rename(other)
    monkeypatch.setattr(config, "OWN_MODEL", own)
    monkeypatch.setattr(config, "ENCODERS", (published.directory,))
    assert main(["--generate", "--text", "blue hair", "-o", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert f"model    {other} is used: {own} holds no model" in said
    assert f"converting {other / 'model.ckpt'} of the 2017 project, once" in said
    assert str(other / "checkpoint-00000000.npz") in said
    assert main(["--train", "--init", "scratch", "--dry-run"]) == 2  # it would replace that model
    model_in(own)
    capsys.readouterr()
    assert model_folder(None) == own and not capsys.readouterr().out


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(UsageError, match="there is no model in it"):
        trained_model(argparse.Namespace(model=str(tmp_path), encoder=None))


@pytest.mark.parametrize("damage", ["cut", "gone"])
def test_a_sentence_encoder_that_is_not_the_models_is_not_used(damage, older, capsys, tmp_path):
    own = shutil.copytree(TEXT_ENCODER, tmp_path / OWN_ENCODER)
    draw = ["--generate", "--text", "red hair", "--model", str(older), "-o", str(tmp_path / "out")]
    assert main(draw) == 0
    assert "not used" not in capsys.readouterr().out
    path = own / "uni_skip.npz"
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-100])
    assert main(draw) == 0  # by the one that ships, which is the same
    said = capsys.readouterr().out
    assert f"encoder  {TEXT_ENCODER}\n" in said
    assert f"         {own} is damaged, or of another model: it is not used.\n" in said

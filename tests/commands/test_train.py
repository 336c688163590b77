"""`--train`: what is said, refused and left alone."""

import dataclasses
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from checkpoints import checkpoint
from commands import train
from config import ROOT, TrainConfig
from DCGAN import main
from files.writing import lock_folder


@pytest.mark.parametrize("folder", ["m", "models/m"])
def test_a_run_that_fails_before_it_begins_leaves_no_model_folder(refused, tmp_path, folder):
    (tmp_path / "empty").mkdir()
    arguments = ["--train", "--data", tmp_path / "empty", "--model", tmp_path / folder]
    code, error = refused(*arguments)
    assert code == 1 and "No images" in error
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]


def test_a_model_that_is_there_is_not_lost_or_changed_by_accident(
    refused, faces, tmp_path, model_in
):
    path = model_in(tmp_path)
    train = ["--train", "--data", faces, "--model", tmp_path]
    code, error = refused(*train, "--init", "scratch")
    assert code == 2 and "--overwrite" in error
    code, error = refused(*train, "--size", "48")
    assert code == 2 and "--size 48" in error and "has 32" in error
    code, error = refused(*train, "--width", "8")
    assert code == 2 and "--width 8" in error
    assert path.exists()


def test_dry_run_tells_all_and_trains_nothing(capsys, faces, tmp_path):
    options = ["--width", "4", "--size", "32", "--batch-size", "64", "--epochs", "10"]
    arguments = ["--train", "--data", faces, "--model", tmp_path / "m", "--dry-run", *options]
    assert main([str(argument) for argument in arguments]) == 0
    said = capsys.readouterr().out
    for part in (
        "12 found, 12 used",
        "size 32  width 4",
        "new, from random weights",
        "The batch size is 12 images, because there are no more.",
        "10 epochs, which is 10 steps, 10 to go",
        "batch_size 64",
        f"captions  {TrainConfig.paraphrases} paraphrases of each\n",
        "generator",
        "parameters",
    ):
        assert part in said, said
    assert not (tmp_path / "m").exists()


def test_the_paraphrases_are_kept_with_the_model_until_others_are_asked_for(
    capsys, monkeypatch, faces, tmp_path
):
    given = []

    def train(plan, dataset, vectors, recombined, cluster):
        given.append(vectors)
        folder, header = plan.folder, plan.header
        arrays = {"ema/none": np.zeros(1, np.float32)}
        checkpoint.save(folder, dataclasses.replace(header, step=header.step + 1), arrays, b"")
        return True

    def run(*options):
        arguments = ["--train", "--data", faces, "--model", tmp_path / "m", *options]
        assert main([str(argument) for argument in arguments]) == 0
        header = checkpoint.read_header(checkpoint.list_checkpoints(tmp_path / "m")[-1])
        return capsys.readouterr().out, header.train.paraphrases, given[-1]

    monkeypatch.setattr("training.loop.train", train)
    said, recorded, vectors = run("--init", "scratch", "--size", "32", "--paraphrase", "0")
    assert "captions  each as it is\n" in said and "paraphrases 0" in said
    assert (recorded, vectors.shape[:2]) == (0, (6, 1))
    assert run()[1] == 0
    said, recorded, more = run("--paraphrase", "5")
    assert "captions  5 paraphrases of each\n" in said
    assert (recorded, more.shape[:2]) == (5, (6, 5))
    np.testing.assert_allclose(more[:, :1], vectors, atol=1e-4)  # kept in half precision
    monkeypatch.setattr("dataset.vectors.POOL_BYTES", 3 * vectors.nbytes)
    said, recorded, fewer = run()
    assert "captions  3 paraphrases of each; 5 would take more than" in said
    assert (recorded, fewer.shape[:2]) == (5, (6, 3))


def test_overwrite_begins_anew_and_touches_nothing_else(capsys, faces, tmp_path, model_in):
    model_in(tmp_path)
    (tmp_path / "log.jsonl").write_text('{"step": 5}\n')
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "mine.txt").touch()
    options = ["--init", "scratch", "--overwrite", "--size", "32", "--width", "4", "--steps", "1"]
    arguments = ["--train", "--data", faces, "--model", tmp_path, *options]
    assert main([str(argument) for argument in arguments]) == 0
    assert [path.name for path in checkpoint.list_checkpoints(tmp_path)] == [
        "checkpoint-00000001.npz"
    ]
    assert '"step": 5' not in (tmp_path / "log.jsonl").read_text()
    assert (tmp_path / "logs" / "mine.txt").exists()


def test_a_second_training_in_one_folder_is_refused_at_once(refused, monkeypatch, faces, tmp_path):
    hold = "from files.writing import lock_folder; from pathlib import Path; import time\n"
    hold += f"with lock_folder(Path({str(tmp_path)!r})): print(flush=True); time.sleep(600)"
    command = ["--train", "--data", faces, "--model", tmp_path]
    begun = []
    monkeypatch.setattr(
        train, "choose_start", lambda *_: begun.append(1)
    )  # the first that takes time
    other = subprocess.Popen([sys.executable, "-c", hold], cwd=ROOT, stdout=subprocess.PIPE)
    try:
        assert other.stdout and other.stdout.readline()
        code, said = refused(*command)
        assert code == 1 and f"Another training writes to {tmp_path}" in said and not begun
    finally:
        other.kill()
        other.communicate()

    def settle(*_):  # a dead one holds nothing, and what still prepares holds it already
        with lock_folder(tmp_path):
            begun.append(1)

    monkeypatch.setattr("commands.train.choose_start", settle)
    code, said = refused(*command)
    assert code == 1 and f"Another training writes to {tmp_path}" in said and not begun


@pytest.mark.parametrize("name", ["best", "grids", "logs", "log.jsonl", ".lock"])
def test_what_stands_in_the_way_of_training_is_named_at_once(refused, faces, tmp_path, name):
    (tmp_path / name).symlink_to("/dev/full" if Path("/dev/full").exists() else "nowhere")
    code, said = refused("--train", "--data", faces, "--model", tmp_path)
    assert code == 2 and name in said and "--model" in said


def test_a_dry_run_reads_the_weights_that_training_would_go_on_from(
    refused, faces, tmp_path, model_in
):
    path = model_in(tmp_path)
    code, said = refused(
        "--train", "--data", faces, "--model", tmp_path, "--steps", "9", "--dry-run"
    )
    assert code == 1 and f"{path} does not fit its own header" in said


def test_a_zip_trains_like_a_folder(capsys, faces, tmp_path):
    archive = shutil.make_archive(str(tmp_path / "faces"), "zip", faces)
    options = ["--size", "32", "--width", "4", "--dry-run"]
    assert main(["--train", "--data", archive, "--model", str(tmp_path / "m"), *options]) == 0
    assert "12 found, 12 used" in capsys.readouterr().out


def test_the_way_to_go_on_leaves_out_how_to_begin():
    begun = ["DCGAN.py", "--train", "--init", "scratch", "--overwrite", "--data"]
    assert (
        train.resume_command([*begun, "my faces"]) == "python3 DCGAN.py --train --data 'my faces'"
    )
    assert (
        train.resume_command(["DCGAN.py", "--init=scratch", "--train"])
        == "python3 DCGAN.py --train"
    )


def test_a_finished_model_is_left_alone_and_other_data_are_remarked_on(
    capsys, faces, tmp_path, model_in
):
    path = model_in(tmp_path, "faces of another")
    arguments = ["--train", "--data", str(faces), "--model", str(tmp_path), "--steps", "5"]
    before = path.stat().st_mtime_ns
    assert main(arguments) == 0
    said = capsys.readouterr().out
    assert "Nothing to do" in said and "other data so far: faces of another" in said
    assert "Done" not in said and checkpoint.list_checkpoints(tmp_path) == [path]
    assert path.stat().st_mtime_ns == before


def test_data_that_changed_since_the_last_run_are_remarked_on(capsys, faces, tmp_path):
    mine = shutil.copytree(faces, tmp_path / "faces")
    train = ["--train", "--data", str(mine), "--model", str(tmp_path / "model"), "--size", "32"]
    assert main([*train, "--width", "4", "--steps", "1"]) == 0
    again = ["--train", "--data", str(mine), "--model", str(tmp_path / "model"), "--dry-run"]
    capsys.readouterr()
    assert main(again) == 0
    assert "other data" not in capsys.readouterr().out
    tags = (mine / "tags.csv").read_text()
    (mine / "tags.csv").write_text(tags.replace("red hair", "pink hair"))
    assert main(again) == 0
    assert "trained on other data so far" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("where", "kept"),
    [
        ("commands.train.load_parts", "Images decoded in this run are not kept."),
        ("commands.train.encode_captions", "The decoded images are kept in"),
    ],
)
def test_ctrl_c_before_training_says_what_is_kept(
    refused, monkeypatch, faces, tmp_path, where, kept
):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(where, stop)
    code, said = refused("--train", "--data", faces, "--model", tmp_path / "m", "--size", "32")
    assert code == 1 and f"error: stopped before the first step. {kept}" in said
    assert f"No checkpoint in {tmp_path / 'm'} has changed." in said
    assert not (tmp_path / "m").exists()

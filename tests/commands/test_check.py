"""`--check`: the report, the verdict, and the exit code."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from config import PRETRAINED
from DCGAN import main
from files.images import save_image
from training import review


@pytest.fixture
def images(faces, tmp_path):
    """The tiny faces: with an exact copy, an image that is not square, one that is no image."""
    folder = shutil.copytree(faces, tmp_path / "images")
    shutil.copyfile(folder / "0.png", folder / "copy.png")
    Image.open(folder / "1.png").resize((80, 40)).save(folder / "wide.png")
    (folder / "broken.png").write_bytes(b"no image")
    with (folder / "tags.csv").open("a") as file:
        for name in ("copy", "wide", "broken"):
            file.write(f"{name},red hair aqua eyes xyzzy\n")
    return folder


@pytest.fixture
def check(images, tmp_path):
    """Return a function that checks the images; it returns the exit code and what was written."""

    def run(*arguments: str):
        output = tmp_path / "report"
        common = ["--check", "--data", str(images), "--model", str(tmp_path / "new")]
        network = ["--size", "32", "--width", "4", "--batch-size", "4", "-o", str(output)]
        code = main([*common, *network, *arguments])
        found = json.loads((output / "check.json").read_text())
        return code, found, (output / "check.html").read_text("utf-8")

    return run


def test_images_that_are_too_few_are_refused_and_the_report_says_why(check, capsys, tmp_path):
    code, found, page = check()
    told = capsys.readouterr()
    assert code == 1 and "Traceback" not in told.err
    assert told.err.count("\n") == 1, "the verdict is one line"
    assert "makes no sense: there are only 13 different images" in told.err
    assert found["verdict"] in told.err and found["makes sense"] is False
    assert found["images"]["found"] == 15 and found["images"]["used"] == 14
    assert sum(found["images"]["left out"].values()) == 1
    assert found["copies"]["exact"] == [["0.png", "copy.png"]]
    assert "wide.png" in found["flaws"]["are not square and get cropped"]
    assert found["unknown words"] == {"xyzzy": 2}
    assert found["pairs"]["red"]["aqua"] == 4
    assert found["costs"]["seconds_per_epoch"] > 0 and found["costs"]["disk"] > 0
    for part in ('class="verdict alarm"', "0.png is a copy of copy.png", "wide.png", "xyzzy"):
        assert part in page
    assert not (tmp_path / "new").exists(), "a check leaves the model folder alone"


def test_several_data_are_looked_at_as_one(check, images, tmp_path, monkeypatch):
    monkeypatch.setattr(review, "FEWEST", 2)
    more = tmp_path / "a" / "more"  # read before the others, whatever the order of --data
    more.mkdir(parents=True)
    shutil.copyfile(images / "1.png", more / "same.png")
    Image.open(images / "2.png").resize((40, 80)).save(more / "high.png")
    (more / "tags.csv").write_text("same,blue hair red eyes\nhigh,red hair blue eyes\n")
    code, found, _ = check("--data", str(more))
    assert code == 0 and found["images"]["found"] == 17 and found["images"]["used"] == 16
    assert [f"{more}/same.png", f"{images}/1.png"] in found["copies"]["exact"]
    cropped = found["flaws"]["are not square and get cropped"]
    assert cropped == {f"{images}/wide.png": "80×40 px", f"{more}/high.png": "40×80 px"}


def test_enough_images_make_sense(check, capsys, monkeypatch):
    monkeypatch.setattr(review, "FEWEST", 13)
    code, found, page = check("--epochs", "2")
    out = capsys.readouterr().out
    assert code == 0 and out.splitlines()[-1] == found["verdict"]
    assert found["verdict"].startswith("Training makes sense: 13 different images")
    assert "look at   the encoder does not know xyzzy" in out
    assert 'class="verdict"' in page and "the whole training" in page


def test_a_disk_that_is_full_is_an_objection(check, monkeypatch, capsys):
    monkeypatch.setattr(review, "FEWEST", 2)
    usage = shutil.disk_usage
    monkeypatch.setattr(
        "training.trial.shutil.disk_usage", lambda path: usage(path)._replace(free=1000)
    )
    code, found, _ = check("--minutes", "1")
    assert code == 1 and "it takes" in found["verdict"] and "0 MB are free" in found["verdict"]
    assert found["costs"]["seconds"] is None


@pytest.mark.parametrize("model", ["pretrained", PRETRAINED, "a.npz", "file"])
def test_a_model_that_training_refuses_is_refused_alike(refused, tmp_path, model, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    told = [refused(f"--{mode}", "--model", model) for mode in ("check", "train")]
    assert told[0] == told[1] and told[0][0] == 2 and "--model" in told[0][1]


def test_faces_that_the_program_drew_are_no_lesson(check, images, capsys):
    for path in images.glob("*.png"):
        if path.name != "broken.png":
            save_image(
                np.asarray(Image.open(path).convert("RGB")), path, "png", {"description": "a"}
            )
    code, found, _ = check()
    assert "images that are not square and get cropped: 1" in found["findings"]
    assert code == 1 and "14 of 14 images were drawn by this program" in found["verdict"]
    assert "only gets worse" in capsys.readouterr().err


def test_one_caption_among_many_images_is_explained(refused, images, tmp_path):
    (images / "tags.csv").unlink()
    (images / "0.txt").write_text("red hair")
    for mode in ("check", "train"):
        code, message = refused(f"--{mode}", "--data", images, "--model", tmp_path / "new")
        assert code == 1 and ", 1 of 15 images, have the same caption, 'red hair'" in message
        assert "NAME.txt beside 1 of 15 images" in message
        assert "if no image has one, the classifier names the colours" in message


def test_images_without_a_caption_are_a_finding(check, images):
    tags = (images / "tags.csv").read_text().splitlines(keepends=True)
    (images / "tags.csv").write_text("".join(tags[:-4]))
    findings = check()[1]["findings"]
    assert any(text.startswith("without a caption: 4 of 15 images. Write") for text in findings)


def test_without_images_the_message_says_so(refused, tmp_path):
    (tmp_path / "empty").mkdir()
    code, message = refused("--check", "--data", tmp_path / "empty", "-o", tmp_path / "out")
    assert code != 0 and str(tmp_path / "empty") in message


@pytest.mark.parametrize(
    ("mode", "names"),
    [
        ("check", ["check.html", "check.json"]),
        ("evaluate", ["evaluation.html", "evaluation.json", "faces.png", "pairs.png"]),
    ],
)
def test_a_report_replaces_no_file_of_another_program(refused, tmp_path, mode, names):
    for name in names:
        file = tmp_path / name
        file.write_text('{"mine": 1}')
        code, message = refused(f"--{mode}", "-o", tmp_path, "--model", tmp_path / "new")
        assert code == 2 and f"{file} is there already, and this program did not" in message
        assert file.read_text() == '{"mine": 1}'
        file.unlink()


def test_a_report_replaces_an_earlier_one(check, capsys):
    assert [check()[0] for _ in range(2)] == [1, 1]
    assert "makes no sense" in capsys.readouterr().err

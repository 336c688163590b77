"""Images without captions: the classifier captions them, and the captions can be kept."""

from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

import DCGAN
from commands import labels
from config import PRETRAINED, ProjectError
from dataset.cache import DESCRIBED, load_dataset
from sampler import Sampler


@pytest.fixture
def untagged(tmp_path):
    """Generated faces of four captions without tags, and a file that is not an image."""
    folder = tmp_path / "untagged"
    (folder / "deep").mkdir(parents=True)
    texts = [f"{hair} hair {eyes} eyes" for hair in ("blue", "pink") for eyes in ("red", "green")]
    images = Sampler.load(PRETRAINED).sample(texts * 5, [(0, i) for i in range(20)])
    for number, image in enumerate(images):
        Image.fromarray(image).save(folder / ("deep" if number % 2 else "") / f"f,{number}.png")
    (folder / "broken.png").write_bytes(b"none")
    return folder


def test_images_without_tags_are_captioned_by_the_classifier(untagged, tmp_path, capsys):
    folder = tmp_path / "model"
    command = ["--train", "--data", str(untagged), "--model", str(folder), "--size=32", "--width=4"]
    command += ["--paraphrase=0", "--write-tags", "--steps=1", "--init=scratch"]
    assert DCGAN.main(command) == 0
    output = capsys.readouterr().out
    assert DESCRIBED in output and "cannot be read: broken.png" not in output
    assert (folder / "labels.png").is_file()
    header, *rows = (untagged / "tags.csv").read_text().splitlines()
    assert header == "id,text"
    assert len(rows) >= 12  # the classifier is not sure of every face
    texts = [row.split('",')[1].strip('"') for row in rows]
    assert sum(text.startswith(("blue hair", "pink hair")) for text in texts) > 0.8 * len(rows)
    # From now on these are tags like any other.
    command[command.index("--init=scratch")] = "--steps=2"
    assert DCGAN.main([*command[:-2], "--steps=2"]) == 0
    output = capsys.readouterr().out
    assert "labels    not written: the images have captions" in output
    assert f"{len(rows)} used" in output


def test_untagged_images_that_cannot_be_read_are_named(tmp_path, capsys):
    folder = tmp_path / "bad"
    folder.mkdir()
    (folder / "broken.png").write_bytes(b"none")
    assert DCGAN.main(["--train", "--data", str(folder), "--model", str(tmp_path / "m")]) == 1
    error = capsys.readouterr().err
    assert "No image" in error and "broken.png" in error


def test_captions_get_attributes_where_the_encoder_hears_them(
    faces, tmp_path, monkeypatch, capsys, fact_encoder
):
    seen = SimpleNamespace(confident=lambda images: [{"smile": True, "boy": False}] * len(images))
    monkeypatch.setattr(labels, "_classifier", lambda: seen)
    data = load_dataset(faces, None, 32, tmp_path / "cache")
    encoder: Any = fact_encoder()
    more = labels.with_attributes(data, encoder)
    assert more.captions == [f"{caption}, smile, no boy" for caption in data.captions]
    encoder.probe = None
    assert labels.with_attributes(data, encoder) is data


def test_without_a_classifier_captions_stay_as_they_are(
    faces, tmp_path, monkeypatch, capsys, fact_encoder
):
    def absent():
        raise ProjectError("no LiteRT here")

    monkeypatch.setattr(labels, "_classifier", absent)
    data = load_dataset(faces, None, 32, tmp_path / "cache")
    assert labels.with_attributes(data, fact_encoder()) is data
    assert "captions get no attributes: no LiteRT here" in capsys.readouterr().err

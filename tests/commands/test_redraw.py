"""`--from`: a face comes out as it was, or with what was changed, or says what differs."""

import dataclasses

import numpy as np
import pytest
from PIL import Image

from config import FORMATS, PRETRAINED
from DCGAN import main
from files.images import save_image
from files.provenance import read_provenance
from sampler import Sampler

TEXT = "blue hair red eyes"


def draw(output, *arguments):
    assert main(["--generate", "-o", str(output), "--model", "pretrained", *arguments]) == 0


@pytest.fixture
def drawn(tmp_path):
    """Return a function that draws a face and returns its file."""

    def make(format="jpg"):
        draw(tmp_path, "--text", "red hair", "--text", TEXT, "--seed", "7", "--format", format)
        return tmp_path / f"sample_2_1.{format}"

    return make


@pytest.mark.parametrize("format", FORMATS)
def test_a_face_is_drawn_again_byte_for_byte(drawn, capsys, format, tmp_path):
    face = drawn(format)
    capsys.readouterr()
    draw(tmp_path / "again", "--from", str(face))
    again = tmp_path / "again" / f"sample_2_1_redrawn.{format}"
    assert again.read_bytes() == face.read_bytes()
    said = capsys.readouterr().out.splitlines()
    assert said[2:] == [
        f"face     {face}: seed 7, face 2_1: '{TEXT}'",
        f"'{TEXT}': hair: blue, eyes: red",
        str(again),
    ]


def test_what_words_do_not_name_stays(drawn, capsys, tmp_path):
    face = drawn("png")
    sampler, seed = Sampler.load(PRETRAINED), (7, 2, 1)
    before = sampler.drawn_text(TEXT, seed).removesuffix(TEXT)
    kept = before.removesuffix(", ")  # by lot
    changes = ["green eyes", "pink hair, no choker", "smile, boy", "castle"]
    capsys.readouterr()
    draw(tmp_path, "--from", str(face), *(word for text in changes for word in ("--text", text)))
    said = capsys.readouterr().out.splitlines()[-4:]
    texts = [line.partition(": ")[2] for line in said]
    for text, colours in zip(texts, ["blue hair, green eyes", "pink hair, red eyes"], strict=False):
        assert text.startswith(f"{colours}, {kept}" if kept else colours)
    assert "no choker" in texts[1] and {"smile", "boy"} <= {*texts[2].split(", ")}
    assert texts[3] == ", ".join(filter(None, ("blue hair, red eyes", kept)))
    assert sampler.drawn_text(texts[3], seed) == before + TEXT
    expected = sampler.sample(texts, [seed] * 4)
    for number, (text, pixels) in enumerate(zip(texts, expected, strict=True), start=1):
        path = tmp_path / f"sample_2_1_edited_{number}.png"
        with Image.open(path) as image:
            np.testing.assert_array_equal(np.asarray(image), pixels)
        made = read_provenance(path)
        assert (made.description, made.seed, made.i, made.j) == (text, 7, 2, 1)


def test_a_face_that_was_drawn_again_keeps_its_take(tmp_path):
    draw(tmp_path, "--text", TEXT, "-n", "24", "--seed", "7", "--format", "png")
    takes = {path: read_provenance(path).take for path in tmp_path.glob("sample_*.png")}
    assert len(takes) == 24 and max(takes.values()) > 0, "some were broken at first"
    face = max(takes, key=takes.__getitem__)
    draw(tmp_path, "--from", str(face))
    again = face.with_stem(f"{face.stem}_redrawn")
    assert again.read_bytes() == face.read_bytes()
    draw(tmp_path, "--from", str(face), "--text", "pink hair")
    edited = face.with_stem(f"{face.stem}_edited_1")
    assert read_provenance(edited).take == takes[face]
    sampler, made = Sampler.load(PRETRAINED), read_provenance(face)
    vectors, _ = sampler.prepare([read_provenance(edited).description], [(7, 1, made.j)])
    noise = sampler.noise((7, 1, made.j), made.take) * np.float32(made.truncation)
    with Image.open(edited) as image:
        np.testing.assert_array_equal(np.asarray(image), sampler.draw(vectors, noise[None])[0])


def test_no_earlier_face_is_lost_whatever_its_format(drawn, capsys, tmp_path):
    face = str(drawn("jpg"))
    draw(tmp_path, "--from", face, "--format", "png")
    draw(tmp_path, "--from", face, "--text", "pink hair")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    capsys.readouterr()
    draw(tmp_path, "--from", face)
    assert capsys.readouterr().out.endswith(f"{tmp_path}/sample_2_1_redrawn_2.jpg\n")
    draw(tmp_path, "--from", face, "--text", "red hair", "--text", "blue hair")
    assert all(path.read_bytes() == content for path, content in before.items())
    new = {path.name for path in tmp_path.iterdir()} - {path.name for path in before}
    edited = {f"sample_2_1_edited_{number}.jpg" for number in (2, 3)}
    assert new == {"sample_2_1_redrawn_2.jpg", *edited}


def test_what_differs_from_the_file_is_said(drawn, capsys, tmp_path):
    face = drawn("png")
    made = read_provenance(face)
    for change, said in (
        ({"model_hash": "0" * 16, "model": "mine.npz"}, "drawn by another model, mine.npz (0000"),
        ({"encoder_hash": "0" * 16}, "drawn with another sentence encoder, 0000000000000000, not"),
        ({"version": "anime-faces 1.0"}, "drawn by anime-faces 1.0, this is anime-faces "),
    ):
        texts = made.metadata(64) | change
        save_image(np.zeros((64, 64, 3), np.uint8), face, "png", texts)
        capsys.readouterr()
        draw(tmp_path / "again", "--from", str(face))
        assert f"         It was {said}" in capsys.readouterr().out


def test_a_face_without_its_provenance_is_refused(refusal, tmp_path):
    Image.new("RGB", (64, 64)).save(tmp_path / "a.png")
    assert "a.png does not say how it was drawn" in refusal(
        "--generate", "--from", tmp_path / "a.png"
    )
    assert "none.png: no such file" in refusal("--generate", "--from", tmp_path / "none.png")


def test_a_description_without_a_word_is_refused(drawn, refusal):
    face = drawn("png")
    assert "--text: no word in '?'" in refusal("--generate", "--from", face, "--text", "?")
    made = dataclasses.replace(read_provenance(face), description="\x1b!")
    save_image(np.zeros((64, 64, 3), np.uint8), face, "png", made.metadata(64))
    assert "sample_2_1.png: no word in '!'" in refusal("--generate", "--from", face)

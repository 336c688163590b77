"""`--vary`: one face with every value of an attribute, and a sheet of them."""

import pytest
from PIL import Image

from config import PRETRAINED
from DCGAN import main
from files.provenance import read_provenance
from sampler import Sampler
from text.colours import EYE_COLOURS


def draw(output, *arguments):
    assert main(["--generate", "-o", str(output), "--model", "pretrained", *arguments]) == 0


EYES = {f"{colour}_eyes" for colour in EYE_COLOURS}


def test_every_value_of_a_described_face_is_drawn(capsys, tmp_path):
    draw(tmp_path, "--text", "blue hair red eyes", "--seed", "7", "--vary", "EYES")
    faces = {f"sample_1_1_{name}.jpg" for name in EYES}
    assert {path.name for path in tmp_path.iterdir()} == {"sample_1_1_eyes.png", *faces}
    assert capsys.readouterr().out.endswith(
        f"10 images in {tmp_path}/, all of them on {tmp_path}/sample_1_1_eyes.png\n"
    )
    made = read_provenance(tmp_path / "sample_1_1_pink_eyes.jpg")
    assert made.description.startswith("blue hair, pink eyes") and made.seed == 7
    assert (made.i, made.j) == (1, 1)
    with Image.open(tmp_path / "sample_1_1_eyes.png") as sheet:
        assert sheet.size[0] > 10 * 64 and sheet.size[1] < 100


def test_a_face_from_a_file_is_varied_by_its_words_or_by_others(tmp_path):
    draw(tmp_path, "--text", "blue hair red eyes", "--seed", "7")
    face = str(tmp_path / "sample_1_1.jpg")
    draw(tmp_path / "a", "--from", face, "--vary", "eyes")
    draw(tmp_path / "b", "--from", face, "--text", "pink hair", "--vary", "eyes")
    first = read_provenance(tmp_path / "a" / "sample_1_1_red_eyes.jpg").description
    drawn = Sampler.load(PRETRAINED).drawn_text(first, (7, 1, 1))
    assert drawn == Sampler.load(PRETRAINED).drawn_text("blue hair red eyes", (7, 1, 1))
    made = read_provenance(tmp_path / "b" / "sample_1_1_red_eyes.jpg")
    assert made.description == first.replace("blue", "pink") and made.seed == 7
    before = {path: path.read_bytes() for path in (tmp_path / "a").iterdir()}
    draw(tmp_path / "a", "--from", face, "--text", "pink hair", "--vary", "eyes", "--format", "png")
    assert all(path.read_bytes() == content for path, content in before.items())
    assert (tmp_path / "a" / "sample_1_1_red_eyes_2.png").is_file()
    assert (tmp_path / "a" / "sample_1_1_eyes_2.png").is_file()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--text", "red hair", "--vary", "shoes"], "--vary must be one of hair, eyes, length,"),
        (
            ["--text", "a", "--text", "b", "--vary", "hair"],
            "--vary draws one face, and there are 2",
        ),
    ],
)
def test_what_cannot_be_varied_is_said(refusal, tmp_path, arguments, told):
    assert told in refusal("--generate", "--model", "pretrained", "-o", tmp_path, *arguments)
    assert not any(tmp_path.iterdir())


def test_what_this_model_cannot_vary_is_said(refusal, monkeypatch, tmp_path):
    monkeypatch.setattr("commands.vary.attributes", lambda _: {"hair": ("red hair",)})
    message = refusal("--generate", "--text", "red hair", "--vary", "eyes", "-o", tmp_path)
    assert "--vary eyes: this model cannot vary that. It knows hair." in message

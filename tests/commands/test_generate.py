"""`--generate`: what is said of the model, the seed and each description."""

import io
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from checkpoints import checkpoint
from config import FORMATS, TEXT_ENCODER, TRUNCATION
from DCGAN import main
from files.images import save_image
from files.provenance import read_provenance
from inspector import Inspector
from sampler import Sampler
from skipthoughts_encoder import load_encoder


def test_a_model_of_another_encoder_says_so(refused, faces, tmp_path, model_in):
    model_in(tmp_path, encoder="f" * 64)
    code, error = refused("--generate", "--text", "a", "--model", tmp_path)
    assert code == 1 and "fingerprint ffffffffffff" in error


def test_generate_says_what_it_used_and_what_it_did_not_understand(capsys, tmp_path):
    file = tmp_path / "d.txt"
    file.write_text("# two\n\n7,blue hair xyzzy\n")
    arguments = ["--generate", "-t", file, "--text", "red hair", "-o", tmp_path, "--seed", "5"]
    assert main([*map(str, arguments), "--model", "pretrained"]) == 0
    said = capsys.readouterr().out
    assert "pretrained" in said and "text-encoder" in said and "seed     5" in said
    assert f"{file} line 3: hair: blue, eyes: any; not understood: xyzzy" in said
    assert "--text 'red hair': hair: red, eyes: any\n" in said
    assert {p.name for p in tmp_path.glob("*.jpg")} == {"sample_1_1.jpg", "sample_2_1.jpg"}


def test_the_seed_is_random_and_said(capsys, tmp_path):
    def seed():
        assert main(["--generate", "--text", "red hair", "-o", str(tmp_path)]) == 0
        return next(x for x in capsys.readouterr().out.splitlines() if x.startswith("seed"))

    assert seed() != seed()


def test_generate_says_how_each_line_is_read(capsys, monkeypatch, tmp_path, model_in):
    encoder = load_encoder(TEXT_ENCODER)
    path = model_in(tmp_path)
    header = checkpoint.read_header(path)
    sampler = SimpleNamespace(path=path, header=header, encoder=encoder, default_tries=1)
    monkeypatch.setattr("commands.models.Sampler", lambda *_: sampler)
    monkeypatch.setattr("commands.drawing.FaceWriter.write", lambda *_: iter(()))
    file = tmp_path / "d.txt"
    file.write_text("# two\n\n7,blue hair red eyes\nblue hiar\n")
    arguments = ["--generate", "-t", file, "--text", "a girl, green eyes", "--model", tmp_path]
    assert main([str(argument) for argument in arguments]) == 0
    assert capsys.readouterr().out.splitlines()[3:-1] == [
        f"{file} line 3: hair: blue, eyes: red",
        f"{file} line 4: hair: blue, eyes: any; hiar read as hair",
        "--text 'a girl, green eyes': hair: any, eyes: green, girl",
    ]


def names(folder):
    return {path.name for path in folder.iterdir()}


def draw(output, *arguments):
    assert main(["--generate", "-o", str(output), "--model", "pretrained", *arguments]) == 0


def test_the_sheet_has_a_row_a_description_and_wraps_it(capsys, tmp_path):
    draw(tmp_path, "--text", "red hair", "--text", "blue hair", "-n", "18", "--grid")
    with Image.open(tmp_path / "grid.png") as sheet:
        width, height = sheet.size
    line = 64 + 2 + 14  # a face, white, its number
    assert height == 2 * (2 * line + 2) and 16 * 66 < width < 16 * 66 + 274
    assert f"{tmp_path}/grid.png shows 36 faces\n" in capsys.readouterr().out


def test_the_sheet_says_what_it_leaves_out(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr("commands.generate.SHEET_PIXELS", 3 * 64**2)
    draw(tmp_path, "--text", "red hair", "--text", "blue hair", "-n", "2", "--grid")
    said = f"{tmp_path}/grid.png shows the first 3 of 4 faces\n"
    assert said in capsys.readouterr().out
    assert names(tmp_path) == {"grid.png", *(f"sample_{i}_{j}.jpg" for i in (1, 2) for j in (1, 2))}
    with Image.open(tmp_path / "grid.png") as sheet:
        bottom = np.asarray(sheet)[-14:]
        assert sheet.size[1] == 2 * (64 + 2 + 14 + 2) + 17 and (bottom < 128).any()


def test_only_one_face_is_drawn_and_it_is_the_same(refused, capsys, tmp_path):
    file = tmp_path / "d.txt"
    file.write_text("blue hair\n!\nred hair\n")
    draw(tmp_path / "all", "-t", str(file), "-n", "2", "--seed", "7", "--grid")
    draw(tmp_path / "all", "-t", str(file), "--only", "3_2", "--seed", "7")
    assert (tmp_path / "all" / "grid.png").is_file()
    draw(tmp_path / "one", "-t", str(file), "--only", "3_2", "--seed", "7")
    said = capsys.readouterr().out
    assert names(tmp_path / "one") == {"sample_3_2.jpg"}
    one, two = (tmp_path / name / "sample_3_2.jpg" for name in ("all", "one"))
    assert one.read_bytes() == two.read_bytes()
    assert said.endswith(f"1 image in {tmp_path / 'one'}/\n")
    code, error = refused("--generate", "-t", file, "--only", "2_1", "--seed", "7")
    assert code == 2 and "--only 2_1: there is no description 2. The last one is 3." in error


def test_results_of_earlier_runs_are_counted_and_none_is_stale(capsys, tmp_path):
    draw(tmp_path, "--text", "red hair", "-n", "3", "--grid")
    assert "earlier runs" not in capsys.readouterr().out
    (tmp_path / "sample_mine.jpg").touch()
    draw(tmp_path, "--text", "blue hair", "--format", "png")
    said = capsys.readouterr().out.splitlines()
    assert said[-2:] == [
        f"1 image in {tmp_path}/",
        f"{tmp_path}/ also holds 2 sample files of earlier runs.",
    ]
    # The sheet showed red hair, and sample_1_1 is a PNG now. Nothing else is removed.
    kept = {"sample_1_2.jpg", "sample_1_3.jpg", "sample_mine.jpg"}
    assert names(tmp_path) == {"sample_1_1.png", *kept}
    draw(tmp_path, "--text", "blue hair", "-n", "2")
    assert capsys.readouterr().out.endswith("/ also holds 1 sample file of earlier runs.\n")
    assert names(tmp_path) == {"sample_1_1.jpg", *kept}


def test_a_sheet_that_the_program_did_not_write_is_kept(refused, tmp_path):
    for number, content in enumerate((b"mine", None)):
        sheet = tmp_path / str(number) / "grid.png"
        sheet.parent.mkdir()
        if content:
            sheet.write_bytes(content)
        else:
            Image.new("RGB", (9, 9)).save(sheet)
        before = sheet.read_bytes()
        draw(sheet.parent, "--text", "red hair")
        code, message = refused(*("--generate", "--text", "a", "--grid", "-o", sheet.parent))
        assert code == 2 and f"{sheet} is there already, and this program did not" in message
        assert sheet.read_bytes() == before


def test_standard_input_is_read_and_named(capsys, monkeypatch, tmp_path):
    data = "\ufeffid,prompt\r\n1,blue hair red eyes\r\n2,!\r\n".encode("utf-16-le")
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(data)))
    draw(tmp_path, "-t", "-", "--text", "red hair")
    said = capsys.readouterr().out
    for line in (
        "standard input line 1: the header id, prompt. Skipped",
        "standard input line 3: no word in '!'. Skipped",
        "standard input line 2: hair: blue, eyes: red",
    ):
        assert f"\n{line}\n" in said
    assert names(tmp_path) == {"sample_1_1.jpg", "sample_3_1.jpg"}


@pytest.mark.parametrize(("bad", "told"), [(21, "1 more line is"), (22, "2 more lines are")])
def test_bad_lines_beyond_the_first_are_counted(capsys, tmp_path, bad, told):
    file = tmp_path / "d.txt"
    file.write_text("red hair\n" + "!\n" * bad)
    draw(tmp_path, "-t", str(file))
    assert f"{file}: {told} skipped" in capsys.readouterr().out


def test_the_truncation_that_is_asked_for_is_used_and_kept(tmp_path):
    arguments = ["--text", "red hair blue eyes", "--seed", "3", "--format", "png"]
    draw(tmp_path, *arguments, "--truncation", "0.5")
    face = tmp_path / "sample_1_1.png"
    assert read_provenance(face).truncation == 0.5
    expected = Sampler.load("pretrained").sample(["red hair blue eyes"], 3, truncation=0.5)
    with Image.open(face) as image:
        np.testing.assert_array_equal(np.asarray(image), expected[0])
    before = face.read_bytes()
    draw(tmp_path, "--from", str(face))
    assert (tmp_path / "sample_1_1_redrawn.png").read_bytes() == before
    draw(tmp_path, *arguments)
    assert read_provenance(face).truncation == TRUNCATION


def test_the_tries_are_those_that_are_asked_for(refused, tmp_path, monkeypatch):
    arguments = ["--text", "red hair blue eyes", "-n", "24", "--seed", "3"]
    draw(tmp_path / "one", *arguments, "--tries", "1")
    draw(tmp_path / "usual", *arguments)
    draw(tmp_path / "many", *arguments, "--tries", "9")
    takes = {
        name: [read_provenance(tmp_path / name / f"sample_1_{j}.jpg").take for j in range(1, 25)]
        for name in ("one", "usual", "many")
    }
    assert set(takes["one"]) == {0} and 0 < max(takes["usual"]) < 4
    for j, (usual, many) in enumerate(zip(takes["usual"], takes["many"], strict=True), start=1):
        one, other = (tmp_path / name / f"sample_1_{j}.jpg" for name in ("one", "usual"))
        assert (one.read_bytes() == other.read_bytes()) == (usual == 0)
        assert usual == many or many > 3
    monkeypatch.setattr(Inspector, "of", lambda _: None)
    code, said = refused("--generate", "--text", "red hair", "--model", "pretrained", "--tries", 2)
    assert code == 2 and "--tries 2: nothing here finds broken faces of" in said


@pytest.mark.parametrize("mode", ["generate", "evaluate", "check"])
@pytest.mark.parametrize(
    ("name", "told"),
    [("a.GIF", "--format gif"), ("b.png", "--format png"), ("c.zip", "--export "), ("", "empty")],
)
def test_a_file_is_no_folder_to_write_to(refused, tmp_path, mode, name, told):
    text = ["--text", "a"] if mode == "generate" else []
    code, message = refused(f"--{mode}", *text, "-o", name and tmp_path / name)
    assert code == 2 and "-o" in message and told in message
    assert not any(tmp_path.iterdir())


def test_the_size_of_many_faces_is_said_beforehand(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr("commands.generate.MANY", 3)
    draw(tmp_path, "--text", "red hair", "-n", "3")
    assert "MB" not in capsys.readouterr().out
    monkeypatch.setattr("commands.drawing.FaceWriter.write", lambda *_: iter(()))
    draw(tmp_path, "--text", "red hair", "--text", "blue hair", "-n", "50000000")
    assert "faces    100,000,000, about 460,000 MB\n" in capsys.readouterr().out


@pytest.mark.parametrize("format", FORMATS)
def test_an_image_is_no_file_of_descriptions(refused, tmp_path, format):
    path = tmp_path / "face.txt"
    save_image(np.zeros((8, 8, 3), np.uint8), path, format, {})
    code, message = refused("--generate", "-t", path, "-o", tmp_path)
    assert code == 2 and f"-t {path} is an image" in message

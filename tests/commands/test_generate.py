"""`--generate`: what is said of the model, the seed and each description."""

import io
from types import SimpleNamespace

import pytest
from PIL import Image

from checkpoints import checkpoint
from config import PRETRAINED_ENCODER
from DCGAN import main
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
    encoder = load_encoder(PRETRAINED_ENCODER)
    path = model_in(tmp_path)
    sampler = SimpleNamespace(path=path, header=checkpoint.read_header(path), encoder=encoder)
    monkeypatch.setattr("commands.models.Sampler", lambda *_: sampler)
    monkeypatch.setattr("commands.generate.write_faces", lambda *_: [])
    file = tmp_path / "d.txt"
    file.write_text("# two\n\n7,blue hair red eyes\nblue hiar\n")
    arguments = ["--generate", "-t", file, "--text", "a girl, green eyes", "--model", tmp_path]
    assert main([str(argument) for argument in arguments]) == 0
    assert capsys.readouterr().out.splitlines()[3:-1] == [
        f"{file} line 3: hair: blue, eyes: red",
        f"{file} line 4: hair: blue, eyes: any; hiar read as hair",
        "--text 'a girl, green eyes': hair: any, eyes: green",
    ]


def names(folder):
    return {path.name for path in folder.iterdir()}


def draw(output, *arguments):
    assert main(["--generate", "-o", str(output), "--model", "pretrained", *arguments]) == 0


def test_the_contact_sheet_has_a_row_a_description_and_stays_small(tmp_path):
    draw(tmp_path, "--text", "red hair", "--text", "blue hair", "-n", "3", "--grid")
    with Image.open(tmp_path / "grid.png") as sheet:
        width, height = sheet.size
    assert height == 2 * (64 + 2 * 2) and width > 3 * 64
    draw(tmp_path, "--text", "red hair", "-n", "40", "--grid")
    with Image.open(tmp_path / "grid.png") as sheet:
        assert sheet.size[0] < 17 * 66 + 260


def test_only_one_face_is_drawn_and_it_is_the_same(refused, capsys, tmp_path):
    file = tmp_path / "d.txt"
    file.write_text("blue hair\n!\nred hair\n")
    draw(tmp_path / "all", "-t", str(file), "-n", "2", "--seed", "7")
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


def test_a_sheet_that_the_program_did_not_write_is_kept(tmp_path):
    for number, content in enumerate((b"mine", None)):
        sheet = tmp_path / str(number) / "grid.png"
        sheet.parent.mkdir()
        if content:
            sheet.write_bytes(content)
        else:
            Image.new("RGB", (9, 9)).save(sheet)
        before = sheet.read_bytes()
        draw(sheet.parent, "--text", "red hair")
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

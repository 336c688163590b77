"""A model in one file: what it holds, and that it draws without TensorFlow and unpacking."""

import dataclasses
import io
import shutil
import subprocess
import sys
import zipfile

import numpy as np
import pytest

from checkpoints import checkpoint
from config import EXPORTS, ROOT, TEXT_ENCODER, ProjectError
from DCGAN import main
from exports import zip as module
from exports.card import model_card
from exports.zip import export
from sampler import Sampler
from skipthoughts_encoder import load_encoder

TEXTS = ["blue hair red eyes", "pink hair green eyes"]


@pytest.fixture(scope="module")
def exported(small) -> bytes:
    """The small model as a zip."""
    return export(small).data


@pytest.fixture
def file(exported, tmp_path):
    """The small model in a zip on the disk, alone in its folder."""
    path = tmp_path / "friend.zip"
    path.write_bytes(exported)
    return path


def test_the_zip_draws_what_the_model_draws(small, file):
    sampler = Sampler.load(file)
    assert isinstance(sampler.encoder.directory, zipfile.Path)
    assert sampler.encoder.fingerprint == small.encoder.fingerprint
    assert sampler.fingerprint == small.fingerprint, "its faces are the model's"
    one, two = (s.sample(TEXTS, seed=7).astype(int) for s in (small, sampler))
    assert one.std() > 2 and np.abs(one - two).max() <= 3
    assert [path.name for path in file.parent.iterdir()] == ["friend.zip"], "nothing is unpacked"


def test_it_holds_all_that_drawing_needs_and_no_more(file, exported):
    with zipfile.ZipFile(io.BytesIO(exported)) as archive:
        names = set(archive.namelist())
    encoder = {f"text-encoder/{path.name}" for path in TEXT_ENCODER.iterdir()}
    unread = {name for name in encoder if name.endswith(".pkl")}
    assert names == (encoder - unread) | {
        *("README.md", "LICENSE", "LICENSE-WordNet.txt"),
        *("checkpoint-00000007.npz", "generator-00000007.tflite"),
    }
    assert b"/secret/place" not in exported
    assert Sampler.load(file).header.data == "faces, 9 pictures, 1a2b"


def test_the_program_draws_from_it_without_tensorflow(file, tmp_path):
    arguments = ["--generate", "--text", TEXTS[0], "--model", str(file), "-o", str(tmp_path / "o")]
    code = (
        f"import sys, DCGAN\nassert DCGAN.main({arguments!r}) == 0\n"
        "assert not {'tensorflow', 'keras'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True)
    assert (tmp_path / "o" / "sample_1_1.jpg").is_file()


def test_unpacked_it_is_a_model_folder(file, tmp_path):
    shutil.unpack_archive(file, tmp_path / "unpacked")
    one, two = (Sampler.load(p).sample(TEXTS) for p in (file, tmp_path / "unpacked"))
    np.testing.assert_array_equal(one, two)


def test_a_zip_of_the_unpacked_folder_draws_too(file, tmp_path):
    shutil.unpack_archive(file, tmp_path / "unpacked" / "friend")
    (tmp_path / "unpacked" / "__MACOSX").mkdir()
    shutil.make_archive(str(tmp_path / "again"), "zip", tmp_path / "unpacked")
    one, two = (Sampler.load(p) for p in (file, tmp_path / "again.zip"))
    np.testing.assert_array_equal(one.sample(TEXTS), two.sample(TEXTS))
    assert one.encoder.fingerprint == two.encoder.fingerprint
    assert isinstance(two.encoder.directory, zipfile.Path)


def test_advice_on_a_damaged_zip_fits_a_zip(file, refused, tmp_path):
    for number, wrong in enumerate(("checkpoint-00000007.npz", "generator-00000007.tflite")):
        path = tmp_path / f"{number}.zip"
        with zipfile.ZipFile(file) as old, zipfile.ZipFile(path, "w") as new:
            for name in old.namelist():
                new.writestr(name, b"damaged" if name == wrong else old.read(name))
        code, message = refused("--generate", "--text", "a", "--model", path)
        assert code == 1 and wrong in message
        assert "Copy or download the zip again." in message
        assert "Remove it" not in message and "Restore it" not in message


@pytest.mark.parametrize("suffix", [suffix for suffix in EXPORTS if suffix != ".zip"])
def test_only_the_zip_is_drawn_from(suffix, refused, tmp_path):
    path = tmp_path / f"faces{suffix}"
    path.touch()
    code, message = refused("--generate", "--text", "a", "--model", path)
    assert code == 2 and "of what --export writes, only the .zip draws here" in message


def test_a_copy_of_a_copy_is_the_same(file, tmp_path):
    (tmp_path / "copy.zip").write_bytes(export(Sampler.load(file)).data)
    one, two = (Sampler.load(path).sample(TEXTS) for path in (file, tmp_path / "copy.zip"))
    np.testing.assert_array_equal(one, two)
    assert Sampler.load(tmp_path / "copy.zip").fingerprint == Sampler.load(file).fingerprint
    first, second = (zipfile.ZipFile(path) for path in (file, tmp_path / "copy.zip"))
    with first, second:
        assert first.namelist() == second.namelist()
        assert first.read("README.md") == second.read("README.md")


def test_what_is_saved_from_a_copy_is_another_model(file, tmp_path):
    sampler = Sampler.load(file)
    path = checkpoint.save(tmp_path, sampler.header, checkpoint.read_arrays(sampler.path))
    header = checkpoint.read_header(path)
    assert sampler.header.half_of and not header.half_of
    assert checkpoint.fingerprint(path, header) != sampler.fingerprint


def test_its_own_encoder_goes_with_it(encoder_folder, write_model, tmp_path):
    encoder = load_encoder(encoder_folder)  # found nowhere but beside the model
    write_model(tmp_path / "model", encoder)
    encoder_folder.rename(tmp_path / "model" / "text-encoder")
    sampler = Sampler.load(tmp_path / "model")
    (tmp_path / "own.zip").write_bytes(export(sampler).data)
    shutil.rmtree(tmp_path / "model")
    copy = Sampler.load(tmp_path / "own.zip")
    texts = ["blue hair", "a girl"]
    np.testing.assert_array_equal(copy.encoder.encode(texts), encoder.encode(texts))


def test_an_encoder_that_is_too_large_stays_behind(small, monkeypatch, tmp_path):
    monkeypatch.setattr(module, "_encoder_files", lambda _: [tmp_path / "large"])
    with (tmp_path / "large").open("wb") as file:
        file.truncate(10**8 + 1)
    data, notes = export(small)
    assert "without its sentence encoder" in notes[1]
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert not any("encoder" in name for name in archive.namelist())


def test_what_draws_other_faces_is_not_written(small, monkeypatch, tmp_path, refused):
    monkeypatch.setattr(module, "HALF_TOLERANCE", 1e-9)
    path = tmp_path / "mine.zip"
    code, message = refused("--export", path, "--model", small.path.parent)
    assert code == 1 and "does not draw what" in message and not path.exists()


def test_the_card_names_data_licence_and_the_way_to_draw(small):
    card = model_card(small, module._USE)
    for text in ("--model FILE.zip", "faces, 9 pictures", "random weights", "MIT licence"):
        assert text in card
    assert "/secret" not in card
    header = dataclasses.replace(small.header, origin="pretrained, step 9", data="a|b\nc, 1")
    changed = model_card(Sampler(small.path, header, small.encoder), "")
    assert "artists were not\n" in changed and "a\\|b\\nc, 1 |" in changed


def test_an_exported_model_is_not_trained(file, refused):
    code, message = refused("--train", "--model", file)
    assert code == 2 and "an exported model only draws" in message


def test_a_zip_without_a_model_is_named(refused, tmp_path):
    with zipfile.ZipFile(tmp_path / "faces.zip", "w") as archive:
        archive.writestr("1.png", b"")
    for name, words in (("faces.zip", "holds no model"), ("none.zip", "there is no such file")):
        path = tmp_path / name
        code, message = refused("--generate", "--text", "a", "--model", path)
        assert code == 2 and f"--model {path}" in message and words in message
    with pytest.raises(ProjectError, match="no model in"):
        Sampler.load(tmp_path / "faces.zip")


@pytest.mark.parametrize("suffix", EXPORTS)
def test_a_file_that_no_export_wrote_is_kept(suffix, refused, tmp_path):
    path = tmp_path / f"mine{suffix.upper()}"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("README.md", "# My pictures")
        archive.writestr("checkpoint-00000007.npz", "mine")
        archive.writestr("config.json", '{"config": {"name": "mine"}}')
    before = path.read_bytes()
    code, message = refused("--export", path, "--model", "pretrained")
    assert code == 2 and f"{path} is there already, and this program did not write it" in message
    assert path.read_bytes() == before


def test_the_command_writes_the_file_and_says_so(small, tmp_path, capsys):
    path = tmp_path / "new" / "mine.zip"
    for _ in range(2):  # the second replaces the first
        assert main(["--export", str(path), "--model", str(small.path.parent)]) == 0
    out = capsys.readouterr().out
    assert "draws what the model draws" in out and f"{path}: " in out and " MB" in out
    assert Sampler.load(path).header.step == 7

"""`--interpolate`: a film that begins and ends with the two faces."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from commands.interpolate import between
from DCGAN import main
from sampler import Sampler


def draw(output, *arguments):
    assert main(["--generate", "-o", str(output), "--model", "pretrained", *arguments]) == 0


def test_noise_takes_an_arc_and_vectors_a_straight_way(normal):
    vectors, noise = normal(2, 8), normal(2, 100, seed=1)
    way, arc = between(vectors, noise, 5)
    np.testing.assert_allclose(way[2], vectors.mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(arc[[0, 4]], noise, atol=1e-5)
    np.testing.assert_allclose(way[[0, 4]], vectors, atol=1e-6)
    lengths = np.linalg.norm(arc, axis=1)
    assert lengths.min() > 0.95 * np.linalg.norm(noise, axis=1).min()
    assert np.linalg.norm(noise.mean(axis=0)) < 0.8 * lengths.min()  # a straight way is no face's


@given(st.floats(-1, 1), st.integers(2, 9))
def test_any_pair_of_directions_has_a_way(factor, count):
    first = np.arange(1, 5, dtype=np.float32)
    noise = np.stack([first, np.float32(factor) * first])
    arc = between(np.zeros((2, 3), np.float32), noise, count)[1]
    assert arc.shape == (count, 4) and np.isfinite(arc).all()
    np.testing.assert_allclose(arc[[0, -1]], noise, atol=1e-3)


def test_a_film_between_descriptions(capsys, tmp_path):
    texts = ["blue hair red eyes", "pink hair green eyes"]
    draw(tmp_path, "--interpolate", *texts, "--seed", "7", "--frames", "20", "--format", "webp")
    said = capsys.readouterr().out
    assert "seed     7\n" in said and "'pink hair green eyes': hair: pink, eyes: green\n" in said
    assert said.endswith(f"{tmp_path}/film.webp: 20 frames of 64 px\n")
    expected = Sampler.load("pretrained").sample(texts, seed=7)
    with Image.open(tmp_path / "film.webp") as film:
        for frame, face in ((0, expected[0]), (19, expected[1])):
            film.seek(frame)
            assert np.abs(np.asarray(film.convert("RGB")) - face.astype(int)).mean() < 6
        with pytest.raises(EOFError):  # there are 20
            film.seek(20)


def test_a_film_between_a_file_and_a_description(capsys, tmp_path):
    draw(tmp_path, "--text", "blue hair red eyes", "--seed", "7", "--format", "png")
    face = tmp_path / "sample_1_1.png"
    arguments = [str(face), "black hair", "--frames", "2", "--loop"]
    draw(tmp_path, "--interpolate", *arguments)
    said = capsys.readouterr().out
    assert f"face     {face}: seed 7, face 1_1, take 1: 'blue hair red eyes'\n" in said
    assert said.endswith("film.gif: 2 frames of 64 px\n"), "the way back has no frame of its own"
    with Image.open(tmp_path / "film.gif") as film, Image.open(face) as image:
        assert film.info["loop"] == 0
        first = np.asarray(film.convert("RGB")).astype(int)
        assert np.abs(first - np.asarray(image)).mean() < 8


def test_both_ends_of_files_need_no_seed(capsys, tmp_path):
    draw(tmp_path, "--text", "blue hair", "-n", "2", "--seed", "7")
    ends = [str(tmp_path / f"sample_1_{j}.jpg") for j in (1, 2)]
    capsys.readouterr()
    draw(tmp_path, "--interpolate", *ends, "--frames", "3")
    assert "seed     " not in capsys.readouterr().out.replace("face     ", "")


def test_a_missing_package_is_said_before_anything_is_drawn(refusal, monkeypatch, tmp_path):
    monkeypatch.setattr("files.films.importlib.util.find_spec", lambda _: None)
    message = refusal("--generate", "--interpolate", "a", "b", "--format", "mp4", "-o", tmp_path)
    assert "requirements-film.txt" in message and not any(tmp_path.iterdir())


def test_a_loop_counts_the_way_back_and_no_film_is_lost(capsys, tmp_path):
    (tmp_path / "film.mp4").write_bytes(b"earlier")
    arguments = ["--interpolate", "red hair", "blue hair", "--frames", "5", "--loop"]
    for name in ("film_2.gif", "film_3.gif"):
        draw(tmp_path, *arguments)
        assert capsys.readouterr().out.endswith(f"{tmp_path / name}: 8 frames of 64 px\n")
    assert (tmp_path / "film.mp4").read_bytes() == b"earlier"
    with Image.open(tmp_path / "film_2.gif") as film:
        assert getattr(film, "n_frames", 0) == 8


def test_ends_that_are_none_are_named(refusal, tmp_path):
    message = refusal("--generate", "--interpolate", "red hair", tmp_path)
    assert f"{tmp_path} is a folder. Name the file of a face in it" in message
    message = refusal("--generate", "--interpolate", "red hair", "")
    assert "--interpolate: no text. Give two descriptions" in message
    assert "folder" not in message

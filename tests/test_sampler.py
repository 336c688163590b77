"""The sampler: what an image depends on, what is written, and that TensorFlow stays out."""

import dataclasses
import json
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import config
import sampler as module
import skipthoughts_encoder
from checkpoints import checkpoint
from checkpoints.checkpoint import Header
from commands.drawing import Face, FaceWriter
from config import (
    FORMER_ENCODER,
    PRETRAINED,
    ROOT,
    TEXT_ENCODER,
    ModelConfig,
    ProjectError,
    TrainConfig,
)
from files.images import to_uint8
from sampler import Sampler
from skipthoughts_encoder import find_encoder, load_encoder
from text.colours import HAIR_COLOURS
from training.trainer import Trainer

TEXTS = ["blue hair red eyes", "pink hair green eyes", "black hair yellow eyes"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A model folder with an untrained model for the encoder that ships."""
    folder = tmp_path_factory.mktemp("model")
    encoder = load_encoder(TEXT_ENCODER)
    config = ModelConfig(encoder.dim, encoder.fingerprint, size=32, width=4, noise=5)
    trainer = Trainer(config, TrainConfig())
    vectors = encoder.encode(TEXTS)[:, None]
    trainer.adapt(vectors)
    trainer.refresh_statistics(vectors, np.arange(3))
    litert = checkpoint.export(trainer.nets.ema)
    checkpoint.save(folder, Header(config, TrainConfig(), step=7), trainer.arrays(), litert)
    return folder


@pytest.fixture
def open_sampler(fact_encoder, tmp_path):
    """A sampler whose encoder hears every fact and whose model has a record of its colours."""
    encoder = fact_encoder("cyborg")
    config = ModelConfig(encoder.dim, encoder.fingerprint, size=32, width=4, noise=5)
    shown = {f"{colour} hair": 10 for colour in HAIR_COLOURS}
    shown |= {"red eyes": 300, "blue eyes": 100, "smile": 50}
    trainer = Trainer(config, TrainConfig())
    header = Header(config, TrainConfig(), step=7, shown=shown)
    path = checkpoint.save(tmp_path / "open", header, trainer.arrays())
    return Sampler(path, checkpoint.read_header(path), encoder)


def test_open_colours_are_drawn_as_often_as_the_model_was_shown_them(open_sampler):
    open_sampler.prepare(["xyzzy"] * 400, [(0, 1, j) for j in range(400)])
    drawn = [text.split(" hair ") for text in open_sampler.encoder.encoded if " hair " in text]
    effective = []
    for slot in range(2):
        shares = np.array([*Counter(tags[slot] for tags in drawn).values()]) / len(drawn)
        effective.append(np.exp(-(shares * np.log(shares)).sum()))
    assert len(drawn) == 400
    assert effective == pytest.approx([12, 1.755], abs=0.35)  # e to the entropy of the record


def test_the_colours_of_an_image_depend_on_its_seed_only(open_sampler):
    texts = ["smile", "smile", "hat", "red hair red eyes", "nothing known"]
    seeds = [(3, i, j) for i, j in ((1, 1), (1, 2), (1, 1), (4, 1), (1, 1))]
    vectors, (noise,) = open_sampler.prepare(texts, seeds)
    encoded = open_sampler.encoder.encoded
    texts_read, drawn = encoded[:-5], encoded[-5:]
    assert texts_read == [*dict.fromkeys(texts)] and drawn[3] == "red hair red eyes"
    colours = drawn[4]  # of words that mean nothing
    assert drawn[0] == f"smile, {colours}"
    assert drawn[2] == colours, "a hat was never shown"
    assert drawn[1] != drawn[0]
    for i, seed in enumerate(seeds):
        alone, (its_noise,) = open_sampler.prepare([texts[i]], [seed])
        np.testing.assert_array_equal(alone[0], vectors[i])
        np.testing.assert_array_equal(its_noise[0], noise[i])
        np.testing.assert_array_equal(noise[i], open_sampler.noise(seed))


def test_generate_and_sample_draw_the_same_colours(open_sampler, tmp_path):
    texts = ["smile", "hat"]
    faces = open_sampler.sample(texts, seed=5)
    write(open_sampler, tmp_path, 2, texts, seed=5)
    for k, face in enumerate(faces, start=1):
        with Image.open(tmp_path / f"sample_{k}_1.png") as image:
            assert np.abs(face - np.asarray(image).astype(int)).max() <= 1


def test_without_a_record_texts_are_encoded_as_they_stand(open_sampler):
    open_sampler.header = dataclasses.replace(open_sampler.header, shown={})
    open_sampler.prepare(["smile"], [(0, 1, 1)])
    assert open_sampler.encoder.encoded == ["smile"]


def write(sampler, output, count, texts=TEXTS, seed=3, form="png"):
    faces = [
        Face(text, seed, i, j, f"sample_{i}_{j}")
        for i, text in enumerate(texts, start=1)
        for j in range(1, count + 1)
    ]
    written = FaceWriter(sampler, output, form).write(faces)
    assert [face._replace(take=None) for face, _ in written] == faces


def draw(folder, output, *arguments, **named):
    write(Sampler.load(folder), output, *arguments, **named)
    return {path.name: path.read_bytes() for path in output.iterdir()}


@pytest.mark.parametrize("kind", [str, Path])
def test_a_seed_gives_the_faces_that_generate_gives(folder, tmp_path, kind):
    sampler = Sampler.load(kind(folder))
    faces = sampler.sample(TEXTS, seed=7)
    assert faces.shape == (3, 32, 32, 3) and faces.dtype == np.uint8
    draw(folder, tmp_path, 2, seed=7)
    for k, face in enumerate(faces, start=1):
        with Image.open(tmp_path / f"sample_{k}_1.png") as image:
            np.testing.assert_array_equal(face, np.asarray(image))
    seeds = [(7, k, 1) for k in (1, 2, 3)]
    np.testing.assert_array_equal(sampler.sample(TEXTS, seeds), faces)
    assert (sampler.sample(TEXTS, seed=8) != faces).any()
    np.testing.assert_array_equal(sampler.sample(TEXTS), sampler.sample(TEXTS, seed=0))


def test_the_model_that_ships_has_a_name_and_its_face_can_be_saved(tmp_path):
    faces = Sampler.load("pretrained").sample(["blue hair red eyes"], seed=7)
    assert faces.shape == (1, 64, 64, 3) and faces.dtype == np.uint8
    Image.fromarray(faces[0]).save(tmp_path / "face.png")
    with Image.open(tmp_path / "face.png") as image:
        np.testing.assert_array_equal(np.asarray(image), faces[0])


def test_truncation_scales_the_noise(folder):
    sampler = Sampler.load(folder)
    texts, seeds = [TEXTS[0]] * 8, [(1, 1, j) for j in range(8)]
    vectors, (noise,) = sampler.prepare(texts, seeds)
    half = sampler.sample(texts, seeds, truncation=0.5)
    np.testing.assert_array_equal(half, sampler.draw(vectors, noise * np.float32(0.5)))
    assert len(np.unique(half, axis=0)) == 8
    assert len(np.unique(sampler.sample(texts, seeds, truncation=0), axis=0)) == 1
    default = sampler.sample(texts, seeds, truncation=config.TRUNCATION)
    np.testing.assert_array_equal(sampler.sample(texts, seeds), default)


def test_each_description_needs_a_seed(folder):
    sampler = Sampler.load(folder)
    with pytest.raises(ValueError, match=r"needs 3 seeds, or one integer\. Received: \[\(1,\)\]"):
        sampler.sample(TEXTS, [(1,)])
    with pytest.raises(TypeError):
        sampler.sample("blue hair", seed=1)


def test_litert_and_tensorflow_draw_the_same(folder, newest):
    path = newest(folder)
    noise = np.random.default_rng(0).standard_normal((16, 5), np.float32)
    text = load_encoder(TEXT_ENCODER).encode(TEXTS)[np.arange(16) % 3]
    header = checkpoint.read_header(path)
    by_litert = module._litert(checkpoint.generator_path(path), header)
    assert by_litert is not None
    one, two = by_litert(noise, text), module._tensorflow(path, header.model)(noise, text)
    assert one.std() > 0.01
    np.testing.assert_allclose(one, two, atol=1e-3)


def test_half_precision_draws_the_same_images(folder, newest, tmp_path):
    sampler = Sampler.load(folder)
    trainer = Trainer(sampler.header.model, TrainConfig())
    path = newest(folder)
    trainer.restore(path)
    (tmp_path / "half.tflite").write_bytes(checkpoint.export(trainer.nets.ema, half=True))
    noise = np.stack([sampler.noise((0, 1, j)) for j in range(16)])
    text = sampler.encoder.encode([TEXTS[0]] * 16)
    one = sampler.draw(text, noise).astype(int)
    header = dataclasses.replace(sampler.header, exported=None)
    by_half = module._litert(tmp_path / "half.tflite", header)
    assert by_half is not None
    two = to_uint8(by_half(noise, text))
    assert np.abs(one - two).max() <= 2 and np.mean(one == two) > 0.8  # of 255 levels
    whole = checkpoint.generator_path(path).stat().st_size
    assert (tmp_path / "half.tflite").stat().st_size < 0.7 * whole


def test_without_litert_tensorflow_draws(folder, monkeypatch):
    seeds = [(1, 1, 1)] * 3
    expected = Sampler.load(folder).sample(TEXTS, seeds)
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    drawn = Sampler.load(folder).sample(TEXTS, seeds)
    assert np.abs(drawn.astype(int) - expected).max() <= 1


def test_an_image_depends_on_model_text_seed_i_and_j_only(folder, tmp_path):
    many = draw(folder, tmp_path / "many", 20)
    few = draw(folder, tmp_path / "few", 2)
    assert len(many) == 60 and len(few) == 6
    assert all(many[name] == image for name, image in few.items())
    assert len(set(many.values())) == 60
    # Another first description changes its own images only.
    other = draw(folder, tmp_path / "other", 2, ["gray hair aqua eyes", *TEXTS[1:]])
    same = {name for name in few if few[name] == other[name]}
    assert same == {name for name in few if not name.startswith("sample_1_")}
    assert draw(folder, tmp_path / "seed", 1, seed=4)["sample_1_1.png"] != few["sample_1_1.png"]


def test_place_in_the_batch_does_not_matter(folder):
    sampler = Sampler.load(folder)
    seeds = [(9, 1, j) for j in range(40)]
    together = sampler.sample([TEXTS[0]] * 40, seeds)
    alone = [sampler.sample([TEXTS[0]], [seed])[0] for seed in seeds]
    np.testing.assert_array_equal(together, alone)


def test_names_formats_and_sizes(folder, tmp_path):
    draw(folder, tmp_path, 2, form="jpg")
    names = {f"sample_{i}_{j}.jpg" for i in (1, 2, 3) for j in (1, 2)}
    assert {path.name for path in tmp_path.iterdir()} == names
    with Image.open(tmp_path / "sample_2_1.jpg") as image:
        assert (image.format, image.size, image.mode) == ("JPEG", (32, 32), "RGB")
        layers = image.layer  # type: ignore[attr-defined]
        assert all(layer[1:3] == (1, 1) for layer in layers)  # 4:4:4
        assert json.loads(image.info["comment"])["description"] == TEXTS[1]


def test_an_encoder_that_is_nowhere_is_asked_for(tmp_path, folder):
    with pytest.raises(ProjectError, match="fingerprint 000000") as caught:
        find_encoder("0" * 64, [tmp_path])
    assert all(str(place) in str(caught.value) for place in (tmp_path, TEXT_ENCODER))
    fingerprint = load_encoder(TEXT_ENCODER).fingerprint
    assert find_encoder(fingerprint, [tmp_path, TEXT_ENCODER]).directory == TEXT_ENCODER


def test_the_encoder_in_a_model_s_folder_comes_before_the_usual_ones(folder, tmp_path, newest):
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    own = shutil.copytree(TEXT_ENCODER, tmp_path / "text-encoder")
    assert Sampler.load(tmp_path).encoder.directory == own
    named = shutil.copytree(TEXT_ENCODER, tmp_path / "named")
    assert Sampler.load(tmp_path, named).encoder.directory == named
    assert Sampler.load(PRETRAINED).encoder.directory == TEXT_ENCODER


def test_models_made_with_the_former_encoder_find_it():
    fingerprint = "91881771c36f"  # it shipped with models up to November 2026
    encoder = find_encoder(load_encoder(FORMER_ENCODER).fingerprint)
    assert encoder.directory == FORMER_ENCODER and encoder.fingerprint.startswith(fingerprint)


def test_a_clone_without_weights_matters_only_where_they_are_wanted(tmp_path, monkeypatch):
    clone, nowhere = tmp_path / "skip-thoughts", tmp_path / "skipthoughts"
    clone.mkdir()
    for name in ("skipthoughts.py", "README.md", "dictionary.txt"):
        (clone / name).touch()
    monkeypatch.setattr(config, "ENCODERS", (clone, nowhere, TEXT_ENCODER))
    assert find_encoder(load_encoder(TEXT_ENCODER).fingerprint).directory == TEXT_ENCODER
    with pytest.raises(ProjectError) as caught:
        find_encoder("0" * 64)
    message = str(caught.value)
    missing = "utable.npy, btable.npy, uni_skip.npz, bi_skip.npz\n"
    assert f"{clone}: no model, it lacks {missing}" in message
    assert f"{nowhere}: no such folder" in message
    assert f"{TEXT_ENCODER}: a different encoder, 8cffb03e64e0" in message


def test_an_encoder_that_is_not_wanted_is_not_opened(tmp_path, monkeypatch):
    for name in skipthoughts_encoder.FILES:
        (tmp_path / name).write_bytes(b"no such file")
    monkeypatch.setattr(config, "ENCODERS", (tmp_path, TEXT_ENCODER))
    assert find_encoder(load_encoder(TEXT_ENCODER).fingerprint).directory == TEXT_ENCODER


def test_a_folder_without_a_model_is_an_error(tmp_path):
    with pytest.raises(ProjectError, match="no model"):
        Sampler.load(tmp_path)


def test_a_damaged_export_is_named(folder, tmp_path, newest):
    path = Path(shutil.copy(newest(folder), tmp_path))
    checkpoint.generator_path(path).write_bytes(b"not a model")
    with pytest.raises(ProjectError, match="generator-00000007"):
        Sampler.load(tmp_path)


def test_an_export_of_which_a_byte_was_changed_is_named(folder, tmp_path, newest):
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    path = checkpoint.generator_path(newest(tmp_path))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(ProjectError, match=f"{path.name} cannot be read.* TensorFlow then"):
        Sampler.load(tmp_path)


def test_a_checkpoint_that_was_renamed_is_refused(folder, tmp_path, newest):
    for name in (path := newest(folder), checkpoint.generator_path(path)):
        shutil.copy(name, tmp_path / name.name.replace("7", "9"))
    with pytest.raises(ProjectError, match=r"00000009.npz holds step 7, .* checkpoint-00000007"):
        Sampler.load(tmp_path)


def test_an_output_that_cannot_be_written_is_named(folder, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ProjectError, match="file"):
        write(Sampler.load(folder), tmp_path / "file", 1)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
def test_drawing_that_is_ended_leaves_nothing_half_written(tmp_path):
    command = [sys.executable, "DCGAN.py", "--generate", "--text", "red hair", "-n", "100000"]
    process = subprocess.Popen([*command, "-o", str(tmp_path)], cwd=ROOT, stderr=subprocess.PIPE)
    while not any(tmp_path.glob("*.jpg")):
        assert process.poll() is None, process.communicate()
    process.terminate()
    assert process.communicate()[1].endswith(b"error: stopped\n")
    assert process.returncode == 1
    assert not list(tmp_path.glob(".*"))


def test_drawing_imports_no_tensorflow(folder, tmp_path):
    code = (
        "import sys, DCGAN\n"
        f"assert DCGAN.main(['--generate', '--text', 'blue hair', '--model', {str(folder)!r},"
        f" '-o', {str(tmp_path)!r}]) == 0\n"
        "assert not {'tensorflow', 'keras', 'nltk'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True)
    assert (tmp_path / "sample_1_1.jpg").exists()


def test_what_ships_is_small_and_draws_the_same_by_tensorflow(newest):
    path = newest(PRETRAINED)
    assert sum(file.stat().st_size for file in PRETRAINED.iterdir()) <= 15 * 2**20
    sampler = Sampler.load(PRETRAINED)
    text = sampler.encoder.encode(TEXTS)[np.arange(16) % 3]
    noise = np.stack([sampler.noise((1, 1, j)) for j in range(16)])
    one = sampler.draw(text, noise).astype(int)
    two = to_uint8(module._tensorflow(path, sampler.header.model)(noise, text))
    # LiteRT folds constants before it halves the precision, TensorFlow reads halved weights.
    assert np.abs(one - two).max() <= 1 and np.mean(one == two) > 0.95

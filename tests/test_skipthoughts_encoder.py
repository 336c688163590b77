"""Sentence vectors against those of the published Theano program, fingerprints, bad files."""

import json
import math
import os
import pickle
import re
import shutil
import zipfile
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

import config
from config import ROOT, ProjectError
from files import derived
from skipthoughts_encoder import FILES, load_encoder
from text.tokens import Spelling, tokenize

GOLDEN = ROOT / "tests" / "golden" / "skipthoughts_tiny"
SENTENCES = json.loads((GOLDEN / "sentences.json").read_text(encoding="utf-8"))
TOKENS = json.loads((GOLDEN / "tokens.json").read_text(encoding="utf-8"))
# Keys of reference.npz, with the options that its vectors were made with.
OPTIONS: dict[str, dict[str, Any]] = {
    "default": {},
    "nonorm": {"use_norm": False},
    "eos": {"use_eos": True},
    "eos_nonorm": {"use_norm": False, "use_eos": True},
    "bs3": {"batch_size": 3},
    "single": {"batch_size": 1},
}

pytestmark = pytest.mark.usefixtures("no_nltk_data")


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    """The tiny published model."""
    return load_encoder(shutil.copytree(GOLDEN, tmp_path_factory.mktemp("model") / "tiny"))


@pytest.fixture(scope="module")
def shipped():
    """The model that ships, one of this project."""
    return load_encoder(config.TEXT_ENCODER)


def edit_npz(path, **changes):
    with np.load(path) as arrays:
        np.savez(path, **{**arrays, **changes})


@pytest.mark.parametrize("tables", ["objects", "plain"])
def test_vectors_match_the_published_program(encoder_folder, tables):
    if tables == "plain":
        for table in ("utable", "btable"):
            shutil.copyfile(GOLDEN / f"{table}_plain2d.npy", encoder_folder / f"{table}.npy")
    for _ in range(2):  # converts the tables, then reads the converted ones
        encoder = load_encoder(encoder_folder)
        assert isinstance(encoder.utable, np.memmap)
        with np.load(GOLDEN / "reference.npz") as reference:
            for key, options in OPTIONS.items():
                vectors = encoder.encode(SENTENCES, **options)
                assert vectors.dtype == np.float32
                np.testing.assert_allclose(vectors, reference[key], rtol=0, atol=1e-5)


@given(st.lists(st.sampled_from(SENTENCES), max_size=12), st.integers(1, 13), st.booleans())
@settings(max_examples=50)
def test_each_vector_depends_on_its_text_alone(encoder, texts, batch_size, use_eos):
    vectors = encoder.encode(texts, use_eos=use_eos, batch_size=batch_size)
    assert vectors.shape == (len(texts), encoder.dim) == (len(texts), 48)
    alone = {text: encoder.encode([text], use_eos=use_eos)[0] for text in set(texts)}
    for text, vector in zip(texts, vectors, strict=True):
        np.testing.assert_allclose(vector, alone[text], rtol=0, atol=1e-6)
        np.testing.assert_array_equal(vector, vectors[texts.index(text)])


def test_large_weights_do_not_overflow(encoder_folder):
    edit_npz(encoder_folder / "uni_skip.npz", encoder_b=np.full(48, -1e30, np.float32))
    assert np.isfinite(load_encoder(encoder_folder).encode(["blue hair"])).all()


def test_a_published_model_corrects_nothing(encoder):
    assert encoder.spelling is None
    text = "xyzzy — Blue hair; xyzzy's hiar, crimson... UNK @ café"
    reading = encoder.read(text)
    assert reading.words == tokenize(text)
    assert reading.mended == {}
    assert reading.unknown == ["xyzzy", "Blue", "hiar", "crimson"]
    assert not np.allclose(*encoder.encode(["Her Blue Hair", "her blue hair"]))


@pytest.fixture
def own(encoder_folder):
    """The tiny model as one of this project."""
    lists = {"first": ["blue", "hair"], "second": ["eyes", "crimson"], "others": ["chair", "blues"]}
    (encoder_folder / "encoder.json").write_text(json.dumps(lists))
    return load_encoder(encoder_folder)


def test_an_own_model_reads_plain_words_and_corrects_them(own):
    assert own.spelling == Spelling(
        ("blue", "hair"), ("eyes", "crimson"), frozenset(["chair", "blues"])
    )
    reading = own.read("Xyzzy, BLU-hiar; chair blues, xyzzy eyse (crimsn)!")
    words = "xyzzy , blue hair , chair blues , xyzzy eyes , crimson , ."
    assert reading.words == words.split()
    assert reading.mended == {"blu": "blue", "hiar": "hair", "eyse": "eyes", "crimsn": "crimson"}
    # `crimson` is a correction, and yet not a word that this model knows.
    assert reading.unknown == ["xyzzy", "chair", "blues", "crimson"]
    assert own.read(" ♥\n") == (["♥"], {}, ["♥"])
    assert own.read(" \n") == ([], {}, [])


def test_a_known_word_is_never_corrected(encoder_folder):
    lists = {"first": ["hairs"], "second": [], "others": []}
    (encoder_folder / "encoder.json").write_text(json.dumps(lists))
    reading = load_encoder(encoder_folder).read("hair hairz")
    assert (reading.words, reading.mended) == (["hair", "hairs"], {"hairz": "hairs"})


@pytest.mark.parametrize(
    "text", ["Her Blue Hair", "her blu hiar", "HER_BLUE-HAIR", "Her ♥ blue hair", "her\n blue Hair"]
)
def test_an_own_model_encodes_what_it_reads(own, text):
    np.testing.assert_array_equal(*own.encode([text, "her blue hair"]))
    np.testing.assert_array_equal(own.encode([text])[0], own.encode(["her blue hair"])[0])


def test_an_own_model_encodes_the_same_words_as_the_published_program(own):
    """These are the sentences that both split alike."""
    with np.load(GOLDEN / "reference.npz") as reference:
        expected = reference["default"]
    alike = [i for i, text in enumerate(SENTENCES) if own.read(text).words == TOKENS[i]]
    assert len(alike) > 1
    vectors = own.encode([SENTENCES[i] for i in alike])
    np.testing.assert_allclose(vectors, expected[alike], rtol=0, atol=1e-5)


BOARD = "(blue hair:1.2), solo, red dress, no hat, outdoors, tree, sky, red eyes, apron, bird"


def test_an_encoder_with_facts_reads_long_lists_by_them(encoder_folder):
    lists: dict[str, list[str]] = {"first": ["blue", "hair"], "second": [], "others": []}
    settings_file = encoder_folder / "encoder.json"
    settings_file.write_text(json.dumps(lists | {"facts": ["blue hair", "red eyes", "apron"]}))
    encoder = load_encoder(encoder_folder)
    assert encoder.facts == ("blue hair", "red eyes", "apron") and encoder.probe is None
    assert " ".join(encoder.read(BOARD).words) == "blue hair , red eyes , no hat , apron"
    assert encoder.read(BOARD.replace("blue", "bleu")).mended == {"bleu": "blue"}
    assert "outdoors" in encoder.read(BOARD).unknown  # of the text as it was given
    short = "(blue hair:1.2), red dress"
    assert " ".join(encoder.read(short).words) == "blue hair , dress"
    np.testing.assert_array_equal(*encoder.encode([BOARD, "blue hair, red eyes, no hat, apron"]))


def test_an_encoder_without_facts_reads_lists_as_they_stand(shipped, own):
    for encoder in (shipped, own):
        if not encoder.facts:
            assert encoder.probe is None
            words = " ".join(encoder.read(BOARD).words)
            assert words.startswith(", blue hair : 1 . 2 , , solo , red dress , no")


@given(st.text(max_size=40))
@settings(max_examples=100)
def test_any_text_is_read_or_has_no_word(shipped, text):
    reading = shipped.read(text)
    if not shipped.facts:  # else a long list is read by its facts
        assert set(reading.mended.values()) <= set(reading.words)
        assert set(reading.unknown) <= set(reading.words)
    if reading.words:
        assert np.isfinite(shipped.encode([text])).all()
    else:
        with pytest.raises(ProjectError, match="has no word"):
            shipped.encode([text])


@pytest.mark.parametrize("use_eos", [False, True])
def test_a_text_without_words_is_named(encoder, use_eos):
    with pytest.raises(ProjectError, match=r"Text 2 of 3 .*' \\n'"):
        encoder.encode(["hair", " \n", ""], use_eos=use_eos)


@pytest.mark.parametrize("texts", ["hair", ["hair", None], [b"hair"]])
def test_texts_must_be_strings(encoder, texts):
    with pytest.raises(TypeError, match="Received: "):
        encoder.encode(texts)


def test_batch_size_must_be_positive(encoder):
    with pytest.raises(ValueError, match="batch_size"):
        encoder.encode(["hair"], batch_size=0)


def test_word_vectors_that_are_nan_are_refused(encoder_folder):
    table = np.load(GOLDEN / "utable_plain2d.npy") + np.float32(np.nan)
    np.save(encoder_folder / "utable.npy", table)
    encoder = load_encoder(encoder_folder)
    with pytest.raises(ProjectError, match=rf"{re.escape(str(encoder_folder))} .*NaN or infinite"):
        encoder.encode(["blue hair"])


@pytest.mark.parametrize("always", [derived.HASH_ALWAYS, 0], ids=["small", "large"])
def test_the_fingerprint_depends_on_the_content_alone(encoder_folder, monkeypatch, always):
    monkeypatch.setattr(derived, "HASH_ALWAYS", always)
    first = load_encoder(encoder_folder).fingerprint
    for name in FILES:
        os.utime(encoder_folder / name, (1, 1))
        assert load_encoder(encoder_folder).fingerprint == first
    (encoder_folder / "uni_skip.npz.pkl").write_bytes(b"not read")
    assert load_encoder(encoder_folder).fingerprint == first

    seen = {first}
    (encoder_folder / "encoder.json").write_text('{"first": [], "second": [], "others": []}')
    seen.add(load_encoder(encoder_folder).fingerprint)
    with (encoder_folder / "dictionary.txt").open("r+b") as file:
        file.write(b"THE")
    seen.add(load_encoder(encoder_folder).fingerprint)
    edit_npz(encoder_folder / "bi_skip.npz", encoder_r_b=np.zeros(24, np.float32))
    seen.add(load_encoder(encoder_folder).fingerprint)
    shutil.copyfile(GOLDEN / "utable_plain2d.npy", encoder_folder / "utable.npy")
    seen.add(load_encoder(encoder_folder).fingerprint)
    assert len(seen) == 5


def test_a_large_model_is_hashed_once(encoder_folder, monkeypatch):
    monkeypatch.setattr(derived, "HASH_ALWAYS", 0)
    first = load_encoder(encoder_folder).fingerprint
    monkeypatch.delattr(derived, "_hash")
    assert load_encoder(encoder_folder).fingerprint == first


class Touch:
    """Makes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch '{self.path}'",)


def test_pickled_options_are_never_opened(encoder_folder):
    for name in ("uni_skip", "bi_skip"):
        (encoder_folder / f"{name}.npz.pkl").write_bytes(
            pickle.dumps(Touch(encoder_folder / "touched"))
        )
    load_encoder(encoder_folder).encode(["blue hair"])
    assert not (encoder_folder / "touched").exists()


def test_missing_files_are_listed_together(tmp_path, encoder_folder):
    with pytest.raises(ProjectError, match=", ".join(FILES)):
        load_encoder(tmp_path / "nowhere")
    (encoder_folder / "btable.npy").unlink()
    with pytest.raises(ProjectError, match=r"it lacks btable\.npy\."):
        load_encoder(encoder_folder)


@pytest.mark.parametrize("size", [0, 9, 100, 0.5, -1])
@pytest.mark.parametrize("name", [*FILES, "utable_plain2d.npy"])
def test_a_truncated_file_is_named(encoder_folder, name, size):
    path = encoder_folder / name.replace("_plain2d", "")
    content = (GOLDEN / name).read_bytes()
    path.write_bytes(content[: int(size * len(content)) if size == 0.5 else size])
    if name == "dictionary.txt" and size == -1:
        return  # a last line is whole without its line end
    with pytest.raises(ProjectError, match=path.name.replace(".", r"\.")):
        load_encoder(encoder_folder)


@pytest.mark.parametrize(
    ("name", "array", "expected"),
    [
        ("uni_skip.npz", "encoder_U", "(24, 48)"),
        ("uni_skip.npz", "encoder_bx", "(24,)"),
        ("bi_skip.npz", "encoder_r_Wx", "(20, 12)"),
        ("bi_skip.npz", "encoder_r_b", "(24,)"),
    ],
)
@pytest.mark.parametrize("wrong", [np.zeros((3, 5), np.float32), np.array([None])])
def test_an_array_that_does_not_fit_is_named(encoder_folder, name, array, expected, wrong):
    edit_npz(encoder_folder / name, **{array: wrong})
    with pytest.raises(ProjectError) as error:
        load_encoder(encoder_folder)
    message = str(error.value)
    assert name in message
    if wrong.dtype != object:  # an object array is refused before its shape is known
        assert all(part in message for part in (array, expected, "(3, 5)"))


@pytest.mark.parametrize(("dim", "data"), [(10**6, b""), (2_000, bytes(2**26))])
def test_weights_larger_than_their_file_are_refused(encoder_folder, dim, data):
    e, d = 20, dim
    shapes = {"W": (e, 2 * d), "b": (2 * d,), "U": (d, 2 * d), "Wx": (e, d), "bx": (d,)}
    with zipfile.ZipFile(encoder_folder / "uni_skip.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, shape in (shapes | {"Ux": (d, d)}).items():
            with archive.open(f"encoder_{name}.npy", "w") as file:
                header = {"descr": "<f8", "fortran_order": False, "shape": shape}
                np.lib.format.write_array_header_1_0(file, header)
                file.write(data[: 8 * math.prod(shape)])
    with pytest.raises(ProjectError, match=r"uni_skip\.npz cannot be read: .* bytes\. It is cut"):
        load_encoder(encoder_folder)


@pytest.mark.parametrize(
    "content",
    [
        *("", "[]", "{}", "3", "null", '{"lowercase": true}', '{"first": [], "second": []}'),
        '{"first": ["a"], "second": [1], "others": []}',
        '{"first": [["a"]], "second": [], "others": []}',
        '{"first": [], "second": 3, "others": []}',
        '{"first": null, "second": [], "others": []}',
        '{"first": "hair", "second": [], "others": []}',
        '{"first": [], "second": [], "others": {"hair": 1}}',
        '{"first": [], "second": [], "others": [], "facts": "hat"}',
        '{"first": [], "second": [], "others": [], "facts": [3]}',
        "[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_settings_that_cannot_be_read_are_named(encoder_folder, content):
    data = content if isinstance(content, bytes) else content.encode()
    (encoder_folder / "encoder.json").write_bytes(data)
    with pytest.raises(ProjectError, match=r"encoder\.json"):
        load_encoder(encoder_folder)

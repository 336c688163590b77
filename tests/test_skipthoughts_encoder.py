"""The encoder against vectors and tokens that the original Theano program made."""

import json
import math
import os
import pickle
import shutil
import subprocess
import sys
import zipfile

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import example, given, settings

import config
import skipthoughts_encoder
from config import ROOT, ProjectError
from skipthoughts_encoder import FILES, load_encoder
from text import tokens, word_vectors
from text.tokens import Spelling, tokenize

GOLDEN = ROOT / "tests" / "golden" / "skipthoughts_tiny"
SENTENCES = json.loads((GOLDEN / "sentences.json").read_text(encoding="utf-8"))
TOKENS = json.loads((GOLDEN / "tokens.json").read_text(encoding="utf-8"))
TABLES = ("utable", "btable")


@pytest.fixture(autouse=True)
def no_nltk_data(monkeypatch):
    """Results must not depend on what the machine has downloaded."""
    import nltk

    monkeypatch.setattr(nltk.data, "path", [])
    tokens._nltk_splitters.cache_clear()


@pytest.fixture
def folder(tmp_path):
    """A copy of the tiny model; encoders write beside their files."""
    for name in FILES:
        shutil.copyfile(GOLDEN / name, tmp_path / name)
    return tmp_path


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    return load_encoder(shutil.copytree(GOLDEN, tmp_path_factory.mktemp("model") / "tiny"))


@pytest.fixture(scope="module")
def shipped():
    return load_encoder(config.TEXT_ENCODER)


def edit_npz(path, **changes):
    with np.load(path) as arrays:
        np.savez(path, **{**arrays, **changes})


# ---- Tokens ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "words"), list(zip(SENTENCES, TOKENS, strict=True)))
def test_tokens_are_the_original_program_s(text, words):
    assert tokenize(text) == words


pieces = (
    st.sampled_from(["hair", "Her", "a", "x_1", "3", "1,5", "é", "ß", "ª", "²", "red-eyed", "Mr."])
    | st.sampled_from(["cannot", "Gonna", "wanna", "gımme", "GİMME", "lemme,", "etc.", "(red)"])
    | st.sampled_from(["-", "--", ",", ", ", ".", "?", "!", "'"])
    | st.sampled_from([" ", "  ", "\t", "\n", "\r", "\x1c", "\x85", "\xa0", "\u3000"])
)
plain_words = st.from_regex(r"\w{1,4}(-\w{1,3})?[,?!]?", fullmatch=True)


@given(
    st.lists(pieces, max_size=12).map("".join)
    | st.lists(plain_words, max_size=8).map(" ".join)
    | st.lists(plain_words, min_size=1, max_size=3).map(lambda words: " ".join(words) + ". ")
)
@example("Mr.")
@example("hair.\n")
@example("hair,\n")
@example("a! b? c.")
@settings(deadline=None, max_examples=500)
def test_plain_text_is_tokenized_as_nltk_does(text):
    from nltk.tokenize import NLTKWordTokenizer
    from nltk.tokenize.punkt import PunktSentenceTokenizer

    found = tokens._tokenize_plain(text)
    if found is not None:
        split_words = NLTKWordTokenizer().tokenize
        # One sentence or as many as can be: so whatever the data of Punkt say.
        for sentences in ([text.strip()], PunktSentenceTokenizer().tokenize(text)):
            assert found == [token for sentence in sentences for token in split_words(sentence)]


def test_plain_text_imports_no_nltk():
    program = (
        "import sys; from text import tokens\n"
        "tokens.tokenize('a red-haired girl, blue eyes! Short hair.')\n"
        "tokens.plain_words('she’s \"odd\": (blue)_hair... 3,5 Mr.')\n"
        "assert not {'nltk', 'tensorflow', 'rapidfuzz'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)


# ---- Vectors ---------------------------------------------------------------------------------


@pytest.mark.parametrize("tables", ["objects", "plain"])
def test_vectors_are_the_original_program_s(folder, tables):
    if tables == "plain":
        for table in TABLES:
            shutil.copyfile(GOLDEN / f"{table}_plain2d.npy", folder / f"{table}.npy")
    for _ in range(2):  # converts, then reads what was converted
        encoder = load_encoder(folder)
        assert isinstance(encoder.utable, np.memmap)
        with np.load(GOLDEN / "reference.npz") as reference:
            for key, options in {
                "default": {},
                "nonorm": {"use_norm": False},
                "eos": {"use_eos": True},
                "eos_nonorm": {"use_norm": False, "use_eos": True},
                "bs3": {"batch_size": 3},
                "single": {"batch_size": 1},
            }.items():
                vectors = encoder.encode(SENTENCES, **options)
                assert vectors.dtype == np.float32
                np.testing.assert_allclose(vectors, reference[key], rtol=0, atol=1e-5)


@given(st.lists(st.sampled_from(SENTENCES), max_size=12), st.integers(1, 13), st.booleans())
@settings(deadline=None, max_examples=50)
def test_each_vector_depends_on_its_text_alone(encoder, texts, batch_size, use_eos):
    vectors = encoder.encode(texts, use_eos=use_eos, batch_size=batch_size)
    assert vectors.shape == (len(texts), encoder.dim) == (len(texts), 48)
    alone = {text: encoder.encode([text], use_eos=use_eos)[0] for text in set(texts)}
    for text, vector in zip(texts, vectors, strict=True):
        np.testing.assert_allclose(vector, alone[text], rtol=0, atol=1e-6)
        np.testing.assert_array_equal(vector, vectors[texts.index(text)])


def test_large_weights_do_not_overflow(folder):
    edit_npz(folder / "uni_skip.npz", encoder_b=np.full(48, -1e30, np.float32))
    assert np.isfinite(load_encoder(folder).encode(["blue hair"])).all()


def test_a_published_model_mends_nothing(encoder):
    assert encoder.spelling is None
    text = "xyzzy — Blue hair; xyzzy's hiar, crimson... UNK @ café"
    reading = encoder.read(text)
    assert reading.words == tokenize(text)
    assert reading.mended == {}
    assert reading.unknown == ["xyzzy", "Blue", "hiar", "crimson"]
    assert not np.allclose(*encoder.encode(["Her Blue Hair", "her blue hair"]))


@pytest.fixture
def own(folder):
    """The tiny model as one of the project's own."""
    lists = {"first": ["blue", "hair"], "second": ["eyes", "crimson"], "others": ["chair", "blues"]}
    (folder / "encoder.json").write_text(json.dumps(lists))
    return load_encoder(folder)


def test_an_own_model_reads_plain_words_and_mends_them(own):
    assert own.spelling == Spelling(
        ("blue", "hair"), ("eyes", "crimson"), frozenset(["chair", "blues"])
    )
    reading = own.read("Xyzzy, BLU-hiar; chair blues, xyzzy eyse (crimsn)!")
    words = "xyzzy , blue hair , chair blues , xyzzy eyes , crimson , ."
    assert reading.words == words.split()
    assert reading.mended == {"blu": "blue", "hiar": "hair", "eyse": "eyes", "crimsn": "crimson"}
    # `crimson` is a word to mend to, and yet none that this model knows.
    assert reading.unknown == ["xyzzy", "chair", "blues", "crimson"]
    assert own.read(" ♥\n") == (["♥"], {}, ["♥"])
    assert own.read(" \n") == ([], {}, [])


def test_a_known_word_is_never_mended(folder):
    lists = {"first": ["hairs"], "second": [], "others": []}
    (folder / "encoder.json").write_text(json.dumps(lists))
    reading = load_encoder(folder).read("hair hairz")
    assert (reading.words, reading.mended) == (["hair", "hairs"], {"hairz": "hairs"})


@pytest.mark.parametrize(
    "text", ["Her Blue Hair", "her blu hiar", "HER_BLUE-HAIR", "Her ♥ blue hair", "her\n blue Hair"]
)
def test_an_own_model_s_vectors_are_of_what_is_read(own, text):
    np.testing.assert_array_equal(*own.encode([text, "her blue hair"]))
    np.testing.assert_array_equal(own.encode([text])[0], own.encode(["her blue hair"])[0])


def test_an_own_model_s_vectors_are_the_original_program_s(own):
    """Of the same words, that is: the sentences that both read alike."""
    with np.load(GOLDEN / "reference.npz") as reference:
        expected = reference["default"]
    alike = [i for i, text in enumerate(SENTENCES) if own.read(text).words == TOKENS[i]]
    assert len(alike) > 1
    vectors = own.encode([SENTENCES[i] for i in alike])
    np.testing.assert_allclose(vectors, expected[alike], rtol=0, atol=1e-5)


@given(st.text(max_size=40))
@settings(deadline=None, max_examples=100)
def test_any_text_is_read_or_has_no_word(shipped, text):
    reading = shipped.read(text)
    assert set(reading.mended.values()) <= set(reading.words)
    assert set(reading.unknown) <= set(reading.words)
    if reading.words:
        assert np.isfinite(shipped.encode([text])).all()
    else:
        with pytest.raises(ProjectError, match="has no word"):
            shipped.encode([text])


@pytest.mark.parametrize("use_eos", [False, True])
def test_text_without_words_is_named(encoder, use_eos):
    with pytest.raises(ProjectError, match=r"Text 2 of 3 .*' \\n'"):
        encoder.encode(["hair", " \n", ""], use_eos=use_eos)


@pytest.mark.parametrize("texts", ["hair", ["hair", None], [b"hair"]])
def test_texts_must_be_strings(encoder, texts):
    with pytest.raises(TypeError, match="Received: "):
        encoder.encode(texts)


def test_batch_size_must_be_positive(encoder):
    with pytest.raises(ValueError, match="batch_size"):
        encoder.encode(["hair"], batch_size=0)


# ---- Fingerprint -----------------------------------------------------------------------------


@pytest.mark.parametrize("always", [skipthoughts_encoder.HASH_ALWAYS, 0], ids=["small", "large"])
def test_fingerprint_follows_the_content_alone(folder, monkeypatch, always):
    monkeypatch.setattr(skipthoughts_encoder, "HASH_ALWAYS", always)
    first = load_encoder(folder).fingerprint
    for name in FILES:
        os.utime(folder / name, (1, 1))
        assert load_encoder(folder).fingerprint == first
    (folder / "uni_skip.npz.pkl").write_bytes(b"not read")
    assert load_encoder(folder).fingerprint == first

    seen = {first}
    (folder / "encoder.json").write_text('{"first": [], "second": [], "others": []}')
    seen.add(load_encoder(folder).fingerprint)
    with (folder / "dictionary.txt").open("r+b") as file:
        file.write(b"THE")
    seen.add(load_encoder(folder).fingerprint)
    edit_npz(folder / "bi_skip.npz", encoder_r_b=np.zeros(24, np.float32))
    seen.add(load_encoder(folder).fingerprint)
    shutil.copyfile(GOLDEN / "utable_plain2d.npy", folder / "utable.npy")
    seen.add(load_encoder(folder).fingerprint)
    assert len(seen) == 5


def test_fingerprint_of_a_large_model_is_taken_once(folder, monkeypatch):
    monkeypatch.setattr(skipthoughts_encoder, "HASH_ALWAYS", 0)
    first = load_encoder(folder).fingerprint
    monkeypatch.delattr(skipthoughts_encoder, "_hash")
    assert load_encoder(folder).fingerprint == first


# ---- Files -----------------------------------------------------------------------------------


def test_tables_are_converted_once_and_again_when_they_change(folder, monkeypatch):
    before = load_encoder(folder).encode(["blue hair"])
    with monkeypatch.context() as patch:
        patch.delattr(word_vectors, "_convert")
        np.testing.assert_array_equal(load_encoder(folder).encode(["blue hair"]), before)
    shutil.copyfile(folder / "btable.npy", folder / "utable.npy")
    assert not np.allclose(load_encoder(folder).encode(["blue hair"]), before)


def test_a_folder_that_cannot_be_written_is_read(folder):
    expected = load_encoder(folder).encode(SENTENCES)
    for table in TABLES:
        (folder / f"{table}.float32.npy").unlink()
        (folder / f"{table}.float32.npy" / "in the way").mkdir(parents=True)
    encoder = load_encoder(folder)
    np.testing.assert_array_equal(encoder.encode(SENTENCES), expected)
    assert not list(folder.glob("*.tmp"))


class Touch:
    """Makes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch '{self.path}'",)


def test_pickled_options_are_never_opened(folder):
    for name in ("uni_skip", "bi_skip"):
        (folder / f"{name}.npz.pkl").write_bytes(pickle.dumps(Touch(folder / "touched")))
    load_encoder(folder).encode(["blue hair"])
    assert not (folder / "touched").exists()


def test_missing_files_are_listed_together(tmp_path, folder):
    with pytest.raises(ProjectError, match=", ".join(FILES)):
        load_encoder(tmp_path / "nowhere")
    (folder / "btable.npy").unlink()
    with pytest.raises(ProjectError, match=r"it lacks btable\.npy\."):
        load_encoder(folder)


@pytest.mark.parametrize("size", [0, 9, 100, 0.5, -1])
@pytest.mark.parametrize("name", [*FILES, "utable_plain2d.npy"])
def test_truncated_file_is_named(folder, name, size):
    path = folder / name.replace("_plain2d", "")
    content = (GOLDEN / name).read_bytes()
    path.write_bytes(content[: int(size * len(content)) if size == 0.5 else size])
    if name == "dictionary.txt" and size == -1:
        return  # a last line without its end is whole
    with pytest.raises(ProjectError, match=path.name.replace(".", r"\.")):
        load_encoder(folder)


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
def test_array_that_does_not_fit_is_named(folder, name, array, expected, wrong):
    edit_npz(folder / name, **{array: wrong})
    with pytest.raises(ProjectError) as error:
        load_encoder(folder)
    message = str(error.value)
    assert name in message
    if wrong.dtype != object:  # an object array is refused before its shape is known
        assert all(part in message for part in (array, expected, "(3, 5)"))


@pytest.mark.parametrize(("dim", "data"), [(10**6, b""), (2_000, bytes(2**26))])
def test_weights_that_are_too_large_for_their_file_are_refused(folder, dim, data):
    e, d = 20, dim
    shapes = {"W": (e, 2 * d), "b": (2 * d,), "U": (d, 2 * d), "Wx": (e, d), "bx": (d,)}
    with zipfile.ZipFile(folder / "uni_skip.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, shape in (shapes | {"Ux": (d, d)}).items():
            with archive.open(f"encoder_{name}.npy", "w") as file:
                header = {"descr": "<f8", "fortran_order": False, "shape": shape}
                np.lib.format.write_array_header_1_0(file, header)
                file.write(data[: 8 * math.prod(shape)])
    with pytest.raises(ProjectError, match=r"uni_skip\.npz cannot be read: .* bytes\. It is cut"):
        load_encoder(folder)


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
        "[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_settings_that_cannot_be_read_are_named(folder, content):
    data = content if isinstance(content, bytes) else content.encode()
    (folder / "encoder.json").write_bytes(data)
    with pytest.raises(ProjectError, match=r"encoder\.json"):
        load_encoder(folder)

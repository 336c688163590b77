"""What all tests share: tiny faces of flat colours, folders of their own, small helpers."""

import contextlib
import io
import re
import shutil
import signal
import struct
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from PIL import Image

import config
from checkpoints import checkpoint
from config import ROOT
from console import STOP_SIGNALS
from DCGAN import main
from skipthoughts_encoder import FILES, load_encoder
from text import tokens
from text.attributes import FACTS
from text.colour_names import OTHER_WORDS, PLAIN_WORDS
from text.fact_probe import FactProbe
from text.tokens import Reading, Spelling, plain_words

config.prepare_environment()  # before any test imports TensorFlow
# No test is timed: it would fail on a machine that is slow or busy.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
settings.register_profile(  # for parsers that meet random damage
    "fuzz",
    max_examples=100,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


class FactEncoder:
    """A sentence encoder whose vectors are the facts that a text names: `hat` or `no hat`.

    What it does not name are zeros, so a linear probe reads exactly these facts.
    """

    fingerprint, directory = "f" * 64, Path("facts")
    spelling = Spelling(PLAIN_WORDS, OTHER_WORDS, frozenset())

    def __init__(self, *facts: str) -> None:
        """Know the facts of the project, and more."""
        self.facts = (*FACTS, *facts)
        self.dim = 2 * len(self.facts)
        bias = np.full(self.dim, -1, np.float32)
        self.probe = FactProbe(self.facts, 2 * np.eye(self.dim, dtype=np.float32), bias)
        self.known = {"no", "a", "and", ",", *(w for fact in self.facts for w in fact.split())}
        self.known |= {"silver"}
        self.encoded: list[str] = []  # every text

    def read(self, text: str) -> Reading:
        words = plain_words(text)
        mended = {w: m for w in words if w not in self.known and (m := self.spelling.mend(w))}
        words = [mended.get(word, word) for word in words]
        return Reading(words, mended, [word for word in words if word not in self.known])

    def encode(self, texts) -> np.ndarray:
        texts = list(texts)
        self.encoded += texts
        vectors = np.zeros((len(texts), 2, len(self.facts)), np.float32)
        for vector, text in zip(vectors, texts, strict=True):
            said = " ".join(self.read(text).words).replace("silver hair", "gray hair")
            for number, fact in enumerate(self.facts):
                if match := re.search(rf"\b(no )?{fact}\b", said):
                    vector[int(match[1] is not None), number] = 1
        return vectors.reshape(len(texts), self.dim)


@pytest.fixture
def fact_encoder():
    """Return the class of a tiny encoder that hears every fact, with a probe that reads them."""
    return FactEncoder


HAIR = {"red": (200, 30, 30), "green": (30, 200, 30), "blue": (30, 30, 200)}


@pytest.fixture(scope="session")
def faces(tmp_path_factory) -> Path:
    """A folder of 12 images with tags.csv: three hair colours, two eye colours."""
    folder = tmp_path_factory.mktemp("data") / "faces"
    folder.mkdir()
    random = np.random.default_rng(0)
    rows = []
    for number in range(12):
        hair = list(HAIR)[number % 3]
        eyes = ("aqua", "black")[number // 6]
        pixels = np.clip(HAIR[hair] + random.normal(0, 20, (40, 40, 3)), 0, 255)
        Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{number}.png")
        rows.append(f"{number},{hair} hair {eyes} eyes\n")
    (folder / "tags.csv").write_text("".join(rows))
    return folder


@pytest.fixture(autouse=True)
def folders(monkeypatch, tmp_path_factory):
    """Give each test folders of its own for the user's models and caches."""
    own = tmp_path_factory.mktemp("own")
    monkeypatch.setattr(config, "OWN_MODEL", own / "DCGAN")
    monkeypatch.setattr(config, "CACHE", own / "cache")


@pytest.fixture
def encoder_folder(tmp_path) -> Path:
    """A copy of the tiny published sentence encoder; encoders write beside their files."""
    folder = tmp_path / "encoder"
    folder.mkdir()
    for name in FILES:
        shutil.copyfile(ROOT / "tests" / "golden" / "skipthoughts_tiny" / name, folder / name)
    return folder


@pytest.fixture
def no_nltk_data(monkeypatch):
    """Hide NLTK's data: results must not depend on what the machine has downloaded."""
    import nltk

    monkeypatch.setattr(nltk.data, "path", [])
    tokens._nltk_splitters.cache_clear()


@pytest.fixture
def refused(capsys):
    """Run a command that does not do its work; return its exit code and message."""

    def run(*arguments) -> tuple[object, str]:
        code: object
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as stop:
            code = stop.code
        return code, capsys.readouterr().err

    return run


@pytest.fixture
def newest():
    """Return a function that finds the newest checkpoint of a model folder, which must have one."""

    def find(folder: Path) -> Path:
        path = checkpoint.latest(folder)
        assert path is not None
        return path

    return find


@pytest.fixture
def normal():
    """Return a function that draws an array of a shape from N(0, 1)."""

    def draw(*shape: int, seed: int = 0) -> np.ndarray:
        return np.random.default_rng(seed).standard_normal(shape, np.float32)

    return draw


@pytest.fixture
def refusal(refused):
    """Run a command that must be refused; return its message, which is not a traceback."""

    def run(*arguments) -> str:
        code, message = refused(*arguments)
        assert code in (1, 2) and "Traceback" not in message, message
        return message

    return run


@pytest.fixture(scope="session")
def bounded():
    """Return a context that fails if it takes much processor time or memory."""

    @contextlib.contextmanager
    def limit(seconds: float = 10.0, megabytes: float = 300.0) -> Iterator[None]:
        tracemalloc.start()
        begin = time.process_time()
        try:
            yield
            taken, peak = time.process_time() - begin, tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert taken < seconds and peak < megabytes * 1e6, (taken, peak)

    return limit


@pytest.fixture(scope="session")
def encoded():
    """Return a function that encodes a Pillow image in a format."""

    def encode(image: Image.Image, format: str = "PNG", **options) -> bytes:
        file = io.BytesIO()
        image.save(file, format, **options)
        return file.getvalue()

    return encode


@pytest.fixture(scope="session")
def noise():
    """Return a function that makes a square Pillow image of noise."""

    def make(side: int = 40) -> Image.Image:
        random = np.random.default_rng(0)
        return Image.fromarray(random.integers(0, 256, (side, side, 3), np.uint8))

    return make


@pytest.fixture(scope="session")
def png(encoded, noise) -> bytes:
    """A PNG of 40 × 40 px."""
    return encoded(noise())


@pytest.fixture(scope="session")
def damaged():
    """Return a strategy of a file with some bytes changed, cut out or put in, from its content."""

    @st.composite
    def change(draw, content: bytes) -> bytes:
        data = bytearray(content)
        for _ in range(draw(st.integers(1, 8))):
            at = draw(st.integers(0, max(0, len(data) - 1)))
            kind = draw(st.sampled_from(["set", "cut", "put", "number"]))
            if kind == "set":
                data[at : at + 1] = draw(st.binary(min_size=1, max_size=1))
            elif kind == "cut":
                del data[at : at + draw(st.integers(1, 64))]
            elif kind == "put":
                data[at:at] = draw(st.binary(min_size=1, max_size=16))
            else:
                number = draw(st.sampled_from([0, 1, 2**15, 2**16 - 1, 2**31 - 1, 2**32 - 1]))
                order = draw(st.sampled_from("<>"))
                data[at : at + 4] = struct.pack(f"{order}I", number)
        return bytes(data)

    return change


@pytest.fixture(scope="session")
def published(tmp_path_factory):
    """A sentence encoder in the published layout, with vectors of a few numbers."""
    golden = ROOT / "tests" / "golden" / "skipthoughts_tiny"
    return load_encoder(shutil.copytree(golden, tmp_path_factory.mktemp("published") / "tiny"))


@pytest.fixture
def arrays_of_2017():
    """Return a function that makes random arrays with the names and shapes of the 2017 program."""

    def shapes(text: int, noise: int, width: int, side: int) -> dict[str, tuple[int, ...]]:
        w = [8 * width, 4 * width, 2 * width, width]
        weights: dict[str, tuple[int, ...]] = {
            "g_embedding": (text, 256),
            "g_h0_lin": (noise + 256, w[0] * side * side),
            **{f"g_h{i}": (5, 5, out, w[i - 1]) for i, out in enumerate([*w[1:], 3], start=1)},
            "d_embedding": (text, 256),
            **{f"d_h{i}_conv": (5, 5, (3, *w[::-1])[i], w[3 - i]) for i in range(4)},
            "d_h3_conv_new": (1, 1, w[0] + 256, w[0]),
            "d_h3_lin": (w[0] * side * side, 1),
        }
        found = {}
        for name, shape in weights.items():
            transposed = name.startswith("g_h") and len(shape) == 4
            found[f"{name}/weight"] = shape
            found[f"{name}/bias"] = shape[2:3] if transposed else shape[-1:]
        norms = {f"g_bn{i}": w[i] for i in range(4)}
        norms |= {f"d_bn{i}": w[3 - min(i, 3)] for i in range(1, 5)}
        for name, channels in norms.items():
            for kind in ("beta", "gamma", "moving_mean", "moving_variance"):
                found[f"{name}/{kind}"] = (channels,)
        return found

    def make(text: int = 12, noise: int = 5, width: int = 4, side: int = 2):
        random = np.random.default_rng(0)
        arrays = {}
        for name, shape in shapes(text, noise, width, side).items():
            array = random.normal(0, 0.1, shape)
            if name.endswith(("gamma", "variance")):
                array = 1 + np.abs(array)
            arrays[name] = array.astype(np.float32)
        return arrays

    return make


@pytest.fixture
def write_tf1():
    """Return a function that writes a checkpoint with TensorFlow 1's own Saver."""
    import tensorflow as tf

    def write(path: Path, arrays: dict[str, np.ndarray]) -> Path:
        with tf.Graph().as_default(), tf.compat.v1.Session() as session:
            for name, array in arrays.items():
                tf.compat.v1.get_variable(name, initializer=array)
            session.run(tf.compat.v1.global_variables_initializer())
            path.parent.mkdir(parents=True, exist_ok=True)
            tf.compat.v1.train.Saver().save(session, str(path))
        return path

    return write


@pytest.fixture
def folder_of_2017(tmp_path, published, arrays_of_2017, write_tf1) -> Path:
    """A model folder as the 2017 program left it, without Adam's state."""
    path = tmp_path / "DCGAN" / "model.ckpt"
    return write_tf1(path, arrays_of_2017(text=published.dim)).parent


@pytest.fixture
def heard():
    """Signals are not ignored, as they are if the tests run under `nohup` or behind `&`."""
    before = {number: signal.signal(number, signal.SIG_DFL) for number in STOP_SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)

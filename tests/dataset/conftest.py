"""Fixtures for the tests of data sets: small images, folders and zips of them, what is loaded."""

import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dataset import cache
from dataset.cache import load_dataset
from dataset.faces import Dataset
from files.images import read_image

SIZE = 32  # px
Content = Mapping[str, bytes | str]


@pytest.fixture(scope="session")
def image() -> Callable[..., bytes]:
    """A function that makes a PNG of one colour."""

    def make(value: int = 0, side: int = 40) -> bytes:
        file = io.BytesIO()
        Image.new("RGB", (side, side), (value, 0, 255 - value)).save(file, "PNG")
        return file.getvalue()

    return make


@pytest.fixture(scope="session")
def two(image) -> dict[str, bytes]:
    """Two images by name."""
    return {"1.png": image(1), "2.png": image(2)}


@pytest.fixture(scope="session")
def write() -> Callable[[Path, Content], Path]:
    """A function that writes files into a folder and returns the folder."""

    def files(root: Path, content: Content) -> Path:
        for name, data in content.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data.encode() if isinstance(data, str) else data)
        return root

    return files


@pytest.fixture(scope="session")
def write_zip() -> Callable[[Path, Content], Path]:
    """A function that writes files into a zip and returns its path."""

    def files(path: Path, content: Content) -> Path:
        with zipfile.ZipFile(path, "w") as file:
            for name, data in content.items():
                file.writestr(name, data)
        return path

    return files


@pytest.fixture
def load(tmp_path) -> Callable[..., Dataset]:
    """A function that loads a data set at 32 px."""

    def load(path: Path, tags: Path | None = None, size: int = SIZE) -> Dataset:
        return load_dataset(path, tags, size, tmp_path / "cache")

    return load


@pytest.fixture
def load_with(tmp_path, encoded, noise, bounded) -> Callable[..., Dataset]:
    """A function that loads a folder of two good images and whatever else is given."""

    def load(files: dict[str, bytes], tags: str = "", name: str = "tags.csv") -> Dataset:
        folder = tmp_path / "faces"
        folder.mkdir(exist_ok=True)
        good = {f"good{n}.png": encoded(noise(40 + n)) for n in (1, 2)}
        for file, data in (good | files).items():
            (folder / file).write_bytes(data)
        with (folder / name).open("a", encoding="utf-8", newline="") as table:
            table.write("good1,red hair\ngood2,blue hair\n" * (name == "tags.csv") + tags)
        with bounded():
            return load_dataset(folder, None, SIZE, tmp_path / "cache")

    return load


@pytest.fixture
def zipped(encoded, noise) -> Callable[..., Path]:
    """A function that writes a zip of two good images and whatever else is given."""

    def write(path: Path, files: dict[str, bytes], tags: str = "") -> Path:
        good = {f"good{n}.png": encoded(noise(40 + n)) for n in (1, 2)}
        table = {"tags.csv": b"good1,red hair\ngood2,blue hair\n" + tags.encode()}
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            for name, data in (good | table | files).items():
                file.writestr(name, data)
        return path

    return write


@pytest.fixture(scope="session")
def captions_of() -> Callable[[Dataset], dict[str, str]]:
    """A function from a data set to its captions by image."""

    def captions(dataset: Dataset) -> dict[str, str]:
        ids = dataset.caption_ids
        return {name: dataset.captions[i] for name, i in zip(dataset.names, ids, strict=True)}

    return captions


@pytest.fixture
def decoded(monkeypatch) -> Callable[[], int]:
    """A function that counts the images decoded so far."""
    calls = []

    def counting(*args):
        calls.append(args)
        return read_image(*args)

    monkeypatch.setattr(cache, "read_image", counting)
    return lambda: len(calls)


@pytest.fixture
def entries(tmp_path) -> Callable[[], list[Path]]:
    """A function that lists what the cache folder holds."""
    return lambda: list((tmp_path / "cache").iterdir())


@pytest.fixture(scope="session")
def in_memory() -> Callable[..., Dataset]:
    """A function that makes a data set with so many images of each caption."""

    def make(counts: list[int], folder: Path = Path()) -> Dataset:
        ids = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
        ids = np.random.default_rng(0).permutation(ids)
        images = np.arange(len(ids) * 48, dtype=np.uint32).astype(np.uint8).reshape(-1, 4, 4, 3)
        captions = [f"caption {n}" for n in range(len(counts))]
        summary: Any = None  # nothing reads it
        return Dataset(images, captions, ids, summary, folder)

    return make


@pytest.fixture(scope="session")
def numbered_vectors() -> Callable[..., np.ndarray]:
    """A function that makes `(M, P, 2)` vectors: the numbers of the caption and paraphrase."""

    def make(captions: int, paraphrases: int = 3) -> np.ndarray:
        numbers = np.meshgrid(np.arange(captions), np.arange(paraphrases), indexing="ij")
        return np.stack(numbers, axis=-1).astype(np.float32)

    return make

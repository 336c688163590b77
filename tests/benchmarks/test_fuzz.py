"""The fuzzer's targets: every parser is there, and uses its input or refuses it."""

import io
import sys
import zipfile

import numpy as np
import pytest
from PIL import Image

from benchmarks import fuzz, fuzz_targets
from config import PRETRAINED, ROOT, ProjectError


def test_the_names_are_those_of_the_targets():
    assert tuple(fuzz_targets.TARGETS) == fuzz.NAMES


def test_instrumented_packages_exist():
    for name in fuzz.INSTRUMENTED:
        assert name == "numpy" or (ROOT / name).is_dir() or (ROOT / f"{name}.py").is_file()


def archived(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def saved(save) -> bytes:
    buffer = io.BytesIO()
    save(buffer)
    return buffer.getvalue()


def good(name: str) -> bytes:
    """Input that the parser uses."""
    if name == "header":
        with np.load(next(PRETRAINED.glob("checkpoint-*.npz"))) as arrays:
            return arrays["header"].tobytes()
    return {
        "descriptions": b"1,blue hair red eyes\n",
        "tags": b"1,blue hair red eyes\n",
        "arrays": saved(lambda file: np.savez(file, a=np.arange(3))),
        "archive": archived(image=b"some bytes"),
        "image": saved(lambda file: Image.new("RGB", (40, 40)).save(file, "PNG")),
    }[name]


@pytest.mark.parametrize("name", fuzz.NAMES)
def test_targets(name, tmp_path, monkeypatch):
    monkeypatch.setattr(fuzz_targets, "FILE", tmp_path / "fuzzed")
    target = fuzz_targets.TARGETS[name]
    target(good(name))
    for data in (b"", b"\0" * 50, good(name)[:-7], b"{}\n\n,,\t"):
        try:
            target(data)
        except ProjectError as error:
            assert "fuzzed" in str(error)


def test_without_atheris(monkeypatch):
    monkeypatch.setitem(sys.modules, "atheris", None)
    with pytest.raises(SystemExit, match="pip install atheris"):
        fuzz.main(["tags", "-runs=1"])
    with pytest.raises(SystemExit):
        fuzz.main(["none"])

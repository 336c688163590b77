"""Foreign and damaged checkpoints, devices and pipes are refused by name."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checkpoints import checkpoint
from checkpoints.checkpoint import Header
from config import PRETRAINED, ROOT, TEXT_ENCODER, ModelConfig, ProjectError, TrainConfig
from DCGAN import main
from files.untrusted import read_npz
from skipthoughts_encoder import load_encoder

fuzz = settings.get_profile("fuzz")
GOLDEN = sorted((ROOT / "tests" / "golden" / "checkpoints").glob("*.npz"))[-1]  # the newest
ENCODER = load_encoder(TEXT_ENCODER)
MODEL = ModelConfig(ENCODER.dim, ENCODER.fingerprint, size=32, width=4)


def write_checkpoint(folder: Path, change: Callable[[dict[str, Any]], bytes | None]) -> Path:
    """Write a checkpoint whose header is changed, or replaced if `change` returns another one."""
    values = json.loads(Header(MODEL, TrainConfig(), step=5).to_bytes())
    header = change(values)
    if header is None:
        header = json.dumps(values).encode()
    path = folder / "checkpoint-00000005.npz"
    arrays: dict[str, Any] = {"header": np.frombuffer(header, np.uint8)}
    arrays["ema/rgb/bias"] = np.zeros(3)
    np.savez(path, **arrays)
    return path


def put(part: str, name: str, value):
    """Return a change of a header."""
    return lambda values: (values[part] if part else values).update({name: value})


HEADERS = {
    "a newer format": (put("", "format", 2), "checkpoint format 2; this version"),
    "a format that is not a number": (put("", "format", "x"), "checkpoint format x"),
    "no format": (lambda values: values.pop("format") and None, "header cannot be read"),
    "another recipe": (put("model", "recipe", "of 2031"), "of 2031"),
    "another encoder": (put("model", "encoder", "e" * 64), "fingerprint eeeeeeeeeeee"),
    "another width of vectors": (put("model", "text_dim", 4800), "vectors of 4800 numbers"),
    "another width": (put("model", "width", 8), "does not fit its own header"),
    "another size": (put("model", "size", 48), "does not fit its own header"),
    "an impossible size": (put("model", "size", 50), "multiple of 16"),
    "a size in words": (put("model", "size", "64"), "not a ModelConfig"),
    "a fraction of a size": (put("model", "size", 64.0), "size is not a valid int"),
    "a width without end": (put("model", "width", 10**12), "--width must be"),
    "noise without end": (put("model", "noise", 10**12), "noise must be"),
    "negative noise": (put("model", "noise", -1), "noise must be"),
    "a setting of a newer version": (put("train", "magic", 1), "'magic'"),
    "a field of a newer version": (put("", "magic", 1), "'magic'"),
    "no batch": (put("train", "batch_size", 0), "training is not possible with these settings"),
    "a negative batch": (
        put("train", "batch_size", -4),
        "training is not possible with these settings",
    ),
    "a rate that is not a number": (put("train", "ema", float("nan")), "ema is not a valid float"),
    "a limit in words": (put("model", "max_channels", "many"), "max_channels is not a valid int"),
    "a negative limit": (put("model", "max_channels", -1), "max_channels is not a valid int"),
    "a boolean for a number": (put("train", "seed", True), "seed is not a valid int"),
    "a list for a text": (put("", "origin", []), "origin is not a valid str"),
    "a text for figures": (put("", "figures", "none"), "header cannot be read"),
    "a list for what was shown": (put("", "shown", []), "shown is not a record"),
    "too many facts": (
        put("", "shown", {f"fact {n}": 1 for n in range(2001)}),
        "shown is not a record of at most 2,000 facts",
    ),
    "a fact without a number": (put("", "shown", {"hat": None}), "shown: 'hat' has no valid"),
    "a negative number of images": (put("", "shown", {"hat": -1}), "shown: 'hat' has no valid"),
    "a fact as long as a book": (put("", "shown", {"a" * 201: 1}), "shown: 'aaaa"),
    "a path for a fingerprint": (put("", "half_of", "../secret"), "half_of is not a fingerprint"),
    "a negative step": (put("", "step", -1), "step is not a valid int"),
    "a list": (lambda values: b"[]", "header cannot be read"),
    "nothing": (lambda values: b"", "header cannot be read"),
    "deeply nested JSON": (lambda values: b"[" * 10**6, "header cannot be read"),
    "not text": (lambda values: b"\xff\xfe\0", "header cannot be read"),
}


@pytest.mark.parametrize("kind", HEADERS)
def test_checkpoints_of_other_kinds_are_refused_by_name(kind, tmp_path, refusal):
    change, message = HEADERS[kind]
    path = write_checkpoint(tmp_path, change)
    said = refusal("--generate", "--text", "red hair", "--model", tmp_path)
    assert str(path) in said and message in said, said


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda array: array[:-1], "shape (2,), expected (3,)"),
        (lambda array: array[None], "shape (1, 3), expected (3,)"),
        (lambda array: array + np.nan, "holds NaN or infinite values"),
        (lambda array: None, "missing: ema/rgb/bias"),
    ],
)
def test_a_checkpoint_with_one_array_of_another_kind_is_refused_by_name(change, message, tmp_path):
    from recipes.registry import RECIPES

    arrays: dict[str, Any] = dict(read_npz(GOLDEN, ""))
    bias = change(arrays.pop("ema/rgb/bias"))
    if bias is not None:
        arrays["ema/rgb/bias"] = bias
    np.savez(tmp_path / "a.npz", **arrays)
    model = checkpoint.read_header(GOLDEN).model
    with pytest.raises(ProjectError) as caught:
        checkpoint.restore(tmp_path / "a.npz", {"ema": RECIPES[model.recipe].generator(model)})
    said = str(caught.value)
    assert said.startswith(str(tmp_path / "a.npz")) and message in said, said


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.6, 0.97, 0.9999])
def test_a_checkpoint_cut_short_is_named_and_the_one_before_it_drawn_once_it_is_gone(
    share, tmp_path, newest, refusal
):
    for path in PRETRAINED.glob("*-*.*"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    cut = tmp_path / "checkpoint-99999999.npz"
    data = newest(PRETRAINED).read_bytes()
    cut.write_bytes(data[: int(share * len(data))])
    out = tmp_path / "out"
    command = ["--generate", "--text", "red hair", "--model", tmp_path, "-o", out]
    said = refusal(*command)
    assert str(cut) in said and "Remove it, and the checkpoint before it" in said
    cut.unlink()
    assert main(list(map(str, command))) == 0 and (out / "sample_1_1.jpg").exists()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=5,
)


@fuzz
@given(st.data())
def test_any_header_of_a_checkpoint_is_read_or_refused(data):
    values = json.loads(Header(MODEL, TrainConfig(), step=5).to_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        part = data.draw(st.sampled_from([values, values["model"], values["train"]]))
        if isinstance(part, dict):
            known = st.sampled_from(sorted(part)) if part else st.nothing()
            name = data.draw(known | st.text(max_size=9))
            if name not in ("model", "train") or data.draw(st.booleans()):
                part[name] = data.draw(json_values)
        if not all(isinstance(values.get(each), dict) for each in ("model", "train")):
            break
    try:
        header = Header.from_bytes(json.dumps(values).encode(), Path("a.npz"))
    except ProjectError as error:
        assert "a.npz" in str(error)
    else:
        assert Header.from_bytes(header.to_bytes(), Path("a.npz")).model == header.model
        assert 1 <= header.model.noise <= 10_000 and header.step >= 0


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no pipes in folders")
@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_a_checkpoint_that_is_no_file_is_not_opened(tmp_path, capsys, kind):
    path = tmp_path / "checkpoint-00000001.npz"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero")
    model = ["--model", str(tmp_path), "-o", str(tmp_path / "out")]
    assert main(["--generate", "--text", "red hair", *model]) == 1
    assert f"{path} cannot be read: it is not a regular file" in capsys.readouterr().err

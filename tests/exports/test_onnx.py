"""The export to ONNX."""

import builtins

import pytest

from config import ProjectError
from exports.base import MARKS
from exports.onnx import export
from files.writing import check_replaceable


def test_onnx_takes_any_number_of_images_and_describes_its_inputs(small, tmp_path):
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("tf2onnx")
    data, (note,) = export(small)
    assert "draws what the model draws" in note
    (tmp_path / "faces.onnx").write_bytes(data)
    check_replaceable("--export", tmp_path / "faces.onnx", MARKS[".onnx"])
    model = onnx.load_from_string(data)
    (noise, text), (image,) = model.graph.input, model.graph.output
    shapes = [
        [d.dim_param or d.dim_value for d in value.type.tensor_type.shape.dim]
        for value in (noise, text, image)
    ]
    dim = small.encoder.dim
    assert shapes == [["batch", 5], ["batch", dim], ["batch", 32, 32, 3]]
    assert [value.name for value in (noise, text, image)] == ["noise", "text", "image"]
    about = {entry.key: entry.value for entry in model.metadata_props}
    assert small.encoder.fingerprint in about["text"] and "N(0, 1)" in about["noise"]


def test_without_onnx_the_message_says_how_to_install_it(small, monkeypatch):
    load = builtins.__import__

    def missing(name, *rest, **keywords):
        if name == "onnx":
            raise ImportError("No module named 'onnx'", name="onnx")
        return load(name, *rest, **keywords)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(ProjectError, match=r"onnx: .*pip install -r requirements-onnx\.txt"):
        export(small)

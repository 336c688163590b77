"""The export to Keras."""

import json
import zipfile

from exports.base import MARKS
from exports.keras import export
from files.writing import check_replaceable


def test_any_keras_can_load_it(small, tmp_path):
    data, (note,) = export(small)
    assert "draws what the model draws" in note
    (tmp_path / "faces.keras").write_bytes(data)
    check_replaceable("--export", tmp_path / "faces.keras", MARKS[".keras"])
    with zipfile.ZipFile(tmp_path / "faces.keras") as archive:
        layers = json.loads(archive.read("config.json"))["config"]["layers"]
    assert len(layers) > 10
    assert {layer["module"] for layer in layers} == {"keras.layers"}, "none of this project"

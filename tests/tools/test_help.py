"""Every tool and every benchmark starts, and says what it does and takes."""

import importlib
import os
import subprocess
import sys

import pytest

from config import ROOT

TOOLS = (
    "broken_faces",
    "change_encoder",
    "colour_words",
    "label_tags",
    "release",
    "train_classifier",
    "train_encoder",
    "train_inspector",
)
BENCHMARKS = (
    *("drawn_texts", "fuzz", "page", "published_encoder", "recipes", "scale", "soak"),
    *("speed", "speed_child", "step_profile", "text_encoder", "truncation", "upscaling"),
)
PROGRAMS = (*(f"tools.{name}" for name in TOOLS), *(f"benchmarks.{name}" for name in BENCHMARKS))


@pytest.mark.parametrize("name", PROGRAMS)
def test_help(name, capsys):
    with pytest.raises(SystemExit) as stop:
        importlib.import_module(name).main(["--help"])
    assert stop.value.code == 0
    text = capsys.readouterr().out
    assert text.startswith(f"usage: python3 -m {name} ") and "-h, --help" in text
    assert len(text.split("\n\n")[1]) > 20  # the description


def test_all_programs_are_tested():
    files = [*(ROOT / "tools").glob("*.py"), *(ROOT / "benchmarks").glob("*.py")]
    assert len(files) > len(PROGRAMS)
    programs = {f"{p.parent.name}.{p.stem}" for p in files if "\ndef main(" in p.read_text("utf-8")}
    assert programs == set(PROGRAMS)


def test_a_program_runs_as_a_module_without_tensorflow_for_its_help():
    program = (
        "import runpy, sys\n"
        "sys.argv = ['train_encoder', '--help']\n"
        "try:\n    runpy.run_module('tools.train_encoder', run_name='__main__')\n"
        "finally:\n    assert not {'tensorflow', 'keras'} & set(sys.modules)\n"
    )
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "--overwrite" in done.stdout

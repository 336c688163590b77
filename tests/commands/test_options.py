"""The command line: what is refused and how."""

import platform
import re
import subprocess
import sys
from importlib import metadata

import pytest

from commands.version import versions
from config import ROOT


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "one of --train, --generate, --evaluate, --check, --export, --demo is required"),
        (
            ["--export", "model.tar"],
            "--export: must end in .zip or .onnx or .keras or .html. Received",
        ),
        (["--demo", "--port", "65536"], "--port: must be a whole number from 0 to 65,535"),
        (["--demo", "--seed", "1"], "--seed goes with --train and --check and --gen"),
        (["--generate", "--text", "a", "--no-browser"], "--no-browser goes with --demo, not"),
        (["--export", "."], "--export: must end in"),
        (["--check", "--grid"], "--grid goes with --generate"),
        (["--check", "--data", "nowhere"], "--data nowhere"),
        (["--check", "-o", "README.md"], "Name another: -o DIR"),
        (["--export", "a.zip", "--seed", "1"], "--seed goes with --train and --check and --gen"),
        (["--export", "a.zip", "--model", "nowhere"], "--model nowhere"),
        (["--export", "README.md/a.zip"], "--export README.md/a.zip cannot be written"),
        (["--train", "--generate"], "not allowed with"),
        (["--train", "-n", "2"], "-n goes with --generate, not with --train"),
        (["--train", "--grid"], "--grid goes with --generate"),
        (["--generate", "--text", "a", "--steps", "3"], "--steps goes with --train"),
        (["--generate"], "-t FILE"),
        (["--generate", "--text", "  "], "--text: no text. Give a description"),
        (["--generate", "--text", "🙂"], "--text: no word in '🙂'"),
        (["--generate", "--text", "a", "-o", ""], "-o/--output: must not be empty"),
        (["--generate", "--text", "a", "--model", " "], "--model: must not be empty"),
        (["--generate", "-t", ""], "-t/--file: must not be empty"),
        (["--train", "--data", ""], "--data: must not be empty"),
        (["--generate", "--text", "a", "-o", "README.md/below"], "Name another: -o DIR"),
        (["--generate", "--text", "a", "-o", "README.md"], "Name another: -o DIR"),
        (["--evaluate", "-o", "README.md"], "Name another: -o DIR"),
        (["--train", "--tags", "."], "--tags . is a folder. Name a file in it, such as ./tags.csv"),
        (["--generate", "-t", "none.txt"], "-t none.txt: no such file."),
        (["--generate", "--from", "none.jpg"], "--from none.jpg: no such file."),
        (["--generate", "blue hair"], "arguments: blue hair. A description goes behind --text"),
        (["--generate", "--text", "a", "-n", "0"], "-n/--number: must be a whole number"),
        (["--generate", "--text", "a", "-n", "-3"], "-n/--number: must be a whole number"),
        (["--generate", "--text", "a", "-n", "many"], "Received: many"),
        (["--generate", "--text", "a", "--seed", "-1"], "--seed"),
        (["--generate", "--text", "a", "--format", "gif"], "--format"),
        (["--generate", "--text", "a", "--model", "nowhere"], "--model nowhere"),
        (["--train", "--steps", "1", "--minutes", "1"], "not allowed with"),
        (["--train", "--minutes", "nan"], "--minutes: must be a number above 0"),
        (["--train", "--epochs", "0"], "--epochs"),
        (["--train", "--data", "nowhere"], "--data"),
        (["--train", "--size", "50"], "--size must be a multiple of 16"),
        (["--train", "--width", "1000"], "--width must be"),
        (["--train", "--model", "pretrained"], "--model pretrained ships"),
        (["--train", "--size", "96", "--init", "pretrained"], "--init pretrained needs"),
        *(
            (["--train", "--paraphrase", number], "--paraphrase: must be a whole number from 0")
            for number in ("-1", "1001", "2.5", "many")
        ),
        (["--generate", "--text", "a", "--paraphrase", "0"], "--paraphrase goes with --train"),
        (["--train", "--seed", "4294967296"], "--seed: must be a whole number from 0"),
        (["--train", "--tags", "nowhere.csv"], "--tags nowhere.csv"),
        (["--train", "--encoder", "nowhere"], "--encoder nowhere"),
        (["--generate", "--text", "a", "--encoder", "nowhere"], "--encoder nowhere"),
        (["--train", "--model", "README.md/below"], "--model README.md/below must be a folder"),
        (["--train", "--model", "README.md"], "--model README.md is a file"),
        (["--train", "--model", "README.md", "--dry-run"], "--model README.md is a file"),
        (["--generate", "--text", "a", "--only", "1_1"], "--only needs --seed"),
        (["--generate", "--text", "a", "--only", "3"], "--only: must be the two numbers of a face"),
        (["--generate", "--text", "a", "--only", "0_1"], "--only: must be the two numbers"),
        (["--generate", "--from", "a.png", "-n", "2"], "--from does not go with -n"),
        (["--generate", "--from", "a.png", "--seed", "0"], "--from does not go with --seed"),
        (["--generate", "--from", "a.png"], "a.png: no such file"),
        (["--generate", "--text", "a", "--vary", "hair", "-n", "2"], "--vary does not go with -n"),
        (["--generate", "--text", "a", "--loop"], "--loop needs --interpolate"),
        (["--generate", "--text", "a", "--frames", "9"], "--frames needs --interpolate"),
        (["--generate", "--interpolate", "a"], "--interpolate: expected 2 arguments"),
        (["--generate", "--interpolate", "a", "?"], "--interpolate: no word in '?'"),
        (["--generate", "--interpolate", "a", "b.PNG"], "b.PNG: no such file"),
        (["--generate", "--interpolate", "a", "b", "--frames", "1"], "from 2 to 10,000"),
        (["--generate", "--interpolate", "a", "b", "--format", "png"], "--format png does not go"),
        (
            ["--generate", "--text", "a", "--format", "webp"],
            "--format webp does not go with images",
        ),
        (["--generate", "--text", "a", "--scale", "3"], "--scale: invalid choice: '3'"),
        *(
            (["--generate", "--text", "a", "--truncation", value], "--truncation: must be a number")
            for value in ("1.1", "-0.1", "nan", "much")
        ),
        (["--train", "--truncation", "1"], "--truncation goes with --generate and --evaluate"),
        (["--genrate", "--text", "a"], "--genrate"),
        (["--train", "--model", "x" * 300], "--model: File name too long: xxx"),
        (["--generate", "--text", "a", "-o", "x" * 300], "-o/--output: File name too long: xxx"),
        (["--train", "--data", ".", "--model", "m/mine"], "--model m/mine lies inside --data ."),
        (["--evaluate", "--cascade", "."], "--cascade . is not a file"),
    ],
)
def test_wrong_use_is_code_2_and_names_the_flag(refused, monkeypatch, tmp_path, arguments, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "README.md").touch()
    code, error = refused(*arguments)
    assert code == 2 and message in error, error


def test_help_and_wrong_use_load_no_tensorflow():
    code = (
        "import sys, DCGAN\n"
        "for a in (['--help'], ['--train', '-n', '1'], ['--train', '--data', 'nowhere']):\n"
        "    try: code = DCGAN.main(a)\n"
        "    except SystemExit as stop: code = stop.code\n"
        "    assert code == (0 if a == ['--help'] else 2)\n"
        "assert not {'tensorflow', 'keras', 'nltk', 'scipy'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True)


@pytest.mark.parametrize("arguments", [[], ["--train", "--nonsense"], ["--train", "-n", "1"]])
def test_wrong_use_is_told_in_two_lines(refused, arguments):
    code, error = refused(*arguments)
    first, second = error.splitlines()
    assert code == 2 and first.startswith("DCGAN.py: error: ") and second == "See --help."


def test_how_to_write_a_value_that_begins_like_an_option_is_told(refused):
    _, error = refused("--generate", "--text", "-hat, blonde")
    assert "--text: expected one argument; write one that begins with - as --text=-VALUE" in error


def test_the_version_is_that_of_the_project_and_loads_no_tensorflow():
    code = (
        "import sys, DCGAN\n"
        "try: DCGAN.main(['--version'])\n"
        "except SystemExit as stop: assert stop.code == 0\n"
        "assert not {'tensorflow', 'keras', 'numpy'} & sys.modules.keys()"
    )
    run = [sys.executable, "-c", code]
    done = subprocess.run(run, cwd=ROOT, check=True, capture_output=True, text=True)
    project = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert project
    program, python, tensorflow = done.stdout.splitlines()
    assert program == f"anime-faces {project[1]}"
    assert python == f"Python {platform.python_version()}"
    assert re.fullmatch(r"TensorFlow \d+\.\d+\.\d+ \(tensorflow.*\)", tensorflow)


def test_without_tensorflow_the_version_says_how_to_install_it(monkeypatch):
    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    assert "TensorFlow is not installed: python3 -m pip install" in versions()

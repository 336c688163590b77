"""The documentation: its commands run, its links lead somewhere, its tables are those of the code.

Training commands run with `--dry-run`, and one training runs for real, for a single step. Tools and
benchmarks, which take minutes, are only asked for their options.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import config
from commands import options
from config import CLASSIFIER, PRETRAINED, ROOT, TEXT_ENCODER
from DCGAN import main
from training.task import Task

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
PAGES += [PRETRAINED / "README.md", CLASSIFIER / "README.md"]
README_LINES = 160  # at most: two minutes of reading
NOT_RUN = {  # how a command starts: why no test runs it
    "git clone": "needs the network",
    "python3 -m venv": "installs packages; .ci/run runs it",
    ".venv/bin/pip": "installs packages",
    "pip uninstall": "installs packages",
    ". .venv/bin/activate": "changes the shell it is typed into",
    "pre-commit install": "writes into .git",
    "ruff": ".ci/run runs it",
    "mypy": ".ci/run runs it",
    "lint-imports": ".ci/run runs it",
    "python3 -m pytest": "runs these tests",
    "python3 -m commands.options": "its output is compared below",
    "tensorboard": "serves pages until it is stopped",
    "python3 DCGAN.py --demo": "serves a page until it is stopped; tests/commands/test_demo.py",
    "npm": "installs packages; .ci/run runs it",
}
EXAMPLE = (  # the lines of my.txt
    *("blonde boy, hat, no long hair", "sparkly silver hair, gren eyes"),
    *("pink and blue hair", "red eyes, not blonde"),
)


def relative(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path, language: str) -> list[str]:
    """The code blocks of a page in a language."""
    text = page.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def commands() -> Iterator[Any]:
    """Each command of each page once, as a parameter; its id names the first page that shows it."""
    seen = set()
    for page in PAGES:
        for line in "".join(blocks(page, "bash")).splitlines():
            command = line.strip()
            if command and not command.startswith("#") and command not in seen:
                seen.add(command)
                yield pytest.param(command, id=f"{relative(page)}: {command[:90]}")


@pytest.fixture(scope="module")
def workspace(faces, tmp_path_factory) -> Path:
    """A folder with what the commands name: images, descriptions, an encoder, a model, faces."""
    folder = tmp_path_factory.mktemp("workspace")
    shutil.copyfile(ROOT / "description.txt", folder / "description.txt")
    shutil.copytree(faces, folder / "my_images")
    shutil.make_archive(str(folder / "FACES"), "zip", faces)
    shutil.copytree(TEXT_ENCODER, folder / "model" / "my-encoder")
    (folder / "my.txt").write_text("".join(f"{text}\n" for text in EXAMPLE))
    train = ["--train", "--data", "my_images", "--model", "model/mine"]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(config, "CACHE", folder / "cache")
        assert main([*train, "--steps", "1", "--batch-size", "4"]) == 0
        assert main(["--export", "faces.zip", "--model", "pretrained"]) == 0
        assert main(["--generate", "-t", "description.txt", "--model", "pretrained"]) == 0
    shutil.copytree(folder / "model" / "mine", folder / "model" / "new")
    return folder


def run_program(arguments: list[str], monkeypatch) -> None:
    """Run a command of DCGAN.py without its long part."""
    if "--train" in arguments and "--dry-run" not in arguments:
        arguments.append("--dry-run")
    if "--check" in arguments:  # of the tiny set, which is too small to train on
        monkeypatch.setattr("training.review.FEWEST", 2)
    if "--evaluate" in arguments:  # which tests/evaluation measures
        monkeypatch.setattr("evaluation.evaluate.evaluate", lambda *_: {})
        monkeypatch.setattr("commands.evaluate.table", lambda _: "")
    assert main(arguments) == 0


def check_flags(module: str, arguments: list[str]) -> None:
    """Check that a module runs and knows the flags."""
    asked = [sys.executable, "-m", module, "--help"]
    shown = subprocess.run(asked, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert [flag for flag in arguments if flag.startswith("-") and flag not in shown] == []


@pytest.mark.parametrize("command", list(commands()))
def test_every_command_runs(command, workspace, monkeypatch):
    for start, reason in NOT_RUN.items():
        if command.startswith(start):
            pytest.skip(reason)
    python, *words = shlex.split(command)
    assert python == "python3", "a command of a kind no test knows: run it here or in NOT_RUN"
    if any(word.endswith(".onnx") for word in words):
        pytest.importorskip("tf2onnx")
    monkeypatch.chdir(workspace)
    if words[0] == "DCGAN.py":
        run_program(words[1:], monkeypatch)
    else:
        assert words[0] == "-m"
        check_flags(words[1], words[2:])


def test_the_python_example_of_the_readme_draws_a_face(workspace, monkeypatch):
    monkeypatch.chdir(workspace)
    (code,) = blocks(ROOT / "README.md", "python")
    exec(compile(code, "README.md", "exec"), {})
    with Image.open("face.png") as face:
        assert face.size == (64, 64)


@pytest.mark.parametrize("suffix", ["zip", "keras", "onnx"])
def test_the_examples_of_exported_models_draw_a_face(suffix, workspace, monkeypatch):
    if suffix == "onnx":
        pytest.importorskip("tf2onnx")
    monkeypatch.chdir(workspace)
    file = Path(f"faces.{suffix}")
    page = ROOT / "docs" / "sharing.md"
    (code,) = (block for block in blocks(page, "python") if f'"{file}"' in block)
    assert len([line for line in code.splitlines() if line]) <= 10
    assert file.exists() or main(["--export", str(file), "--model", "pretrained"]) == 0
    Path("face.png").unlink(missing_ok=True)
    exec(compile(code, str(page), "exec"), {})
    with Image.open("face.png") as face:
        assert face.size == (64, 64) and np.asarray(face).std() > 20


def test_the_notebook_runs(monkeypatch):
    notebook = json.loads((ROOT / "docs" / "python.ipynb").read_text(encoding="utf-8"))
    monkeypatch.chdir(ROOT / "docs")
    monkeypatch.setattr(sys, "path", [*sys.path])
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    names: dict[str, Any] = {}
    for cell in cells:
        exec(compile("".join(cell["source"]), f"cell {cell['id']}", "exec"), names)
    assert names["faces"].shape == (1, 64, 64, 3)
    drawn = [output for cell in cells for output in cell["outputs"] if "image/png" in str(output)]
    assert len(drawn) == 3, "its images are in the file, for readers who do not run it"


def test_what_the_program_says_of_descriptions_is_what_it_is_shown_to_say(
    workspace, monkeypatch, capsys
):
    monkeypatch.chdir(workspace)
    assert main(["--generate", "-t", "my.txt", "--model", "pretrained"]) == 0
    said = [line for line in capsys.readouterr().out.splitlines() if line.startswith("my.txt")]
    for page, count in ((ROOT / "README.md", 2), (ROOT / "docs" / "captions.md", len(EXAMPLE))):
        (shown,) = [block for block in blocks(page, "") if block.startswith("my.txt")]
        assert shown.splitlines() == said[:count]


@pytest.mark.skipif(os.name == "nt", reason="Slurm runs on Linux")
def test_the_slurm_script_tells_each_worker_its_place(tmp_path):
    (script,) = blocks(ROOT / "docs" / "scale.md", "slurm")
    stubs = {
        "scontrol": r"printf 'n1\nn2\nn3\n'",
        "srun": 'for i in 0 1 2; do SLURM_PROCID=$i "$@"; done',
        "python3": "echo $TF_CONFIG",  # unquoted, so in one line
    }
    for name, line in stubs.items():
        (tmp_path / name).write_text(f"#!/bin/bash\n{line}\n")
        (tmp_path / name).chmod(0o755)
    environment = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    run = subprocess.run(["bash", "-c", script], env=environment, capture_output=True, text=True)
    tasks = [Task.read(line) for line in run.stdout.splitlines()]
    assert [task.index for task in tasks] == [0, 1, 2], run
    assert {task.addresses for task in tasks} == {("n1:2222", "n2:2222", "n3:2222")}


def test_the_dockerfile_installs_what_the_program_needs_on_a_python_it_runs_on():
    text = (ROOT / "Dockerfile").read_text("utf-8")
    (base,) = re.findall(r"^FROM python:(3\.\d+)-slim$", text, re.MULTILINE)
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8")
    assert f'"{base}"' in workflow, "a Python that is tested"
    for source in re.findall(r"^COPY (\S+) \.$", text, re.MULTILINE):
        assert (ROOT / source).exists()
    assert "pip install --no-cache-dir -r requirements.txt" in text
    assert 'ENTRYPOINT ["python3", "DCGAN.py"]' in text


def prose(page: Path) -> str:
    """A page's text without its code blocks."""
    return re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.M)


def anchors(page: Path) -> set[str]:
    """What links may name on a page, as GitHub makes it from the headings."""
    headings = re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_every_link_leads_somewhere(page):
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`]*`", "", prose(page))):
        if re.match(r"https?://", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_every_file_and_module_that_is_named_exists(page):
    quoted = re.findall(r"`([^`\s]+)`", prose(page))
    modules = re.findall(r"\b((?:tools|benchmarks)\.\w+)", page.read_text(encoding="utf-8"))
    named = [name.replace(".", "/") + ".py" for name in modules]
    named += [name for name in quoted if re.fullmatch(r"(\w+/)+[\w.-]+\.(py|md|csv|json)", name)]
    assert [n for n in named if "NAME" not in n and not (ROOT / n).exists()] == []


def test_the_readme_is_short():
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= README_LINES


def test_every_option_is_in_the_documentation():
    text = (ROOT / "docs" / "options.md").read_text(encoding="utf-8")
    assert text == options.table(), "run: python3 -m commands.options > docs/options.md"
    actions = options.parser()._actions
    flags = [flag for action in actions for flag in action.option_strings if flag not in "-h--help"]
    assert len(flags) > 25 and [flag for flag in flags if f"`{flag}" not in text] == []

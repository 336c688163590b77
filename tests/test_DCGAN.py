"""The entry point: exit codes, streams, no traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from commands import generate
from commands.options import MODES
from config import ROOT


def test_a_run_that_fails_is_code_1(refused, tmp_path):
    (tmp_path / "empty").mkdir()
    code, error = refused("--train", "--data", tmp_path / "empty", "--init", "scratch")
    assert code == 1 and "No images" in error


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (KeyboardInterrupt(), "stopped"),
        (OSError(28, "No space left", "disk"), "disk: No space left"),
    ],
)
def test_no_traceback_whatever_stops_it(refused, monkeypatch, error, message):
    def fail(options):
        raise error

    monkeypatch.setattr(generate, "generate", fail)
    code, said = refused("--generate", "--text", "a")
    assert code == 1 and message in said


def test_what_was_begun_is_done_when_nobody_listens_any_more(tmp_path):
    reader, unheard = os.pipe()
    os.close(reader)
    command = [sys.executable, "DCGAN.py", "--generate", "--text", "red hair", "-n", "3"]
    process = subprocess.Popen(
        [*command, "-o", str(tmp_path)], cwd=ROOT, stdout=unheard, stderr=subprocess.PIPE
    )
    os.close(unheard)
    assert process.communicate() == (None, b"")
    assert process.returncode == 0
    assert len(list(tmp_path.glob("*.jpg"))) == 3


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_a_disk_that_is_full_of_what_is_said_is_named(tmp_path):
    command = f"{sys.executable} DCGAN.py --generate --text 'red hair' -o {tmp_path} > /dev/full"
    done = subprocess.run(command, cwd=ROOT, shell=True, capture_output=True)
    assert done.returncode == 1
    assert done.stderr == b"DCGAN.py: error: <stdout>: No space left on device\n"


@pytest.mark.skipif(os.name != "posix", reason="of POSIX shells")
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_streams_that_are_closed_from_the_start_are_done_without(tmp_path, closed):
    command = f"{sys.executable} DCGAN.py --generate --text 'red hair' -o {tmp_path} {closed}"
    assert subprocess.run(command, cwd=ROOT, shell=True).returncode == 0
    assert len(list(tmp_path.glob("*.jpg"))) == 1


def test_tensorflow_is_imported_where_its_notes_are_held_back():
    """At its import it prints notes on its build; no command imports it before `quiet`."""
    modes = [f"commands.{mode}" for mode in MODES]
    code = (
        "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)\n"
        "assert not {'tensorflow', 'keras'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code, *modes], cwd=ROOT, check=True)

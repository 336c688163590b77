"""The progress bar, and the signals that stop training."""

import os
import signal
import subprocess
import sys
import time

import pytest

from config import ROOT
from training.progress import Bar, stop_signals


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="Windows has none")
def test_signals_that_are_to_be_ignored_are(heard):
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with stop_signals() as stop:
        os.kill(os.getpid(), signal.SIGHUP)
        os.kill(os.getpid(), signal.SIGTERM)
    assert stop == [signal.SIGTERM]
    assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN


@pytest.mark.parametrize(
    ("last_step", "seconds", "shown"), [(30, float("inf"), "step 11/30"), (None, 60.0, "step 11  ")]
)
def test_without_a_terminal_it_shows_a_line_a_minute(capsys, last_step, seconds, shown):
    bar = Bar(10, last_step, seconds)
    for step in (11, 12, 13):
        bar.update(step, 4, {"loss/discriminator": 1.25, "loss/generator": 0.5})
    bar.close()
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(shown) and "D 1.250  G 0.500" in line


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no such signal to one process")
def test_signals_are_answered_while_a_step_runs():
    """The main thread is in one long call, as in a step of TensorFlow: no handler can run."""
    code = (
        "import hashlib, signal; from training.progress import stop_signals\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "with stop_signals():\n"
        "    print('ready', flush=True); hashlib.pbkdf2_hmac('sha256', b'a', b'b', 2**31 - 1)\n"
        "    print('the step ended', flush=True)"
    )
    command, pipe = [sys.executable, "-c", code], subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, text=True, stdout=pipe, stderr=pipe) as process:
        try:
            assert process.stdout and process.stderr and process.stdout.readline()
            process.send_signal(signal.SIGINT)
            assert process.stderr.readline().startswith("stopping: this step is completed")
            process.send_signal(signal.SIGINT)
            assert process.stderr.readline() == "stopping at once\n"
            assert process.wait() == 1 and not process.stdout.read()
        finally:
            process.kill()


def test_with_nothing_to_save_the_first_signal_stops(heard, capsys):
    with pytest.raises(KeyboardInterrupt), stop_signals(begun=lambda: False):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(600)  # the signal ends it
    assert capsys.readouterr().err == "stopping before the first step\n"

"""The progress bar, and the signals that stop training."""

import os
import signal

import pytest

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

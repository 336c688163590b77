"""What terminals are shown: counts with their nouns, and quiet imports."""

import os
import signal

import pytest

from config import Length
from console import counted, importing, quiet


@pytest.mark.parametrize(
    ("count", "told"),
    [(0, "0 images"), (1, "1 image"), (2, "2 images"), (1234, "1,234 images")],
)
def test_counts_have_the_right_noun(count, told):
    assert counted(count, "image") == told


@pytest.mark.parametrize(
    ("length", "told"),
    [
        (Length(steps=1), "1 step, 1 to go"),
        (Length(steps=3), "3 steps, 3 to go"),
        (Length(epochs=1), "1 epoch, which is 1 step, 1 to go"),
        (Length(minutes=1.0), "1 minute"),
        (Length(minutes=0.5), "0.5 minutes"),
    ],
)
def test_lengths_have_the_right_noun(length, told):
    assert length.text(step=0, images=0, count=4, batch_size=4) == told


@pytest.mark.parametrize(("error", "shown"), [(ValueError, "a note"), (KeyboardInterrupt, "")])
def test_notes_held_back_are_shown_after_a_failure_only(capfd, error, shown):
    with pytest.raises(error), quiet():
        os.write(2, b"a note")
        raise error
    assert capfd.readouterr().err == shown


def test_signals_are_answered_when_an_import_is_done(heard):
    signal.signal(signal.SIGINT, signal.default_int_handler)
    done = []
    with pytest.raises(KeyboardInterrupt), importing():
        signal.raise_signal(signal.SIGINT)
        done.append("imported")
    assert done == ["imported"]
    assert signal.getsignal(signal.SIGINT) == signal.default_int_handler


def test_a_signal_that_is_ignored_stays_ignored(heard):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with importing():
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN

"""The bar over the stages of an evaluation."""

import io
import sys

from evaluation.stages import Stages


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_shows_the_stage_and_what_is_done_in_it(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with Stages(2) as stages:
        stages.begin("tags")
        stages.begin("unseen pairs")
        stages.show("unseen pair 3 of 91")
    shown = terminal.getvalue()
    assert "0/2" in shown and "tags" in shown
    assert "1/2" in shown and "unseen pair 3 of 91" in shown


def test_elsewhere_nothing_is_shown(capsys):
    with Stages(1) as stages:
        stages.begin("tags")
    assert capsys.readouterr().err == ""

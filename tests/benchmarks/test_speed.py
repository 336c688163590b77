"""The speed benchmark: bars, figures that moved, and the names of the baseline."""

import json
import re

from benchmarks import speed, speed_child
from benchmarks.processes import anonymous_bytes, machine, median_seconds, run
from config import ROOT


def test_bars():
    assert not speed.Figure("ratio", 2.0, 1.5).missed and speed.Figure("ratio", 1.0, 1.5).missed
    assert not speed.Figure("share", 0.1, -0.2).missed and speed.Figure("share", 0.3, -0.2).missed


def test_moved():
    before = {"a": 1.0, "b": 1.0, "c": 1.0}
    assert speed.moved({"a": 1.05, "b": 1.2, "d": 9.0}, before) == ["moved: b: 1 -> 1.2"]


def test_the_baseline_has_the_names_of_the_figures():
    """Otherwise a figure would be compared with nothing."""
    source = (ROOT / "benchmarks" / "speed.py").read_text("utf-8")
    baseline = json.loads((ROOT / "benchmarks" / "baseline.json").read_text("utf-8"))
    for name in baseline["figures"]:
        assert re.sub(r"^.*, loop", "", name).split(" with ")[0] in source, name


def test_every_measurement_that_is_asked_for_exists():
    source = (ROOT / "benchmarks" / "speed.py").read_text("utf-8")
    assert set(re.findall(r'child\("(\w+)"', source)) == set(speed_child.MEASUREMENTS)


def test_processes():
    finished = run(["-c", "import os; print(os.environ['COLOUR'])"], COLOUR="red")
    assert finished.output == "red\n" and finished.seconds > 0
    assert anonymous_bytes(2**22 + 1) == 0  # no such process
    assert median_seconds(lambda: None, runs=3) < 1
    assert machine()["python"] and int(machine()["cores"]) > 0

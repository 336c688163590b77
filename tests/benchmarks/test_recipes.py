"""The table that compares both recipes reads evaluation.json as it is."""

import json

from benchmarks.recipes import row
from config import ROOT


def test_row():
    figures = json.loads((ROOT / "docs" / "evaluation.json").read_text("utf-8"))
    cells = row("default", 5.0, figures).strip("| ").split(" | ")
    assert cells[:3] == ["default", "5", f"{figures['images']:,}"]
    assert len(cells) == 8
    assert cells[3].count("/") == 2 and float(cells[-1]) > 1

"""The report: the table, the JSON, and the figures that the documentation quotes."""

import dataclasses
import json
import math

import numpy as np
import pytest

from config import ROOT
from evaluation.figures import Accuracy
from evaluation.report import SENTENCES, SYNONYMS, rounded, table, to_json


def decimal(value, digits=3):
    return f"{value:.{digits}f}".removeprefix("0")


def test_the_documentation_has_the_figures_of_the_shipped_model():
    text = (ROOT / "docs" / "measuring.md").read_text(encoding="utf-8")
    figures = json.loads((ROOT / "docs" / "evaluation.json").read_text())
    fit, rows = figures["fit"], {}
    rows["real faces, tags as given"] = fit["real faces"]
    rows["tags"] = fit["tags"]
    rows["sentences in forms it was not trained on"] = fit[SENTENCES]
    rows["the same with other names of the colours"] = fit[SYNONYMS]
    rows["one of the colours alone"] = fit["hair or eyes alone"]
    rows["tags of other faces (chance)"] = fit["tags, shuffled"]
    pair = "purple hair black eyes"
    rows[f"a pair that is not in its data: `{pair}`"] = figures["unseen"][pair]
    expected = [
        f"| {name} | " + " | ".join(decimal(share) for share, _, _ in found.values()) + " |"
        for name, found in rows.items()
    ]
    for name, key in {
        "Fréchet distance (features of the classifier)": "Fréchet distance",
        "precision": "precision",
        "recall": "recall",
        "distance between two faces of one caption": "distance in a caption",
        "1 − SSIM of these": "1 - SSIM in a caption",
        "distance between two faces of one hair colour": "distance, hair alone",
        "distance between two faces of one eye colour": "distance, eyes alone",
    }.items():
        found = (figures["quality"] | figures["variety"])[key]
        drawn, real = found["drawn"], found["real"]
        digits = 3 if real < 1 else 2
        ratio = decimal(drawn / real, 1 if drawn > 2 * real else 2)
        expected.append(
            f"| {name} | {decimal(drawn, digits)} | {decimal(real, digits)} | {ratio} |"
        )
    missing = [row for row in expected if row not in text]
    assert not missing, "\n".join(missing)


def test_table(evaluation):
    text = table(evaluation[0])
    assert "unseen: purple hair black eyes" in text
    for part in ("real faces, by their tags", "(chance)", "hair or eyes alone", "recall"):
        assert part in text
    assert all(f"\n{name}, as drawn" in text for name in ("tags", "recall", "broken"))
    assert all(len(line) <= 250 for line in text.splitlines())


def test_the_layout_of_the_json_is_that_of_the_documented_file(evaluation):
    def keys(value):
        return {k: keys(v) for k, v in value.items()} if isinstance(value, dict) else None

    documented = json.loads((ROOT / "docs" / "evaluation.json").read_text())
    found = to_json(evaluation[0])
    for values in (documented, found):
        assert len(values["variety"].pop("least distance")) == 1  # its key is a caption
    assert keys(found) == keys(documented)


@pytest.mark.parametrize("count", [5, 6, 90])
def test_many_unseen_pairs_have_one_row(evaluation, count):
    right = np.arange(4)[:, None] < [1, 3]  # hair .25, eyes .75
    wrong = np.zeros((4, 2), bool)
    unseen = {f"pair {n}": Accuracy.of(right if n % 2 else wrong) for n in range(count)}
    figures = dataclasses.replace(evaluation[0], unseen=unseen)
    rows = [line for line in table(figures).splitlines() if line.startswith("unseen")]
    if count <= 5:
        assert [row.split("  ")[0] for row in rows] == [f"unseen: pair {n}" for n in range(count)]
    else:
        (row,) = rows
        assert row.split() == [
            "unseen:",
            "mean",
            "of",
            str(count),
            "pairs",
            "0.125",
            "0.375",
            "0.125",
        ]
        assert row.index("0.125") == 36
    assert len(to_json(figures)["unseen"]) == count


def test_rounding():
    assert rounded({"a": [1 / 3, math.nan, math.inf, 7]}) == {"a": [0.33333, None, None, 7]}

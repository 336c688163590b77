"""Counting broken faces by eye: what is on the sheets, and what becomes of the marks."""

import csv
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from config import PRETRAINED, ROOT
from sampler import Sampler
from tools import broken_faces
from tools.broken_faces import KEY, MARKS, PARTS, WHOLE, Face, Label, read_labels, report

LABELS = ROOT / "tools" / "labels" / "broken_faces.csv"
# Of several models each, by other readers: how many faces.
NEWER = {
    LABELS.with_name(f"broken_faces_{step}.csv"): count
    for step, count in {
        "13760": 672,
        "19374": 672,
        "17341": 1_152,
        "15539": 768,
        "25698": 768,
        "13760b": 1_152,
        "13760c": 384,
        "13760d": 384,
        "13760e": 384,
        "13760f": 384,
        "22000": 300,
        "22000b": 301,
        "22000c": 384,
        "29423": 384,
        "29423b": 384,
        "22000d": 384,
        "29423c": 384,
        "29423d": 384,
    }.items()
}


@pytest.fixture
def run(capsys):
    """Run the command; return its exit code and what it says."""

    def run(*arguments) -> tuple[object, str]:
        code: object
        try:
            code = broken_faces.main([str(argument) for argument in arguments])
        except SystemExit as stop:
            code = stop.code
        return code, "".join(capsys.readouterr())

    return run


@pytest.fixture
def read(tmp_path):
    """Write a key and marks into a folder and read the labels."""

    def read(marks: str, key: str = "00,1,7,,,,\n00,2,,red hair,5,0.7,abc\n01,1,7,,,,\n"):
        columns = "sheet,number,id,text,seed,truncation,model_hash\n"
        (tmp_path / KEY).write_text(columns + key)
        (tmp_path / MARKS).write_text("sheet,eyes,mouth,shape\n" + marks)
        return read_labels(tmp_path)

    return read


def rows_of(path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_what_is_on_the_sheets_can_be_drawn_again_and_counted(faces, tmp_path, run):
    output = tmp_path / "look"
    chosen = ["--truncation", 1, 0.5, "--drawn", 20, "--real", 12, "--again", 9]
    code, said = run(output, "--data", faces, *chosen)
    assert code == 0 and "2 sheets of 52 faces" in said
    key = rows_of(output / KEY)
    assert [row["sheet"] for row in key] == ["00"] * 48 + ["01"] * 13
    places = [Face.of(row) for row in key]
    drawn = [face for face in places if face.model_hash]
    again = dict(zip(drawn, broken_faces.draw(Sampler.load(PRETRAINED), drawn), strict=True))
    seen = set()
    for row, face in zip(key, places, strict=True):
        line, column = divmod(int(row["number"]) - 1, 8)
        left, top = 14 + 194 * column, 2 + 210 * line
        with Image.open(output / f"{row['sheet']}.png") as sheet:
            shown = sheet.crop((left, top, left + 192, top + 192)).resize((64, 64))
        if face.model_hash:
            image = again[face][:, ::-1] if face in seen else again[face]
            assert np.abs(np.asarray(shown, float) - image).mean() < 8
        seen.add(face)
    assert len(seen) == 52 and sum(not face.model_hash for face in seen) == 12

    (output / MARKS).write_text("sheet,eyes,mouth,shape\n0,1 3,3,48\n1,,,\n")
    code, said = run(output, "--labels", tmp_path / "labels.csv")
    assert code == 0 and "read twice: 9" in said
    broken = [row for row in rows_of(tmp_path / "labels.csv") if row["first"] != WHOLE]
    assert [row["first"] for row in broken] == ["eyes", "eyes|mouth", "shape"]


def test_a_face_is_that_of_the_sampler_at_its_truncation():
    sampler = Sampler.load(PRETRAINED)
    texts = ["blue hair red eyes", "black hair"]
    whole = [Face("", text, str(seed), "1", "w") for seed, text in enumerate(texts)]
    drawn = sampler.sample(texts, [(0,), (1,)], truncation=1, tries=1)
    np.testing.assert_array_equal(
        broken_faces.draw(sampler, whole), np.stack([*map(broken_faces.with_traces, drawn)])
    )
    still = [Face("", texts[0], seed, "0", "w") for seed in ("3", "4")]
    first, second = broken_faces.draw(sampler, still)
    np.testing.assert_array_equal(first, second)


def test_takes_are_those_that_the_sampler_keeps():
    sampler = Sampler.load(PRETRAINED)
    faces = [Face("", "red hair", str(seed), "0.85", "w") for seed in range(24)]
    settled = broken_faces.settle(sampler, faces, tries=4)
    assert {face.take for face in settled} > {""}
    drawn = sampler.sample(["red hair"] * 24, [(seed,) for seed in range(24)], 0.85, tries=4)
    np.testing.assert_array_equal(
        broken_faces.draw(sampler, settled), np.stack([*map(broken_faces.with_traces, drawn)])
    )


@given(st.integers(2, 60).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n // 2))))
def test_faces_that_are_read_again_come_back_in_the_second_half(numbers):
    count, again = numbers
    order = broken_faces.shuffle(count, again, np.random.default_rng(0))
    assert len(order) == count + again and set(order) == set(range(count))
    half = order[: count // 2]
    assert len(set(half)) == len(half)
    assert len(set(half) & set(order[count // 2 :])) == again


def test_only_sheets_that_were_read_count(read):
    drawn = Face("", "red hair", "5", "0.7", "abc")
    assert read("0,2,2,1\n") == [
        Label(Face("7"), "shape", ""),
        Label(drawn, "eyes|mouth", ""),
    ]
    assert read("01,1,,\n") == [Label(Face("7"), "eyes", "")]
    assert read("0,,,\n1,1,,\n") == [Label(Face("7"), WHOLE, "eyes"), Label(drawn, WHOLE, "")]


@pytest.mark.parametrize(
    ("marks", "said"),
    [
        ("2,,,\n", "row 2: key.csv has no sheet '2'"),
        ("0,,,\n0,1,,\n", "row 3: sheet 00 has a row already"),
        ("0,,9 1,\n", "row 2, mouth: sheet 00 has no face '9'"),
        ("0,1;2,,\n", "row 2, eyes: sheet 00 has no face '1;2'"),
        ("0,1\n", "row 2: no mouth"),
        ("", "marks.csv has no rows"),
    ],
)
def test_marks_that_do_not_fit_are_refused(read, run, tmp_path, marks, said):
    (tmp_path / "labels.csv").write_text("kept")
    read("0,,,\n")
    (tmp_path / MARKS).write_text("sheet,eyes,mouth,shape\n" + marks)
    code, message = run(tmp_path, "--labels", tmp_path / "labels.csv")
    assert code == 2 and said in message and "Traceback" not in message
    assert (tmp_path / "labels.csv").read_text() == "kept"


def test_the_report_counts_by_source():
    drawn = [
        Label(Face("", "", str(n), "0.85", "w"), "eyes" if n < 3 else WHOLE, "") for n in range(30)
    ]
    real = [Label(Face(str(n)), WHOLE, "shape" if n else WHOLE) for n in range(10)]
    lines = report(drawn + real).splitlines()
    assert lines[1].split() == ["drawn,", "truncation", "0.85", "30", "3", "30", "(10-77)"]
    assert lines[2].split() == ["real", "10", "0", "0", "(0-83)"]
    assert lines[3] == "read twice: 10, with the same result 1; broken 0, then 9, both times 0"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--real", 13], "--real must be at most 12"),
        (["--real", 4, "--drawn", 0, "--again", 3], "--again must be at most half"),
        (["--truncation", "nan"], "--truncation: must be a number from 0 to 1"),
        (["--repeats", "none.csv"], "--repeats none.csv cannot be read"),
        (["--model", "none"], "There is no model in none"),
        (["--labels", "labels.csv"], "--labels goes without --data"),
    ],
)
def test_the_command_refuses(faces, tmp_path, run, options, said):
    code, message = run(tmp_path / "look", "--data", faces, *options)
    assert code in (1, 2) and said in message and "Traceback" not in message
    assert not list(tmp_path.glob("look/*"))


def test_what_is_missing_to_count_is_said(tmp_path, run):
    assert "has no key.csv: first write the sheets, with --data" in run(tmp_path)[1]
    (tmp_path / KEY).write_text("sheet")
    code, message = run(tmp_path)
    assert code == 2 and "has no marks.csv: first read a sheet" in message


def test_what_is_said_of_faces_needs_them(tmp_path, run):
    code, message = run(tmp_path, "--repeats", "repeats.csv")
    assert code == 2 and "--tags and --repeats go with --data" in message


def test_sheets_are_not_overwritten(faces, tmp_path, run):
    (tmp_path / KEY).write_text("kept")
    code, message = run(tmp_path, "--data", faces)
    assert code == 2 and "has sheets already" in message
    assert [path.name for path in tmp_path.iterdir()] == [KEY]


@pytest.mark.parametrize(("path", "count"), [(LABELS, 1_900), *NEWER.items()])
def test_the_labels_that_ship_are_of_the_rule(path, count):
    rows = rows_of(path)
    assert len(rows) == count
    for row in rows:
        assert set(row["first"].split("|")) <= {WHOLE, *PARTS}
        assert not row["second"] or set(row["second"].split("|")) <= {WHOLE, *PARTS}
        drawn = [bool(row[field]) for field in ("text", "seed", "truncation", "model_hash")]
        assert drawn == [not row["id"]] * 4


def counts(rows: list[dict[str, str]], least: int) -> list[str]:
    """Return the cells of a table with the counts of labels, of `least` kinds."""
    labels = [Label(Face.of(row), row["first"], row["second"]) for row in rows]
    shown = [line.split()[-2:] for line in report(labels).splitlines()[1:]]
    found = [" ".join(cells) for cells in shown if cells[-1].startswith("(")]
    assert len(found) >= least
    return found


def test_the_documentation_has_the_counts_of_the_labels():
    found = [counts(rows_of(LABELS), 4)]
    for newer in map(rows_of, NEWER):
        first, *others = sorted({row["model_hash"] for row in newer} - {""})
        cells = [
            counts([row for row in newer if row["model_hash"] in hashes], len(hashes))
            for hashes in (("", first), *((other,) for other in others))
        ]
        found.append([*itertools.chain(*cells)])
    looks = {path.stem.rpartition("_")[2]: rows_of(path) for path in NEWER}
    shown = [looks[name] for name in ("29423d", "29423c", "22000d")]
    pooled = counts([row for look in shown for row in look if row["id"]], 1)
    for look in shown:
        pooled += counts([row for row in look if not row["id"]], 1)
    pages = {ROOT / "docs" / "measuring.md": pooled}
    pages[LABELS.with_name("README.md")] = [*itertools.chain(*found)]
    for page, wanted in pages.items():
        text = page.read_text(encoding="utf-8").replace("–", "-")
        assert [cells for cells in wanted if f"| {cells} |" not in text] == []

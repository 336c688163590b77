"""The summary says what a data set consists of, what was left out, and why."""

import json

from dataset.summary import Summary, TagReport


def test_summary_names_what_was_left_out_and_why(tmp_path, load, image, write):
    files: dict[str, bytes | str] = {f"good{n}.png": image(n) for n in range(3)}
    files |= {f"plain{n:02}.png": image() for n in range(25)}
    files |= {"tiny.png": image(side=20), "text.jpg": "no image", "cut.png": image()[:60]}
    files["tags.csv"] = (
        "good0,aqua hair red eyes\ngood1,red hair red eyes\ngood1,red hair red eyes\n"
        "good2,red hair\n"
        "tiny,a\ntext,b\ncut,c\nabsent,d\nnonsense\n"
    )
    summary = load(write(tmp_path / "faces", files)).summary
    assert (summary.found, summary.used) == (31, 3)
    assert summary.left_out == {
        "no caption": 25,
        "cut short": 1,
        "not an image Pillow can open": 1,
        "too small": 1,
    }
    assert len(summary.examples["no caption"]) == 20
    assert summary.examples["too small"] == ["tiny.png (20×20 px)"]
    tags = summary.tags
    assert (tags.duplicates, tags.unmatched, tags.bad_rows) == (1, 1, 1)
    assert dict(summary.commonest)["red hair"] == 1
    rare = dict(summary.rare)
    assert rare["blue hair"] == rare["aqua eyes"] == 0
    assert not {"red hair", "red eyes", "aqua hair"} & rare.keys()
    text = summary.text()
    for part in ("31 found, 3 used, 28 left out", "plain19.png", "and 5 more", "line 9"):
        assert part in " ".join(text.split()), text
    assert "plain20.png" not in text
    assert max(map(len, text.splitlines())) <= 100


def test_summary_of_sound_data_is_short():
    summary = Summary(
        found=9,
        used=9,
        left_out={},
        examples={},
        unread=0,
        unread_examples=[],
        tags=TagReport("tags.csv"),
        captions=2,
        commonest=[("a" * 999, 5), ("b", 4)],
        rare=[],
    )
    assert len(summary.text().splitlines()) == 5
    assert max(map(len, summary.text().splitlines())) <= 100


def test_a_summary_comes_back_from_the_layout_of_about_json(tmp_path, load, two, write):
    """The layout is that of version 3 of the cache: the tag report's fields lie flat in it."""
    folder = write(tmp_path / "faces", two | {"tags.csv": "1,b\n1,b\n2,c\n7,d\n8\n"})
    summary = load(folder).summary
    values = json.loads(json.dumps(summary.to_dict()))
    assert Summary.from_dict(values) == summary
    assert values == {
        "found": 2,
        "used": 2,
        "left_out": {},
        "examples": {},
        "unread": 0,
        "unread_examples": [],
        "tags": str(folder / "tags.csv"),
        "duplicates": 1,
        "unmatched": 1,
        "unmatched_examples": ["7"],
        "bad_rows": 1,
        "bad_examples": ["tags.csv line 5: no comma after the id"],
        "captions": 2,
        "commonest": [["b", 1], ["c", 1]],
        "rare": [list(pair) for pair in summary.rare],
    }

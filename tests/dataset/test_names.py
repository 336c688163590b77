"""Odd names, links and folders without access: what can be read is used, the rest is named."""

import contextlib
import json
import os

import pytest

from dataset import sources
from dataset.cache import load_dataset
from dataset.captions import write_tags
from dataset.tags import parse_tags

NAMES = [
    "with space.png",
    " before and after .png",
    'it\'s "quoted".png',
    "new\nline.png",
    "tab\there.png",
    "semi;colon, comma.png",
    "emoji 🙂 字.png",
    "escape \x1b[2J.png",
    "%s {} $(id) `id`.png",
    "-n 5.png",
    "x" * 246 + ".png",
    os.fsdecode(b"latin-\xe9.png"),
    "UPPER.PNG.png",
    "two..dots.png",
]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
@pytest.mark.parametrize("how", ["table", "side-cars"])
def test_odd_names_are_used_and_printed(how, tmp_path, encoded, noise):
    used = []
    for number, name in enumerate(NAMES):
        with contextlib.suppress(OSError):  # some file systems refuse names that are not text
            (tmp_path / name).write_bytes(encoded(noise(40)))
            used.append(name)
            text = f"{('red', 'blue')[number % 2]} hair"
            if how == "side-cars":
                with contextlib.suppress(OSError):
                    (tmp_path / name).with_suffix(".txt").write_text(text)
            else:
                with (tmp_path / "metadata.jsonl").open("a") as file:
                    file.write(json.dumps({"file_name": name, "text": text}) + "\n")
    found = load_dataset(tmp_path, None, 32, tmp_path.with_name("cache"))
    assert found.names == sorted(used) and len(used) >= 12
    (tmp_path / "metadata.jsonl").unlink(missing_ok=True)
    for side_car in tmp_path.glob("*.txt"):
        side_car.unlink()
    (tmp_path / "tags.csv").write_text("with space,red hair\n-n 5,blue hair\n")
    said = load_dataset(tmp_path, None, 32, tmp_path.with_name("cache")).summary.text()
    said = " ".join(said.split())
    assert r"escape \x1b[2J.png" in said and "\x1b" not in said


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_tags_are_written_for_the_names_that_a_table_can_hold(tmp_path):
    captions = {name: f"red hair {number} eyes" for number, name in enumerate(NAMES)}
    left = write_tags(tmp_path / "tags.csv", captions)
    # The others would be read as something else, or not at all.
    assert left == [NAMES[1], os.fsdecode(b"latin-\xe9.png")]
    table = parse_tags("tags.csv", (tmp_path / "tags.csv").read_bytes())
    kept = {sources.stem_of(name): text for name, text in captions.items() if name not in left}
    assert table.texts == kept and not table.bad


@pytest.mark.skipif(os.name == "nt", reason="Windows grants the right to make links to few")
def test_links_and_what_is_no_file(tmp_path, load_with, png):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "there.png").write_bytes(png)
    folder = tmp_path / "faces"
    (folder / "x.jpg").mkdir(parents=True)  # a folder by that name
    (folder / "x.jpg" / "in.png").write_bytes(png)
    (folder / "loop.png").symlink_to(folder / "loop.png")
    (folder / "nowhere.png").symlink_to("gone")
    (folder / "circle").symlink_to(folder)
    (folder / "out").symlink_to(outside)
    (folder / "to an image.png").symlink_to(outside / "there.png")
    os.mkfifo(folder / "pipe.jpg")  # opening it would wait for ever
    found = load_with({}, "in,green hair\nto an image,gray hair\nnone such,red hair\n")
    assert found.names == ["good1.png", "good2.png", "to an image.png", "x.jpg/in.png"]
    assert found.summary.unread_examples == [
        "circle/ (a link to a folder)",
        "loop.png (cannot be read: Too many levels of symbolic links)",
        "nowhere.png (cannot be read: No such file or directory)",
        "out/ (a link to a folder)",
        "pipe.jpg (not a file)",
    ]
    said = " ".join(found.summary.text().split())
    assert "not read: 5 circle/" in said and "match no image: 1 none such" in said


def test_a_folder_without_the_right_to_read_it_is_named(
    tmp_path, load_with, monkeypatch, refusal, png
):
    """As with mode 000, which does not stop root, who may run the tests."""
    scandir = os.scandir

    def guarded(path):
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    (tmp_path / "faces" / "locked").mkdir(parents=True)
    assert "locked" not in load_with({}).summary.text()
    (tmp_path / "faces" / "locked" / "1.png").write_bytes(png)
    monkeypatch.setattr(os, "scandir", guarded)
    # The images are the same as before, but no cache may hide the change.
    found = load_dataset(tmp_path / "faces", None, 32, tmp_path / "cache")
    assert found.names == ["good1.png", "good2.png"]
    assert "locked (cannot be read: Permission denied)" in found.summary.text()
    monkeypatch.undo()
    assert len(load_with({}, "1,green hair\n")) == 3, "readable now"
    monkeypatch.setattr(os, "scandir", guarded)
    said = refusal("--train", "--data", tmp_path / "faces" / "locked")
    assert f"--data {tmp_path / 'faces' / 'locked'} cannot be read: Permission denied" in said

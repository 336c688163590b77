"""A cache is built once, whole or not at all, and again when its sources change."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from config import ROOT, ProjectError, UsageError
from dataset import cache
from dataset.cache import load_dataset

SIZE = 32
LOAD = """
import sys
from pathlib import Path
from dataset import cache
data = cache.load_dataset(Path(sys.argv[1]), None, 32, Path(sys.argv[2]))
print(len(data), data.images.sum())
"""
SLOW = """
import time
from dataset import cache
def wait(*_):
    print("decoding" + chr(10), end="", flush=True)  # in one piece, as two threads do
    time.sleep(600)
cache.read_image = wait
"""
SLOW += LOAD


def start(
    code: str, folder: Path, cache_dir: Path, stderr: int | None = None
) -> subprocess.Popen[bytes]:
    """Start a process that loads a folder."""
    command = [sys.executable, "-c", code, str(folder), str(cache_dir)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=stderr)


def test_cache_is_used_again_until_something_changes(
    tmp_path, load, decoded, image, two, write, entries
):
    folder = write(tmp_path / "faces", two | {"tags.csv": "1,a\n2,b\n"})
    first = load(folder)
    again = load(folder)
    assert decoded() == 2 and again.summary == first.summary
    assert (again.names, again.captions) == (first.names, first.captions)

    write(folder, {"1.png": image(99, side=41)})
    assert load(folder).images[0, 0, 0, 0] == 99 and decoded() == 4
    os.utime(folder / "2.png", ns=(0, 0))
    load(folder)
    assert decoded() == 6
    write(folder, {"tags.csv": "1,a\n2,c\n"})
    assert load(folder).captions == ["a", "c"] and decoded() == 8
    write(folder, {"3.png": image()})
    assert load(folder).summary.left_out == {"no caption": 1} and decoded() == 10
    assert len(entries()) == 1, "older caches of the same data are removed"
    load(folder, size=48)
    assert len(entries()) == 2, "other sizes are kept"


def test_side_cars_and_zips_are_watched_too(tmp_path, load, decoded, image, two, write, write_zip):
    folder = write(tmp_path / "faces", two | {"1.txt": "a", "2.txt": "b"})
    load(folder)
    write(folder, {"2.txt": "other"})
    assert load(folder).captions == ["a", "other"] and decoded() == 4
    path = write_zip(tmp_path / "data.zip", two | {"tags.csv": "1,a\n2,b\n"})
    load(path)
    os.utime(path, ns=(0, 0))
    load(path)
    assert decoded() == 6, "a zip is known by its checksums"
    write_zip(path, two | {"2.png": image(77), "tags.csv": "1,a\n2,b\n"})
    assert load(path).images[1, 0, 0, 0] == 77


def test_an_interrupted_build_leaves_nothing(tmp_path, load, monkeypatch, two, write, entries):
    folder = write(tmp_path / "faces", two | {"tags.csv": "1,a\n2,b\n"})

    def interrupt(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(cache, "read_image", interrupt)
        with pytest.raises(KeyboardInterrupt):
            load(folder)
    assert entries() == []
    assert len(load(folder)) == 2


def test_leftovers_of_dead_processes_are_removed(tmp_path, load, two, write):
    folder = write(tmp_path / "faces", two | {"tags.csv": "1,a\n2,b\n"})
    # A folder of the user's, and what an older version left, which named it by its process id.
    own = {"unfinished-mine/file": "", "unfinished-4711/pictures.npy": ""}
    cache_dir = write(tmp_path / "cache", own)
    others = []
    try:
        for said in (b"decoding\n", b"waiting: another process reads"):
            others.append(start(SLOW, folder, cache_dir, subprocess.STDOUT))
            assert others[-1].stdout and others[-1].stdout.readline().startswith(said)
        others[0].kill()
        assert others[1].stdout and others[1].stdout.readline() == b"decoding\n"
        left = {path.name for path in cache_dir.glob("unfinished-*")} - {"unfinished-mine"}
        (lock,) = (name for name in left if name.endswith(".lock"))
        assert left == {lock, lock.removesuffix(".lock")}, "the other one is building now"
    finally:
        for process in others:
            process.kill()
            process.communicate()
    assert len(load(folder)) == 2
    assert [path.name for path in cache_dir.glob("unfinished-*")] == ["unfinished-mine"]


@pytest.mark.parametrize("name", ["pictures.npy", "caption_ids.npy", "about.json"])
def test_a_damaged_cache_is_built_again(name, tmp_path, load, two, write, entries):
    folder = write(tmp_path / "faces", two | {"tags.csv": "1,a\n2,b\n"})
    load(folder)
    file = entries()[0] / name
    file.write_bytes(file.read_bytes()[:-9])
    assert len(load(folder).images) == 2


def test_two_processes_may_build_at_once(tmp_path, image, write, entries):
    files = {f"{n}.png": image(n) for n in range(100)}
    tags = "".join(f"{n},caption {n}\n" for n in range(100))
    folder = write(tmp_path / "faces", files | {"tags.csv": tags})
    processes = [start(LOAD, folder, tmp_path / "cache") for _ in range(2)]
    outputs = {process.communicate()[0] for process in processes}
    assert len(outputs) == 1 and outputs.pop().startswith(b"100 ")
    assert len(entries()) == 1


def test_many_images_more_than_a_chunk_with_gaps(
    tmp_path, load, monkeypatch, image, write, entries
):
    monkeypatch.setattr(cache, "_CHUNK", 4)
    files = {f"{n:02}.png": image(n, side=20 if n % 3 == 0 else 40) for n in range(31)}
    tags = "".join(f"{n:02},caption {n}\n" for n in range(31))
    data = load(write(tmp_path / "faces", files | {"tags.csv": tags}))
    kept = [n for n in range(31) if n % 3]
    assert data.images[:, 0, 0, 0].tolist() == kept
    assert data.captions == [f"caption {n}" for n in kept]
    assert np.load(entries()[0] / "pictures.npy").shape == (20, SIZE, SIZE, 3)


def test_errors_say_what_to_do(tmp_path, load, two, write):
    with pytest.raises(UsageError, match=r"--data .*none"):
        load(tmp_path / "none")
    with pytest.raises(ProjectError, match=r"\.jpg .*\.tiff"):
        load(write(tmp_path / "empty", {"a.txt": "a"}))
    with pytest.raises(ProjectError, match=r"metadata\.jsonl, .*tags_clean\.csv.* NAME\.txt"):
        load(write(tmp_path / "faces", two))
    with pytest.raises(UsageError, match=r"--tags .*none\.csv"):
        load(tmp_path / "faces", tmp_path / "none.csv")
    with pytest.raises(ProjectError, match=r"text\.zip is not a zip file"):
        load(write(tmp_path, {"text.zip": "text"}) / "text.zip")
    with pytest.raises(ProjectError, match="same caption, 'a'"):
        load(write(tmp_path / "one", two | {"tags.csv": "1,a\n2,a\n"}))
    with pytest.raises(ProjectError, match=r"(?s)same caption.*bad rows: 1\n.*line 2: no text"):
        load(write(tmp_path / "bad", two | {"tags.csv": "1,a\n2,\n"}))
    for _ in range(2):  # the second time, no cache may hide it
        with pytest.raises(ProjectError, match="same caption, 'a'"):
            load(write(tmp_path / "left", two | {"3.png": "", "tags.csv": "1,a\n2,a\n3,b\n"}))
    with pytest.raises(
        ProjectError, match=r"(?s)No image .* no caption: 2.* match no image: 2\s+7, 8"
    ):
        load(write(tmp_path / "unmatched", two | {"tags.csv": "7,a\n8,b\n"}))
    (tmp_path / "cache2").write_text("a file")
    write(tmp_path / "faces", {"tags.csv": "1,a\n2,b\n"})
    with pytest.raises(ProjectError, match="Cannot write the cache"):
        load_dataset(tmp_path / "faces", None, SIZE, tmp_path / "cache2")


def test_about_file_is_plain_json(tmp_path, load, two, write, entries):
    load(write(tmp_path / "faces", two | {"tags.csv": "1,a\n2,b\n"}))
    captions, summary = json.loads((entries()[0] / "about.json").read_text())
    assert (captions, summary["used"]) == (["a", "b"], 2)

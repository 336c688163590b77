"""The digest of a data set changes where its captions are read otherwise, and nowhere else."""

import hashlib
import json
from pathlib import Path

import pytest

from dataset.origin import find_origin
from files.images import MIN_SIDE

UNCHANGED: dict[str, dict[str, str]] = {
    "metadata.jsonl": {"metadata.jsonl": '{"file_name": "1.png", "text": "a"}\n'
                       '{"file_name": "2.png", "text": "b"}'},
    "metadata.csv": {"metadata.csv": "file_name,x,text\n1.png,0,a\n2.png,0,b"},
    "tags.csv": {"tags.csv": 'id,text\n1,"a, b"\n2,b\n2,b\n9,c\nbad\n'},
    "tags_clean.csv": {"tags_clean.csv": "1,red hair:3\tx:2\n2,blue eyes:1"},
    "texts": {"1.txt": "a", "2.txt": "b\nc"},
    "a table and texts that it makes needless": {"tags.csv": "1,a\n2,b\n", "1.txt": "c"},
    "a note": {"tags.csv": "1,a\n2,b\n", "3.heic": "", "other.csv": "", "more.zip": ""},
}  # fmt: skip
CHANGED: dict[str, dict[str, str]] = {
    "colours": {"tags.csv": "id,hair,eyes\n1,a,b\n2,b,c\n"},
    "another header": {"metadata.csv": "image,caption\n1.png,a\n2.png,b\n"},
    "line breaks": {"tags.csv": '1,"a\nb"\n2,b\n'},
    "several captions": {"tags.csv": "1,a\n1,c\n2,b\n"},
    "several captions in a text": {"1.txt": "a, b\nc, d", "2.txt": "b"},
    "other texts": {"1.caption": "a", "2.txt": "b"},
    "a table and texts": {"tags.csv": "1,a\n", "2.txt": "b"},
    "two tables": {"tags.csv": "1,a\n", "metadata.jsonl": '{"file_name": "2.png", "text": "b"}'},
    "another key": {"metadata.jsonl": '{"file_name": "1.png", "text": "a"}\n'
                    '{"file_name": "2.png", "prompt": "b"}'},
    "weights": {"tags.csv": "1,(a:1.2)\n2,b\n"},
    "weights in a text": {"1.txt": "(a:1.2)", "2.txt": "b"},
    "a text in capitals": {"1.txt": "a", "2.PNG.txt": "b"},
    "zeros": {"tags.csv": "01,a\n2,b\n"},
    "a caption that may be cut": {"metadata.csv": "file_name,text,x\n1.png,a\n1.png,a,0\n"
                                  "2.png,b,0\n1.png,c, d,0\n"},
    "own folder": {"tags.csv": "up/faces/1,a\n2,b\n"},
}  # fmt: skip


def digest_of_version_3(folder: Path, files: dict[str, str]) -> str:
    """As version 3 of the cache computed it."""
    tables = ("metadata.jsonl", "metadata.csv", "tags.csv", "tags_clean.csv")
    first = next((name for name in tables if name in files), None)

    def stamp(name: str) -> tuple[str, tuple[int, int]]:
        status = (folder / name).stat()
        return name, (status.st_size, status.st_mtime_ns)

    if first:
        sha = hashlib.sha256((folder / first).read_bytes()).hexdigest()
        captions: list[object] = [(str((folder / first).resolve()), sha)]
    else:
        captions = [stamp(name) for name in sorted(files) if name.endswith(".txt")]
    contents = [[stamp(name) for name in ("1.png", "2.png")], captions, []]
    text = json.dumps([3, MIN_SIDE, False, contents])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@pytest.mark.parametrize("kind", [*UNCHANGED, *CHANGED])
def test_only_captions_that_are_read_otherwise_get_another_digest(kind, tmp_path, load, two, write):
    files = (UNCHANGED | CHANGED)[kind]
    folder = write(tmp_path / "up" / "faces", two | files)
    data = load(folder)
    assert len(data) == 2
    old = digest_of_version_3(folder, files)
    assert (data.folder.name.partition("-")[2] == old) == (kind in UNCHANGED)
    assert load(folder).folder == data.folder


def test_a_cache_of_before_is_used_as_it_is_or_made_anew(tmp_path, load, decoded, two, write):
    folder = write(tmp_path / "faces", two | {"tags.csv": "1,a\n2,b\n"})
    cache = load(folder).folder
    about, made = (cache / "about.json").read_bytes(), decoded()
    (cache / "reading.json").unlink()  # as an older version left it
    assert load(folder).folder == cache and decoded() == made
    assert (cache / "about.json").read_bytes() == about

    # What that version passed over is read now.
    write(folder, {"tags.csv": "1,a\n", "2.txt": "b"})
    old, _ = find_origin(folder, None, False).digests()
    cache = cache.rename(cache.with_name(f"{cache.name.partition('-')[0]}-{old}"))
    assert load(folder).captions == ["a", "b"] and not cache.exists()


def test_a_text_that_appears_beside_a_table_is_noticed(tmp_path, load, image, two, write):
    files = two | {"3.png": image(3), "tags.csv": "1,a\n2,b\n"}
    folder = write(tmp_path / "faces", files)
    assert load(folder).captions == ["a", "b"]
    write(folder, {"3.txt": "c"})
    assert load(folder).captions == ["a", "b", "c"]
    (folder / "3.txt").unlink()
    assert load(folder).captions == ["a", "b"]

"""Whatever a caption file holds, its bad rows are named and its good ones used."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset.tags import parse_tags
from files.untrusted import LARGEST

fuzz = settings.get_profile("fuzz")
GOOD_ROWS = b"good1,red hair\ngood2,blue hair\n"
TAG_FILES = {  # rows between good ones -> what is said about them
    "empty lines": (b"\n \n\t\n\r\n", None),
    "NUL": (b"a,green\0hair\n", "line 2: not text"),
    "NUL in the id": (b"a\0,green hair\n", "line 2: not text"),
    "Latin-1": (b"a,caf\xe9 hair\n", "not UTF-8, read as Latin-1"),
    "open quotes": (b'a,"green hair\n', None),
    "quotes in quotes": (b'"a""b",""green" hair"\n', None),
    "duplicate ids": (b"a,green hair\na,gray hair\n", None),
    "no id": (b",green hair\n", "line 2: no id"),
    "no text": (b"a,\n", "line 2: no text"),
    "no comma": (b"nonsense\n", "line 2: no comma after the id"),
    "punctuation": (b"a,;-)\n", "line 2: no word in ';-)'"),
    "a line of 10 MB": (b"a," + b"x" * 10**7 + b"\n", "line 2: longer than 1,000,000 characters"),
    "10 MB of quotes": (b'a,"' + b'""' * (5 * 10**6) + b"\n", "line 2: longer than 1,000,000"),
    "a line of 900 KB of quotes": (b'a,"' + b'""' * 450_000 + b"\n", "line 2: no word in"),
    "10 MB of commas": (b"," * 10**7 + b"\n", "line 2: longer than 1,000,000 characters"),
    "a text of 3,000 characters": (b"a," + b"x" * 3000 + b"\n", "longer than 2,000 characters"),
    "ids that lead out": (b"../../etc/passwd,green hair\n/etc/x,gray hair\n", None),
    "a formula": (b'=cmd|" /C calc"!A0,green hair\n', None),
}


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("kind", TAG_FILES)
def test_bad_rows_are_named_and_the_good_ones_used(kind, mark, end, bounded):
    between, message = TAG_FILES[kind]
    first, second = GOOD_ROWS.splitlines(keepends=True)
    data = (first + between + second).replace(b"\n", end)
    with bounded():
        table = parse_tags("tags.csv", mark + data)
    assert table.texts.items() >= {"good1": "red hair", "good2": "blue hair"}.items()
    assert (message is None) == (table.bad == []), table.bad
    assert message is None or (message in table.bad[0] and table.bad[0].startswith("tags.csv"))


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("tags.csv", b"," * 10**6),
        ("metadata.csv", b"file_name,text" + b",x" * 10**6),
        ("metadata.jsonl", b"[" * 10**6),
        ("metadata.jsonl", b'{"file_name": ' + b"1" * 10**6 + b"}"),
        ("tags_clean.csv", b"a," + b"blue hair\t" * 10**5),
    ],
)
def test_a_first_line_without_end_takes_no_time(name, head, bounded):
    with bounded():
        table = parse_tags(name, head + b"\n" + GOOD_ROWS)
    assert name != "tags.csv" or len(table.texts) == 2


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe", b"\x89PNG\r\n\x1a\n\0", b"id,text\n"])
def test_a_tag_file_that_holds_nothing_is_named(content, tmp_path, refusal, png):
    (tmp_path / "1.png").write_bytes(png)
    file = tmp_path / "tags.csv"
    file.write_bytes(content)
    said = refusal("--train", "--data", tmp_path, "--tags", file)
    assert "no caption: 1" in said and str(file) in said


@pytest.mark.parametrize("kind", ["huge", "endless", "gone", "of a folder"])
def test_a_tag_file_that_cannot_be_read_is_named(kind, tmp_path, refusal, bounded, png):
    (tmp_path / "1.png").write_bytes(png)
    file = tmp_path / "tags.csv"
    if kind == "huge":
        with file.open("wb") as sparse:
            sparse.truncate(LARGEST + 1)
    elif kind == "endless":
        file = Path("/dev/zero")
        if not file.exists():
            pytest.skip("this system has no /dev/zero")
    elif kind == "of a folder":
        file.mkdir()
    with bounded():
        said = refusal("--train", "--data", tmp_path, "--tags", file)
    assert f"--tags {file}" in said or (f"Received: {file}" in said and "100 MB" in said)


LINES = st.text(alphabet="\",;\t\\\0\ufeff\x85\u2028\r\n :_{}[]#idtexfl_nam017'é🙂", max_size=200)


@fuzz
@given(st.sampled_from(["a.jsonl", "a.json", "metadata.csv", "tags.csv", "tags_clean.csv"]), LINES)
def test_any_tag_file_is_read(name, text):
    table = parse_tags(name, text.encode())
    texts = [*table.texts.values(), *(text for more in table.others.values() for text in more)]
    assert all(any(map(str.isalnum, each)) for each in texts)
    assert all(note.startswith(name) for note in table.bad)

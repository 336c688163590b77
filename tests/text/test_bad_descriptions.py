"""Whatever a description file holds, its bad lines are named and its good ones used."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config import UsageError
from DCGAN import main
from text.descriptions import read_descriptions

fuzz = settings.get_profile("fuzz")
NO_DESCRIPTION = [b"", b"\xef\xbb\xbf", b"# none\n\n", bytes(range(256)) * 9, b",\n"]


@pytest.mark.parametrize("content", [*NO_DESCRIPTION, b"\xff" * 99])
def test_description_files_without_one_are_named(content, tmp_path, refusal):
    path = tmp_path / "d.txt"
    path.write_bytes(content)
    assert f"{path} holds no description" in refusal("--generate", "-t", path)


@pytest.mark.parametrize("kind", ["huge", "endless", "gone", "a folder"])
def test_description_files_that_cannot_be_read_are_named(kind, tmp_path, refusal, bounded):
    file = tmp_path / "d.txt"
    if kind == "huge":
        file.write_bytes(b"a\n" * (5 * 10**6 + 1))
    elif kind == "endless":
        file = Path("/dev/zero")
        if not file.exists():
            pytest.skip("this system has no /dev/zero")
    elif kind == "a folder":
        file.mkdir()
    with bounded(megabytes=30):
        assert str(file) in refusal("--generate", "-t", file)


def test_a_description_file_of_many_kinds_of_lines(tmp_path, capsys):
    """Good lines are drawn under their numbers, bad ones named; no link is written through."""
    lines = [b"id,text", b"1,blue hair red eyes", b"2," + b"x" * 10**6, b"3,\xff", b"4;red hair"]
    lines += ["5,🙂".encode(), b"6,a\0b", b'7,"pink hair', b"8,../../x $(id) %s"]
    file, out = tmp_path / "d.txt", tmp_path / "out"
    file.write_bytes(b"\xef\xbb\xbf" + b"\r\n".join(lines))
    out.mkdir()
    kept = tmp_path / "kept.jpg"
    kept.write_bytes(b"mine")
    with contextlib.suppress(OSError, NotImplementedError):
        (out / "sample_1_1.jpg").symlink_to(kept)
    assert main(["--generate", "-t", str(file), "-o", str(out), "--model", "pretrained"]) == 0
    said = capsys.readouterr().out
    for line, reason in ((3, "longer"), (4, "not UTF-8"), (6, "no word"), (7, "not text")):
        assert f"{file} line {line}: {reason}" in said, said
    assert {path.name for path in out.iterdir()} == {f"sample_{i}_1.jpg" for i in (1, 4, 7, 8)}
    assert kept.read_bytes() == b"mine" and not (out / "sample_1_1.jpg").is_symlink()
    assert {path.name for path in tmp_path.iterdir()} == {"d.txt", "out", "kept.jpg"}


LINES = st.text(alphabet="\",;\t\\\0\ufeff\x85\u2028\r\n :_{}[]#idtexfl_nam017'é🙂", max_size=200)


@fuzz
@given(LINES)
def test_any_description_file_is_read_or_refused(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "lines.txt"
    path.write_bytes(text.encode())
    try:
        found, bad = read_descriptions(path)
    except UsageError as error:
        assert str(path) in str(error)
    else:
        assert all(any(map(str.isalnum, each.text)) for each in found)
        assert all(note.startswith(f"{path} line ") for note in bad)

"""Zips that others made: read as folders, in memory, or refused whole."""

import io
import struct
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config import ProjectError
from files import archives
from files.archives import open_zip
from files.paths import file_size, open_binary, sibling


def packed(members: dict[str, bytes], kind: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", kind) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def test_a_zip_is_a_folder(tmp_path):
    path = tmp_path / "a.zip"
    path.write_bytes(packed({"one.txt": b"1", "sub/two.txt": b"22"}))
    root = open_zip(path)
    path.unlink()  # all of it is in memory
    two = root / "sub" / "two.txt"
    assert two.read_text() == "22" and file_size(two) == 2 and open_binary(two).read() == b"22"
    assert sibling(two, "none").exists() is False
    assert {child.name for child in root.iterdir()} == {"one.txt", "sub"}
    assert str(two) == f"{path}/sub/two.txt"


@pytest.mark.parametrize(
    "name", ["../a", "/a", "a/../../b", "a//b", "./a", "a\\..\\b", "..", "//", "a/./b"]
)
def test_paths_that_lead_out_are_refused(tmp_path, name):
    path = tmp_path / "a.zip"
    path.write_bytes(
        packed({"good": b"1", "x" * len(name): b"2"}).replace(b"x" * len(name), name.encode())
    )
    with pytest.raises(ProjectError, match=r"a\.zip cannot be read: the path .* leads out of it"):
        open_zip(path)
    assert list(tmp_path.iterdir()) == [path]


def test_zips_that_expand_or_hold_too_much_are_refused(tmp_path, monkeypatch, bounded):
    path = tmp_path / "a.zip"
    path.write_bytes(packed({"zeros": bytes(10**8 + 1)}))
    assert path.stat().st_size < 10**6
    with bounded(), pytest.raises(ProjectError, match="more than 1,000 files or 100 MB"):
        open_zip(path)
    path.write_bytes(packed({str(number): b"" for number in range(1001)}))
    with pytest.raises(ProjectError, match="more than 1,000 files"):
        open_zip(path)
    path.write_bytes(packed({"one": bytes(2000)}, zipfile.ZIP_STORED))
    monkeypatch.setattr(archives, "read_whole", lambda file: archives_read(file, 1000))
    with pytest.raises(ProjectError, match="is larger than"):
        open_zip(path)


def archives_read(file, limit):
    from files.untrusted import read_whole

    return read_whole(file, limit)


def test_a_member_that_is_longer_than_it_declares_is_refused(tmp_path):
    data = bytearray(packed({"a": bytes(5000)}))
    central = data.rindex(b"PK\x01\x02")
    data[central + 24 : central + 28] = struct.pack("<I", 10)
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(ProjectError, match="cannot be read"):
        open_zip(tmp_path / "a.zip")


def test_what_is_no_zip_is_named(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"not a zip")
    for name, why in (("a.zip", "not a zip"), ("b.zip", "no such file")):
        with pytest.raises(ProjectError, match=rf"{name} cannot be read: .*{why}"):
            open_zip(tmp_path / name)
    (tmp_path / "c.zip").mkdir()
    with pytest.raises(ProjectError, match="not a regular file"):
        open_zip(tmp_path / "c.zip")


GOOD = packed({"one.txt": bytes(range(256)) * 4, "sub/two.txt": b"22"})


@settings(settings.get_profile("fuzz"))
@given(data=st.data())
def test_damaged_zips_are_read_right_or_refused(tmp_path, damaged, data):
    path = tmp_path / "a.zip"
    path.write_bytes(data.draw(damaged(GOOD)))
    try:
        root = open_zip(path)
    except ProjectError as error:
        assert str(path) in str(error)
        return
    for child in root.iterdir():
        if child.is_file():
            child.read_bytes()  # what was accepted can be read

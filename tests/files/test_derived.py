"""What was derived from files is used again until these change."""

import pytest

from files import derived
from files.derived import checksums_match, read_record, stamps, write_checksums, write_record


@pytest.mark.parametrize("size", [0, 1, 8, 9, 100])  # bytes; a block has 8
def test_checksums_notice_any_other_bit(size, tmp_path, monkeypatch):
    monkeypatch.setattr(derived, "_BLOCK", 8)
    paths = [tmp_path / "a", tmp_path / "b"]
    for path in paths:
        path.write_bytes(bytes(size))
    record = tmp_path / "record.json"
    assert not checksums_match(record, paths)
    write_checksums(record, paths)
    assert checksums_match(record, paths)
    for changed in {bytes(size - 1) + b"\1" if size else b"\0", bytes(size + 1)}:
        paths[1].write_bytes(changed)
        assert not checksums_match(record, paths)
    paths[1].write_bytes(bytes(size))
    assert checksums_match(record, paths)
    paths[1].unlink()
    assert not checksums_match(record, paths)


@pytest.mark.parametrize("content", [b"", b"{", b"[" * 100_000, b"\xff", b"null", b"{}"])
def test_damaged_records_are_none(content, tmp_path):
    (tmp_path / "a").write_bytes(b"a")
    (tmp_path / "record.json").write_bytes(content)
    assert not checksums_match(tmp_path / "record.json", [tmp_path / "a"])
    assert read_record(tmp_path / "record.json", stamps([tmp_path / "a"])) is None


def test_a_value_is_recalled_until_its_files_change(tmp_path):
    path, record = tmp_path / "a", tmp_path / "record.json"
    path.write_bytes(b"a")
    assert read_record(record, stamps([path, tmp_path / "absent"])) is None
    write_record(record, stamps([path]), "value")
    assert read_record(record, stamps([path])) == "value"
    path.write_bytes(b"ab")
    assert read_record(record, stamps([path])) is None


def test_a_folder_that_cannot_be_written_to_is_no_error(tmp_path):
    (tmp_path / "file").touch()
    write_record(tmp_path / "file" / "record.json", [], "value")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]

"""Damaged, hostile and encrypted zips: nothing is unpacked, and good members are used."""

import struct
import zipfile

import pytest
from hypothesis import given, settings

from config import ProjectError
from dataset import sources
from dataset.cache import load_dataset
from files.untrusted import LARGEST

fuzz = settings.get_profile("fuzz")


def test_members_that_expand_without_bound_are_refused(tmp_path, bounded, zipped, png):
    bomb = png + bytes(3 * LARGEST)
    path = zipped(tmp_path / "data.zip", {"bomb.png": bomb}, "bomb,green hair\n")
    assert path.stat().st_size < 10**6
    with bounded(megabytes=220):
        found = load_dataset(path, None, 32, tmp_path / "cache")
    assert found.names == ["good1.png", "good2.png"]
    assert found.summary.examples == {"cannot be read": ["bomb.png (it is larger than 100 MB)"]}


def test_a_tag_file_in_a_zip_that_expands_without_bound_is_refused(tmp_path, bounded, zipped):
    path = zipped(tmp_path / "data.zip", {"metadata.jsonl": bytes(2 * LARGEST)})
    with (
        bounded(megabytes=220),
        pytest.raises(ProjectError, match=r"metadata\.jsonl of .*data\.zip"),
    ):
        load_dataset(path, None, 32, tmp_path / "cache")


def test_a_member_that_is_longer_than_it_says_ends_where_it_says(tmp_path, zipped):
    path = zipped(tmp_path / "data.zip", {"long.png": bytes(10**6)}, "long,green hair\n")
    data = path.read_bytes().replace(struct.pack("<I", 10**6), struct.pack("<I", 10))
    path.write_bytes(data)
    found = load_dataset(path, None, 32, tmp_path / "cache")
    assert "long.png (Bad CRC-32" in found.summary.examples["cannot be read"][0]


def test_paths_that_lead_out_of_a_zip_are_refused_and_nothing_is_unpacked(tmp_path, zipped, png):
    where = tmp_path / "deep" / "deeper"
    where.mkdir(parents=True)
    names = ["../out.png", "/abs.png", "a/../../out.png"]
    tags = "out,green hair\nabs,gray hair\n"
    path = zipped(where / "data.zip", dict.fromkeys(names, png), tags)
    before = sorted(tmp_path.rglob("*"))
    found = load_dataset(path, None, 32, tmp_path / "cache")
    assert found.names == ["good1.png", "good2.png"]
    assert found.summary.unread_examples == [
        f"{name} (its path leads out of the zip)" for name in sorted(names)
    ]
    after = [p for p in sorted(tmp_path.rglob("*")) if (tmp_path / "cache") not in (p, *p.parents)]
    assert after == before


def test_a_member_without_a_name_is_passed_over(tmp_path, zipped):
    path = zipped(tmp_path / "data.zip", {"x": b""})
    data = path.read_bytes()
    at = data.rindex(b"PK\1\2")
    data = data[: at + 28] + b"\0\0" + data[at + 30 : at + 46] + data[at + 47 :]  # its name is cut
    end = data.rindex(b"PK\5\6")
    path.write_bytes(
        data[: end + 12] + struct.pack("<I", end - data.index(b"PK\1\2")) + data[end + 16 :]
    )
    assert "" in zipfile.ZipFile(path).namelist()
    assert load_dataset(path, None, 32, tmp_path / "cache").names == ["good1.png", "good2.png"]


def test_a_member_that_goes_on_after_the_end_of_the_file_is_named(tmp_path, zipped, png):
    path = zipped(tmp_path / "data.zip", {}, "cut,green hair\n")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_STORED) as file:
        file.writestr("cut.png", png)
    data = bytearray(path.read_bytes())
    at = data.rindex(b"PK\1\2")
    data[at + 20 : at + 28] = struct.pack("<II", 10**6, 10**6)  # bytes in the file, and expanded
    path.write_bytes(data)
    found = load_dataset(path, None, 32, tmp_path / "cache")
    assert found.names == ["good1.png", "good2.png"]
    (reason,) = found.summary.examples["cannot be read"]
    assert reason == "cut.png (it is cut short)" or "Overlapped" in reason  # Python 3.12 and later


def test_zips_with_a_password_or_an_unknown_method_are_named(tmp_path, zipped, png):
    path = zipped(tmp_path / "data.zip", {"odd.png": png}, "odd,green hair\n")
    data = bytearray(path.read_bytes())
    for at in (data.index(b"odd.png") - 30, data.rindex(b"odd.png") - 46):
        shift = 6 if data[at : at + 4] == b"PK\3\4" else 8
        data[at + shift] |= 1  # encrypted
    path.write_bytes(data)
    found = load_dataset(path, None, 32, tmp_path / "cache")
    assert found.names == ["good1.png", "good2.png"]
    assert "password" in found.summary.examples["cannot be read"][0]
    for at in (data.index(b"odd.png") - 30, data.rindex(b"odd.png") - 46):
        shift = 6 if data[at : at + 4] == b"PK\3\4" else 8
        data[at + shift] &= 0xFE
        data[at + shift + 2] = 77  # no such method
    path.write_bytes(data)
    found = load_dataset(path, None, 32, tmp_path / "cache")
    assert "odd.png" in found.summary.examples["cannot be read"][0]


def test_damaged_zips_are_read_or_refused(tmp_path, png, zipped, damaged):
    whole = zipped(tmp_path / "whole.zip", {"x.png": png}, "x,green hair\n")

    @fuzz
    @given(damaged(whole.read_bytes()))
    def check(data):
        path = tmp_path / "data.zip"
        path.write_bytes(data)
        try:
            files = sources.open_files(path)
            for name in files.stamps:
                try:
                    files.open(name).close()
                except OSError as error:
                    assert str(error), "a reason for the user"
        except ProjectError as error:
            assert str(path) in str(error)

    check()

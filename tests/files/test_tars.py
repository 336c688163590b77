"""A tar of samples is written whole, goes on where it stopped, and depends on its samples alone."""

import tarfile

import pytest

from files.tars import SampleTar
from files.writing import WriteError

SAMPLES = [{f"{n}.jpg": bytes([n]) * (500 * n), f"{n}.txt": b"red hair"} for n in range(4)]


def write(path, samples):
    with SampleTar(path) as tar:
        for sample in samples:
            tar.add(sample)


def begin(path, samples):
    """Leave what a run that was stopped leaves."""
    with pytest.raises(KeyboardInterrupt), SampleTar(path) as tar:
        for sample in samples:
            tar.add(sample)
        raise KeyboardInterrupt


def test_other_programs_read_it(tmp_path):
    path = tmp_path / "new" / "faces.tar"
    write(path, SAMPLES)
    assert [file.name for file in path.parent.iterdir()] == ["faces.tar"]
    with tarfile.open(path) as tar:
        names = tar.getnames()
        assert names == [name for sample in SAMPLES for name in sample]
        for sample in SAMPLES:
            for name, content in sample.items():
                file = tar.extractfile(name)
                assert file is not None and file.read() == content


@pytest.mark.parametrize("cut", [0, 1, 512, 600, 1024, 1300])
@pytest.mark.parametrize("written", [1, 3, 4])
def test_it_goes_on_where_it_was_cut_short(tmp_path, cut, written):
    write(tmp_path / "whole.tar", SAMPLES)
    path = tmp_path / "faces.tar"
    begin(path, SAMPLES[:written])
    part = path.with_name("faces.tar.part")
    data = part.read_bytes()
    part.write_bytes(data[: len(data) - cut])
    with SampleTar(path) as tar:
        kept = len(tar.names) // 2
        assert kept == (written if cut == 0 else written - 1)
        assert tar.last == (SAMPLES[kept - 1] if kept else {})
        for sample in SAMPLES[kept:]:
            tar.add(sample)
    assert path.read_bytes() == (tmp_path / "whole.tar").read_bytes()


def test_a_complete_tar_that_was_not_renamed_is_only_renamed(tmp_path):
    path = tmp_path / "faces.tar"
    write(path, SAMPLES)
    data = path.read_bytes()
    path.rename(path.with_name("faces.tar.part"))
    with SampleTar(path) as tar:
        assert len(tar.names) == 8
    assert path.read_bytes() == data


def test_an_older_tar_stays_until_the_new_one_is_complete(tmp_path):
    path = tmp_path / "faces.tar"
    path.write_bytes(b"old")
    begin(path, SAMPLES)
    assert path.read_bytes() == b"old"


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(WriteError, match=r"Cannot write .*faces\.tar"),
        SampleTar(tmp_path / "file" / "faces.tar"),
    ):
        raise AssertionError("written")

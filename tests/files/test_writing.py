"""Files are written whole or not at all, and folders are locked by one process."""

import errno
import itertools
import os
import re
import shutil
import threading
from pathlib import Path

import pytest

from config import ProjectError, UsageError
from files import writing
from files.writing import (
    WriteError,
    check_replaceable,
    free_stems,
    lock_folder,
    one_at_a_time,
    replacing,
    writable_file,
    writable_folder,
    write_error,
)


@pytest.mark.parametrize("durable", [True, False])
def test_a_file_is_replaced_when_it_is_complete(durable, tmp_path):
    path = tmp_path / "below" / "file"
    for content in (b"first", b"second"):
        with replacing(path, durable) as file:
            file.write(content)
            assert not path.exists() or path.read_bytes() == b"first"
        assert path.read_bytes() == content
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, OSError])
def test_an_error_leaves_the_older_file(error, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"older")
    with (
        pytest.raises(WriteError if error is OSError else error),
        replacing(path) as file,
    ):
        file.write(b"half")
        raise error
    assert path.read_bytes() == b"older" and list(tmp_path.iterdir()) == [path]


def test_nothing_is_begun_without_room(tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=1_000))
    with (
        pytest.raises(WriteError, match="1,000 bytes are free, 2,000 are needed"),
        replacing(tmp_path / "file", size=2_000),
    ):
        raise AssertionError("begun")
    assert list(tmp_path.iterdir()) == []


def test_an_error_names_the_file_and_the_reason(tmp_path):
    error = write_error(tmp_path / "file", OSError(errno.EACCES, "Permission denied"))
    assert str(error) == f"Cannot write {tmp_path / 'file'}: Permission denied"
    full = write_error(tmp_path / "file", OSError(errno.ENOSPC, "No space left"), written=10**18)
    assert re.search(r"No space left\. [\d,]+ bytes are free, more than [\d,]+ are", str(full))


def test_a_folder_that_can_be_made_is_writable(tmp_path):
    for folder in (tmp_path, tmp_path / "a" / "b"):
        assert writable_folder("--model", folder) == folder
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_named_with_its_flag(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=r"--model \S+ must be a folder .*file is a file\. Name"):
        writable_folder("--model", tmp_path / "file" / "below")
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(UsageError, match=rf"{re.escape(str(tmp_path))} is not writable"):
        writable_folder("--model", tmp_path / "new")


def test_processes_that_make_the_same_take_turns_and_say_so(tmp_path, monkeypatch):
    made, said, path = [], [], tmp_path / "new" / "it.lock"
    entered, waiting = threading.Event(), threading.Event()

    def say(line):
        said.append(line)
        waiting.set()

    def make(name):
        with one_at_a_time(path, "decodes the same images"):
            entered.set()
            assert waiting.wait(600)
            made.append(name)

    monkeypatch.setattr(writing, "say", say)

    first = threading.Thread(target=make, args=["first"])
    first.start()
    assert entered.wait(600)
    make("second")
    first.join()
    assert made == ["first", "second"] and not path.exists()
    assert said == ["waiting: another process decodes the same images"]


def test_where_no_lock_can_be_written_the_work_is_done_all_the_same(tmp_path):
    (tmp_path / "file").touch()
    with one_at_a_time(tmp_path / "file" / "it.lock", "decodes the same images"):
        (tmp_path / "done").touch()
    assert (tmp_path / "done").exists()


def test_a_lock_holds_and_goes_with_the_folders_made_for_it(tmp_path):
    folder = tmp_path / "models" / "mine"
    with lock_folder(folder):
        assert folder.is_dir()
        with pytest.raises(ProjectError, match="Another training writes to"), lock_folder(folder):
            raise AssertionError("held twice")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("where", ["models/mine/kept", "models/kept"])
def test_a_lock_leaves_what_was_put_into_its_folders(where, tmp_path):
    folder = tmp_path / "models" / "mine"
    with lock_folder(folder):
        (tmp_path / where).write_text("mine")
    assert (tmp_path / where).read_text() == "mine"
    with lock_folder(folder):
        assert (tmp_path / where).read_text() == "mine"


def test_a_lock_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(WriteError, match=r"Cannot write .*file"),
        lock_folder(tmp_path / "file"),
    ):
        raise AssertionError("held")


def test_only_what_the_program_wrote_or_an_empty_file_may_be_replaced(tmp_path):
    path, mark = tmp_path / "a", re.compile(rb"\Abegin|end\Z")
    check_replaceable("-o", path)  # nothing is there
    path.touch()
    check_replaceable("-o", path, mark)
    for content in (b"begin" + bytes(10**6), bytes(10**6) + b"end", b"end"):
        path.write_bytes(content)
        check_replaceable("-o", path, mark)
    for content, own in ((b"other", mark), (bytes(10**6), mark), (b"begin", None)):
        path.write_bytes(content)
        with pytest.raises(UsageError, match=r"-o: .*a is there already, and this program did not"):
            check_replaceable("-o", path, own)


def test_free_names_pass_over_any_suffix(tmp_path):
    for name in ("a.png", "a_2.gif", "b_1"):
        (tmp_path / name).touch()
    assert list(itertools.islice(free_stems(tmp_path, "a"), 2)) == ["a_3", "a_4"]
    assert next(free_stems(tmp_path, "b")) == "b"
    assert next(free_stems(tmp_path, "b", numbered=True)) == "b_2"
    assert next(free_stems(tmp_path / "none", "a")) == "a"


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="there is no /proc")
def test_a_folder_that_takes_no_files_is_refused_whatever_its_rights():
    for check, path in ((writable_folder, "/proc/x"), (writable_file, "/proc/x.zip")):
        with pytest.raises(UsageError, match=r"/proc is not writable\. Name another: -o"):
            check("-o", Path(path))


def test_a_disk_without_a_free_byte_says_so_once(tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=0))
    text = str(write_error(tmp_path / "file", OSError(errno.ENOSPC, "No space left on device")))
    assert text.endswith("left on device. 0 bytes are free: make room and run it again")

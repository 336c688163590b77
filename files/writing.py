"""Write files whole or not at all, report why they cannot be written, and lock folders."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import BinaryIO

from config import ProjectError, UsageError
from console import say

_ENDS = 2**16  # bytes at either end of a file that tell what it is


class WriteError(ProjectError):
    """A file could not be written: the disk is full, missing or read-only, or access is denied."""


@contextlib.contextmanager
def replacing(path: Path, durable: bool = True, size: int = 0) -> Iterator[BinaryIO]:
    """Open a file for writing that replaces `path` once it is complete, or not at all.

    Args:
        path: Where the file will be. Its folder is created.
        durable: Wait until the data are on the disk, so that not even a power cut leaves half a
            file.
        size: Bytes that the file will take, if known: without room for them, nothing is written.

    Yields:
        The open file.

    Raises:
        WriteError: The file cannot be written. Whatever was at `path` is still there.

    Example:
        >>> with replacing(Path("notes.txt")) as file:
        ...     file.write(b"all of it")
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if size and size > shutil.disk_usage(path.parent).free:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        with temporary.open("wb") as file:
            yield file
            if durable:
                file.flush()
                os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        written = 0
        with contextlib.suppress(OSError):
            written = temporary.stat().st_size
        raise write_error(path, error, size, written) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_error(path: Path, error: OSError, size: int = 0, written: int = 0) -> WriteError:
    """Return the error to raise if a file cannot be written.

    On a full disk, its message says how many bytes are free and how many are needed.

    Args:
        path: The file.
        error: The cause.
        size: Bytes that the file takes, if known.
        written: Bytes of it that are on the disk and about to be removed.
    """
    why = error.strerror or str(error)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        with contextlib.suppress(OSError):
            free = shutil.disk_usage(path.parent).free + written
            least = max(written, free)
            needed = f", {size:,} are needed" if size else f", more than {least:,} are needed"
            why += f". {free:,} bytes are free{needed if size or least else ''}: "
            why += "make room and run it again"
    return WriteError(f"Cannot write {path}: {why}")


def writable_folder(flag: str, folder: Path) -> Path:
    """Return the folder after checking that files can be written to it. It is not created.

    Args:
        flag: The option that named it, for the error message.
        folder: A folder that exists or can be created.

    Raises:
        UsageError: It is a file, lies below one, or may not be written to.
    """
    nearest = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if nearest.is_dir() and _takes_files(nearest):
        return folder
    why = "is not writable" if nearest.is_dir() else "is a file"
    raise UsageError(
        f"{flag} {folder} must be a folder that can be written to, but {nearest} {why}. "
        f"Name another: {flag} DIR"
    )


def _takes_files(folder: Path) -> bool:
    """Return whether a file can be made in a folder, by making one; rights alone do not tell."""
    if not os.access(folder, os.W_OK | os.X_OK):
        return False
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError as error:
        return error.errno in (errno.ENOSPC, errno.EDQUOT)  # whose message comes with the file


def writable_file(flag: str, file: Path) -> Path:
    """Return the file after checking that it can be written. Nothing is created.

    Args:
        flag: The option that named it, for the error message.
        file: A file, there or not.

    Raises:
        UsageError: It is a folder, or its folder cannot be written to.
    """
    folder = file.absolute().parent
    nearest = next(place for place in (folder, *folder.parents) if place.exists())
    if file.is_dir():
        why = "it is a folder"
    elif not nearest.is_dir():
        why = f"{nearest} is a file"
    elif not _takes_files(nearest):
        why = f"{nearest} is not writable"
    else:
        return file
    raise UsageError(f"{flag} {file} cannot be written: {why}. Name another: {flag} FILE")


def check_replaceable(flag: str, file: Path, mark: re.Pattern[bytes] | None = None) -> None:
    """Refuse to replace a file that this program did not write; an empty one may go.

    Args:
        flag: The option that named it, for the error message.
        file: A file, there or not.
        mark: What the program's own files hold near their beginning or end; None if none is.

    Raises:
        UsageError: Another file is there.
    """
    if not file.exists() or (file.is_file() and not file.stat().st_size):
        return
    if mark and file.is_file():  # a device or a pipe never ends
        with file.open("rb") as content:
            ends = content.read(_ENDS)
            content.seek(max(len(ends), file.stat().st_size - _ENDS))
            ends += content.read(_ENDS)
        if mark.search(ends):
            return
    raise UsageError(
        f"{flag}: {file} is there already, and this program did not write it. It would be lost: "
        f"move it away, or name another place: {flag} {'FILE' if flag == '--export' else 'DIR'}"
    )


def free_stems(folder: Path, stem: str, numbered: bool = False) -> Iterator[str]:
    """Yield names that no file of a folder has, whatever its suffix: `a`, `a_2`, `a_3` and so on.

    Args:
        folder: The folder, there or not.
        stem: The name without a suffix.
        numbered: Whether the first one has a number as well: `a_1`.
    """
    taken = {path.stem for path in folder.iterdir()} if folder.is_dir() else set()
    names = (stem if n == 1 and not numbered else f"{stem}_{n}" for n in count(1))
    return (name for name in names if name not in taken)


@contextlib.contextmanager
def one_at_a_time(path: Path, task: str) -> Iterator[None]:
    """Hold a lock while making what other processes may be making at the same time.

    A process that has to wait says so. Look again for what is to be made once the lock is held.
    Where no lock can be written, none is held.

    Args:
        path: The lock, which is removed afterwards. Its folder is created.
        task: What the process that holds the lock does, for people: `decodes the images`.
    """
    from filelock import FileLock, Timeout  # generating images does not need it

    lock = FileLock(path)
    with contextlib.suppress(OSError):  # that folder cannot be written to; its user will say so
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            say(f"waiting: another process {task}")
            lock.acquire()
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # Windows: removed as it is released
            path.unlink(missing_ok=True)
        lock.release()


@contextlib.contextmanager
def lock_folder(directory: Path) -> Iterator[None]:
    """Hold a model folder, created if necessary, so that no other training writes to it.

    The operating system releases the lock when the process ends, however it ends. Folders that
    were created here and hold nothing else are removed afterwards.

    Raises:
        ProjectError: Another training holds the folder.
        WriteError: The folder cannot be written to.
    """
    from filelock import FileLock, Timeout  # generating images does not need it

    lock = FileLock(directory / ".lock", timeout=0)
    made = [folder for folder in (directory, *directory.parents) if not folder.exists()]
    try:
        directory.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        raise ProjectError(
            f"Another training writes to {directory}. Wait until it ends, stop it, or name "
            "another folder: --model DIR."
        ) from None
    except OSError as error:
        raise write_error(directory / ".lock", error) from error
    try:
        yield
    finally:
        lock.release()
        if made and {path.name for path in directory.iterdir()} <= {".lock"}:
            (directory / ".lock").unlink(missing_ok=True)  # Windows has already removed it
            with contextlib.suppress(OSError):  # something else was put into a parent meanwhile
                for folder in made:
                    folder.rmdir()

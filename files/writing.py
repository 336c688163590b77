"""Writing files whole, keeping what was derived from files, reading what others wrote."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from config import ProjectError, UsageError


class WriteError(ProjectError):
    """A file that could not be written: no room, no right, no such disk."""


@contextlib.contextmanager
def replacing(path: Path, durable: bool = True, size: int = 0) -> Iterator[BinaryIO]:
    """A file to write that takes the place of `path` when it is complete, or not at all.

    Args:
        path: Where the file will be; its folder is made.
        durable: Wait until the disk has it, so that not even a power cut leaves half of it.
        size: Bytes that it will take, if they are known: without room for them, nothing is begun.

    Raises:
        WriteError: The file cannot be written. What was at `path` is still there.

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
    """What to raise when a file cannot be written; of a full disk, also what is free and needed.

    Args:
        path: The file.
        error: Why.
        size: Bytes that it takes, if they are known.
        written: Bytes of it that are there, and soon will not be.
    """
    why = error.strerror or str(error)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        with contextlib.suppress(OSError):
            free = shutil.disk_usage(path.parent).free + written
            needed = f"{size:,}" if size else f"more than {max(written, free):,}"
            why += f". {free:,} bytes are free, {needed} are needed: make room, then go on"
    return WriteError(f"Cannot write {path}: {why}")


def writable_folder(flag: str, folder: Path) -> Path:
    """The folder, of which it is clear that files can be written to it. It is not made yet.

    Args:
        flag: What named it, for the message.
        folder: One that is there or can be made.

    Raises:
        UsageError: It cannot.
    """
    nearest = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK):
        return folder
    why = "may not be written to" if nearest.is_dir() else "is a file"
    raise UsageError(
        f"{flag} must be a folder that can be written to, and {nearest} {why}. Name another: "
        f"{flag} DIR. Received: {folder}"
    )


@contextlib.contextmanager
def lock_folder(directory: Path) -> Iterator[None]:
    """Holds a model folder, made if it is not there, against another training.

    The lock is the operating system's, so it ends with the process, however that ends. A folder
    that was made for it alone goes again.

    Raises:
        ProjectError: Another training holds it.
        WriteError: It cannot be written to.
    """
    from filelock import FileLock, Timeout  # of no use to drawing

    lock = FileLock(directory / ".lock", timeout=0)
    made = [folder for folder in (directory, *directory.parents) if not folder.exists()]
    try:
        directory.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        raise ProjectError(
            f"Another training writes to {directory}. Wait for its end or stop it, or name "
            "another --model."
        ) from None
    except OSError as error:
        raise write_error(directory / ".lock", error) from error
    try:
        yield
    finally:
        lock.release()
        if made and {path.name for path in directory.iterdir()} <= {".lock"}:
            (directory / ".lock").unlink(missing_ok=True)  # on Windows, it is gone already
            for folder in made:
                folder.rmdir()

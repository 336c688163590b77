"""Writing files so that nobody ever reads half of one, and keeping what was derived from files."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from config import ProjectError


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
        if size > shutil.disk_usage(path.parent).free:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        with temporary.open("wb") as file:
            yield file
            if durable:
                file.flush()
                os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise WriteError(f"Cannot write {path}: {_why(error, path, temporary, size)}") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def _why(error: OSError, path: Path, temporary: Path, size: int) -> str:
    """The reason; of a full disk, also what is free and what is needed."""
    why = error.strerror or str(error)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        with contextlib.suppress(OSError):
            written = temporary.stat().st_size if temporary.exists() else 0
            free = shutil.disk_usage(path.parent).free + written
            needed = f"{size:,}" if size else f"more than {max(written, free):,}"
            why += f". {free:,} bytes are free, {needed} are needed: make room, then go on"
    return why


def stamps(paths: list[Path]) -> list[list[Any]]:
    """Name, size in bytes and time in ns of each file that is there."""
    stats = [(path.name, path.stat()) for path in paths if path.exists()]
    return [[name, stat.st_size, stat.st_mtime_ns] for name, stat in stats]


def recall(record: Path, stamps: list[list[Any]]) -> str | None:
    """The value that was derived from files, if these still have the stamps they had then."""
    try:
        kept = json.loads(record.read_text(encoding="utf-8"))
        return kept["value"] if kept["files"] == stamps else None
    except (OSError, ValueError, KeyError, TypeError):  # none yet, or damaged: derive it again
        return None


def remember(record: Path, stamps: list[list[Any]], value: str) -> None:
    """Keep a value that was derived from files, where the folder can be written."""
    with contextlib.suppress(WriteError), replacing(record) as file:
        file.write(json.dumps({"files": stamps, "value": value}, indent=1).encode())

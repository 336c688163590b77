"""Writing files so that nobody ever reads half of one."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from config import ProjectError


class WriteError(ProjectError):
    """A file that could not be written: no room, no right, no such disk."""


@contextlib.contextmanager
def replacing(path: Path, durable: bool = True) -> Iterator[BinaryIO]:
    """A file to write that takes the place of `path` when it is complete, or not at all.

    Args:
        path: Where the file will be; its folder is made.
        durable: Wait until the disk has it, so that not even a power cut leaves half of it.

    Raises:
        WriteError: The file cannot be written. What was at `path` is still there.

    Example:
        >>> with replacing(Path("notes.txt")) as file:
        ...     file.write(b"all of it")
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            yield file
            if durable:
                file.flush()
                os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise WriteError(f"Cannot write {path}: {error.strerror or error}") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)

"""Writing files whole, keeping what was derived from files, reading what others wrote."""

from __future__ import annotations

import contextlib
import errno
import json
import lzma
import math
import os
import shutil
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from config import ProjectError, UsageError

# What zipfile raises for an archive or a member that is damaged, has a password or is gone.
BAD_ZIP = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError, KeyError)
BAD_ZIP += (ValueError, OverflowError, struct.error)  # type: ignore[assignment]
# What NumPy's reader of headers lets out besides: they are Python literals, parsed as such.
_BAD_HEADER = (TypeError, SyntaxError, MemoryError, AttributeError, tokenize.TokenError)
LARGEST = 10**8  # bytes of a file that is read as a whole, or of a member of a zip
_BLOCK = 2**22  # bytes that one checksum is of
_EXPANSION = 100  # times its size that a file of arrays may take in memory; ours take 2.5


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
        raise cannot_write(path, error, size, written) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def cannot_write(path: Path, error: OSError, size: int = 0, written: int = 0) -> WriteError:
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
def only_one(directory: Path) -> Iterator[None]:
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
        raise cannot_write(directory / ".lock", error) from error
    try:
        yield
    finally:
        lock.release()
        if made and {path.name for path in directory.iterdir()} <= {".lock"}:
            (directory / ".lock").unlink(missing_ok=True)  # on Windows, it is gone already
            for folder in made:
                folder.rmdir()


def read_whole(file: BinaryIO, limit: int = LARGEST) -> bytes:
    """The rest of a file that fits in memory.

    Raises:
        OSError: It cannot be read, or has more than `limit` bytes; /dev/zero has.
    """
    data = file.read(limit + 1)
    if len(data) > limit:
        raise OSError(errno.EFBIG, f"it is larger than {limit // 10**6} MB")
    return data


def read_npz(
    path: Path, advice: str, names: Collection[str] | None = None
) -> dict[str, np.ndarray]:
    """Plain numbers from a `.npz` file, whoever made it.

    No pickle in it is opened, and before any array is read, the lengths that the headers declare
    are held against the file: it cannot ask for memory that it does not fill.

    Args:
        path: The file.
        advice: What to do about a file that is damaged: a sentence for the user.
        names: Of the arrays that are wanted; None for all.

    Returns:
        The arrays by name.

    Raises:
        ProjectError: The file cannot be read, is damaged, lacks an array or holds anything but
            numbers.

    Example:
        >>> read_npz(Path("model/classifier/real.npz"), "Restore it.", ["labels"])["labels"]
    """
    try:
        if path.exists() and not path.is_file():  # a device or a pipe never ends
            raise OSError(errno.EINVAL, "it is no file")
        # Opened here: NumPy leaves a file open that turns out not to be an archive.
        with path.open("rb") as file, np.lib.npyio.NpzFile(file, allow_pickle=False) as arrays:
            names = arrays.files if names is None else names
            _check_lengths(arrays.zip, os.fstat(file.fileno()).st_size, names)
            return {name: arrays[name] for name in names}
    except (*BAD_ZIP, *_BAD_HEADER, OSError) as error:
        why = getattr(error, "strerror", None) or error or "it is cut short"
        raise ProjectError(f"{path} cannot be read: {why}. {advice}") from error


def _check_lengths(archive: zipfile.ZipFile, size: int, names: Collection[str]) -> None:
    """Refuse, by a ValueError, a file of `size` bytes whose arrays are not as long as they say."""
    members = [m for m in archive.infolist() if m.filename.removesuffix(".npy") in names]
    total = sum(member.file_size for member in members)
    if total > _EXPANSION * size:
        raise ValueError(f"it would expand from {size:,} to {total:,} bytes")
    for member in members:
        with archive.open(member) as file:
            if np.lib.format.read_magic(file) == (1, 0):
                shape, _, dtype = np.lib.format.read_array_header_1_0(file)
            else:
                shape, _, dtype = np.lib.format.read_array_header_2_0(file)
            has = member.file_size - file.tell()
        name = member.filename
        if dtype.kind not in "biuf":
            raise ValueError(f"{name} holds no plain numbers but {dtype}")
        if math.prod(shape) * dtype.itemsize != has:
            raise ValueError(f"{name} declares {dtype} of shape {shape}, in {has:,} bytes")


def keep_checksums(record: Path, paths: list[Path]) -> None:
    """Write down what files hold, for `are_whole`."""
    with replacing(record, durable=False) as file:
        file.write(json.dumps(_checksums(paths)).encode())


def are_whole(record: Path, paths: list[Path]) -> bool:
    """Whether files hold what they did when their checksums were kept: no bit is another."""
    try:
        return json.loads(record.read_text(encoding="utf-8")) == _checksums(paths)
    except (OSError, ValueError, RecursionError):
        return False


def _checksums(paths: list[Path]) -> dict[str, list[int]]:
    """The CRC-32 of every block of the files, by name; some GB/s."""

    def checksum(block: tuple[Path, int]) -> int:
        path, start = block
        with path.open("rb") as file:
            file.seek(start)
            return zlib.crc32(file.read(_BLOCK))

    with ThreadPoolExecutor(os.cpu_count()) as pool:  # zlib works outside Python's lock
        return {
            path.name: list(
                pool.map(checksum, ((path, s) for s in range(0, path.stat().st_size, _BLOCK)))
            )
            for path in paths
        }


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

"""Files and values derived from other files, and the records that tell when they are stale."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tqdm import tqdm

from files.paths import AnyPath, file_size, open_binary
from files.writing import WriteError, replacing

_BLOCK = 2**22  # bytes covered by one checksum
HASH_ALWAYS = 64 * 2**20  # bytes; smaller files are hashed anew each time


def write_checksums(record: Path, paths: list[Path]) -> None:
    """Record what files hold, for `checksums_match`."""
    with replacing(record, durable=False) as file:
        file.write(json.dumps(_checksums(paths)).encode())


def checksums_match(record: Path, paths: list[Path]) -> bool:
    """Return whether no bit of the files has changed since their checksums were recorded."""
    try:
        return json.loads(record.read_text(encoding="utf-8")) == _checksums(paths)
    except (OSError, ValueError, RecursionError):
        return False


def _checksums(paths: list[Path]) -> dict[str, list[int]]:
    """Return the CRC-32 of every block of the files, by file name. Reads some GB/s."""

    def checksum(block: tuple[Path, int]) -> int:
        path, start = block
        with path.open("rb") as file:
            file.seek(start)
            return zlib.crc32(file.read(_BLOCK))

    with ThreadPoolExecutor(os.cpu_count()) as pool:  # zlib releases Python's global lock
        return {
            path.name: list(
                pool.map(checksum, ((path, s) for s in range(0, path.stat().st_size, _BLOCK)))
            )
            for path in paths
        }


def stamps(paths: list[Path]) -> list[list[Any]]:
    """Return the name, size in bytes and modification time in ns of each file that exists."""
    stats = [(path.name, path.stat()) for path in paths if path.exists()]
    return [[name, stat.st_size, stat.st_mtime_ns] for name, stat in stats]


def read_record(record: Path, stamps: list[list[Any]]) -> str | None:
    """Return the recorded value, or None if its source files no longer have the same stamps."""
    try:
        kept = json.loads(record.read_text(encoding="utf-8"))
        return kept["value"] if kept["files"] == stamps else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None  # none yet, or damaged: derive it again


def write_record(record: Path, stamps: list[list[Any]], value: str) -> None:
    """Record a value derived from files, if the folder is writable."""
    with contextlib.suppress(WriteError), replacing(record) as file:
        file.write(json.dumps({"files": stamps, "value": value}, indent=1).encode())


def fingerprint(paths: list[AnyPath], record: AnyPath) -> str:
    """Return the SHA-256 of files with their names and sizes, in hex.

    Args:
        paths: The files.
        record: Where the hash of large files is kept until one of them changes.
    """
    on_disk = [path for path in paths if isinstance(path, Path)]
    if not isinstance(record, Path) or sum(map(file_size, on_disk)) < HASH_ALWAYS:
        return _hash(paths)
    now = stamps(on_disk)
    found = read_record(record, now)
    if found is None:
        found = _hash(paths)
        write_record(record, now, found)
    return found


def _hash(paths: list[AnyPath]) -> str:
    digest = hashlib.sha256()
    total = sum(map(file_size, paths))
    with tqdm(desc="hash", total=total, unit="B", unit_scale=True, delay=1, disable=None) as bar:
        for path in paths:
            digest.update(f"{path.name} {file_size(path)}\n".encode())  # sets files apart
            with open_binary(path) as file:
                while block := file.read(2**20):
                    digest.update(block)
                    bar.update(len(block))
    return digest.hexdigest()

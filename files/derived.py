"""Files and values derived from other files, and the records that tell when they are stale."""

from __future__ import annotations

import contextlib
import json
import os
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from files.writing import WriteError, replacing

_BLOCK = 2**22  # bytes covered by one checksum


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

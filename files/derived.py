"""Values and files derived from other files: checksums, stamps, records."""

from __future__ import annotations

import contextlib
import json
import os
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from files.writing import WriteError, replacing

_BLOCK = 2**22  # bytes that one checksum is of


def write_checksums(record: Path, paths: list[Path]) -> None:
    """Write down what files hold, for `checksums_match`."""
    with replacing(record, durable=False) as file:
        file.write(json.dumps(_checksums(paths)).encode())


def checksums_match(record: Path, paths: list[Path]) -> bool:
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

"""Write images with texts into one tar, and go on with what an earlier run left."""

from __future__ import annotations

import contextlib
import os
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path

from config import FORMATS
from files.writing import one_at_a_time, write_error

# How a tar of samples begins, however short it was cut.
MARK = re.compile(rf"\Asample_\d+_\d+\.(?:{'|'.join(FORMATS)})\0".encode())
_BLOCK = 512  # bytes; headers and contents fill whole blocks


class SampleTar:
    """A tar of samples as WebDataset reads it: a file `KEY.jpg` or `KEY.png`, then `KEY.txt`.

    Until it is complete, it is `PATH.part`, and an older tar stays in place. Equal samples make
    equal bytes: dates and owners are left out. A context: leave it without an error to complete it.

    Args:
        path: The tar.

    Attributes:
        part: The file while it is written.
        names: Files that an earlier run has written to `part`, two for each sample, in order.
        last: The newest of these samples: contents by name. Empty if there are none.

    Raises:
        WriteError: The tar cannot be written, here or in any method.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.part = path, path.with_name(f"{path.name}.part")
        self.names: list[str] = []
        self.last: dict[str, bytes] = {}
        self._size = 0  # bytes of the complete samples

    def __enter__(self) -> SampleTar:
        with contextlib.ExitStack() as stack, _naming(self.part):
            lock = self.part.with_name(f"{self.part.name}.lock")
            stack.enter_context(one_at_a_time(lock, f"writes {self.path}"))
            self._file = stack.enter_context(self.part.open("a+b"))
            self._find_samples()
            self._stack = stack.pop_all()
        return self

    def _find_samples(self) -> None:
        """Find the complete samples of an earlier run; a kill may have cut the last one short."""
        end, start = self._file.seek(0, os.SEEK_END), 0
        members: list[tuple[str, int, int]] = []  # of the newest sample: name, place, size
        last: list[tuple[str, int, int]] = []
        while True:
            self._file.seek(start)
            try:
                member = tarfile.TarInfo.frombuf(self._file.read(_BLOCK), "utf-8", "strict")
            except tarfile.HeaderError:  # cut short, or the end
                break
            members.append((member.name, start + _BLOCK, member.size))
            start += _BLOCK + _padded(member.size)
            if start > end:
                break
            if len(members) == 2:
                self.names += [name for name, _, _ in members]
                last, members, self._size = members, [], start
        for name, place, size in last:
            self._file.seek(place)
            self.last[name] = self._file.read(size)

    def add(self, sample: dict[str, bytes]) -> None:
        """Write a sample after those that are there.

        Args:
            sample: The contents of its two files by name.
        """
        data = bytearray()
        for name, content in sample.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            data += member.tobuf(tarfile.USTAR_FORMAT) + content
            data += bytes(_padded(len(content)) - len(content))
        self._write(bytes(data))

    def _write(self, data: bytes) -> None:
        with _naming(self.part):
            if self._file.seek(0, os.SEEK_END) != self._size:
                self._file.truncate(self._size)  # what a kill cut short
            self._file.write(data)
            self._size += len(data)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with self._stack, _naming(self.path):
            if kind is not None and not self._size:  # nothing to go on from
                self._file.close()  # Windows removes no open file
                self.part.unlink(missing_ok=True)
            if kind is None:
                self._write(bytes(2 * _BLOCK))  # ends a tar
                self._file.flush()
                os.fsync(self._file.fileno())
                self._file.close()  # Windows renames no open file
                self.part.replace(self.path)


def _padded(size: int) -> int:
    return -(-size // _BLOCK) * _BLOCK


@contextlib.contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Turn errors of the system into those that name the file."""
    try:
        yield
    except OSError as error:
        raise write_error(path, error) from error

"""The parsers that `benchmarks.fuzz` feeds, as functions of bytes.

A function returns if its parser uses the input, and raises a ProjectError if the parser refuses
it. Importing this module imports the parsers, so that atheris can instrument them.
"""

from __future__ import annotations

import contextlib
import io
import tempfile
from collections.abc import Callable
from pathlib import Path

from checkpoints.checkpoint import Header
from config import ProjectError
from dataset.sources import TABLES, open_files
from dataset.tags import parse_tags, read_text
from files.archives import open_zip
from files.images import BadImage, read_image
from files.untrusted import read_npz
from text.descriptions import read_descriptions

FILE = Path(tempfile.gettempdir()) / "fuzzed"  # holds the input of parsers that open a file


def descriptions(data: bytes) -> None:
    """Read a file of descriptions."""
    FILE.write_bytes(data)
    read_descriptions(FILE)


def tags(data: bytes) -> None:
    """Parse a file of captions, in each of the formats, which must refuse nothing; and a text."""
    for name in (*TABLES, "captions.json"):
        parse_tags(name, data)
    with contextlib.suppress(ValueError):  # no caption
        read_text(data)


def header(data: bytes) -> None:
    """Parse the header of a checkpoint."""
    Header.from_bytes(data, FILE)


def arrays(data: bytes) -> None:
    """Read a file of arrays."""
    FILE.write_bytes(data)
    read_npz(FILE, "")


def archive(data: bytes) -> None:
    """Open a zip and each file in it, as an exported model and as images."""
    FILE.write_bytes(data)
    with contextlib.suppress(ProjectError):
        for member in open_zip(FILE).iterdir():
            if member.is_file():
                member.read_bytes()
    opened = open_files(FILE)
    for name in opened.stamps:
        try:
            opened.open(name).close()
        except OSError as error:
            assert str(error)


def image(data: bytes) -> None:
    """Decode an image."""
    try:
        read_image(io.BytesIO(data), 32)
    except BadImage as error:
        assert str(error)


TARGETS: dict[str, Callable[[bytes], None]] = {
    function.__name__: function for function in (descriptions, tags, header, arrays, archive, image)
}

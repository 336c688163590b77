"""Feeds a parser bytes that grow more cunning by what they reach, until it fails or has had enough.

    python3 -m pip install atheris
    TMPDIR=/dev/shm python3 benchmarks/fuzz.py tags -runs=200000 -timeout=10 -rss_limit_mb=2048

The parser is the first argument, all others are those of libFuzzer; a folder among them keeps what
was found worth trying, and begins with it. The parser may refuse its input by a ProjectError that
names the file, or use it; anything else stops the run and leaves the input in `crash-*`.
"""

from __future__ import annotations

import io
import sys
import tempfile
import warnings
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

with atheris.instrument_imports(
    include=["checkpoints", "config", "dataset", "files", "text", "numpy.lib._format"]
):
    from checkpoints import checkpoint
    from config import ProjectError
    from dataset import sources, tags
    from files import images
    from files.untrusted import read_npz
    from text.descriptions import read_descriptions

FILE = Path(tempfile.mkdtemp()) / "fuzzed"
TABLES = ("metadata.jsonl", "metadata.csv", "tags.csv", "tags_clean.csv")


def descriptions(data: bytes) -> None:
    FILE.write_bytes(data)
    read_descriptions(FILE)


def tags(data: bytes) -> None:
    for name in TABLES:
        tags.parse_tags(name, data)


def header(data: bytes) -> None:
    checkpoint.Header.from_bytes(data, FILE)


def arrays(data: bytes) -> None:
    FILE.write_bytes(data)
    read_npz(FILE, "")


def archive(data: bytes) -> None:
    FILE.write_bytes(data)
    opened = sources.open_files(FILE)
    for name in opened.stamps:
        try:
            opened.open(name).close()
        except OSError as error:
            assert str(error)


def image(data: bytes) -> None:
    try:
        images.decode(io.BytesIO(data), 32)
    except images.BadImage as error:
        assert str(error)


TARGETS = {f.__name__: f for f in (descriptions, tags, header, arrays, archive, image)}


def main() -> None:
    """Run the fuzzer on the parser that the command line names; it exits by itself."""
    if len(sys.argv) < 2 or sys.argv[1] not in TARGETS:
        sys.exit(f"usage: fuzz.py {'|'.join(TARGETS)} [option of libFuzzer ...]")
    target = TARGETS[sys.argv.pop(1)]
    warnings.simplefilter("ignore")

    def once(data: bytes) -> None:
        try:
            target(data)
        except ProjectError as error:
            assert str(FILE) in str(error), error

    atheris.Setup(sys.argv, once)
    atheris.Fuzz()


if __name__ == "__main__":
    main()

"""Measure an encoder of the published size: its conversion, and generating faces with it.

    python3 -m benchmarks.published_encoder

writes an encoder with random weights, whose tables are pickled as Python 2 pickled the published
ones, and converts it. It trains a tiny generator for a step and generates faces with it. Then it
converts a table pickled by Python 3. This takes 10 GB of disk for some minutes. It works on Linux
only, because memory is read from /proc.
"""

from __future__ import annotations

import argparse
import itertools
import json
import shutil
import struct
import sys
import tempfile
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from benchmarks.processes import run
from config import UsageError, prepare_environment
from skipthoughts_encoder import load_encoder

WORDS, WIDTH = 930_911, 620  # of the published tables
DIMS = {"uni_skip.npz": {"encoder": 2400}, "bi_skip.npz": {"encoder": 1200, "encoder_r": 1200}}
BATCH = 1_000  # rows that a pickler appends to a list at once
ROOM = 10 * 10**9  # bytes of disk
LINES = ("blue hair red eyes", "pink hair green eyes", "a girl with long black hair")
BARS: dict[str, tuple[float, float]] = {  # seconds, MB of anonymous memory
    "two tables of Python 2 converted": (600, 600),
    "three lines drawn": (2, 300),
    "a table of Python 3 converted": (600, 600),
}
VECTORS = np.random.default_rng(0).normal(size=(997, WIDTH)).astype(np.float32)  # repeated


def write_header(file: BinaryIO) -> None:
    """Write the header of a `.npy` file that holds a pickled table."""
    about = {"descr": "|O", "fortran_order": False, "shape": (WORDS,)}
    np.lib.format.write_array_header_1_0(file, about)


def write_python_2(path: Path) -> None:
    """Write a table in the opcodes of `tests/golden/skipthoughts_tiny/utable.npy`."""
    puts = itertools.count(7)

    def put() -> bytes:
        number = next(puts)
        return b"q%c" % number if number < 256 else b"r" + struct.pack("<I", number)

    with path.open("wb") as file:
        write_header(file)
        file.write(b"\x80\x02cnumpy.core.multiarray\n_reconstruct\nq\x01cnumpy\nndarray\nq\x02")
        file.write(b"K\x00\x85U\x01b\x87Rq\x03(K\x01J" + struct.pack("<i", WORDS) + b"\x85")
        file.write(b"cnumpy\ndtype\nq\x04U\x02O8K\x00K\x01\x87Rq\x05(K\x03U\x01|NNN")
        file.write(b"J\xff\xff\xff\xffJ\xff\xff\xff\xffK?tb\x89]q\x06")
        for row in range(WORDS):
            file.write(b"(" if row % BATCH == 0 else b"")
            file.write(b"h\x01h\x02K\x00\x85U\x01b\x87R" + put())
            file.write(b"(K\x01K\x01M" + struct.pack("<H", WIDTH) + b"\x86")
            if row == 0:
                file.write(b"h\x04U\x02f4K\x00K\x01\x87R" + put() + b"(K\x03U\x01<NNN")
                file.write(b"J\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb")
            else:
                file.write(b"h\x08")
            file.write(b"\x89T" + struct.pack("<i", 4 * WIDTH))
            file.write(VECTORS[row % len(VECTORS)].tobytes() + b"tb")
            file.write(b"e" if row % BATCH == BATCH - 1 or row == WORDS - 1 else b"")
        file.write(b"tb.")


def write_python_3(path: Path) -> None:
    """Write a table as this Python and NumPy pickle it; takes 4 GB of memory."""
    table = np.empty(WORDS, object)
    for row in range(WORDS):
        table[row] = VECTORS[row % len(VECTORS)][None]
    np.save(path, table, allow_pickle=True)


def write_encoder(folder: Path) -> None:
    """Write all files of an encoder of the published size."""
    rng = np.random.default_rng(1)

    def weights(*shape: int) -> np.ndarray:
        return rng.standard_normal(shape, np.float32) / np.float32(np.sqrt(shape[0]))

    for name, dims in DIMS.items():
        arrays: dict[str, Any] = {}
        for prefix, d in dims.items():
            shapes = {"W": (WIDTH, 2 * d), "b": (2 * d,), "U": (d, 2 * d)}
            shapes |= {"Wx": (WIDTH, d), "bx": (d,), "Ux": (d, d)}
            arrays |= {f"{prefix}_{key}": weights(*shape) for key, shape in shapes.items()}
        np.savez(folder / name, **arrays)
    words = ["UNK", "<eos>", *dict.fromkeys(" ".join(LINES).split())]
    words += [f"word{number:06}" for number in range(WORDS - len(words))]
    (folder / "dictionary.txt").write_text("".join(f"{word}\n" for word in words))
    write_python_2(folder / "utable.npy")
    write_python_2(folder / "btable.npy")


def figures_of(command: list[str]) -> tuple[float, float]:
    """Return the seconds that a Python process takes, and its peak of anonymous memory in MB."""
    finished = run(command)
    return finished.seconds, finished.memory / 1e6


def convert(folder: Path) -> tuple[float, float]:
    """Open an encoder in a process of its own, check its rows, and return the process's figures."""
    program = "import sys, skipthoughts_encoder as s; s.load_encoder(sys.argv[1])"
    figures = figures_of(["-c", program, str(folder)])
    encoder = load_encoder(folder)
    rows = np.random.default_rng(2).integers(WORDS, size=10_000)
    for table in (encoder.utable, encoder.btable):
        assert isinstance(table, np.memmap)
        np.testing.assert_array_equal(table[rows], VECTORS[rows % len(VECTORS)])
    return figures


def measure(work: Path) -> dict[str, tuple[float, float]]:
    """Return every figure of `BARS`.

    Args:
        work: An empty folder to work in.
    """
    folder, model = work / "encoder", work / "model"
    folder.mkdir()
    write_encoder(folder)
    figures = {"two tables of Python 2 converted": convert(folder)}
    program = ["DCGAN.py", "--model", str(model), "--encoder", str(folder)]
    run([*program, "--train", "--size", "32", "--width", "4", "--steps", "1", "--paraphrase", "0"])
    texts = itertools.chain.from_iterable(("--text", line) for line in LINES)
    generate = [*program, "--generate", *texts, "--output", str(work / "samples")]
    figures["three lines drawn"] = sorted(figures_of(generate) for _ in range(5))[2]
    (folder / "btable.npy").unlink()
    write_python_3(folder / "btable.npy")
    figures["a table of Python 3 converted"] = convert(folder)
    return figures


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python3 -m benchmarks.published_encoder",
        description="Measure an encoder of the published size. Takes 10 GB of disk and minutes.",
    )
    parser.add_argument("--work", type=Path, help="folder to work in; all files are removed later")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    options = parser.parse_args(arguments)
    prepare_environment()
    with tempfile.TemporaryDirectory(dir=options.work, prefix="published-") as scratch:
        if (free := shutil.disk_usage(scratch).free) < ROOM:
            message = f"This needs 10 GB of disk; {options.work or scratch} has {free / 1e9:.1f} GB"
            print(f"error: {message}. Name another folder: --work DIR", file=sys.stderr)
            return UsageError.exit_code
        figures = measure(Path(scratch))
    print(f"{'':34}{'s':>8}{'bar':>6}{'ratio':>7}{'MB':>9}{'bar':>6}{'ratio':>7}")
    for name, bars in BARS.items():
        pairs = zip(figures[name], bars, strict=True)
        print(f"{name:34}" + " ".join(f"{x:>8.1f}{bar:>6}{x / bar:>7.2f}" for x, bar in pairs))
    if options.json:
        options.json.write_text(json.dumps({"bars": BARS, "figures": figures}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())

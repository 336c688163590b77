"""Values of the command line: each function reads one, or raises what argparse reports."""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Callable
from pathlib import Path

from config import EXPORTS, FILMS, FORMATS
from console import shorten

# A name that ends so was meant for a file, not for a folder.
_FILES = (*EXPORTS, *(f".{name}" for name in FORMATS + FILMS))


def whole(low: int, high: int) -> Callable[[str], int]:
    """Return an argparse type: a whole number from `low` to `high`."""

    def parse_whole(text: str) -> int:
        value = int(text) if re.fullmatch(r"\+?[0-9]{1,12}", text) else -1
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(
                f"must be a whole number from {low:,} to {high:,}. Received: {text}"
            )
        return value

    return parse_whole


def name(text: str) -> str:
    """Check an argparse value that names a file or folder: an empty one would mean the current."""
    if not text.strip():
        raise argparse.ArgumentTypeError("must not be empty. The current folder is .")
    try:
        Path(text).exists()
    except OSError as error:  # a name that no disk can hold
        raise argparse.ArgumentTypeError(f"{error.strerror}: {shorten(text)}") from None
    return text


def word(text: str) -> str:
    """Check an argparse value that is a word, in capitals or not."""
    if not text.strip():
        raise argparse.ArgumentTypeError("must not be empty")
    return text.strip().lower()


def folder(text: str) -> Path:
    """Read an argparse value that is a folder to write to, or a `.tar`."""
    output = path(text)
    suffix = output.suffix.lower()
    if suffix in _FILES and not output.is_dir():
        flag = f"--export {shorten(text)}" if suffix in EXPORTS else f"--format {suffix[1:]}"
        raise argparse.ArgumentTypeError(
            f"must be a folder, or a file that ends in .tar. Received: {shorten(text)}. For that "
            f"kind of file: {flag}"
        )
    return output


def path(text: str) -> Path:
    """Read an argparse value that is a path."""
    return Path(name(text))


def export(text: str) -> Path:
    """Read an argparse value that is a file to export to: its suffix tells the format."""
    file = path(text)
    if file.suffix.lower() not in EXPORTS:
        raise argparse.ArgumentTypeError(
            f"must end in {' or '.join(EXPORTS)}. Received: {shorten(text)}"
        )
    return file


def share(text: str) -> float:
    """Read an argparse value from 0 to 1, of which four decimals count."""
    try:
        value = round(float(text), 4)
    except ValueError:
        value = math.nan
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"must be a number from 0 to 1. Received: {text}")
    return value


def place(text: str) -> tuple[int, int]:
    """Read an argparse value that names a face: numbers of its description and of itself."""
    match = re.fullmatch(r"([0-9]{1,9})_([0-9]{1,9})", text)
    numbers = (int(match[1]), int(match[2])) if match else (0, 0)
    if min(numbers) < 1:
        raise argparse.ArgumentTypeError(
            f"must be the two numbers of a face, such as 3_2 for sample_3_2. Received: {text}"
        )
    return numbers


def minutes(text: str) -> float:
    """Read an argparse value that is a training time in minutes."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < 1e7:
        raise argparse.ArgumentTypeError(
            f"must be a number above 0 and below 10,000,000. Received: {text}"
        )
    return value


def shard(text: str) -> tuple[int, int]:
    """Read an argparse value `I/N`: one of N shares, counted from 1."""
    match = re.fullmatch(r"([0-9]{1,9})/([0-9]{1,9})", text)
    number, count = map(int, match.groups()) if match else (0, 0)
    if not 1 <= number <= count:
        raise argparse.ArgumentTypeError(
            f"must be I/N, with I from 1 to N, such as 1/4. Received: {text}"
        )
    return number, count

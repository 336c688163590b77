"""Description files: the texts to generate faces for."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from config import UsageError
from console import EXAMPLES
from files.lines import MAX_LINE, split_lines, unquote
from files.untrusted import read_whole

MAX_LENGTH = 2_000  # characters of a description
MAX_FILE = 10**7  # bytes of a file of descriptions
MAX_DESCRIPTIONS = 100_000  # of a file; they are encoded at once, and take half a GB


class Description(NamedTuple):
    """One text to draw."""

    number: int  # position among the descriptions of its file, from 1
    line: int  # line of the file, from 1
    text: str


def read_descriptions(path: str | Path) -> tuple[list[Description], list[str]]:
    """Reads a file of descriptions, one a line: `id,text`, or the text alone.

    The text keeps its commas and may be in CSV double quotes. Blank lines and lines that start
    with `#` are skipped, and so is a header, a first line whose id is `id`. An id is an integer
    before the first comma, semicolon or tab; it only sets the text off, for a description is
    known by its position.

    Args:
        path: A UTF-8 text file, with or without a byte order mark, with any line ends.

    Returns:
        The descriptions in the order of the file, at least one; and what is wrong with the lines
        that are none, a message for each that names the file and the line. These keep their
        numbers, so that the others' do not change when they are mended.

    Raises:
        UsageError: The file cannot be read, is larger than `MAX_FILE`, or holds no description or
            more than `MAX_DESCRIPTIONS`. The message names the file, and the lines that are wrong.

    Example:
        >>> read_descriptions("description.txt")[0][0]  # its first line is 1,blue hair red eyes
        Description(number=1, line=1, text='blue hair red eyes')
    """
    try:
        with Path(path).open("rb") as file:
            data = read_whole(file, MAX_FILE)
    except FileNotFoundError:
        raise UsageError(f"No such description file: {path}. Check the path.") from None
    except IsADirectoryError:
        raise UsageError(f"{path} is a folder. Name a text file of descriptions.") from None
    except OSError as error:
        raise UsageError(f"Cannot read the description file {path}: {error.strerror}.") from None

    found: list[Description] = []
    bad: list[str] = []
    for line, raw in enumerate(split_lines(data), start=1):
        seen = raw.decode("utf-8", "replace").strip()
        if not seen or seen.startswith("#"):
            continue
        number = len(found) + len(bad) + 1
        if number == 1 and re.match('"?id"?\\s*[,;\t]', seen, re.IGNORECASE):
            continue
        if number > MAX_DESCRIPTIONS:
            raise UsageError(
                f"{path} line {line}: more than {MAX_DESCRIPTIONS:,} descriptions. Cut the file "
                "into several."
            )
        try:
            found.append(Description(number, line, clean_description(_description(raw))))
        except ValueError as error:
            bad.append(f"{path} line {line}: {error}")
    if not found:
        shown = "".join(f"\n  {message}" for message in bad[:EXAMPLES])
        raise UsageError(
            f"{path} holds no description. Write one a line, such as: 1,blue hair red eyes{shown}"
        )
    return found, bad


def _description(raw: bytes) -> str:
    try:
        line = raw.decode().strip()
    except UnicodeDecodeError:
        raise ValueError("not UTF-8. Save it as UTF-8 text") from None
    if len(line) > MAX_LINE:
        raise ValueError(f"longer than {MAX_LINE:,} characters")
    id_ = re.match(r'("?)\s*[+-]?[0-9]+\s*\1\s*[,;\t]', line)
    return unquote(line[id_.end() :] if id_ else line)


def clean(text: str) -> str:
    """A text as the encoder is given it, in training and in drawing alike."""
    # Image boards write blue_hair; a control character, as terminals take, parts words too.
    return " ".join(re.sub(r"[\x01-\x1f\x7f-\x9f_]", " ", text).split())


def clean_description(text: str) -> str:
    """The same, of a text that can be learnt from and drawn.

    Raises:
        ValueError: It is empty, no text, has no word in it, or more than `MAX_LENGTH` characters.
    """
    text = clean(text)
    if "\0" in text:
        raise ValueError("not text")
    if not any(map(str.isalnum, text)):
        raise ValueError(f"no word in {text!r:.60}" if text else "no text")
    if len(text) > MAX_LENGTH:
        raise ValueError(f"longer than {MAX_LENGTH:,} characters")
    return text

"""Read description files: the texts to generate faces from."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from config import UsageError
from console import EXAMPLES
from files.lines import MAX_LINE, split_lines, unquote
from files.untrusted import read_whole

MAX_LENGTH = 2_000  # characters of one description
MAX_FILE = 10**7  # bytes of a description file
MAX_DESCRIPTIONS = 100_000  # per file; they are all encoded at once, which takes half a GB


class Description(NamedTuple):
    """One text to generate faces from."""

    number: int  # position among the descriptions of its file, from 1
    line: int  # line of its file, from 1
    text: str


def read_descriptions(path: str | Path) -> tuple[list[Description], list[str]]:
    """Read a file with one description per line: `id,text`, or the text alone.

    The text keeps its commas and may be in CSV double quotes. Blank lines and lines that start
    with `#` are skipped, and so is a header: a first line whose id is `id`. An id is an integer
    before the first comma, semicolon or tab. It is dropped: a description is identified by its
    position.

    Args:
        path: A UTF-8 text file, with or without a byte order mark, with any line ends.

    Returns:
        The descriptions in file order, at least one, and one message for each line that is not a
        description, with the file, the line and what is wrong. Such a line still counts, so that
        correcting it does not renumber the others.

    Raises:
        UsageError: The file cannot be read, is larger than `MAX_FILE`, or holds no description or
            more than `MAX_DESCRIPTIONS`. The message names the file and the lines that are wrong.

    Example:
        >>> read_descriptions("description.txt")[0][0]  # its first line is 1,blue hair red eyes
        Description(number=1, line=1, text='blue hair red eyes')
    """
    found: list[Description] = []
    bad: list[str] = []
    for line, raw in enumerate(split_lines(_read_file(path)), start=1):
        shown = raw.decode("utf-8", "replace").strip()
        if not shown or shown.startswith("#"):
            continue
        number = len(found) + len(bad) + 1
        if number == 1 and re.match('"?id"?\\s*[,;\t]', shown, re.IGNORECASE):
            continue
        if number > MAX_DESCRIPTIONS:
            raise UsageError(
                f"{path} line {line}: more than {MAX_DESCRIPTIONS:,} descriptions. Split the file "
                "into several."
            )
        try:
            found.append(Description(number, line, clean_description(_parse_line(raw))))
        except ValueError as error:
            bad.append(f"{path} line {line}: {error}")
    if not found:
        examples = "".join(f"\n  {message}" for message in bad[:EXAMPLES])
        raise UsageError(
            f"{path} holds no description. Write one per line, such as: 1,blue hair red eyes"
            + examples
        )
    return found, bad


def _read_file(path: str | Path) -> bytes:
    try:
        with Path(path).open("rb") as file:
            return read_whole(file, MAX_FILE)
    except FileNotFoundError:
        raise UsageError(f"No such description file: {path}. Check the path.") from None
    except IsADirectoryError:
        raise UsageError(f"{path} is a folder. Name a text file of descriptions.") from None
    except OSError as error:
        raise UsageError(f"Cannot read the description file {path}: {error.strerror}.") from None


def _parse_line(raw: bytes) -> str:
    """Return the text of a line without its id and its quotes."""
    try:
        line = raw.decode().strip()
    except UnicodeDecodeError:
        raise ValueError("not UTF-8. Save it as UTF-8 text") from None
    if len(line) > MAX_LINE:
        raise ValueError(f"longer than {MAX_LINE:,} characters")
    id_ = re.match(r'("?)\s*[+-]?[0-9]+\s*\1\s*[,;\t]', line)
    return unquote(line[id_.end() :] if id_ else line)


def clean(text: str) -> str:
    """Return a text as the encoder receives it, in training and in generation alike."""
    # Image boards write blue_hair. Control characters, which terminals obey, also separate words.
    return " ".join(re.sub(r"[\x01-\x1f\x7f-\x9f_]", " ", text).split())


def clean_description(text: str) -> str:
    """Clean a text, and check that a face can be described by it.

    Args:
        text: A caption or a description.

    Returns:
        The text as `clean` returns it.

    Raises:
        ValueError: The text is empty, binary, without a word or longer than `MAX_LENGTH`.
    """
    text = clean(text)
    if "\0" in text:
        raise ValueError("not text")
    if not any(map(str.isalnum, text)):
        raise ValueError(f"no word in {text!r:.60}" if text else "no text")
    if len(text) > MAX_LENGTH:
        raise ValueError(f"longer than {MAX_LENGTH:,} characters")
    return text

"""Read description files: the texts to generate faces from."""

from __future__ import annotations

import contextlib
import errno
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from config import UsageError
from console import EXAMPLES, printable, shorten
from files.lines import MAX_LINE, as_utf8, find_separator, split_fields, split_lines, unquote
from files.untrusted import read_whole
from text.tag_lists import separate_tags

MAX_LENGTH = 2_000  # characters of one description
MAX_FILE = 10**7  # bytes of a description file
MAX_DESCRIPTIONS = 100_000  # per file; they are all encoded at once, which takes half a GB
STANDARD_INPUT = Path("-")
_IMAGE = re.compile(rb"\xff\xd8\xff|\x89PNG|GIF8[79]a|RIFF....WEBP", re.DOTALL)
# Names of columns in the headers that tables of descriptions have.
_TEXT_COLUMNS = {"text", "prompt", "description", "caption"}
_FILE_COLUMNS = {"file_name", "filename", "file"}


class Description(NamedTuple):
    """One text to generate faces from."""

    number: int  # position among the descriptions of its file, from 1
    line: int  # line of its file, from 1
    text: str


def source_name(path: str | Path) -> str:
    """Return what messages call a description file: its path, or `standard input`."""
    return "standard input" if Path(path) == STANDARD_INPUT else str(path)


def read_descriptions(
    path: str | Path, note: Callable[[str], None] = lambda _: None
) -> tuple[list[Description], list[str]]:
    """Read a file with one description per line: `id,text`, or the text alone.

    The text keeps its commas and may be in CSV double quotes. Blank lines and lines that start
    with `#` are skipped, and so is a header: a first line whose id is `id`, or that consists of
    names of columns such as `prompt` or `file_name,text`. An id is an integer before the first
    comma, semicolon or tab; below a header that starts with `file_name`, it is any text. It is
    dropped: a description is identified by its position.

    Args:
        path: A text file in UTF-8, with or without a byte order mark, or in UTF-16 with one; with
            any line ends. `-` reads standard input.
        note: Takes the message that a header was skipped.

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
    where = source_name(path)
    columns: list[str] | None = None  # of the header; empty if there is none
    for line, raw in enumerate(split_lines(_read_file(path)), start=1):
        shown = raw.decode("utf-8", "replace").strip()
        if not shown or shown.startswith("#"):
            continue
        number = len(found) + len(bad) + 1
        if number == 1 and columns is None and (columns := _parse_header(shown)):
            note(f"{where} line {line}: the header {', '.join(columns)}")
            continue
        if number > MAX_DESCRIPTIONS:
            raise UsageError(
                f"{where} line {line}: more than {MAX_DESCRIPTIONS:,} descriptions. Split the file "
                "into several."
            )
        try:
            has_names = bool(columns and columns[0] in _FILE_COLUMNS)
            text = _parse_line(raw, has_names)
            found.append(Description(number, line, clean_description(text)))
        except ValueError as error:
            bad.append(f"{where} line {line}: {error}")
    if not found:
        examples = "".join(f"\n  {message}" for message in bad[:EXAMPLES])
        raise UsageError(
            f"-t {where} holds no description. Write one per line, such as: 1,blue hair red eyes"
            + examples
        )
    return found, bad


def _parse_header(line: str) -> list[str]:
    """Return the names of the columns that a first line consists of; none if it is no header."""
    start = line[:1000]  # a line may have 10 MB
    columns = [unquote(column).lower() for column in re.split("[,;\t]", start, maxsplit=3)]
    known = _TEXT_COLUMNS | _FILE_COLUMNS | {"id"}
    starts_with_id = len(columns) > 1 and columns[0] == "id"
    names_a_text = len(columns) < 3 and set(columns) <= known and columns[-1] in _TEXT_COLUMNS
    return [printable(shorten(c, 20)) for c in columns] if starts_with_id or names_a_text else []


def _read_file(path: str | Path) -> bytes:
    """Return the content of a description file; UTF-16 becomes UTF-8."""
    where = f"-t {path}"
    try:
        with _open(path) as file:
            data = read_whole(file, MAX_FILE)
    except FileNotFoundError:
        raise UsageError(
            f"{where}: no such file. Check the path; a description itself goes behind --text."
        ) from None
    except IsADirectoryError:
        raise UsageError(f"{where} is a folder. Name a text file of descriptions.") from None
    except OSError as error:
        raise UsageError(f"{where} cannot be read: {error.strerror}.") from None
    if _IMAGE.match(data):
        raise UsageError(
            f"{where} is an image, not a file of descriptions. To draw its face again, name the "
            "file: --from FILE"
        )
    converted, guessed = as_utf8(data)
    return data if guessed else converted  # a bad line in UTF-8 is named, not guessed


def _open(path: str | Path) -> contextlib.AbstractContextManager[BinaryIO]:
    if Path(path) != STANDARD_INPUT:
        return Path(path).open("rb")
    if sys.stdin is None:
        raise OSError(errno.EBADF, "it is closed")
    return contextlib.nullcontext(sys.stdin.buffer)


def _parse_line(raw: bytes, has_names: bool) -> str:
    """Return the text of a line without its quotes and its id, or its file name if it has one."""
    try:
        line = raw.decode().strip()
    except UnicodeDecodeError:
        raise ValueError("not UTF-8. Save it as UTF-8 text") from None
    if len(line) > MAX_LINE:
        raise ValueError(f"longer than {MAX_LINE:,} characters")
    if has_names:
        return split_fields(line, 2, find_separator([(1, line)]))[-1]
    id_ = re.match(r'("?)\s*[+-]?[0-9]+\s*\1\s*[,;\t]', line)
    return unquote(line[id_.end() :] if id_ else line)


def clean(text: str) -> str:
    """Return a text as the encoder receives it, in training and in generation alike."""
    # Control characters, which terminals obey, also separate words.
    return separate_tags(re.sub(r"[\x01-\x1f\x7f-\x9f]", " ", text))


def add_tags(text: str, tags: Sequence[str]) -> str:
    """Return a text with tags behind it.

    Example:
        >>> add_tags("She smiles.", ["red hair", "hat"])
        'She smiles, red hair, hat'
    """
    return ", ".join([text.rstrip(" ,.;:!?"), *tags]) if tags else text


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

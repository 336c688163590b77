"""What a picture shows, in words: colours, description files, tag files."""

from __future__ import annotations

import codecs
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from config import UsageError
from files import read_whole

HAIR_COLOURS = (
    *("aqua", "black", "blonde", "blue", "brown", "gray"),
    *("green", "orange", "pink", "purple", "red", "white"),
)
EYE_COLOURS = (
    *("aqua", "black", "blue", "brown", "green"),
    *("orange", "pink", "purple", "red", "yellow"),
)

MAX_LENGTH = 2_000  # characters of a description
MAX_FILE = 10**7  # bytes of a file of descriptions
MAX_DESCRIPTIONS = 100_000  # of a file; they are encoded at once, and take half a GB
MAX_LINE = 10**6  # characters of a line of a tag file, whose other columns may be long
MAX_COLUMNS = 1_000  # of a header
EXAMPLES = 20  # file names or rows that are listed of a kind

# ---------------------------------------------------------------------- description files


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
    for line, raw in enumerate(_lines(data), start=1):
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
            found.append(Description(number, line, usable(_description(raw))))
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
    return _unquote(line[id_.end() :] if id_ else line)


# ------------------------------------------------------------------------------ tag files


@dataclass
class TagTable:
    """The captions of a set of pictures."""

    texts: dict[str, str]  # id, or path as given by `file_name`, -> caption
    duplicates: int  # records that were replaced by a later one of the same id
    bad: list[str]  # what could not be used and where, for the user


def parse_tags(name: str, data: bytes) -> TagTable:
    """Reads the captions of a set of pictures, whichever of four formats they are in.

    One record is one line. The formats: `*.jsonl`, an object with `file_name` and `text` a line
    (Hugging Face's metadata.jsonl); CSV with `file_name` and `text` in its header
    (metadata.csv); `id,text` CSV, with or without that header; and the seed project's
    tags_clean.csv, `id,tag:count<TAB>tag:count`, of which the tags about hair and eyes are kept.
    The comma may be a semicolon or a tab, if in all lines that is what ends the first field.

    Args:
        name: The file's name, for the messages and its suffix; it is not opened.
        data: The file's content, in UTF-8, in UTF-16 with its mark, or else taken for Latin-1.

    Returns:
        The captions, white space normalised. Nothing in a file is fatal: a line that cannot be
        used is named in `bad`.

    Example:
        >>> parse_tags("tags.csv", b"7,blue hair red eyes").texts
        {'7': 'blue hair red eyes'}
    """
    table = TagTable({}, 0, [])
    data, guessed = _as_utf8(data)
    if guessed:
        table.bad.append(f"{name}: not UTF-8, read as {guessed}")
    lines = [(n, raw.decode()) for n, raw in enumerate(_lines(data), 1) if raw.strip()]

    separator = _separator(lines)
    first = lines[0][1][:MAX_LINE] if lines else ""
    columns = [column.lower() for column in _fields(first, MAX_COLUMNS, separator)]
    if name.lower().endswith(".jsonl"):
        parse = _parse_json
    elif "file_name" in columns and "text" in columns:
        del lines[0]
        where = columns.index("file_name"), columns.index("text")

        def parse(line: str) -> tuple[str, str]:
            return _parse_row(_fields(line, len(columns), separator), len(columns), *where)
    else:
        if columns[0] == "id":
            del lines[0]
        seed = name.lower().endswith("tags_clean.csv")

        def parse(line: str) -> tuple[str, str]:
            return _parse_pair(_fields(line, 2, separator), seed)

    for number, line in lines:
        try:
            if len(line) > MAX_LINE:
                raise ValueError(f"longer than {MAX_LINE:,} characters")
            key, text = parse(line)
        except ValueError as error:
            table.bad.append(f"{name} line {number}: {error}")
            continue
        table.duplicates += key in table.texts
        table.texts[key] = text
    return table


def _parse_json(line: str) -> tuple[str, str]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        raise ValueError("not JSON") from None
    if not isinstance(record, dict):
        raise ValueError("not a JSON object")
    key, text = record.get("file_name"), record.get("text")
    if not isinstance(key, str) or not isinstance(text, str):
        raise ValueError("file_name and text must both be strings")
    # JSON can spell half a surrogate pair, which no later step could encode.
    return _caption(key, text.encode("utf-8", "replace").decode("utf-8"))


def _parse_row(row: list[str], width: int, key_at: int, text_at: int) -> tuple[str, str]:
    if len(row) < width:
        raise ValueError(f"{len(row)} columns, the header has {width}")
    return _caption(row[key_at], row[text_at])


def _parse_pair(fields: list[str], seed: bool) -> tuple[str, str]:
    if len(fields) < 2:
        raise ValueError("no comma after the id")
    # A tab between tags or a count after one is the seed's, under whatever name the file goes.
    if not seed and "\t" not in fields[1] and not re.search(r"[^\d\s]:\d+$", fields[1]):
        return _caption(*fields)
    tags = [re.sub(r":\d*$", "", tag.strip()) for tag in fields[1].replace("_", " ").split("\t")]
    kept = [tag for tag in tags if {"hair", "eyes"} & set(tag.lower().split())]
    if not kept:
        raise ValueError("no tag about hair or eyes")
    return _caption(fields[0], " ".join(kept))


def read_text(data: bytes) -> tuple[str, str]:
    """A caption that has a file of its own, and its encoding's name if that is a guess.

    Raises:
        ValueError: There is no text in it.
    """
    data, guessed = _as_utf8(data)
    return _caption("own", data.decode("utf-8-sig"))[1], guessed


def _caption(key: str, text: str) -> tuple[str, str]:
    if "\0" in key:
        raise ValueError("not text")
    if not key:
        raise ValueError("no id")
    return key, usable(text)


# --------------------------------------------------------------------------- lines and CSV


def _as_utf8(data: bytes) -> tuple[bytes, str]:
    """Text in UTF-8, whatever it was in, and the encoding's name if that is a guess or `""`."""
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            data = data.decode("utf-16").encode()  # what Windows calls Unicode
        data.decode()
        return data, ""
    except UnicodeDecodeError:
        return data.decode("latin-1").encode(), "Latin-1"  # which decodes anything


def _lines(data: bytes) -> list[bytes]:
    # Bytes split at line ends only; text would also split at U+0085, U+2028 and others.
    return data.removeprefix(codecs.BOM_UTF8).splitlines()


def _separator(lines: list[tuple[int, str]]) -> str:
    ends = {re.search("[,;\t]|$", line)[0] for _, line in lines} - {""}
    return ends.pop() if len(ends) == 1 else ","


def _fields(line: str, count: int, separator: str) -> list[str]:
    """Splits off up to `count` CSV fields; the last one keeps its separators."""
    fields, rest = [], line
    while len(fields) < count - 1:
        head = _FIELD[separator].match(rest)[0]  # type: ignore[index]  # matches anything
        fields.append(_unquote(head))
        if len(head) == len(rest):
            return fields
        rest = rest[len(head) + 1 :]
    return [*fields, _unquote(rest)]


_FIELD = {s: re.compile(rf'\s*"(?:[^"]|"")*"\s*(?={s}|$)|[^{s}]*') for s in ",;\t"}


def _unquote(text: str) -> str:
    """Undoes the quoting of a whole CSV field; any other quotes belong to the text.

    But for one at an end that has no partner: there, a field was cut or ill written.
    """
    text = text.strip()
    quoted = re.fullmatch(r'"((?:[^"]|"")*)"', text)
    if quoted:
        return quoted[1].replace('""', '"').strip()
    if text.count('"') % 2:
        text = text[1:] if text.startswith('"') else text.removesuffix('"')
    return text.strip()


def clean(text: str) -> str:
    """A text as the encoder is given it, in training and in drawing alike."""
    # Picture boards write blue_hair; a control character, as terminals take, parts words too.
    return " ".join(re.sub(r"[\x01-\x1f\x7f-\x9f_]", " ", text).split())


def printable(line: str) -> str:
    """A line in which what is no text is spelled out: a file's name may steer a terminal."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in line)


def usable(text: str) -> str:
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

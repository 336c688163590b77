"""Read caption files: ids with captions, in several formats."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from files.lines import MAX_LINE, as_utf8, find_separator, split_fields, split_lines
from text.descriptions import clean_description

MAX_COLUMNS = 1_000  # of a header
Line = tuple[int, str]  # number from 1, text


@dataclass
class TagTable:
    """The captions of a caption file."""

    texts: dict[str, str] = field(default_factory=dict)  # captions by id or by `file_name`
    duplicates: int = 0  # rows replaced by a later row of the same id
    bad: list[str] = field(default_factory=list)  # rows that cannot be used: where and why


def parse_tags(name: str, data: bytes) -> TagTable:
    """Read a caption file in any of four formats, one row per line.

    - `*.jsonl`: a JSON object per line, with `file_name` and `text` (Hugging Face's
      metadata.jsonl).
    - CSV with `file_name` and `text` in its header (metadata.csv).
    - `id,text` CSV, with or without that header.
    - The 2017 project's tags_clean.csv: `id,tag:count<TAB>tag:count`. Its tags about hair and eyes
      are kept.

    Instead of a comma, a semicolon or a tab may separate the fields, if it ends the first field
    of every line.

    Args:
        name: The file's name, for its suffix and for messages. The file is not opened.
        data: The file's content in UTF-8, or in UTF-16 with a byte order mark. Anything else is
            read as Latin-1.

    Returns:
        The captions, with white space normalised. No content is fatal: `bad` names each line that
        cannot be used.

    Example:
        >>> parse_tags("tags.csv", b"7,blue hair red eyes").texts
        {'7': 'blue hair red eyes'}
    """
    table = TagTable()
    data, guessed = as_utf8(data)
    if guessed:
        table.bad.append(f"{name}: not UTF-8, read as {guessed}")
    lines = [(n, raw.decode()) for n, raw in enumerate(split_lines(data), 1) if raw.strip()]
    parse, lines = _choose_parser(name, lines)
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


def _choose_parser(
    name: str, lines: list[Line]
) -> tuple[Callable[[str], tuple[str, str]], list[Line]]:
    """Recognise the format by the file's name and its first line.

    Returns:
        A function from a line to its id and caption, which raises ValueError for a bad line; and
        the lines without the header.
    """
    if name.lower().endswith(".jsonl"):
        return _parse_json, lines
    separator = find_separator(lines)
    first = lines[0][1][:MAX_LINE] if lines else ""
    columns = [column.lower() for column in split_fields(first, MAX_COLUMNS, separator)]
    if "file_name" in columns and "text" in columns:
        width, key_at, text_at = len(columns), columns.index("file_name"), columns.index("text")

        def parse_row(line: str) -> tuple[str, str]:
            return _parse_row(split_fields(line, width, separator), width, key_at, text_at)

        return parse_row, lines[1:]
    tags_only = name.lower().endswith("tags_clean.csv")

    def parse_pair(line: str) -> tuple[str, str]:
        return _parse_pair(split_fields(line, 2, separator), tags_only)

    return parse_pair, lines[1:] if columns[0] == "id" else lines


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
    return _check_row(key, text.encode("utf-8", "replace").decode("utf-8"))


def _parse_row(row: list[str], width: int, key_at: int, text_at: int) -> tuple[str, str]:
    if len(row) < width:
        raise ValueError(f"{len(row)} columns, but the header has {width}")
    return _check_row(row[key_at], row[text_at])


def _parse_pair(fields: list[str], tags_only: bool) -> tuple[str, str]:
    if len(fields) < 2:
        raise ValueError("no comma after the id")
    # Tabs between tags or a count after a tag show the 2017 format, whatever the file's name.
    if not tags_only and "\t" not in fields[1] and not re.search(r"[^\d\s]:\d+$", fields[1]):
        return _check_row(*fields)
    tags = [re.sub(r":\d*$", "", tag.strip()) for tag in fields[1].replace("_", " ").split("\t")]
    kept = [tag for tag in tags if {"hair", "eyes"} & set(tag.lower().split())]
    if not kept:
        raise ValueError("no tag about hair or eyes")
    return _check_row(fields[0], " ".join(kept))


def read_text(data: bytes) -> tuple[str, str]:
    """Read a caption that has a file of its own.

    Returns:
        The caption; and the name of its encoding if that is a guess, else `""`.

    Raises:
        ValueError: The file holds no caption.
    """
    data, guessed = as_utf8(data)
    return clean_description(data.decode("utf-8-sig")), guessed


def _check_row(key: str, text: str) -> tuple[str, str]:
    if "\0" in key:
        raise ValueError("not text")
    if not key:
        raise ValueError("no id")
    return key, clean_description(text)

"""What an image shows, in words: colours, description files, tag files."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from files.lines import MAX_LINE, as_utf8, find_separator, split_fields, split_lines
from text.descriptions import clean_description

MAX_COLUMNS = 1_000  # of a header


@dataclass
class TagTable:
    """The captions of a set of images."""

    texts: dict[str, str]  # id, or path as given by `file_name`, -> caption
    duplicates: int  # records that were replaced by a later one of the same id
    bad: list[str]  # what could not be used and where, for the user


def parse_tags(name: str, data: bytes) -> TagTable:
    """Reads the captions of a set of images, whichever of four formats they are in.

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
    data, guessed = as_utf8(data)
    if guessed:
        table.bad.append(f"{name}: not UTF-8, read as {guessed}")
    lines = [(n, raw.decode()) for n, raw in enumerate(split_lines(data), 1) if raw.strip()]

    separator = find_separator(lines)
    first = lines[0][1][:MAX_LINE] if lines else ""
    columns = [column.lower() for column in split_fields(first, MAX_COLUMNS, separator)]
    if name.lower().endswith(".jsonl"):
        parse = _parse_json
    elif "file_name" in columns and "text" in columns:
        del lines[0]
        where = columns.index("file_name"), columns.index("text")

        def parse(line: str) -> tuple[str, str]:
            return _parse_row(split_fields(line, len(columns), separator), len(columns), *where)
    else:
        if columns[0] == "id":
            del lines[0]
        seed = name.lower().endswith("tags_clean.csv")

        def parse(line: str) -> tuple[str, str]:
            return _parse_pair(split_fields(line, 2, separator), seed)

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
    data, guessed = as_utf8(data)
    return _caption("own", data.decode("utf-8-sig"))[1], guessed


def _caption(key: str, text: str) -> tuple[str, str]:
    if "\0" in key:
        raise ValueError("not text")
    if not key:
        raise ValueError("no id")
    return key, clean_description(text)

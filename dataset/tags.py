"""Read caption files: ids with captions, in several formats."""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from dataset.columns import WANTED, Columns, find_columns, is_header
from files.lines import MAX_LINE, as_utf8, find_separator, join_quoted, split_fields, split_lines
from text.descriptions import clean_description
from text.facts import read_tag

MAX_COLUMNS = 1_000  # of a header
MAX_CAPTIONS = 100  # of one id
# Characters of a file that is one JSON value, which takes ten times as much memory.
MAX_JSON = 10**7
_TABLES_OF_PROGRAMS = (".xlsx", ".xls", ".ods", ".parquet", ".arrow", ".feather")
Line = tuple[int, str]  # number from 1, text


class Row(NamedTuple):
    """A row that can be used."""

    id: str
    texts: list[str]
    is_new: bool = False  # see `TagTable`
    unused: tuple[str, ...] = ()  # names of columns or keys


@dataclass
class TagTable:
    """The captions of a caption file."""

    texts: dict[str, str] = field(default_factory=dict)  # first caption by id or by `file_name`
    others: dict[str, list[str]] = field(default_factory=dict)  # further captions by id
    duplicates: int = 0  # captions that their id has already
    bad: list[str] = field(default_factory=list)  # rows that cannot be used: where and why
    unused: set[str] = field(default_factory=set)  # columns or keys that may hold more captions
    # Whether programs that wrote version 3 of the cache, and know less, read other captions here.
    is_new: bool = False

    def add(self, row: Row) -> None:
        """Add the captions of a row.

        Raises:
            ValueError: It has `MAX_CAPTIONS` already.
        """
        key = row.id
        for text in row.texts:
            others = self.others.get(key, [])
            if key not in self.texts:
                self.texts[key] = text
            elif text == self.texts[key] or text in others:
                self.duplicates += 1
            elif len(others) + 1 >= MAX_CAPTIONS:
                raise ValueError(f"more than {MAX_CAPTIONS} captions of {key!r:.60}")
            else:
                self.others[key] = [*others, text]
                self.is_new = True
        self.is_new |= row.is_new
        self.unused.update(row.unused)


class _NoColumns(ValueError):
    """A JSON object has no id or no caption; the message lists its keys."""


class _Parser(NamedTuple):
    """How to read the rows of a file."""

    parse: Callable[[str], Row]  # raises ValueError for a bad row
    rows: Iterable[Line]  # without the header
    is_new: bool = False  # see `TagTable`


def parse_tags(name: str, data: bytes) -> TagTable:
    """Read a caption file in any of six formats.

    - `*.jsonl`: a JSON object per line, with an id and a caption under one of the names in
      `dataset.columns`, such as `file_name` and `text` (Hugging Face's metadata.jsonl). A list of
      strings is several captions; under `tags`, it is one.
    - `*.json`: a list of such objects, or captions or objects by id, as kohya writes them, or the
      `images` and `annotations` of COCO.
    - CSV with such names in its header (metadata.csv).
    - CSV with the colours of hair and eyes in columns of those names: `id,hair,eyes`.
    - `id,text` CSV, with or without that header.
    - The 2017 project's tags_clean.csv: `id,tag:count<TAB>tag:count`. Its tags about hair and eyes
      are kept.

    Several rows of one id are several captions. A quoted field may hold line breaks. Instead of a
    comma, a semicolon, a tab or a vertical bar may separate the fields, if it ends the first field
    of every line. Excel's first line `sep=;` is skipped.

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
    try:
        parse, rows, table.is_new = _choose_parser(name, lines)
    except ValueError as error:
        table.bad.append(f"{name}: {error}")
        table.is_new = True
        return table
    _add_rows(table, name, parse, rows)
    return table


def _add_rows(
    table: TagTable, name: str, parse: Callable[[str], Row], rows: Iterable[Line]
) -> None:
    """Add the rows that can be used to a table, and say what is wrong with the others."""
    unit = "record" if name.lower().endswith(".json") else "line"
    lacking: Counter[str] = Counter()  # keys of objects without an id or a caption
    first = 0  # line of such an object
    for number, line in rows:
        try:
            if len(line) > MAX_LINE:
                raise ValueError(f"longer than {MAX_LINE:,} characters")
            table.add(parse(line))
        except _NoColumns as error:
            first = first or number
            # No file can make this list of keys long.
            lacking[str(error) if len(lacking) < 100 else "others"] += 1
        except ValueError as error:
            table.bad.append(f"{name} {unit} {number}: {error}")
    if lacking:
        seen = "; ".join(keys for keys, _ in lacking.most_common(3))
        table.bad.append(
            f"{name}: {lacking.total():,} without an id or a caption, first in {unit} {first}. "
            f"Keys: {seen}. Wanted: {WANTED}"
        )


def _choose_parser(name: str, lines: list[Line]) -> _Parser:
    """Recognise the format by the file's name and its first line.

    Raises:
        ValueError: The header names no column of ids, or none of captions.
    """
    if name.lower().endswith(".jsonl"):
        return _Parser(_parse_json, lines)
    if name.lower().endswith(".json"):
        return _Parser(_parse_json, _records("\n".join(line for _, line in lines)), True)
    if name.lower().endswith(_TABLES_OF_PROGRAMS):
        raise ValueError("not a text file. Save it as CSV")
    said = re.fullmatch("sep=([,;\t|])", lines[0][1].strip()) if lines else None
    if said:
        lines = lines[1:]
    separator = said[1] if said else find_separator(lines)
    first = lines[0][1][:MAX_LINE] if lines else ""
    is_new = bool(said)
    for other in dict.fromkeys((separator, *",;\t|")):
        names = split_fields(first, MAX_COLUMNS, other)
        if len(names) > 1 and (found := find_columns(tuple(names))):
            is_new |= other != separator
            separator = other
            break
    else:
        names, found = split_fields(first, MAX_COLUMNS, separator), None
    rows = join_quoted(lines, separator)
    is_new |= len(rows) < len(lines)
    is_pair = names[0].lower() == "id" and len(names) == 2 and (not found or found.text == 1)
    if found and not is_pair:
        is_new |= not found.is_header_of_hugging_face(names)
        return _Parser(_row_parser(found, len(names), separator), rows[1:], is_new)
    if not is_pair and is_header(names):
        shown = ", ".join(names)[:200]
        raise ValueError(f"the header has the columns {shown}. Wanted: {WANTED}")
    tags_only = name.lower().endswith("tags_clean.csv")

    def parse_pair(line: str) -> Row:
        return _parse_pair(split_fields(line, 2, separator), tags_only)

    return _Parser(parse_pair, rows[1:] if names[0].lower() == "id" else rows, is_new)


def _row_parser(columns: Columns, width: int, separator: str) -> Callable[[str], Row]:
    """Return a function that reads a row of named columns."""

    def parse_row(line: str) -> Row:
        row = split_fields(line, width, separator)
        if len(row) < width:
            raise ValueError(f"{len(row)} columns, but the header has {width}")
        found = _check_row(row[columns.id], columns.caption(row))
        return found._replace(unused=columns.unused)

    return parse_row


def _load(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("not JSON") from None


def _records(text: str) -> Iterable[Line]:
    """Return the objects of a whole JSON file, one per line, as `*.jsonl` has them.

    The file is a list of objects, an object of captions or of objects by id (kohya), or one of
    `images` and `annotations` (COCO).

    Raises:
        ValueError: It is none of these.
    """
    if len(text) > MAX_JSON:
        raise ValueError(f"longer than {MAX_JSON:,} characters: save it as CSV or as .jsonl")
    content = _load(text)
    if isinstance(content, dict) and isinstance(content.get("annotations"), list):
        images = content.get("images")
        images = images if isinstance(images, list) else []
        images = [image for image in images if isinstance(image, dict)]
        names = {str(image.get("id")): image.get("file_name") for image in images}
        rows = [row for row in content["annotations"] if isinstance(row, dict)]
        content = [{**row, "file_name": names.get(str(row.get("image_id")))} for row in rows]
    elif isinstance(content, dict):
        content = [
            {**(value if isinstance(value, dict) else {"text": value}), "file_name": key}
            for key, value in content.items()
        ]
    if not isinstance(content, list):
        raise ValueError("not a list of JSON objects")
    return ((number, json.dumps(record)) for number, record in enumerate(content, 1))


def _parse_json(line: str) -> Row:
    record = _load(line)
    if not isinstance(record, dict):
        raise ValueError("not a JSON object")
    names = [name for name in record if record[name] not in (None, "", [])][:MAX_COLUMNS]
    columns = find_columns(tuple(names))
    if columns is None:
        raise _NoColumns(", ".join(names)[:200] or "none")
    key, texts = _cell(record[names[columns.id]], names[columns.id]), _texts(record, names, columns)
    if key is None or not texts:
        raise ValueError("file_name and text must both be strings")
    # JSON can spell half a surrogate pair, which no later step could encode.
    texts = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
    old = isinstance(record.get("file_name"), str) and isinstance(record.get("text"), str)
    return _check_row(key, *texts)._replace(is_new=not old, unused=columns.unused)


def _cell(value: object, name: str) -> str | None:
    """Return the id in a JSON object; None if it is none. Databases number their images."""
    if isinstance(value, int) and name != "file_name" and 0 <= value < 2**63:
        return str(int(value))
    return value if isinstance(value, str) else None


def _texts(record: dict[str, object], names: list[str], columns: Columns) -> list[str]:
    """Return the captions in a JSON object; none if they are anything but texts."""
    if columns.text is None:
        return [columns.caption([str(record[name]) for name in names])]
    value = record[names[columns.text]]
    values = value if isinstance(value, list) else [value]
    texts = [text for text in values if isinstance(text, str)]
    if len(texts) < len(values):
        return []
    return [", ".join(texts)] if names[columns.text].lower() == "tags" else texts


def _parse_pair(fields: list[str], tags_only: bool) -> Row:
    if len(fields) < 2:
        raise ValueError("no comma after the id")
    # Tabs between tags or a count after a tag show the 2017 format, whatever the file's name.
    if not tags_only and "\t" not in fields[1] and not re.search(r"[^\d\s]:\d+$", fields[1]):
        return _check_row(*fields)
    tags = [re.sub(r":\d*$", "", tag.strip()) for tag in fields[1].replace("_", " ").split("\t")]
    colours = [bool({"hair", "eyes"} & set(tag.lower().split())) for tag in tags]
    about_face = [c or read_tag(tag) is not None for tag, c in zip(tags, colours, strict=True)]
    kept = list(itertools.compress(tags, about_face))
    if not kept:
        raise ValueError("no tag about a face")
    if all(itertools.compress(colours, about_face)):  # as versions without other facts wrote it
        return _check_row(fields[0], " ".join(kept))
    return _check_row(fields[0], ", ".join(kept))._replace(is_new=True)


def read_text(data: bytes) -> tuple[list[str], str]:
    """Read the captions of an image from a file of their own.

    Lines are several captions if each has four words or more, or a comma, as sentences and lists
    of tags have; other lines are one tag each, and sentences may be wrapped: these are one caption.

    Returns:
        The captions; and the name of the file's encoding if that is a guess, else `""`.

    Raises:
        ValueError: The file holds no caption.
    """
    data, guessed = as_utf8(data)
    text = data.decode("utf-8-sig")
    lines = [line.strip() for line in re.split("[\r\n]+", text) if line.strip()]
    if 1 < len(lines) <= MAX_CAPTIONS and _are_captions(lines):
        return list(dict.fromkeys(map(clean_description, lines))), guessed
    return [clean_description(text)], guessed


def _are_captions(lines: list[str]) -> bool:
    wrapped = any(
        len(line) >= 60 and line[-1] not in ".!?" and after[0].islower()
        for line, after in itertools.pairwise(lines)
    )
    return not wrapped and all("," in line or len(line.split()) >= 4 for line in lines)


def _check_row(key: str, *texts: str) -> Row:
    if "\0" in key:
        raise ValueError("not text")
    if not key:
        raise ValueError("no id")
    return Row(key, [clean_description(text) for text in texts])

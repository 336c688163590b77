"""Read caption files: ids with captions, in several formats."""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from dataset.columns import TAG_LISTS, WANTED, Columns, find_columns, is_header, plain_name
from dataset.markup import is_missing, plain_caption, read_list
from dataset.sources import is_image
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
    other_ids: tuple[str, ...] = ()  # in further columns or keys


@dataclass
class TagTable:
    """The captions of a caption file."""

    texts: dict[str, str] = field(default_factory=dict)  # first caption by id or by `file_name`
    others: dict[str, list[str]] = field(default_factory=dict)  # further captions by id
    # What other columns call the images -> id; "" if they say so of several.
    other_ids: dict[str, str] = field(default_factory=dict)
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
        for other in row.other_ids:
            self.other_ids[other] = key if self.other_ids.get(other, key) == key else ""
        self.is_new |= row.is_new
        self.unused.update(row.unused)


class _Refused(ValueError):
    """A row cannot be used, though version 3 of the cache holds what it took for its caption."""


class _NoColumns(ValueError):
    """A JSON object has no id or no caption; the message lists its keys."""


class _Parser(NamedTuple):
    """How to read the rows of a file."""

    parse: Callable[[str], Row]  # raises ValueError for a bad row
    rows: Iterable[Line]  # without the header
    is_new: bool = False  # see `TagTable`


def parse_tags(name: str, data: bytes) -> TagTable:
    """Read a caption file in any of six formats.

    - A JSON object per line, with an id and a caption under one of the names in `dataset.columns`,
      such as `file_name` and `text` (Hugging Face's metadata.jsonl). A list of strings is several
      captions; under `tags`, it is one, and may hold objects with a `name` (Danbooru).
    - One JSON value: a list of such objects, an object that holds one such list, or captions or
      objects by id, as kohya writes them, or the `images` and `annotations` of COCO.
    - CSV with such names in its header (metadata.csv).
    - CSV with the colours of hair and eyes in columns of those names: `id,hair,eyes`.
    - `id,text` CSV, with or without that header.
    - The 2017 project's tags_clean.csv: `id,tag:count<TAB>tag:count`. Its tags about hair and eyes
      are kept.

    Several rows of one id are several captions. A quoted field may hold line breaks. Instead of a
    comma, a semicolon, a tab or a vertical bar may separate the fields, if it ends the first field
    of every line. Excel's first line `sep=;` is skipped. A cell may hold a list, as Python writes
    it.

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
            table.is_new |= isinstance(error, _Refused)
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
    if (parser := _json_parser(name.lower(), lines)) is not None:
        return parser
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
    if not is_pair and _has_more_columns(rows, separator):
        raise ValueError(
            "more columns than an id and a caption, such as numbers, without their names in the "
            f"first line. Wanted: {WANTED}"
        )
    tags_only = name.lower().endswith("tags_clean.csv")

    def parse_pair(line: str) -> Row:
        return _parse_pair(split_fields(line, 2, separator), tags_only)

    return _Parser(parse_pair, rows[1:] if names[0].lower() == "id" else rows, is_new)


def _has_more_columns(rows: list[Line], separator: str) -> bool:
    """Return whether all rows have a number or an image's name where a caption would begin.

    The first row may be a header in another language.
    """
    sample = [split_fields(line[:MAX_LINE], 9, separator) for _, line in rows[1:20]]
    width = min(map(len, sample), default=0)
    return (
        len(sample) > 1
        and width > 2
        and any(
            all(re.fullmatch(r"[-+]?\d+([.]\d+)?", row[at]) or is_image(row[at]) for row in sample)
            for at in range(1, width)
        )
    )


def _row_parser(columns: Columns, width: int, separator: str) -> Callable[[str], Row]:
    """Return a function that reads a row of named columns."""

    def parse_row(line: str) -> Row:
        row = split_fields(line, width, separator)
        if len(row) < width:
            raise ValueError(f"{len(row)} columns, but the header has {width}")
        if not columns.has_text(row):
            found = _check_row(row[columns.ids[0]], columns.colours(row))
            found = found._replace(is_new=True)
        else:
            assert columns.text is not None
            text = row[columns.text]
            if columns.text < width - 1 and separator not in text and separator in row[-1]:
                _check_width(line, width, separator)
            found = _check_cell(row[columns.ids[0]], text)
        other_ids = tuple(row[at] for at in columns.ids[1:])
        return found._replace(unused=columns.unused, other_ids=other_ids)

    return parse_row


def _check_width(line: str, width: int, separator: str) -> None:
    """Raise ValueError if a row has more fields than the header: its caption may be cut."""
    row = split_fields(line, MAX_COLUMNS, separator)
    if any(row[width:]):
        raise _Refused(
            f"{len(row)} columns, but the header has {width}. A text with {separator!r} in it "
            "needs quotes"
        )


def _json_parser(name: str, lines: list[Line]) -> _Parser | None:
    """Return how to read a file as JSON: an object per line, or one value; None if it is none.

    Raises:
        ValueError: It is called `*.json`, but is none.
    """
    named = name.endswith((".json", ".jsonl", ".ndjson"))
    first = lines[0][1].strip() if lines else ""
    if not named and not first.startswith(("{", "[")):
        return None
    per_line = not name.endswith(".json")  # what it should be
    if _is_object(first) and (per_line or len(lines) > 1):
        return _Parser(_parse_json, lines, not name.endswith(".jsonl"))
    if per_line and not (first.startswith("[") or first == "{"):
        return _Parser(_parse_json, lines) if named else None
    try:
        return _Parser(_parse_json, _records("\n".join(line for _, line in lines)), True)
    except ValueError:
        if not per_line:
            raise
        return _Parser(_parse_json, lines) if named else None


def _is_object(line: str) -> bool:
    try:
        return len(line) <= MAX_LINE and isinstance(_load(line), dict)
    except ValueError:
        return False


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
    elif isinstance(content, dict) and (rows := _only_rows(content)):
        content = rows
    elif isinstance(content, dict):
        content = [
            {**(value if isinstance(value, dict) else {"text": value}), "file_name": key}
            for key, value in content.items()
        ]
    if not isinstance(content, list):
        raise ValueError("not a list of JSON objects")
    return ((number, json.dumps(record)) for number, record in enumerate(content, 1))


def _only_rows(content: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the one list of objects among the values of an object, as servers answer."""
    lists = [
        value
        for value in content.values()
        if isinstance(value, list) and value and all(isinstance(row, dict) for row in value)
    ]
    return lists[0] if len(lists) == 1 else []


def _parse_json(line: str) -> Row:
    record = _load(line)
    if not isinstance(record, dict):
        raise ValueError("not a JSON object")
    names = [name for name in record if not _is_empty(record[name])][:MAX_COLUMNS]
    columns = find_columns(tuple(names))
    if columns is None:
        raise _NoColumns(", ".join(names)[:200] or "none")
    key, *other_ids = (_cell(record[names[at]], names[at]) for at in columns.ids)
    texts = _texts(record, names, columns)
    if key is None or not texts:
        raise ValueError("file_name and text must both be strings")
    # JSON can spell half a surrogate pair, which no later step could encode.
    texts = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
    row = _check_row(key, *texts)
    old = isinstance(record.get("file_name"), str) and isinstance(record.get("text"), str)
    return row._replace(
        is_new=row.is_new or not old,
        unused=columns.unused,
        other_ids=tuple(other for other in other_ids if other),
    )


def _is_empty(value: object) -> bool:
    if isinstance(value, str):
        return value == "" or is_missing(value)
    return value is None or value == [] or value != value  # pandas writes NaN


def _cell(value: object, name: str) -> str | None:
    """Return the id in a JSON object; None if it is none. Databases number their images."""
    if isinstance(value, int) and name != "file_name" and 0 <= value < 2**63:
        return str(int(value))
    if isinstance(value, dict):  # an image of Hugging Face's
        value = value.get("path")
    return value if isinstance(value, str) else None


def _texts(record: dict[str, object], names: list[str], columns: Columns) -> list[str]:
    """Return the captions in a JSON object; none if they are anything but texts."""
    if columns.text is None:
        return [columns.colours([str(record[name]) for name in names])]
    value = record[names[columns.text]]
    if plain_name(names[columns.text]) in TAG_LISTS:
        return [", ".join(_tags(value))]
    values = [each for each in (value if isinstance(value, list) else [value]) if each is not None]
    texts = [text for text in values if isinstance(text, str)]
    return texts if len(texts) == len(values) else []


def _tags(value: object, depth: int = 3) -> Iterator[str]:
    """Yield the tags in a JSON value.

    Image boards write a text or a list, Danbooru's dumps objects with a `name`, e621 lists by kind,
    and taggers scores by tag.
    """
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict) and isinstance(value.get("name"), str):
        yield value["name"]
    elif isinstance(value, dict) and all(isinstance(v, int | float) for v in value.values()):
        yield from value
    elif isinstance(value, list | dict) and depth:
        for more in value.values() if isinstance(value, dict) else value:
            yield from _tags(more, depth - 1)


def _parse_pair(fields: list[str], tags_only: bool) -> Row:
    if len(fields) < 2:
        raise ValueError("no comma after the id")
    # Tabs between tags or a count after a tag show the 2017 format, whatever the file's name.
    if not tags_only and "\t" not in fields[1] and not re.search(r"[^\d\s]:\d+$", fields[1]):
        return _check_cell(*fields)
    tags = [re.sub(r":\d*$", "", tag.strip()) for tag in fields[1].replace("_", " ").split("\t")]
    colours = [bool({"hair", "eyes"} & set(tag.lower().split())) for tag in tags]
    about_face = [c or read_tag(tag) is not None for tag, c in zip(tags, colours, strict=True)]
    kept = list(itertools.compress(tags, about_face))
    if not kept:
        raise ValueError("no tag about a face")
    if all(itertools.compress(colours, about_face)):  # as versions without other facts wrote it
        return _check_row(fields[0], " ".join(kept))
    return _check_row(fields[0], ", ".join(kept))._replace(is_new=True)


def read_text(data: bytes) -> tuple[list[str], str, bool]:
    """Read the captions of an image from a file of their own.

    Lines are several captions if each has four words or more, or a comma, as sentences and lists
    of tags have; other lines are one tag each, and sentences may be wrapped: these are one caption.

    Returns:
        The captions; the name of the file's encoding if that is a guess, else `""`; and whether
        version 3 of the cache may hold others.

    Raises:
        ValueError: The file holds no caption.
    """
    data, guessed = as_utf8(data)
    text = data.decode("utf-8-sig")
    plain = plain_caption(text)
    captions, is_new = _read_captions(split_captions(plain))
    return captions, guessed, is_new or plain != text


def read_object(data: bytes) -> tuple[list[str], str, bool]:
    """Read the captions of an image from a JSON object of its own, as downloaders write it.

    Tags come before texts, which may be what an artist wrote below the image.

    Returns:
        As `read_text`.

    Raises:
        ValueError: The file holds no caption.
    """
    data, guessed = as_utf8(data)
    if len(data) > MAX_LINE:
        raise ValueError(f"longer than {MAX_LINE:,} bytes")
    record = _load(data.decode())
    if not isinstance(record, dict):
        raise ValueError("not a JSON object")
    tags = {key: record[key] for key in TAG_LISTS if not _is_empty(record.get(key))}
    try:
        row = _parse_json(json.dumps({**(tags or record), "file_name": "its own"}))
    except _NoColumns:
        raise ValueError(f"no caption. Keys: {', '.join(record)[:200]}") from None
    return row.texts, guessed, True


def split_captions(text: str) -> list[str]:
    """Return the captions that the lines of a text are, or the text if they are one together."""
    lines = [line.strip() for line in re.split("[\r\n]+", text) if line.strip()]
    return lines if 1 < len(lines) <= MAX_CAPTIONS and _are_captions(lines) else [text]


def _are_captions(lines: list[str]) -> bool:
    wrapped = any(
        len(line) >= 60 and line[-1] not in ".!?" and after[0].islower()
        for line, after in itertools.pairwise(lines)
    )
    return not wrapped and all("," in line or len(line.split()) >= 4 for line in lines)


def _check_cell(key: str, cell: str) -> Row:
    """Return the row of an id and a cell of a spreadsheet, which may hold a list."""
    texts = read_list(cell)
    if not texts:
        return _check_row(key, cell)
    row = _check_row(key, *(texts if _are_captions(texts) else [", ".join(texts)]))
    return row._replace(is_new=True)


def _check_row(key: str, *texts: str) -> Row:
    if "\0" in key:
        raise ValueError("not text")
    if not key:
        raise ValueError("no id")
    return Row(key, *_read_captions(texts))


def _read_captions(texts: Iterable[str]) -> tuple[list[str], bool]:
    """Return the captions that texts are, and whether version 3 of the cache may hold others.

    Raises:
        ValueError: None of them is a caption.
    """
    captions: list[str] = []
    bad: list[ValueError] = []
    is_new = False
    for text in texts:
        plain = plain_caption(text)
        numbers = any(map(str.isalnum, plain)) and not any(map(str.isalpha, plain))
        is_new |= plain != text or numbers
        try:
            if numbers:  # classes, or the boxes of a detector
                raise ValueError(f"no word in {plain.strip()!r:.60}")
            captions.append(clean_description(plain))
        except ValueError as error:
            bad.append(error)
    if not captions:
        raise _Refused(*bad[0].args) if is_new else bad[0]
    return list(dict.fromkeys(captions)), is_new or bool(bad)

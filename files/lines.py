"""Lines and CSV fields of text files that may be malformed."""

from __future__ import annotations

import codecs
import re

MAX_LINE = 10**6  # characters of a line; a caption file may have long columns besides the caption
# The first field of a row, by separator: in quotes up to the separator or the end, or plain.
_FIRST_FIELD = {s: re.compile(rf'\s*"(?:[^"]|"")*"\s*(?=[{s}]|$)|[^{s}]*') for s in ",;\t|"}
_QUOTED_FIELD = {s: re.compile(rf'\s*"(?:[^"]|"")*"\s*(?=[{s}]|\Z)') for s in ",;\t|"}
_OPEN_FIELD = re.compile(r'\s*"(?:[^"]|"")*\Z')  # in quotes that do not end
_MAX_BREAKS = 100  # line breaks in a row


def as_utf8(data: bytes) -> tuple[bytes, str]:
    """Convert text in UTF-8, UTF-16 with a byte order mark, or Latin-1 to UTF-8.

    Returns:
        The text without its byte order mark; and the name of its encoding if that is a guess,
        else `""`.
    """
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            data = data.decode("utf-16").encode()  # what Windows calls Unicode
        data.decode()
        return data, ""
    except UnicodeDecodeError:
        return data.decode("latin-1").encode(), "Latin-1"  # decodes any bytes


def split_lines(data: bytes) -> list[bytes]:
    """Split text at LF, CR LF and CR, after removing a UTF-8 byte order mark."""
    # `str.splitlines` would also split at U+0085, U+2028 and others.
    return data.removeprefix(codecs.BOM_UTF8).splitlines()


def find_separator(lines: list[tuple[int, str]]) -> str:
    """Return the separator that ends the first field of all lines, or a comma if they disagree.

    Args:
        lines: Numbers and texts of the lines.
    """
    ends = {match[0] for _, line in lines if (match := re.search("[,;\t]", line))}
    return ends.pop() if len(ends) == 1 else ","


def join_quoted(lines: list[tuple[int, str]], separator: str) -> list[tuple[int, str]]:
    """Join the lines of rows that have line breaks in a quoted field.

    Quotes that nothing ends within `_MAX_BREAKS` lines, or within `MAX_LINE` characters, join
    nothing: they are badly written.

    Args:
        lines: Numbers and texts of the lines.
        separator: What separates the fields.

    Returns:
        The rows, each with the number of its first line.
    """
    rows: list[tuple[int, str]] = []
    at = 0
    while at < len(lines):
        number, row = lines[at]
        at += 1
        opened = _open_at(row, separator) if '"' in row and len(row) <= MAX_LINE else None
        if opened is not None:
            end = _last_line(lines, at, row.count('"'))
            joined = "\n".join([row, *(line for _, line in lines[at:end])])
            if (
                len(joined) <= MAX_LINE
                and _QUOTED_FIELD[separator].match(joined, opened)
                and _open_at(joined, separator) is None
            ):
                row, at = joined, end
        rows.append((number, row))
    return rows


def _open_at(row: str, separator: str) -> int | None:
    """Return where the field starts whose quotes do not end in a row; None if all end."""
    at = 0
    while at < len(row):
        if _OPEN_FIELD.match(row, at):
            return at
        match = _FIRST_FIELD[separator].match(row, at)
        assert match, "the pattern matches any text, also none"
        at = match.end() + 1
    return None


def _last_line(lines: list[tuple[int, str]], start: int, quotes: int) -> int:
    """Return the end of the lines from `start` on that make the number of quotes even."""
    for end in range(start, min(start + _MAX_BREAKS, len(lines))):
        quotes += lines[end][1].count('"')
        if quotes % 2 == 0:
            return end + 1
    return start


def split_fields(line: str, count: int, separator: str) -> list[str]:
    """Split a row into at most `count` CSV fields; the last one keeps its separators."""
    fields: list[str] = []
    while len(fields) < count - 1:
        match = _FIRST_FIELD[separator].match(line)
        assert match, "the pattern matches any text, also none"
        fields.append(unquote(match[0]))
        if match.end() == len(line):
            return fields
        line = line[match.end() + 1 :]
    return [*fields, unquote(line)]


def unquote(text: str) -> str:
    """Undo the quoting of a CSV field. Quotes within a field belong to its text.

    A quote at one end without a partner is dropped: the field was cut or badly written.
    """
    text = text.strip()
    quoted = re.fullmatch(r'"((?:[^"]|"")*)"', text)
    if quoted:
        return quoted[1].replace('""', '"').strip()
    if text.count('"') % 2:
        text = text[1:] if text.startswith('"') else text.removesuffix('"')
    return text.strip()

"""Lines and CSV fields of text files that may be malformed."""

from __future__ import annotations

import codecs
import re

MAX_LINE = 10**6  # characters of a line; a caption file may have long columns besides the caption
# The first field of a row, by separator: in quotes up to the separator or the end, or plain.
_FIRST_FIELD = {s: re.compile(rf'\s*"(?:[^"]|"")*"\s*(?={s}|$)|[^{s}]*') for s in ",;\t"}


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

"""Lines and CSV fields of text files that others made."""

from __future__ import annotations

import codecs
import re

MAX_LINE = 10**6  # characters of a line of a tag file, whose other columns may be long


def as_utf8(data: bytes) -> tuple[bytes, str]:
    """Text in UTF-8, whatever it was in, and the encoding's name if that is a guess or `""`."""
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            data = data.decode("utf-16").encode()  # what Windows calls Unicode
        data.decode()
        return data, ""
    except UnicodeDecodeError:
        return data.decode("latin-1").encode(), "Latin-1"  # which decodes anything


def split_lines(data: bytes) -> list[bytes]:
    # Bytes split at line ends only; text would also split at U+0085, U+2028 and others.
    return data.removeprefix(codecs.BOM_UTF8).splitlines()


def find_separator(lines: list[tuple[int, str]]) -> str:
    ends = {re.search("[,;\t]|$", line)[0] for _, line in lines} - {""}
    return ends.pop() if len(ends) == 1 else ","


def split_fields(line: str, count: int, separator: str) -> list[str]:
    """Splits off up to `count` CSV fields; the last one keeps its separators."""
    fields, rest = [], line
    while len(fields) < count - 1:
        head = _FIELD[separator].match(rest)[0]  # type: ignore[index]  # matches anything
        fields.append(unquote(head))
        if len(head) == len(rest):
            return fields
        rest = rest[len(head) + 1 :]
    return [*fields, unquote(rest)]


_FIELD = {s: re.compile(rf'\s*"(?:[^"]|"")*"\s*(?={s}|$)|[^{s}]*') for s in ",;\t"}


def unquote(text: str) -> str:
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

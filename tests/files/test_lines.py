"""Lines and fields are split as people mean them, in any encoding."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from files.lines import as_utf8, find_separator, split_fields, split_lines, unquote


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_unicode_is_recognised(encoding):
    assert as_utf8("é 字".encode(encoding)) == ("é 字".encode(), "")


@given(st.binary())
def test_any_bytes_become_utf_8(data):
    text, guessed = as_utf8(data)
    text.decode()
    assert guessed in ("", "Latin-1")


def test_lines_end_at_line_ends_only():
    data = "\ufeffa\u2028b\x85c\x0bd\ne\r\nf\rg".encode()
    assert split_lines(data) == ["a\u2028b\x85c\x0bd".encode(), b"e", b"f", b"g"]


@pytest.mark.parametrize(
    ("lines", "separator"),
    [
        ([], ","),
        (["no separator"], ","),
        (["1,a;b", "2,c"], ","),
        (["1;a,b", "2;c"], ";"),
        (["1\ta", "none"], "\t"),
        (["1;a", "2,b"], ","),
    ],
)
def test_the_separator_is_what_ends_all_first_fields(lines, separator):
    assert find_separator(list(enumerate(lines, 1))) == separator


FIELDS = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0")).map(str.strip)


@given(st.lists(FIELDS, min_size=1, max_size=5), st.sampled_from(",;\t"))
def test_fields_that_are_all_quoted_come_back(fields, separator):
    line = io.StringIO()
    csv.writer(line, delimiter=separator, quoting=csv.QUOTE_ALL).writerow(fields)
    assert split_fields(line.getvalue().rstrip("\r\n"), len(fields), separator) == fields


def test_the_last_field_keeps_its_separators():
    assert split_fields('1, "a, b", c, d', 3, ",") == ["1", "a, b", "c, d"]
    assert split_fields("1", 3, ",") == ["1"]
    assert split_fields("", 3, ",") == [""]


@pytest.mark.parametrize(
    ("text", "unquoted"),
    [
        (' "a" ', "a"),
        ('"a ""b"" c"', 'a "b" c'),
        ('a "b" c', 'a "b" c'),
        ('"cut', "cut"),
        ('cut"', "cut"),
        ('"', ""),
        ("", ""),
    ],
)
def test_quotes_of_a_field_go_and_those_of_its_text_stay(text, unquoted):
    assert unquote(text) == unquoted

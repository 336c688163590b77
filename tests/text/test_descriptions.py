"""Description files."""

import io
import re
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import UsageError
from text.descriptions import read_descriptions

# One line's worth of text that no rule changes: no quotes, tabs, colons; white space is single.
WORDS = st.lists(st.from_regex(r"[a-zé,.'-]*[a-zé]", fullmatch=True), min_size=1).map(" ".join)


@pytest.fixture
def described(tmp_path):
    """Write a description file and return its path."""

    def write(data):
        path = tmp_path / "description.txt"
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    return write


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("1,blue hair red eyes", "blue hair red eyes"),
        ("2,pink hair, green eyes", "pink hair, green eyes"),
        ('3,"pink hair, green eyes"', "pink hair, green eyes"),
        ('"3","pink hair, green eyes"', "pink hair, green eyes"),
        ('4,"a ""magic"" girl"', 'a "magic" girl'),
        ('5,a "magic" girl', 'a "magic" girl'),
        ('5,"pink" hair', '"pink" hair'),
        ('5,"pink" hair, "green" eyes', '"pink" hair, "green" eyes'),
        ('5,5" of hair', '5" of hair'),
        ("blue hair, red eyes", "blue hair, red eyes"),
        ('"blue hair, red eyes"', "blue hair, red eyes"),
        ("blue hair", "blue hair"),
        ("3 girls, blue hair", "3 girls, blue hair"),
        (" -7 ,\tblue   hair ", "blue hair"),
        ("1,2,blue hair", "2,blue hair"),
        ("1,藍髪 #1", "藍髪 #1"),
        ("7;blue hair, red eyes", "blue hair, red eyes"),
        ('"7";"blue hair; red eyes"', "blue hair; red eyes"),
        ("7\tblue hair", "blue hair"),
        ("id,text\n1,blue hair", "blue hair"),
        ('"ID" ; Text\n1;blue hair', "blue hair"),
        ("id card, blue hair", "id card, blue hair"),
    ],
)
def test_a_line_is_a_description(described, line, text):
    found, bad = read_descriptions(described(line))
    assert [(each.number, each.text) for each in found] == [(1, text)] and not bad


@pytest.mark.parametrize(
    ("lines", "columns", "texts"),
    [
        ("prompt\nblue hair", "prompt", ["blue hair"]),
        ("Text\nblue hair", "text", ["blue hair"]),
        ("description\n1,blue hair", "description", ["blue hair"]),
        ("# mine\n\ncaption\ncaption", "caption", ["caption"]),
        ("id,prompt\n1,blue hair, red eyes", "id, prompt", ["blue hair, red eyes"]),
        ('"id";"text"\n1;blue hair', "id, text", ["blue hair"]),
        (
            'file_name,text\na/1.jpg,blue hair, red\n"b,2",x',
            "file_name, text",
            ["blue hair, red", "x"],
        ),
        (
            "file_name\tcaption\na.jpg\tblue hair\nred hair",
            "file_name, caption",
            ["blue hair", "red hair"],
        ),
        ("text of a song, blue hair", "", ["text of a song, blue hair"]),
        ("blue hair\nprompt", "", ["blue hair", "prompt"]),
        ("1,prompt", "", ["prompt"]),
    ],
)
def test_a_header_is_skipped_and_said(described, lines, columns, texts):
    notes: list[str] = []
    path = described(lines)
    found, bad = read_descriptions(path, notes.append)
    assert [each.text for each in found] == texts and not bad
    assert [each.number for each in found] == list(range(1, len(texts) + 1))
    line = 3 if lines.startswith("#") else 1
    assert notes == ([f"{path} line {line}: the header {columns}"] if columns else [])


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_what_windows_calls_unicode_is_read(described, encoding):
    mark = "\ufeff" if encoding[-3:] in ("-le", "-be") else ""
    found, bad = read_descriptions(described(f"{mark}1,blue hair\r\n2,藍髪\r\n".encode(encoding)))
    assert found == [(1, 1, "blue hair"), (2, 2, "藍髪")] and not bad


@pytest.mark.parametrize(
    ("stdin", "message"),
    [
        (None, "-t - cannot be read: it is closed"),
        (SimpleNamespace(buffer=io.BytesIO(b"!\n")), "standard input holds no desc.*\n.*line 1"),
    ],
)
def test_standard_input_has_a_name_in_messages(monkeypatch, stdin, message):
    monkeypatch.setattr("sys.stdin", stdin)
    with pytest.raises(UsageError, match=message):
        read_descriptions("-")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_numbers_count_descriptions_and_lines_count_lines(described, end):
    lines = ["\ufeff# mine", "9,blue hair", "", "  ", "  # more", "9,red\u2028hair", ""]
    found = [(1, 2, "blue hair"), (2, 6, "red hair")]
    assert read_descriptions(described(end.join(lines))) == (found, [])


@given(texts=st.lists(WORDS, min_size=1), quoted=st.booleans())
def test_texts_come_back(tmp_path_factory, texts, quoted):
    path = tmp_path_factory.getbasetemp() / "round-trip.txt"
    lines = [f'{n},"{text}"' if quoted else f"{n},{text}" for n, text in enumerate(texts)]
    path.write_text("\n".join(lines), encoding="utf-8")
    assert [found.text for found in read_descriptions(path)[0]] == texts


def test_unbalanced_quotes_and_control_characters_are_dropped(described):
    lines = ['1,"blue hair', 'red hair"', '5" heels "tall"', "pink\x1bhair\x7f\x9b red\x01eyes"]
    found, bad = read_descriptions(described("\n".join(lines)))
    texts = ["blue hair", "red hair", '5" heels "tall', "pink hair red eyes"]
    assert ([each.text for each in found], bad) == (texts, [])


@given(data=st.binary(max_size=60))
def test_any_file_gives_descriptions_or_an_error_that_names_it(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "any.txt"
    path.write_bytes(data)
    try:
        found, bad = read_descriptions(path)
    except UsageError as error:
        assert str(path) in str(error)
    else:
        numbers = [each.number for each in found]
        assert numbers == sorted(set(numbers)) and max(numbers) <= len(found) + len(bad)
        assert all(note.startswith(f"{path} line ") for note in bad)
        assert all(each.text == " ".join(each.text.split()) != "" for each in found)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "holds no description"),
        (b"# nothing\n\n", "holds no description"),
        (b"id,text\n", "holds no description"),
        (b"prompt\n", "holds no description"),
        (b"1,blue\0hair", "line 1: not text"),
        (b"x" * (10**7 + 1), "larger than 10 MB"),
        (b"a\n" * 100_001, "line 100001: more than 100,000 descriptions"),
    ],
)
def test_a_file_without_a_description_is_named(described, data, message):
    path = described(data)
    with pytest.raises(UsageError, match=re.escape(message)) as raised:
        read_descriptions(path)
    assert str(path) in str(raised.value)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"4,", "no text"),
        (b'4," "', "no text"),
        (b",", "no word in ','"),
        ("7,🙂 !".encode(), "no word in '🙂 !'"),
        (b"2,caf\xe9", "not UTF-8. Save it as UTF-8 text"),
        (b"2,red\0hair", "not text"),
        (b"2," + b"x" * 2001, "longer than 2,000 characters"),
        (b"2," + b'""' * 600_000, "longer than 1,000,000 characters"),
    ],
)
def test_a_bad_line_is_named_and_its_neighbours_are_read(described, line, message):
    path = described(b"1,blue hair\n\n" + line + b"\n3,red hair\n")
    found, bad = read_descriptions(path)
    assert found == [(1, 1, "blue hair"), (3, 4, "red hair")]
    assert bad == [f"{path} line 3: {message}"]


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    with pytest.raises(UsageError, match="no such file"):
        read_descriptions(tmp_path / "absent.txt")
    with pytest.raises(UsageError, match="is a folder"):
        read_descriptions(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="cannot be read"):
        read_descriptions(tmp_path / "file" / "below.txt")

"""Description files and tag files."""

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config import UsageError
from dataset.tags import parse_tags, read_text
from text.descriptions import read_descriptions

# One line's worth of text that no rule changes: no quotes, tabs, colons; white space is single.
WORDS = st.lists(st.from_regex(r"[a-zé,.'-]*[a-zé]", fullmatch=True), min_size=1).map(" ".join)


@pytest.fixture
def described(tmp_path):
    def write(data):
        path = tmp_path / "description.txt"
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    return write


# ---- read_descriptions


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


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_numbers_count_descriptions_and_lines_count_lines(described, end):
    lines = ["\ufeff# mine", "9,blue hair", "", "  ", "  # more", "9,red\u2028hair", ""]
    found = [(1, 2, "blue hair"), (2, 6, "red hair")]
    assert read_descriptions(described(end.join(lines))) == (found, [])


@settings(deadline=None)
@given(texts=st.lists(WORDS, min_size=1), quoted=st.booleans())
def test_texts_come_back(tmp_path_factory, texts, quoted):
    path = tmp_path_factory.getbasetemp() / "round-trip.txt"
    lines = [f'{n},"{text}"' if quoted else f"{n},{text}" for n, text in enumerate(texts)]
    path.write_text("\n".join(lines), encoding="utf-8")
    assert [found.text for found in read_descriptions(path)[0]] == texts


def test_a_quote_without_its_partner_and_control_characters_are_no_part_of_a_text(described):
    lines = ['1,"blue hair', 'red hair"', '5" heels "tall"', "pink\x1bhair\x7f\x9b red\x01eyes"]
    found, bad = read_descriptions(described("\n".join(lines)))
    texts = ["blue hair", "red hair", '5" heels "tall', "pink hair red eyes"]
    assert ([each.text for each in found], bad) == (texts, [])


@settings(deadline=None)
@given(data=st.binary(max_size=60))
def test_any_file_gives_descriptions_or_a_usage_error_that_names_it(tmp_path_factory, data):
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
        ("1,blue hair".encode("utf-16"), "line 1: not UTF-8. Save it as UTF-8 text"),
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
def test_a_line_that_is_none_is_named_and_those_beside_it_are_drawn(described, line, message):
    path = described(b"1,blue hair\n\n" + line + b"\n3,red hair\n")
    found, bad = read_descriptions(path)
    assert found == [(1, 1, "blue hair"), (3, 4, "red hair")]
    assert bad == [f"{path} line 3: {message}"]


def test_no_file_and_a_folder(tmp_path):
    with pytest.raises(UsageError, match="No such description file"):
        read_descriptions(tmp_path / "absent.txt")
    with pytest.raises(UsageError, match="is a folder"):
        read_descriptions(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="Cannot read"):
        read_descriptions(tmp_path / "file" / "below.txt")


# ---- parse_tags

SEED = (
    b"0,touhou:17705\tchen:1016\tmoneti (daifuku):11\tanimal ears:12594\tbrown hair:5\tred eyes:3\n"
    b"1,Long Hair:7\tblonde hair\thairband:2\tEYES:1\t\n"
    b"\n"
    b"2,pink hair:12\n"
    b"3,smile:4\that:1\r\n"
    b"4\n"
    b"2,aqua hair:1\tclosed eyes:2"
)


@pytest.mark.parametrize("name", ["tags_clean.csv", "faces/tags_clean.csv", "tags.csv"])
def test_the_seed_s_tags(name):
    table = parse_tags(name, SEED)
    assert table.texts == {
        "0": "brown hair red eyes",
        "1": "Long Hair blonde hair EYES",
        "2": "aqua hair closed eyes",
    }
    assert table.duplicates == 1
    assert table.bad == [
        f"{name} line 5: no tag about hair or eyes",
        f"{name} line 6: no comma after the id",
    ]


def test_the_seed_s_name_decides_where_a_line_could_be_either():
    assert parse_tags("tags_clean.csv", b"1,smile").texts == {}
    assert parse_tags("tags.csv", b"1,smile at 10:30").texts == {"1": "smile at 10:30"}


@pytest.mark.parametrize("header", [b"", b"id,text\n", b"\xef\xbb\xbfID,Caption\r\n"])
def test_plain_csv(header):
    data = b'a.1,blue hair,  red eyes\n2,"pink hair, ""green"" eyes"\n3,\n,red hair\nred hair'
    table = parse_tags("tags.csv", header + data)
    assert table.texts == {"a.1": "blue hair, red eyes", "2": 'pink hair, "green" eyes'}
    first = 4 if header else 3
    assert table.bad == [
        f"tags.csv line {first}: no text",
        f"tags.csv line {first + 1}: no id",
        f"tags.csv line {first + 2}: no comma after the id",
    ]


def test_csv_with_named_columns():
    data = b'text,split,file_name\n"red hair, x",train,a/b.png\nblue hair,test\ny,,c.jpg\n'
    table = parse_tags("metadata.csv", data)
    assert table.texts == {"a/b.png": "red hair, x", "c.jpg": "y"}
    assert table.bad == ["metadata.csv line 3: 2 columns, the header has 3"]
    assert parse_tags("m.csv", b"file_name,text\na.jpg,red hair, blue eyes").texts == {
        "a.jpg": "red hair, blue eyes"
    }


def test_json_lines():
    good = {"file_name": "a/b.png", "text": " red\thair,\nblue eyes ", "more": [1]}
    lines = [good, [], {"file_name": 1, "text": "x"}, {"file_name": "c"}]
    lines = [
        *map(json.dumps, lines),
        "{",
        "[" * 100_000,
        '{"file_name": "d", "text": "red \\ud800"}',
    ]
    table = parse_tags("Metadata.JSONL", "\n".join(lines).encode())
    assert table.texts == {"a/b.png": "red hair, blue eyes", "d": "red ?"}
    assert [note.split(": ")[1] for note in table.bad] == [
        "not a JSON object",
        "file_name and text must both be strings",
        "file_name and text must both be strings",
        "not JSON",
        "not JSON",
    ]


def test_latin_1_is_read_and_noted():
    table = parse_tags("tags.csv", b"1,caf\xe9 au\x85lait hair")
    assert table.texts == {"1": "café au lait hair"}
    assert table.bad == ["tags.csv: not UTF-8, read as Latin-1"]


@settings(deadline=None)
@given(texts=st.dictionaries(st.integers(0).map(str), WORDS, min_size=1))
def test_every_plain_caption_comes_back_and_a_repeated_file_changes_nothing(texts):
    data = "".join(f"{key},{text}\n" for key, text in texts.items()).encode()
    table = parse_tags("tags.csv", data)
    assert (table.texts, table.duplicates, table.bad) == (texts, 0, [])
    twice = parse_tags("tags.csv", data + data)
    assert (twice.texts, twice.duplicates) == (texts, len(texts))


@settings(deadline=None)
@given(name=st.sampled_from(["a.jsonl", "a.csv", "tags_clean.csv"]), data=st.binary())
def test_nothing_in_a_tag_file_is_fatal(name, data):
    table = parse_tags(name, data)
    assert all(key and text == " ".join(text.split()) != "" for key, text in table.texts.items())


def test_text_in_other_encodings_is_read_or_named():
    assert read_text("blue hair\n".encode("utf-16")) == ("blue hair", "")
    assert read_text(b"\xef\xbb\xbfblue_hair") == ("blue hair", "")
    assert read_text("bleu fonc\xe9".encode("latin-1")) == ("bleu fonc\xe9", "Latin-1")
    for wrong in (b"", b" \n", b"b\0l\0u\0e\0"):
        with pytest.raises(ValueError):
            read_text(wrong)
    assert parse_tags("tags.csv", "1,blue hair\n".encode("utf-16")).texts == {"1": "blue hair"}
    assert parse_tags("tags.csv", b"1,b\0l\0u\n").bad == ["tags.csv line 1: not text"]


def test_tags_of_image_boards_have_underscores():
    table = parse_tags("tags_clean.csv", b"1,blue_hair:3\tsmile:2\tlight_brown_eyes:1\n")
    assert table.texts == {"1": "blue hair light brown eyes"}


@pytest.mark.parametrize("separator", [";", "\t"])
def test_other_separators_than_commas(separator):
    rows = ["id,text", "1,blue hair; red eyes", '"2","pink, green"', "nonsense"]
    rows = [row.replace(",", separator, 1) for row in rows]
    table = parse_tags("tags.csv", "\n".join(rows).encode())
    blue = "blue hair; red eyes"
    assert table.texts == {"1": blue, "2": "pink, green"}
    assert table.bad == ["tags.csv line 4: no comma after the id"]
    header = f"file_name{separator}text\na.png{separator}blue hair, red eyes"
    assert parse_tags("metadata.csv", header.encode()).texts == {"a.png": "blue hair, red eyes"}


def test_where_lines_differ_the_separator_is_a_comma():
    table = parse_tags("tags.csv", b"a;1,blue hair\nb,red hair; smile\n")
    assert table.texts == {"a;1": "blue hair", "b": "red hair; smile"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("🙂", "no word in '🙂'"),
        ("x" * 2001, "longer than 2,000 characters"),
        ('""' * 600_000, "longer than 1,000,000 characters"),
    ],
)
def test_a_caption_that_cannot_be_drawn_is_none(text, message):
    table = parse_tags("tags.csv", f"1,blue hair\n2,{text}\n3,red hair".encode())
    assert table.texts == {"1": "blue hair", "3": "red hair"}
    assert table.bad == [f"tags.csv line 2: {message}"]

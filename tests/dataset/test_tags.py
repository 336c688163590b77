"""Captions are read in every format, and bad rows are named."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset.markup import is_missing
from dataset.tags import parse_tags, read_text

# Text of one line that no rule changes: no quotes, tabs or colons, only single spaces.
WORDS = st.lists(st.from_regex(r"[a-zé,.'-]*[a-zé]", fullmatch=True), min_size=1).map(" ".join)
WORDS = WORDS.filter(lambda text: not is_missing(text))

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
        "0": "animal ears, brown hair, red eyes",
        "1": "Long Hair, blonde hair, hairband, EYES",
        "2": "pink hair",
        "3": "smile, hat",
    }
    assert table.others == {"2": ["aqua hair closed eyes"]} and table.duplicates == 0
    assert table.bad == [f"{name} line 6: no comma after the id"]
    table = parse_tags(name, b"1,touhou:17705\tchen:1016\n")
    assert table.bad == [f"{name} line 1: no tag about a face"]


def test_the_seed_s_name_decides_where_a_line_could_be_either():
    assert parse_tags("tags_clean.csv", b"1,touhou").texts == {}
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
    assert table.bad == ["metadata.csv line 3: 2 columns, but the header has 3"]
    assert parse_tags("m.csv", b"file_name,text\na.jpg,red hair, blue eyes").texts == {
        "a.jpg": "red hair, blue eyes"
    }


def test_json_lines():
    good = {"file_name": "a/b.png", "text": " red\thair,\nblue eyes ", "more": [1]}
    rows = [good, [], {"file_name": 1, "text": "x"}, {"file_name": "c"}]
    lines = [
        *map(json.dumps, rows),
        "{",
        "[" * 100_000,
        '{"file_name": "d", "text": "red \\ud800"}',
    ]
    table = parse_tags("Metadata.JSONL", "\n".join(lines).encode())
    assert table.texts == {"a/b.png": "red hair, blue eyes", "d": "red ?"}
    assert [note.split(": ")[1] for note in table.bad] == [
        "not a JSON object",
        "file_name and text must both be strings",
        "not JSON",
        "not JSON",
        "1 without an id or a caption, first in line 4. Keys",
    ]


def test_latin_1_is_read_and_noted():
    table = parse_tags("tags.csv", b"1,caf\xe9 au\x85lait hair")
    assert table.texts == {"1": "café au lait hair"}
    assert table.bad == ["tags.csv: not UTF-8, read as Latin-1"]


@given(texts=st.dictionaries(st.integers(0).map(str), WORDS, min_size=1))
def test_every_plain_caption_comes_back_and_a_repeated_file_changes_nothing(texts):
    data = "".join(f"{key},{text}\n" for key, text in texts.items()).encode()
    table = parse_tags("tags.csv", data)
    assert (table.texts, table.duplicates, table.bad) == (texts, 0, [])
    twice = parse_tags("tags.csv", data + data)
    assert (twice.texts, twice.duplicates) == (texts, len(texts))


@given(name=st.sampled_from(["a.jsonl", "a.csv", "tags_clean.csv"]), data=st.binary())
def test_nothing_in_a_tag_file_is_fatal(name, data):
    table = parse_tags(name, data)
    assert all(key and text == " ".join(text.split()) != "" for key, text in table.texts.items())


def test_text_in_other_encodings_is_read_or_named():
    assert read_text("blue hair\n".encode("utf-16")) == (["blue hair"], "", False)
    assert read_text(b"\xef\xbb\xbfblue_hair") == (["blue hair"], "", False)
    assert read_text("bleu fonc\xe9".encode("latin-1")) == (["bleu fonc\xe9"], "Latin-1", False)
    for wrong in (b"", b" \n", b"b\0l\0u\0e\0"):
        with pytest.raises(ValueError):
            read_text(wrong)
    assert parse_tags("tags.csv", "1,blue hair\n".encode("utf-16")).texts == {"1": "blue hair"}
    assert parse_tags("tags.csv", b"1,b\0l\0u\n").bad == ["tags.csv line 1: not text"]


def test_tags_of_image_boards_have_underscores():
    table = parse_tags("tags_clean.csv", b"1,blue_hair:3\tsmile:2\tlight_brown_eyes:1\n")
    assert table.texts == {"1": "blue hair, smile, light brown eyes"}


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

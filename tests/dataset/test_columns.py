"""Columns and keys are known by the names that are usual; a header without them is refused."""

import json

import pytest

from dataset.tags import parse_tags

HEADERS = {  # a table -> its captions
    "Hugging Face, more columns": (
        "file_name,background,caption\n1.png,red,purple hair aqua eyes\n",
        {"1.png": ["purple hair aqua eyes"]},
    ),
    "colours": (
        "id,hair,eyes\n1,purple,aqua\n2,blue,\n3,Red Hair,green eyes\n",
        {
            "1": ["purple hair aqua eyes"],
            "2": ["blue hair"],
            "3": ["Red Hair green eyes"],
        },
    ),
    "colours of one kind": (
        "image_id,Eye Color,age\n1,aqua,3\n",
        {"1": ["aqua eyes"]},
    ),
    "image_file": ("image_file,caption\n1.png,a, b\n", {"1.png": ["a, b"]}),
    "prompt": ("filename,prompt\n1.png,a\n", {"1.png": ["a"]}),
    "pandas with its index": (',file_name,tags\n0,1.png,"a, b"\n', {"1.png": ["a, b"]}),
    "Excel": ("sep=;\nImage Name;Caption\n1.png;a, b\n", {"1.png": ["a, b"]}),
    "Flickr30k": (
        "image_name| comment_number| comment\n1.jpg| 0| a girl , blue hair\n1.jpg| 1| another\n",
        {"1.jpg": ["a girl , blue hair", "another"]},
    ),
    "tabs, and commas in captions": (
        "image\tcaption\n1.png\tblue hair, red eyes\n2,3.png\tb\n",
        {"1.png": ["blue hair, red eyes"], "2,3.png": ["b"]},
    ),
    "the caption before the image": ("prompt,image\nred,1.png\n", {"1.png": ["red"]}),
    "colours where the text is missing": (
        "id,text,hair,eyes\n1,,blue,red\n2,green hair,pink,x\n3,NaN,aqua,unknown\n",
        {"1": ["blue hair red eyes"], "2": ["green hair"], "3": ["aqua hair"]},
    ),
    "lists as Python writes them": (
        'file_name,tags\n1.png,"[\'blue hair\', ""d\'arc""]"\n2.png,[\'smile\']\n',
        {"1.png": ["blue hair, d'arc"], "2.png": ["smile"]},
    ),
    "lists of captions": (
        "image,captions\n1.png,\"['she has blue hair', 'a, b']\"\n",
        {"1.png": ["she has blue hair", "a, b"]},
    ),
    "quotes only where they are needed": (
        'file_name,text,split\n1.png,"a, b",train, x\n2.png,c,train,,\n',
        {"1.png": ["a, b"], "2.png": ["c"]},
    ),
    "no more than an id": ("id,whatever\n1,blue hair\n", {"1": ["blue hair"]}),
}


def captions(name: str, data: str) -> dict[str, list[str]]:
    table = parse_tags(name, data.encode())
    assert table.bad == []
    return {key: [text, *table.others.get(key, [])] for key, text in table.texts.items()}


@pytest.mark.parametrize("name", ["metadata.csv", "tags.csv", "other.tsv"])
@pytest.mark.parametrize("kind", HEADERS)
def test_columns_are_known_by_their_usual_names(kind, name):
    data, expected = HEADERS[kind]
    assert captions(name, data) == expected


@pytest.mark.parametrize(
    "header",
    [
        *("filename,class,split", "image,label", "id,width,height"),
        *("image,1girl,blue_hair", "key,width,tags"),  # a tagger's scores; no known id
    ],
)
def test_a_header_without_ids_or_captions_is_refused_with_the_columns_seen_and_wanted(header):
    table = parse_tags("metadata.csv", f"{header}\n1.png,2,3\n".encode())
    assert table.texts == {}
    (said,) = table.bad
    assert said.startswith(
        f"metadata.csv: the header has the columns {', '.join(header.split(','))}"
    )
    assert "Wanted: file_name (or filename, image, path, id) and text (or caption" in said


@pytest.mark.parametrize("first", ["1,blue hair", "image,blue hair", "name.png,x", "a,b", "2,id"])
def test_a_first_row_is_no_header(first):
    table = parse_tags("tags.csv", f"{first}\n9,red hair\n".encode())
    assert first.split(",")[0] in table.texts and not table.is_new


OBJECTS = {  # a line -> its captions
    "prompt": ({"file_name": "1.png", "prompt": "a"}, ["a"]),
    "image and caption": ({"image": "1.png", "caption": "a"}, ["a"]),
    "a list": ({"file_name": "1.png", "captions": ["a", "b"]}, ["a", "b"]),
    "a list of tags": (
        {"file_name": "1.png", "tags": ["blue hair", "smile"]},
        ["blue hair, smile"],
    ),
    "an empty text": ({"file_name": "1.png", "text": "", "caption": "a"}, ["a"]),
    "colours": ({"file_name": "1.png", "hair": "blue", "eyes": "red"}, ["blue hair red eyes"]),
    "a list with gaps": ({"file_name": "1.png", "captions": ["", "a", None, ";"]}, ["a"]),
    "NaN": ({"file_name": "1.png", "text": float("nan"), "caption": "null", "tags": "a"}, ["a"]),
    "scores by tag": (
        {"file_name": "1.png", "tags": {"blue_hair": 0.9, "smile": 1}},
        ["blue hair, smile"],
    ),
    "e621": (
        {"id": 1, "tags": {"general": ["blue_hair"], "artist": [], "meta": ["hat"]}},
        ["blue hair, hat"],
    ),
    "Danbooru2021": (
        {"id": "1", "tags": [{"id": "9", "name": "blue_hair"}, {"id": "8", "name": "hat"}]},
        ["blue hair, hat"],
    ),
    "Hugging Face's images": ({"image": {"path": "1.png", "bytes": None}, "text": "a"}, ["a"]),
    "Danbooru": ({"id": 1, "md5": "0", "tag_string": "1girl blue_hair"}, ["1girl blue hair"]),
}


@pytest.mark.parametrize("kind", OBJECTS)
def test_keys_are_known_by_their_usual_names(kind):
    record, expected = OBJECTS[kind]
    (found,) = captions("metadata.jsonl", json.dumps(record)).values()
    assert found == expected


def test_lines_without_a_caption_are_one_message_with_their_keys():
    rows = [{"file_name": f"{n}.png", "label": 3} for n in range(400)]
    table = parse_tags("metadata.jsonl", "\n".join(map(json.dumps, rows)).encode())
    (said,) = table.bad
    assert said.startswith("metadata.jsonl: 400 without an id or a caption, first in line 1. ")
    assert "Keys: file_name, label. Wanted: file_name" in said


JSON_FILES = {
    "a list": [{"image": "1.png", "caption": "a"}, {"image": "2.png", "caption": "b"}],
    "captions by id": {"1.png": "a", "2.png": "b"},
    "objects by id, of kohya": {"1.png": {"caption": "a", "tags": "x"}, "2.png": {"caption": "b"}},
    "one list among the values, of Gelbooru": {
        "@attributes": {"count": 2},
        "post": [{"id": "1.png", "tags": "a"}, {"id": "2.png", "tags": "b"}],
    },
    "COCO": {
        "images": [{"id": 7, "file_name": "1.png"}, {"id": 8, "file_name": "2.png"}],
        "annotations": [
            {"id": 0, "image_id": 7, "caption": "a"},
            {"id": 1, "image_id": 8, "caption": "b"},
        ],
    },
}


@pytest.mark.parametrize("kind", JSON_FILES)
def test_a_file_that_is_one_json_value(kind):
    data = json.dumps(JSON_FILES[kind], indent=1)
    assert captions("captions.json", data) == {"1.png": ["a"], "2.png": ["b"]}


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "tags.csv", "a.jsonl.txt"])
@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("per_line", [False, True])
def test_json_is_known_by_its_content(name, indent, per_line):
    rows = JSON_FILES["a list"]
    data = "\n".join(map(json.dumps, rows)) if per_line else json.dumps(rows, indent=indent)
    assert captions(name, data) == {"1.png": ["a"], "2.png": ["b"]}


def test_brackets_do_not_make_json():
    assert captions("tags.csv", "[1],a\n{2},b\n") == {"[1]": ["a"], "{2}": ["b"]}


@pytest.mark.parametrize(
    "rows",
    [
        "0,1.png,blue hair\n1,2.png,red hair\n2,3.png,red eyes\n",  # an index of pandas
        "Datei;Breite;Titel\n1.png;512;blue hair\n2.png;512;red hair, smile\n",
        "1.png,blue hair,0.9\n2.png,red hair,0.8\n3.png,red eyes,0.9,x\n",
    ],
)
def test_columns_without_known_names_are_not_taken_for_captions(rows):
    table = parse_tags("tags.csv", rows.encode())
    assert table.texts == {} and table.is_new
    assert table.bad[0].startswith("tags.csv: more columns than an id and a caption")


def test_numbers_among_tags_are_no_columns():
    rows = "1,blue hair, 2, hat\n2,1girl, red hair\n3,solo, 3\n4,a\n"
    assert captions("tags.csv", rows)["1"] == ["blue hair, 2, hat"]


def test_a_caption_that_may_be_cut_is_refused():
    table = parse_tags("metadata.csv", b"file_name,text,split\n1.png,a, b,train\n2.png,c,train\n")
    assert table.texts == {"2.png": "c"} and table.is_new
    assert table.bad == [
        "metadata.csv line 2: 4 columns, but the header has 3. A text with ',' in it needs quotes"
    ]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.json", b"[" * 100_000, "a.json: not JSON"),
        ("a.json", b"7", "a.json: not a list of JSON objects"),
        ("a.json", b"[7]", "a.json record 1: not a JSON object"),
        ("a.json", b'{"images": 3, "annotations": [{}]}', "a.json: 1 without an id"),
        ("a.json", b'"' + b"x" * 10**7, "a.json: longer than 10,000,000 characters"),
        ("a.xlsx", b"PK\3\4", "a.xlsx: not a text file. Save it as CSV"),
    ],
)
def test_other_files_are_refused_by_name(name, data, said, bounded):
    with bounded():
        table = parse_tags(name, data)
    assert table.texts == {} and table.bad[-1].startswith(said)

"""Captions of several lines are whole, and several captions of an image are all used."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset.captions import shared_captions
from dataset.faces import merge_captions
from dataset.tags import MAX_CAPTIONS, parse_tags, read_text
from dataset.vectors import encode_captions
from files.lines import join_quoted


@pytest.mark.parametrize("name", ["metadata.csv", "tags.csv"])
def test_a_quoted_field_may_hold_line_breaks(name):
    rows = 'file_name,text\n1,"blue hair\n\nred ""eyes"""\n2,green\n"3","a\r\nb"\n4,c\n,\n'
    table = parse_tags(name, rows.encode())
    assert table.texts == {"1": 'blue hair red "eyes"', "2": "green", "3": "a b", "4": "c"}
    assert table.bad == [f"{name} line 9: no id"], "lines are counted as the file has them"


def test_quotes_that_do_not_end_join_nothing():
    lines = ['1,"blue', "2,red", '3,"pink', '4,"a"b', "5,c"]
    numbered = list(enumerate(lines, 1))
    assert join_quoted(numbered, ",") == numbered


FIELDS = st.lists(st.text('ab"\n ,', max_size=9), min_size=2, max_size=3)


@given(st.lists(FIELDS, min_size=1, max_size=6))
def test_no_line_is_lost_when_lines_are_joined(rows):
    text = "\n".join(",".join(f'"{f}"' if "\n" in f else f for f in row) for row in rows)
    lines = list(enumerate(text.split("\n"), 1))
    joined = join_quoted(lines, ",")
    assert "\n".join(row for _, row in joined) == text
    assert all(lines[number - 1][1] == row.split("\n")[0] for number, row in joined)


def test_open_quotes_without_end_take_no_time(bounded):
    with bounded():
        parse_tags("tags.csv", b'a,"b\n' * 10**4 + b'c,"""d\nx,y\n' * 10**4)


def test_rows_of_one_id_are_several_captions():
    table = parse_tags("tags.csv", b"1,blue hair\n1,a girl\n1,blue hair\n2,red\n1,a third\n")
    assert table.texts == {"1": "blue hair", "2": "red"}
    assert table.others == {"1": ["a girl", "a third"]} and table.duplicates == 1


def test_the_captions_of_one_id_are_bounded(bounded):
    rows = "".join(f"1,caption {n}\n" for n in range(20_000)).encode()
    with bounded():
        table = parse_tags("tags.csv", rows)
    assert len(table.others["1"]) == MAX_CAPTIONS - 1
    assert table.bad[0] == f"tags.csv line {MAX_CAPTIONS + 1}: more than 100 captions of '1'"


@pytest.mark.parametrize(
    ("text", "captions"),
    [
        ("1girl\nblue_hair\nlooking at viewer\n", ["1girl blue hair looking at viewer"]),
        ("side\n2", ["side 2"]),
        ("blue hair, smile\r\nred eyes, hat\r\n", ["blue hair, smile", "red eyes, hat"]),
        ("a, b\n\na, b\nshe has red eyes", ["a, b", "she has red eyes"]),
        (
            "A girl with long blue hair, red eyes and a hat who stands near\na lake, and smiles.",
            ["A girl with long blue hair, red eyes and a hat who stands near a lake, and smiles."],
        ),
    ],
)  # fmt: skip
def test_lines_of_a_text_are_tags_or_a_wrapped_sentence_or_several_captions(text, captions):
    assert read_text(text.encode()) == (captions, "", False)


def test_a_further_caption_counts_if_all_images_of_the_first_have_it():
    others = {"a": ["x", "y"], "b": ["y", "z"], "c": ["x"]}
    assert shared_captions(["a", "b", "c"], [0, 0, 1], others) == {0: ["y"], 1: ["x"]}
    assert shared_captions(["a", "d"], [0, 0], others) == {}


def encode(texts: list[str]) -> np.ndarray:
    """The length of a text, and its first letter."""
    return np.array([[len(text), ord(text[0])] for text in texts], np.float32)


def test_all_captions_of_an_image_are_encoded_for_it_and_for_no_other(tmp_path, load, two, write):
    tags = "1,first\n2,other\n1,second one\n1,the third\n"
    data = load(write(tmp_path / "faces", two | {"tags.csv": tags}))
    assert data.captions == ["first", "other"]
    assert data.others == {0: ["second one", "the third"]}
    assert load(tmp_path / "faces").others == data.others, "from the cache"
    pool = encode_captions(data, encode, "mine", 7)
    expected = encode(["first", "second one", "the third"])
    np.testing.assert_array_equal(pool[0], expected[[0, 1, 2, 0, 1, 2, 0]])
    np.testing.assert_array_equal(pool[1], np.tile(encode(["other"]), (7, 1)))
    np.testing.assert_array_equal(encode_captions(data, encode, "mine", 1)[0], expected[:1])
    (note,) = data.summary.notes
    assert note.startswith("1 image with several captions: training uses them all")


def test_captions_that_only_some_images_of_a_first_caption_have_are_not_used_but_said(
    tmp_path, load, image, write
):
    files = {f"{n}.png": image(n) for n in range(3)}
    tags = "0,a girl\n0,blue hair\n1,a girl\n1,red hair\n2,pink\n"
    data = load(write(tmp_path / "faces", files | {"tags.csv": tags}))
    assert data.others == {} and data.captions == ["a girl", "pink"]
    assert data.summary.notes[1].startswith("not used: 2 of these captions")


def test_captions_of_equal_vectors_stay_apart_if_their_further_captions_differ(
    tmp_path, load, image, write
):
    files = {f"{n}.png": image(n) for n in range(4)}
    tags = "0,aa\n0,blue\n1,ab\n1,red\n2,b\n3,ac\n"
    data = load(write(tmp_path / "faces", files | {"tags.csv": tags}))
    merged = merge_captions(data, encode_captions(data, encode, "mine", 2))
    assert merged.caption_ids.tolist() == [0, 1, 2, 3]

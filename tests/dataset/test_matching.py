"""Ids that programs changed still find their image; those that may mean another one do not."""

from pathlib import Path

import pytest

from dataset.caption_files import Table
from dataset.matching import match
from dataset.tags import parse_tags

ROOT = Path("/home/me/faces")
CHANGED = {  # what programs change: a table -> its images
    "another suffix": ("image,text\n1.jpg,a\n2.webp,b\n", ["1.png", "2.png"]),
    "images of a phone, converted": ("image,text\n1.HEIC,a\n2.heic,b\n", ["1.png", "2.png"]),
    "letter case": ("image,text\nimg_1.jpg,a\nImg_2.jpg,b\n", ["IMG_1.JPG", "img_2.JPG"]),
    "letters taken apart": (
        "image,text\n\u00e9.png,a\nu\u0308.png,b\n",
        ["e\u0301.png", "\u00fc.png"],
    ),
    "zeros": ("id,text\n1,a\n20,b\n", ["0001.png", "0020.png"]),
    "numbers with a fraction": ("id,text\n1.0,a\n20.0,b\n", ["1.png", "20.png"]),
    "URLs": (
        "url,text\nhttps://a.org/x/1%20a.png?w=9/8,a\nhttp://b.org/2.png#top,b\n",
        ["1 a.png", "2.png"],
    ),
    "folders of another computer": (
        "path,text\nD:\\\\a\\\\1.png,a\nD:\\\\b\\\\2.png,b\n",
        ["1.png", "x/2.png"],
    ),
    "MD5": ("id,md5,text\n77,aa,a\n78,bb,b\n", ["aa.jpg", "bb.jpg"]),
    "the original's name": ("file_name,id,text\nold.png,1,a\nolder.png,2,b\n", ["1.png", "2.png"]),
}  # fmt: skip


def matched(rows: str, images: list[str], place: str = "inside") -> dict[str, list[str]]:
    table = Table(str(ROOT / "tags.csv"), "", rows.encode(), place)
    captions, unmatched, is_new, how = match(
        images, ROOT, table, parse_tags("tags.csv", table.data)
    )
    assert bool(how) <= is_new
    assert is_new == bool(captions)
    assert len(unmatched) == len(rows.splitlines()) - 1 - len(captions)
    return captions


@pytest.mark.parametrize("kind", CHANGED)
def test_ids_that_programs_changed_are_understood(kind):
    rows, (first, second) = CHANGED[kind]
    assert matched(rows, sorted((first, second))) == {first: ["a"], second: ["b"]}


AMBIGUOUS = {  # what may mean several: a table -> its images
    "two suffixes": ("image,text\n1.jpg,a\n1.webp,b\n", ["1.png"]),
    "two images": ("id,text\n1,a\n", ["01.png", "001.png"]),
    "capitals": ("id,text\nIMG,a\n", ["img.png", "Img.png"]),
    "one name in two folders": ("path,text\n/x/a/1.png,a\n/x/b/1.png,b\n", ["1.png"]),
    "no id of a name": ("name,md5,text\nmiku,aa,a\nmiku,bb,b\n", ["miku.png"]),
}


@pytest.mark.parametrize("kind", AMBIGUOUS)
def test_ids_that_may_mean_several_images_match_none(kind):
    assert matched(*AMBIGUOUS[kind]) == {}


def test_an_image_that_has_an_id_keeps_it():
    rows = "image,text\n1.jpg,the photo\n1.png,the drawing\n2.png,b\n"
    table = Table(str(ROOT / "tags.csv"), "", rows.encode())
    captions, unmatched, is_new, _ = match(
        ["1.png", "2.png"], ROOT, table, parse_tags("tags.csv", table.data)
    )
    assert captions == {"1.png": ["the drawing"], "2.png": ["b"]}
    assert unmatched == ["1.jpg"] and not is_new


def test_a_table_beside_the_data_keeps_its_folders():
    rows = "path,text\n/x/a/1.png,a\n/x/b/2.png,b\n"
    assert matched(rows, ["1.png", "2.png"], "beside") == {}


def test_numbered_ids_are_several_captions_of_one_image():
    rows = "1.jpg#0\ta girl\n1.jpg#1\tblue hair\n1.jpg#2\ta girl\n2.jpg#0\tb\n"
    table = Table(str(ROOT / "captions.token"), "", rows.encode(), "named")
    captions, unmatched, is_new, _ = match(
        ["1.jpg", "2.jpg"], ROOT, table, parse_tags("captions.token", table.data)
    )
    assert captions == {"1.jpg": ["a girl", "blue hair"], "2.jpg": ["b"]}
    assert unmatched == [] and is_new

"""Captions are looked for in the documented order and matched to their images."""

import pytest

from config import ProjectError

SOURCES = [  # in the order in which they are looked for
    (
        "metadata.jsonl",
        '{"file_name": "1.png", "text": "X 1"}\n{"file_name": "2.png", "text": "b"}',
    ),
    ("metadata.csv", "file_name,text\n1.png,X 1\n2.png,b\n"),
    ("tags.csv", "1,X 1\n2,b\n"),
    ("tags_clean.csv", "1,X 1 hair:3\tsmile:2\n2,b hair:1\n"),
]


@pytest.mark.parametrize("first", range(len(SOURCES) + 1))
@pytest.mark.parametrize("kind", ["folder", "zip", "parent", "zip parent"])
def test_sources_of_tags_in_order(first, kind, tmp_path, load, two, write, write_zip, captions_of):
    """Of all sources from `first` on, it is `first` that counts; texts beside images come before
    tables beside the data."""
    side_cars = {"faces/1.txt": "side 1\n", "faces/2.txt": "\ufeffside\n2"}
    files = {f"faces/{name}": data for name, data in two.items()} | side_cars
    for n, (name, text) in enumerate(SOURCES[first:]):
        place = name if "parent" in kind else f"faces/{name}"
        files[place] = text.replace("X", "first" if n == 0 else "later")
    if "zip" in kind:
        data = load(write_zip(tmp_path / "data.zip", files))
    else:
        data = load(write(tmp_path, files) / "faces")
    first_caption = captions_of(data)[data.names[0]]
    if first < len(SOURCES) and "parent" not in kind:
        assert first_caption.startswith("first 1")
        assert data.summary.tags.source.endswith(SOURCES[first][0])
    else:
        assert data.captions == ["side 1", "side 2"]
        assert data.summary.tags.source == "NAME.txt beside each image"


def test_the_argument_comes_before_all(tmp_path, load, two, write):
    folder = write(tmp_path / "faces", two | dict(SOURCES))
    write(tmp_path, {"other.csv": "faces/1.png,from the argument\n2,b\n"})
    data = load(folder, tmp_path / "other.csv")
    assert data.captions == ["from the argument", "b"]
    assert data.summary.tags.source == str(tmp_path / "other.csv")


def test_no_side_cars_from_the_parent(tmp_path, load, image, write):
    write(tmp_path, {"faces/1.png": image(), "1.txt": "a"})
    with pytest.raises(ProjectError, match="No captions for the 1 image in"):
        load(tmp_path / "faces")


def test_repeated_names_need_their_path(tmp_path, load, image, write, captions_of):
    files = {name: image() for name in ("a/1.png", "b/1.png", "b/2.png", "c/d/3.png", "1.png")}
    tags = "a/1,in a\nb/1.png,in b\n1,at the top\n2,two\nd/3,three\n"
    data = load(write(tmp_path / "faces", files | {"tags.csv": tags}))
    assert captions_of(data) == {
        "1.png": "at the top",
        "a/1.png": "in a",
        "b/1.png": "in b",
        "b/2.png": "two",
        "c/d/3.png": "three",
    }

    data = load(write(tmp_path / "faces", {"tags.csv": "1,top\n2,two\n9,nine\n"}))
    assert captions_of(data) == {"1.png": "top", "b/2.png": "two"}  # "1" is no other image's id
    assert data.summary.tags.unmatched == 1


def test_each_folder_has_its_own_table(tmp_path, load, image, write, captions_of):
    files = {
        "train/metadata.jsonl": '{"file_name": "1.png", "text": "train"}',
        "test/metadata.jsonl": '{"file_name": "./1.png", "text": "test"}',
        "metadata.jsonl": '{"file_name": "new/2.png", "text": "new"}',
    }
    files |= {name: image() for name in ("train/1.png", "test/1.png", "new/2.png")}
    data = load(write(tmp_path / "data", files))
    assert captions_of(data) == {"new/2.png": "new", "test/1.png": "test", "train/1.png": "train"}
    assert data.summary.tags.unmatched == 0

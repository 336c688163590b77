"""Each image takes the captions that are nearest to it; those that are not used are said."""

import json

import pytest

from config import ProjectError


def said(data) -> str:
    return " ".join(data.summary.text().split())


def test_a_table_of_another_set_beside_the_data_does_not_replace_texts(
    tmp_path, load, image, write, captions_of
):
    files = {f"faces/{n}.png": image(n) for n in range(12)}
    files |= {f"faces/{n}.txt": f"own {n}" for n in range(12)}
    files["tags.csv"] = "".join(f"{n},foreign {n}\n" for n in range(500))
    data = load(write(tmp_path, files) / "faces")
    assert captions_of(data) == {f"{n}.png": f"own {n}" for n in sorted(range(12), key=str)}
    assert f"{tmp_path / 'tags.csv'}: its captions of 12 of 12 images are not used" in said(data)
    again = load(tmp_path / "faces")
    assert said(again) == said(data), "a cache does not hide what is said"


def test_a_table_of_two_images_leaves_the_texts_of_the_others(
    tmp_path, load, image, write, captions_of
):
    files = {f"{n}.png": image(n) for n in range(12)} | {f"{n}.txt": f"own {n}" for n in range(12)}
    files["tags.csv"] = "0,table 0\n1,table 1\n"
    data = load(write(tmp_path / "faces", files))
    expected = {f"{n}.png": f"{'table' if n < 2 else 'own'} {n}" for n in range(12)}
    assert captions_of(data) == dict(sorted(expected.items()))
    assert data.summary.tags.source.endswith("tags.csv for 2 images, NAME.txt beside 10 images")
    assert "not used: 2 texts beside images that have captions: 0.txt, 1.txt" in said(data)


def test_several_tables_complete_each_other(tmp_path, load, image, write, captions_of):
    files = {name: image() for name in ("1.png", "2.png", "a/3.png", "a/4.png", "a/5.png")}
    files |= {
        "metadata.jsonl": '{"file_name": "1.png", "text": "json 1"}',
        "tags.csv": "1,csv 1\n2,csv 2\n3,csv 3\n4,csv 4\n",
        "a/tags_clean.csv": "3,red hair:3\n",
        "a/4.txt": "text 4",
    }
    data = load(write(tmp_path / "faces", files))
    assert captions_of(data) == {
        "1.png": "json 1",
        "2.png": "csv 2",
        "a/3.png": "red hair",
        "a/4.png": "text 4",
    }
    assert data.summary.left_out == {"no caption": 1}
    assert "its captions of 3 of 4 images are not used" in said(data)


def test_a_table_that_cannot_be_used_beside_texts_is_said(tmp_path, load, two, write):
    files = two | {"1.txt": "a", "2.txt": "b", "metadata.csv": "image,label\n1.png,0\n"}
    data = load(write(tmp_path / "faces", files))
    assert data.captions == ["a", "b"]
    assert "metadata.csv is not used: metadata.csv: the header has the columns image" in said(data)
    write(tmp_path / "faces", {"metadata.csv": "file_name,text\n7.png,x\n"})
    assert "is not used: none of its ids is that of an image" in said(load(tmp_path / "faces"))


TEXTS = ["1.txt", "1.png.txt", "1.caption", "1.TXT", "1.png.caption", "1.cap", "1.tags", "1.Txt"]


@pytest.mark.parametrize("kind", ["folder", "zip"])
@pytest.mark.parametrize("name", TEXTS)
def test_texts_beside_images_by_any_usual_name(
    name, kind, tmp_path, load, two, write, write_zip, captions_of
):
    files = two | {name: "blue_hair", "2.caption": "red hair"}
    if kind == "zip":
        data = load(write_zip(tmp_path / "faces.zip", files))
    else:
        data = load(write(tmp_path / "faces", files))
    assert captions_of(data) == {"1.png": "blue hair", "2.png": "red hair"}
    write(tmp_path / "b", two | {name: "blue hair", "2.txt": ""})
    with pytest.raises(ProjectError, match=r"(?s)same caption.*2\.txt: no text"):
        load(tmp_path / "b")


def test_of_two_texts_of_one_image_the_first_is_used_and_the_other_said(tmp_path, load, two, write):
    files = two | {"1.caption": "sentence", "1.txt": "tags", "2.txt": "", "2.caption": "two"}
    data = load(write(tmp_path / "faces", files))
    assert data.captions == ["tags", "two"]
    assert "not used: 2 texts beside images that have captions: 1.caption, 2.txt" in said(data)


ROWS = "\n".join(json.dumps({"file_name": f"train/{n}.png", "text": f"c {n}"}) for n in (1, 2))


@pytest.mark.parametrize("root", ["", "train"])
@pytest.mark.parametrize("key", ["text", "prompt", "caption"])
def test_ids_may_begin_with_the_table_s_own_folder(
    root, key, tmp_path, load, two, write, captions_of
):
    files = {f"train/{name}": data for name, data in two.items()}
    folder = write(
        tmp_path / "set", files | {"train/metadata.jsonl": ROWS.replace('"text"', f'"{key}"')}
    )
    data = load(folder / root)
    assert list(captions_of(data).values()) == ["c 1", "c 2"]
    assert data.summary.tags.unmatched == 0


@pytest.mark.parametrize("start", ["/kaggle/input/set/", "C:\\data\\", "SET/faces/", "faces/"])
def test_ids_may_begin_with_the_folders_of_here_or_of_another_computer(
    start, tmp_path, load, two, write, captions_of
):
    start = start.replace("SET", str(tmp_path))
    table = f"path,caption\n{start}1.png,a\n{start}2.png,b\n"
    data = load(write(tmp_path / "faces", two | {"metadata.csv": table}))
    assert captions_of(data) == {"1.png": "a", "2.png": "b"}
    elsewhere = start.replace("\\", "/") in ("/kaggle/input/set/", "C:/data/")
    assert ("they match without" in said(data)) == elsewhere


@pytest.mark.parametrize(
    ("rows", "how"),
    [
        ("/x/y/1.png,7,a\n/x/y/2.png,8,b\n", "without /x/y/"),
        ("/x/1.png,7,a\ny/2.png,8,b\n", "without their folders"),
        ("old.png,1,a\nolder.png,2,b\n", "by another column"),
    ],
)
def test_ids_that_are_read_otherwise_are_said(rows, how, tmp_path, load, two, write, captions_of):
    data = load(write(tmp_path / "faces", two | {"tags.csv": f"path,id,text\n{rows}"}))
    assert captions_of(data) == {"1.png": "a", "2.png": "b"}
    assert f"tags.csv: no id is the path of an image here; they match {how}" in said(data)


def test_ids_of_another_folder_beside_the_data_match_nothing(tmp_path, load, two, write):
    write(tmp_path, {"tags.csv": "other/1.png,a\nother/2.png,b\n"})
    with pytest.raises(ProjectError, match=r"match no image: 2"):
        load(write(tmp_path / "faces", two))


@pytest.mark.parametrize("name", ["metadata.csv", "metadata.jsonl"])
def test_further_columns_of_captions_are_said(name, tmp_path, load, two, write):
    rows = [{"file_name": f"{n}.png", "tags": f"t {n}", "caption": f"c {n}"} for n in (1, 2)]
    table = "\n".join(map(json.dumps, rows))
    if name == "metadata.csv":
        table = "file_name,tags,caption\n1.png,t 1,c 1\n2.png,t 2,c 2\n"
    data = load(write(tmp_path / "faces", two | {name: table}))
    assert data.captions == ["c 1", "c 2"]
    assert f"{name}: not used: tags. Only one column or key holds captions" in said(data)


def test_texts_of_names_in_other_letters_are_those_of_their_image(
    tmp_path, load, image, write, captions_of
):
    """macOS takes letters with accents apart; Windows does not tell capitals from small letters."""
    images = ("e\u0301.png", "IMG.PNG", "A.png", "a.png")
    files = {name: image(n) for n, name in enumerate(images)}
    files |= {"\u00e9.txt": "accent", "img.png.txt": "capitals", "a.txt": "small"}
    data = load(write(tmp_path / "faces", files))
    assert captions_of(data) == {
        "IMG.PNG": "capitals",
        "a.png": "small",
        "e\u0301.png": "accent",
    }, "a text that is called exactly as another image is that one's"
    assert data.summary.tags.source == "NAME.PNG.txt beside 1 image, NAME.txt beside 2 images"


@pytest.mark.parametrize("name", ["Tags.csv", "TAGS.CSV", "Metadata.Csv"])
@pytest.mark.parametrize("folder", ["", "a/"])
def test_tables_are_found_in_capitals(name, folder, tmp_path, load, two, write, captions_of):
    files = {folder + image: data for image, data in two.items()}
    data = load(write(tmp_path / "faces", files | {folder + name: "id,text\n1,a\n2,b\n"}))
    assert list(captions_of(data).values()) == ["a", "b"]
    assert data.summary.tags.source.endswith(f"{folder}{name}")


def test_json_beside_images_is_read_if_it_holds_captions(tmp_path, load, image, write, captions_of):
    of_gallery_dl = {"category": "danbooru", "caption": "thank you", "tags": ["blue_hair", "hat"]}
    of_img2dataset = {"caption": "red hair", "url": "https://example.org/2.png", "width": 40}
    files = {f"{n}.png": image(n) for n in range(1, 6)} | {
        "1.png.json": json.dumps(of_gallery_dl),
        "2.json": json.dumps(of_img2dataset),
        "3.txt": "text",
        "3.json": json.dumps(of_img2dataset),
        "4.json": json.dumps({"label": 4}),
        "5.json": "[]",
    }
    data = load(write(tmp_path / "faces", files))
    assert captions_of(data) == {"1.png": "blue hair, hat", "2.png": "red hair", "3.png": "text"}
    assert data.summary.tags.bad_examples == [
        "4.json: no caption. Keys: label",
        "5.json: not a JSON object",
    ]
    assert "not used: 1 text beside images that have captions: 3.json" in said(data)


def test_the_text_of_an_image_without_a_caption_is_not_called_unused(tmp_path, load, two, write):
    files = two | {"3.png": two["1.png"], "1.txt": "a", "2.txt": "b", "3.txt": "0 0.5 0.5 0.1 0.1"}
    summary = load(write(tmp_path / "faces", files)).summary
    assert summary.tags.bad_examples == ["3.txt: no word in '0 0.5 0.5 0.1 0.1'"]
    assert summary.notes == []

"""Files that users may have meant and that are not read are named."""

import io

import pytest
from PIL import Image, features

from config import ProjectError

BESIDE = (
    "beside images. Captions there are NAME.txt, NAME.caption, NAME.cap, NAME.tags or NAME.json"
)
ONE = "may hold captions. To use one"
BY_NAME = "--tags FILE, or call it metadata.jsonl or metadata.csv or tags.csv"
UNREAD = {  # what is said -> files
    "2 .heic files (x.HEIC, y.heic). Convert to PNG, for example with the Python package "
    "pillow-heif": ["x.HEIC", "y.heic"],
    "1 .jxl file (a/x.jxl). Convert to PNG, for example with the Python package "
    "pillow-jxl-plugin": ["a/x.jxl"],
    "1 .tga file (x.tga). Convert to PNG": ["x.tga"],
    "1 .ppm file (x.ppm). Convert to PNG": ["x.ppm"],
    "1 archive (a/more.zip). Unpack it here, or name a .zip by itself: --data": ["a/more.zip"],
    f"2 files (1.json, 2.png.json) {BESIDE}": ["1.json", "2.png.json"],
    f"4 files (1.docx, 1.md, 1.prompt, …) {BESIDE}": ["1.md", "1.docx", "1.prompt", "2.png.xmp"],
    f"2 files (captions.csv, metadata.json) that {ONE}: {BY_NAME}": [
        "captions.csv",
        "metadata.json",
        "1.npz",
        "2.txt.bak",
    ],
    f"2 files (a/b.parquet, tags.xlsx) that {ONE}, save it as CSV: {BY_NAME}": [
        "a/b.parquet",
        "tags.xlsx",
    ],
    "3 texts (1_caption.txt, captions/1.txt, prompts.txt) that no image has the name of. The "
    f"caption of a/NAME.jpg is a/NAME.txt. To use a text of all captions: {BY_NAME}": [
        "prompts.txt",
        "captions/1.txt",
        "1_caption.txt",
    ],
}


@pytest.mark.parametrize("kind", ["folder", "zip"])
@pytest.mark.parametrize("message", UNREAD)
def test_what_is_not_read_is_named(message, kind, tmp_path, load, two, write, write_zip):
    files = two | {"1.txt": "a", "2.txt": "b"} | dict.fromkeys(UNREAD[message], "x")
    if kind == "zip":
        data = load(write_zip(tmp_path / "faces.zip", files))
    else:
        data = load(write(tmp_path / "faces", files))
    assert data.captions == ["a", "b"]
    assert f"note not read: {message}" in " ".join(data.summary.text().split())


def test_images_without_a_usual_suffix_are_named_by_what_they_begin_with(
    tmp_path, load, two, write
):
    photo = two["1.png"]
    files = two | {"1.txt": "a", "2.txt": "b", "LICENSE": "MIT", "photo": photo, "x.y": "z"}
    notes = load(write(tmp_path / "faces", files | {"p.png_large": photo})).summary.notes
    assert notes == [
        "not read: 2 images without a usual suffix (photo, p.png_large). Give them one, such as "
        ".jpg or .png"
    ]


def test_readme_and_licence_are_no_captions(tmp_path, load, two, write):
    files = two | {"1.txt": "a", "2.txt": "b", "README.txt": "x", "a/License.txt": "x"}
    assert load(write(tmp_path / "faces", files)).summary.notes == []


@pytest.mark.parametrize("files", [{"in.zip": "x"}, {"a.heic": "x"}, {"7z.7z": "x"}])
def test_a_folder_of_what_is_not_read_says_so(files, tmp_path, load, write):
    with pytest.raises(
        ProjectError, match=rf"(?s)No images .*not read: 1 .*\({next(iter(files))}\)"
    ):
        load(write(tmp_path / "faces", files))


def test_images_without_captions_say_what_lies_beside_them(tmp_path, load, two, write):
    with pytest.raises(ProjectError, match=r"(?s)No captions .*not read: 1 file \(1\.json\)"):
        load(write(tmp_path / "faces", two | {"1.json": "{}"}))


FORMATS = {".jfif": "JPEG", ".jpe": "JPEG"} | ({".avif": "AVIF"} if features.check("avif") else {})


@pytest.mark.parametrize("suffix", FORMATS)
def test_images_by_more_suffixes_are_read(suffix, tmp_path, load, two, write):
    file = io.BytesIO()
    Image.new("RGB", (40, 40), (200, 100, 50)).save(file, FORMATS[suffix])
    files = two | {f"3{suffix}": file.getvalue(), "tags.csv": "1,a\n2,b\n3,c\n"}
    data = load(write(tmp_path / "faces", files))
    assert data.names == ["1.png", "2.png", f"3{suffix}"]
    assert abs(data.images[2, 5, 5].astype(int) - (200, 100, 50)).max() < 9

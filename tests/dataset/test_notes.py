"""Files that users may have meant and that are not read are named."""

import io

import pytest
from PIL import Image, features

from config import ProjectError

BESIDE = "2 files (1.json, 2.png.json) beside images. Captions there are texts: NAME.txt, "
TABLES = "3 files (captions.csv, a/b.parquet, prompts.txt) that may hold captions. To use one, "
UNREAD = {  # what is said -> files
    "2 .heic files (x.HEIC, y.heic). Convert to PNG, for example with the Python package "
    "pillow-heif": ["x.HEIC", "y.heic"],
    "1 .jxl file (a/x.jxl). Convert to PNG, for example with the Python package "
    "pillow-jxl-plugin": ["a/x.jxl"],
    "1 .tga file (x.tga). Convert to PNG": ["x.tga"],
    "1 .ppm file (x.ppm). Convert to PNG": ["x.ppm"],
    "1 archive (a/more.zip). Unpack it here, or name a .zip by itself: --data": ["a/more.zip"],
    f"{BESIDE}NAME.caption, NAME.cap, NAME.tags": ["1.json", "2.png.json"],
    f"{TABLES}save it as CSV or JSON and name it": ["captions.csv", "a/b.parquet", "prompts.txt"],
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


def test_images_without_a_suffix_are_named_by_what_they_begin_with(tmp_path, load, two, write):
    files = two | {"1.txt": "a", "2.txt": "b", "LICENSE": "MIT", "photo": two["1.png"]}
    notes = load(write(tmp_path / "faces", files)).summary.notes
    assert notes == [
        "not read: 1 image without a suffix (photo). Give them one, such as .jpg or .png"
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

"""Whatever is fed to it: no traceback, the message names the file, and what is good is used.

Kinds of bad images, names, links, folders, tag files, zips, descriptions, checkpoints and
arrays, each beside good ones; then the parsers under random damage.
"""

import ast
import contextlib
import dataclasses
import io
import json
import os
import re
import struct
import time
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from checkpoints import checkpoint, tf1_checkpoint
from checkpoints.checkpoint import Header
from config import (
    CLASSIFIER,
    PRETRAINED,
    ROOT,
    TEXT_ENCODER,
    ModelConfig,
    ProjectError,
    TrainConfig,
    UsageError,
)
from dataset import sources
from dataset.cache import load_dataset
from dataset.captions import write_tags
from dataset.tags import parse_tags
from dataset.vectors import encode_captions
from DCGAN import main
from evaluation.real_faces import REAL, RealFaces, read_real_faces
from files import litert, sheets
from files.images import BadImage, read_image, save_image
from files.untrusted import LARGEST, read_npz
from skipthoughts_encoder import load_encoder
from text.descriptions import read_descriptions

GOLDEN = ROOT / "tests" / "golden" / "checkpoints"
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF")
fuzz = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def encoded(image: Image.Image, format: str = "PNG", **options) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def noise(side: int = 40) -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8))


def chunk(kind: bytes, data: bytes) -> bytes:
    """A part of a PNG."""
    checksum = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + checksum


def png(width: int, height: int, rows: int, *more: bytes) -> bytes:
    """A PNG of 1 bit a pixel that claims `height` rows and holds `rows` black ones."""
    packer, row = zlib.compressobj(9), bytes(1 + (width + 7) // 8)
    pixels = b"".join(packer.compress(row) for _ in range(rows)) + packer.flush()
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    ended = chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(more) + ended


def refused(capsys, *arguments) -> str:
    """The message of a command that ends with code 1 or 2."""
    try:
        code = main([str(argument) for argument in arguments])
    except SystemExit as stop:
        code = stop.code
    said = capsys.readouterr().err
    assert code in (1, 2) and "Traceback" not in said, said
    return said


@contextlib.contextmanager
def bounded(seconds: float = 10.0, megabytes: float = 300.0):
    """Fails where more time of the processor, or more memory, is taken than there is reason to."""
    tracemalloc.start()
    begin = time.process_time()
    try:
        yield
        taken, peak = time.process_time() - begin, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert taken < seconds and peak < megabytes * 1e6, (taken, peak)


@pytest.fixture
def load(tmp_path):
    """Loads a folder of two good images and whatever else is given."""

    def load(files: dict[str, bytes], tags: str = "", name: str = "tags.csv"):
        folder = tmp_path / "faces"
        folder.mkdir(exist_ok=True)
        good = {f"good{n}.png": encoded(noise(40 + n)) for n in (1, 2)}
        for file, data in (good | files).items():
            (folder / file).write_bytes(data)
        with (folder / name).open("a", encoding="utf-8", newline="") as file:
            file.write("good1,red hair\ngood2,blue hair\n" * (name == "tags.csv") + tags)
        with bounded():
            return load_dataset(folder, None, 32, tmp_path / "cache")

    return load


# -------------------------------------------------------------------------------- images

JPEG, PNG, GIF = (encoded(noise(), format) for format in ("JPEG", "PNG", "GIF"))
TIFF = encoded(noise(), "TIFF")
BAD_PICTURES = {
    **{
        f"cut {format}": (encoded(noise(), format)[:-900], "cut short|cannot be decoded")
        for format in FORMATS
    },
    "no numbers": (encoded(Image.fromarray(np.full((40, 40), np.nan, "f4")), "TIFF"), "no pixel"),
    "cut within its header": (PNG[:20], "not an image|cut short"),
    "cut after its start": (JPEG[:4], "not an image|cut short"),
    "no bytes": (b"", "not an image"),
    "zeros": (bytes(5000), "not an image"),
    "text": (b"blue hair", "not an image"),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "not an image"),
    "html": (b"<!DOCTYPE html><html></html>", "not an image"),
    "pdf": (b"%PDF-1.4\n", "not an image"),
    "postscript, which runs": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not a pict"),
    "a format that is not read": (encoded(noise(), "PPM"), "not an image"),
    "an icon": (encoded(noise(), "ICO"), "not an image"),
    "1 by 1": (encoded(Image.new("RGB", (1, 1))), "too small"),
    "1 by 10,000": (encoded(Image.new("L", (1, 10_000))), "too small"),
    "10,000 by 31": (png(10_000, 31, 31), "too small"),
    "30,000 by 30,000 in 50 KB": (png(30_000, 30_000, 12_600), "too many pixels"),
    "2 billion pixels a side": (png(2**31 - 1, 2**31 - 1, 0), "too many pixels|cannot be"),
    "no pixels a side": (png(0, 0, 0), "too small|cannot be|not an image"),
    "no end of pixels": (PNG[:40] + b"\xff" * (len(PNG) - 40), "cannot be|cut short|not a pic"),
    "another checksum": (PNG[:29] + bytes(4) + PNG[33:], "cannot be|not an image"),
    "a text that expands to 100 MB": (
        png(40, 40, 40, chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(10**8)))),
        "cannot be decoded",
    ),
    "a chunk of 2 GB that is not there": (
        PNG[:33] + struct.pack(">I", 2**31 - 1) + b"tEXt" + PNG[33:],
        "cannot be|cut short",
    ),
    "a TIFF that points to itself": (b"II*\0\x08\0\0\0\0\0\x08\0\0\0", "cannot be|not a pict"),
    "a BMP of negative width": (
        (bmp := encoded(noise(), "BMP"))[:18] + struct.pack("<i", -40) + bmp[22:],
        "cannot be|too small|not an image|cut short|too many",
    ),
    "a GIF without a frame": (GIF[:6] + GIF[6:13] + b";", "cannot be|not an image|cut short"),
    "a GIF of 65,535 by 65,535": (GIF[:6] + b"\xff" * 4 + GIF[10:], "too many pixels"),
}


@pytest.mark.parametrize("kind", BAD_PICTURES)
@pytest.mark.filterwarnings("ignore:::PIL")  # as it is outside of tests
def test_bad_images_are_named_and_the_good_ones_used(kind, load):
    data, reason = BAD_PICTURES[kind]
    found = load({"bad one.png": data}, "bad one,green hair\n")
    assert found.names == ["good1.png", "good2.png"]
    (told,) = found.summary.left_out
    assert any(part in told for part in reason.split("|")), told
    assert found.summary.left_out == {told: 1} and "bad one.png" in found.summary.text()


def test_the_bomb_is_small_enough_to_be_met():
    assert len(BAD_PICTURES["30,000 by 30,000 in 50 KB"][0]) < 52_000


EXIF = Image.Exif()
EXIF[0x0112] = 999  # no orientation
FRAMES = {"save_all": True, "append_images": [Image.new("RGB", (40, 40))] * 2}
ODD_PICTURES = {
    "wrong extension": JPEG,
    "damaged EXIF": encoded(noise(), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\xff" + b"\xff" * 40),
    "EXIF of an orientation that is none": encoded(noise(), "JPEG", exif=EXIF),
    "EXIF of 60 KB": encoded(noise(), "JPEG", exif=b"Exif\0\0II*\0" + bytes(60_000)),
    "no colour profile": encoded(noise(), "PNG", icc_profile=b"no profile"),
    "a row of forty, and a sound end": png(40, 40, 1),  # to Pillow, the others are black
    "a TIFF of 65,535 tags, most not there": TIFF[:8] + b"\xff\xff" + TIFF[10:],
    "something after its end": PNG + b"<?php evil(); ?>" * 100,
    **{f"animated {f}": encoded(noise(), f, **FRAMES) for f in ("GIF", "WEBP", "PNG", "TIFF")},
}


@pytest.mark.parametrize("kind", ODD_PICTURES)
@pytest.mark.filterwarnings("ignore:::PIL")  # as it is outside of tests
def test_odd_images_are_used(kind, load):
    assert "odd.png" in load({"odd.png": ODD_PICTURES[kind]}, "odd,green hair\n").names


MODES = [
    *("1", "L", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "HSV", "I", "F"),
    *("LA", "PA", "RGBX", "RGBa", "La", "I;16", "I;16L", "I;16B", "I;16N"),
]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.filterwarnings("ignore:::PIL")
def test_every_mode_that_a_format_can_hold_is_used_or_refused(mode):
    image = Image.new(mode, (40, 40))
    for format in FORMATS:
        try:
            data = encoded(image, format)
        except (OSError, ValueError, KeyError, SystemError):
            continue  # no image of this mode in this format
        try:
            assert read_image(io.BytesIO(data), 32).shape == (32, 32, 3)
        except BadImage:  # Pillow 12 cannot read the YCbCr TIFF that it writes
            assert (mode, format) == ("YCbCr", "TIFF")


# --------------------------------------------------------------------------- names and links

NAMES = [
    "with space.png",
    " before and after .png",
    'it\'s "quoted".png',
    "new\nline.png",
    "tab\there.png",
    "semi;colon, comma.png",
    "emoji 🙂 字.png",
    "escape \x1b[2J.png",
    "%s {} $(id) `id`.png",
    "-n 5.png",
    "x" * 246 + ".png",
    os.fsdecode(b"latin-\xe9.png"),
    "UPPER.PNG.png",
    "two..dots.png",
]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
@pytest.mark.parametrize("how", ["table", "side-cars"])
def test_odd_names_are_used_and_printed(how, tmp_path):
    used = []
    for number, name in enumerate(NAMES):
        with contextlib.suppress(OSError):  # some file systems have none that are no text
            (tmp_path / name).write_bytes(encoded(noise(40)))
            used.append(name)
            text = f"{('red', 'blue')[number % 2]} hair"
            if how == "side-cars":
                with contextlib.suppress(OSError):
                    (tmp_path / name).with_suffix(".txt").write_text(text)
            else:
                with (tmp_path / "metadata.jsonl").open("a") as file:
                    file.write(json.dumps({"file_name": name, "text": text}) + "\n")
    found = load_dataset(tmp_path, None, 32, tmp_path.with_name("cache"))
    assert found.names == sorted(used) and len(used) >= 12
    (tmp_path / "metadata.jsonl").unlink(missing_ok=True)
    for side_car in tmp_path.glob("*.txt"):
        side_car.unlink()
    (tmp_path / "tags.csv").write_text("with space,red hair\n-n 5,blue hair\n")
    said = load_dataset(tmp_path, None, 32, tmp_path.with_name("cache")).summary.text()
    said = " ".join(said.split())
    assert r"escape \x1b[2J.png" in said and "\x1b" not in said


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_tags_are_written_for_the_names_that_a_table_can_hold(tmp_path):
    captions = {name: f"red hair {number} eyes" for number, name in enumerate(NAMES)}
    left = write_tags(tmp_path / "tags.csv", captions)
    # The others would be read as something else, or not at all.
    assert left == [NAMES[1], "new\nline.png", os.fsdecode(b"latin-\xe9.png")]
    table = parse_tags("tags.csv", (tmp_path / "tags.csv").read_bytes())
    kept = {sources.stem_of(name): text for name, text in captions.items() if name not in left}
    assert table.texts == kept and not table.bad


@pytest.mark.skipif(os.name == "nt", reason="needs a right to make links there")
def test_links_and_what_is_no_file(tmp_path, load):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "there.png").write_bytes(PNG)
    folder = tmp_path / "faces"
    (folder / "x.jpg").mkdir(parents=True)  # a folder by that name
    (folder / "x.jpg" / "in.png").write_bytes(PNG)
    (folder / "loop.png").symlink_to(folder / "loop.png")
    (folder / "nowhere.png").symlink_to("gone")
    (folder / "circle").symlink_to(folder)
    (folder / "out").symlink_to(outside)
    (folder / "to an image.png").symlink_to(outside / "there.png")
    os.mkfifo(folder / "pipe.jpg")  # opening it would wait for ever
    found = load({}, "in,green hair\nto an image,gray hair\nnone such,red hair\n")
    assert found.names == ["good1.png", "good2.png", "to an image.png", "x.jpg/in.png"]
    assert found.summary.unread_examples == [
        "circle/ (a link to a folder)",
        "loop.png (cannot be read: Too many levels of symbolic links)",
        "nowhere.png (cannot be read: No such file or directory)",
        "out/ (a link to a folder)",
        "pipe.jpg (not a file)",
    ]
    said = " ".join(found.summary.text().split())
    assert "not read: 5 circle/" in said and "match no image: 1 none such" in said


def test_a_folder_without_the_right_to_read_it_is_named(tmp_path, load, monkeypatch, capsys):
    """As of mode 000; to root, under which tests may run, that is no hindrance."""
    scandir = os.scandir

    def guarded(path):
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    (tmp_path / "faces" / "locked").mkdir(parents=True)
    assert "locked" not in load({}).summary.text()
    (tmp_path / "faces" / "locked" / "1.png").write_bytes(PNG)
    monkeypatch.setattr(os, "scandir", guarded)
    # The images are those of before, and no cache may hide what is new.
    found = load_dataset(tmp_path / "faces", None, 32, tmp_path / "cache")
    assert found.names == ["good1.png", "good2.png"]
    assert "locked (cannot be read: Permission denied)" in found.summary.text()
    monkeypatch.undo()
    assert len(load({}, "1,green hair\n")) == 3, "readable now"
    monkeypatch.setattr(os, "scandir", guarded)
    said = refused(capsys, "--train", "--data", tmp_path / "faces" / "locked")
    assert f"--data {tmp_path / 'faces' / 'locked'} cannot be read: Permission denied" in said


# --------------------------------------------------------------------------------- tag files

GOOD_ROWS = b"good1,red hair\ngood2,blue hair\n"
TAG_FILES = {  # what stands between good rows -> what is said of it
    "empty lines": (b"\n \n\t\n\r\n", None),
    "NUL": (b"a,green\0hair\n", "line 2: not text"),
    "NUL in the id": (b"a\0,green hair\n", "line 2: not text"),
    "Latin-1": (b"a,caf\xe9 hair\n", "not UTF-8, read as Latin-1"),
    "open quotes": (b'a,"green hair\n', None),
    "quotes in quotes": (b'"a""b",""green" hair"\n', None),
    "duplicate ids": (b"a,green hair\na,gray hair\n", None),
    "no id": (b",green hair\n", "line 2: no id"),
    "no text": (b"a,\n", "line 2: no text"),
    "no comma": (b"nonsense\n", "line 2: no comma after the id"),
    "punctuation": (b"a,;-)\n", "line 2: no word in ';-)'"),
    "a line of 10 MB": (b"a," + b"x" * 10**7 + b"\n", "line 2: longer than 1,000,000 characters"),
    "10 MB of quotes": (b'a,"' + b'""' * (5 * 10**6) + b"\n", "line 2: longer than 1,000,000"),
    "a line of 900 KB of quotes": (b'a,"' + b'""' * 450_000 + b"\n", "line 2: no word in"),
    "10 MB of commas": (b"," * 10**7 + b"\n", "line 2: longer than 1,000,000 characters"),
    "a text of 3,000 characters": (b"a," + b"x" * 3000 + b"\n", "longer than 2,000 characters"),
    "ids that lead out": (b"../../etc/passwd,green hair\n/etc/x,gray hair\n", None),
    "a formula": (b'=cmd|" /C calc"!A0,green hair\n', None),
}


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("kind", TAG_FILES)
def test_bad_rows_are_named_and_the_good_ones_used(kind, mark, end):
    between, message = TAG_FILES[kind]
    first, second = GOOD_ROWS.splitlines(keepends=True)
    data = (first + between + second).replace(b"\n", end)
    with bounded():
        table = parse_tags("tags.csv", mark + data)
    assert table.texts.items() >= {"good1": "red hair", "good2": "blue hair"}.items()
    assert (message is None) == (table.bad == []), table.bad
    assert message is None or (message in table.bad[0] and table.bad[0].startswith("tags.csv"))


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("tags.csv", b"," * 10**6),
        ("metadata.csv", b"file_name,text" + b",x" * 10**6),
        ("metadata.jsonl", b"[" * 10**6),
        ("metadata.jsonl", b'{"file_name": ' + b"1" * 10**6 + b"}"),
        ("tags_clean.csv", b"a," + b"blue hair\t" * 10**5),
    ],
)
def test_a_first_line_without_end_takes_no_time(name, head):
    with bounded():
        table = parse_tags(name, head + b"\n" + GOOD_ROWS)
    assert name != "tags.csv" or len(table.texts) == 2


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe", b"\x89PNG\r\n\x1a\n\0", b"id,text\n"])
def test_a_tag_file_that_holds_nothing_is_named(content, tmp_path, capsys):
    (tmp_path / "1.png").write_bytes(PNG)
    file = tmp_path / "tags.csv"
    file.write_bytes(content)
    said = refused(capsys, "--train", "--data", tmp_path, "--tags", file)
    assert "no caption: 1" in said and str(file) in said


@pytest.mark.parametrize("kind", ["huge", "endless", "gone", "of a folder"])
def test_a_tag_file_that_cannot_be_read_is_named(kind, tmp_path, capsys):
    (tmp_path / "1.png").write_bytes(PNG)
    file = tmp_path / "tags.csv"
    if kind == "huge":
        with file.open("wb") as sparse:
            sparse.truncate(LARGEST + 1)
    elif kind == "endless":
        file = Path("/dev/zero")
        if not file.exists():
            pytest.skip("there is none on this system")
    elif kind == "of a folder":
        file.mkdir()
    with bounded():
        said = refused(capsys, "--train", "--data", tmp_path, "--tags", file)
    assert f"--tags {file}" in said or (f"Received: {file}" in said and "100 MB" in said)


# -------------------------------------------------------------------------------------- zips


def zipped(path: Path, files: dict[str, bytes], tags: str = "") -> Path:
    good = {f"good{n}.png": encoded(noise(40 + n)) for n in (1, 2)}
    table = {"tags.csv": GOOD_ROWS + tags.encode()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in (good | table | files).items():
            file.writestr(name, data)
    return path


def test_members_that_expand_without_bound_are_refused(tmp_path):
    bomb = png(40, 40, 40) + bytes(3 * LARGEST)
    path = zipped(tmp_path / "data.zip", {"bomb.png": bomb}, "bomb,green hair\n")
    assert path.stat().st_size < 10**6
    with bounded(megabytes=220):
        found = load_dataset(path, None, 32, tmp_path / "cache")
    assert found.names == ["good1.png", "good2.png"]
    assert found.summary.examples == {"cannot be read": ["bomb.png (it is larger than 100 MB)"]}


def test_a_tag_file_in_a_zip_that_expands_without_bound_is_refused(tmp_path):
    path = zipped(tmp_path / "data.zip", {"metadata.jsonl": bytes(2 * LARGEST)})
    with (
        bounded(megabytes=220),
        pytest.raises(ProjectError, match=r"metadata\.jsonl of .*data\.zip"),
    ):
        load_dataset(path, None, 32, tmp_path / "cache")


def test_a_member_that_is_longer_than_it_says_ends_where_it_says(tmp_path):
    path = zipped(tmp_path / "data.zip", {"long.png": bytes(10**6)}, "long,green hair\n")
    data = path.read_bytes().replace(struct.pack("<I", 10**6), struct.pack("<I", 10))
    path.write_bytes(data)
    found = load_dataset(path, None, 32, tmp_path / "cache")
    assert "long.png (Bad CRC-32" in found.summary.examples["cannot be read"][0]


def test_paths_that_lead_out_of_a_zip_are_refused_and_nothing_is_unpacked(tmp_path):
    where = tmp_path / "deep" / "deeper"
    where.mkdir(parents=True)
    names = ["../out.png", "/abs.png", "a/../../out.png"]
    tags = "out,green hair\nabs,gray hair\n"
    path = zipped(where / "data.zip", dict.fromkeys(names, PNG), tags)
    before = sorted(tmp_path.rglob("*"))
    found = load_dataset(path, None, 32, tmp_path / "cache")
    assert found.names == ["good1.png", "good2.png"]
    assert found.summary.unread_examples == [
        f"{name} (its path leads out of the zip)" for name in sorted(names)
    ]
    after = [p for p in sorted(tmp_path.rglob("*")) if (tmp_path / "cache") not in (p, *p.parents)]
    assert after == before


def test_a_member_without_a_name_is_passed_over(tmp_path):
    path = zipped(tmp_path / "data.zip", {"x": b""})
    data = path.read_bytes()
    at = data.rindex(b"PK\1\2")
    data = data[: at + 28] + b"\0\0" + data[at + 30 : at + 46] + data[at + 47 :]  # its name is cut
    end = data.rindex(b"PK\5\6")
    path.write_bytes(
        data[: end + 12] + struct.pack("<I", end - data.index(b"PK\1\2")) + data[end + 16 :]
    )
    assert "" in zipfile.ZipFile(path).namelist()
    assert load_dataset(path, None, 32, tmp_path / "cache").names == ["good1.png", "good2.png"]


def test_a_member_that_goes_on_after_the_end_of_the_file_is_named(tmp_path):
    path = zipped(tmp_path / "data.zip", {}, "cut,green hair\n")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_STORED) as file:
        file.writestr("cut.png", PNG)
    data = bytearray(path.read_bytes())
    at = data.rindex(b"PK\1\2")
    data[at + 20 : at + 28] = struct.pack("<II", 10**6, 10**6)  # bytes in the file, and expanded
    path.write_bytes(data)
    found = load_dataset(path, None, 32, tmp_path / "cache")
    assert found.names == ["good1.png", "good2.png"]
    (told,) = found.summary.examples["cannot be read"]
    assert told == "cut.png (it is cut short)" or "Overlapped" in told  # Python 3.12 and later


def test_zips_with_a_password_or_an_unknown_method_are_named(tmp_path):
    path = zipped(tmp_path / "data.zip", {"odd.png": PNG}, "odd,green hair\n")
    data = bytearray(path.read_bytes())
    for at in (data.index(b"odd.png") - 30, data.rindex(b"odd.png") - 46):
        shift = 6 if data[at : at + 4] == b"PK\3\4" else 8
        data[at + shift] |= 1  # encrypted
    path.write_bytes(data)
    found = load_dataset(path, None, 32, tmp_path / "cache")
    assert found.names == ["good1.png", "good2.png"]
    assert "password" in found.summary.examples["cannot be read"][0]
    for at in (data.index(b"odd.png") - 30, data.rindex(b"odd.png") - 46):
        shift = 6 if data[at : at + 4] == b"PK\3\4" else 8
        data[at + shift] &= 0xFE
        data[at + shift + 2] = 77  # no such method
    path.write_bytes(data)
    found = load_dataset(path, None, 32, tmp_path / "cache")
    assert "odd.png" in found.summary.examples["cannot be read"][0]


# ------------------------------------------------------------------------------ descriptions


NO_DESCRIPTION = [b"", b"\xef\xbb\xbf", b"# none\n\n", bytes(range(256)) * 9, PNG, b",\n"]


@pytest.mark.parametrize("content", [*NO_DESCRIPTION, b"\xff" * 99])
def test_description_files_without_one_are_named(content, tmp_path, capsys):
    (tmp_path / "d.txt").write_bytes(content)
    assert f"{tmp_path / 'd.txt'} holds no description" in refused(
        capsys, "--generate", "-t", tmp_path / "d.txt"
    )


@pytest.mark.parametrize("kind", ["huge", "endless", "gone", "a folder"])
def test_description_files_that_cannot_be_read_are_named(kind, tmp_path, capsys):
    file = tmp_path / "d.txt"
    if kind == "huge":
        file.write_bytes(b"a\n" * (5 * 10**6 + 1))
    elif kind == "endless":
        file = Path("/dev/zero")
        if not file.exists():
            pytest.skip("there is none on this system")
    elif kind == "a folder":
        file.mkdir()
    with bounded(megabytes=30):
        assert str(file) in refused(capsys, "--generate", "-t", file)


def test_a_description_file_of_many_kinds_of_lines(tmp_path, capsys):
    """The good ones are drawn under their numbers, the others named; no link is written through."""
    lines = [b"id,text", b"1,blue hair red eyes", b"2," + b"x" * 10**6, b"3,\xff", b"4;red hair"]
    lines += ["5,🙂".encode(), b"6,a\0b", b'7,"pink hair', b"8,../../x $(id) %s"]
    file, out = tmp_path / "d.txt", tmp_path / "out"
    file.write_bytes(b"\xef\xbb\xbf" + b"\r\n".join(lines))
    out.mkdir()
    kept = tmp_path / "kept.jpg"
    kept.write_bytes(b"mine")
    with contextlib.suppress(OSError, NotImplementedError):
        (out / "sample_1_1.jpg").symlink_to(kept)
    assert main(["--generate", "-t", str(file), "-o", str(out), "--model", "pretrained"]) == 0
    said = capsys.readouterr().out
    for line, reason in ((3, "longer"), (4, "not UTF-8"), (6, "no word"), (7, "not text")):
        assert f"{file} line {line}: {reason}" in said, said
    assert {path.name for path in out.iterdir()} == {f"sample_{i}_1.jpg" for i in (1, 4, 7, 8)}
    assert kept.read_bytes() == b"mine" and not (out / "sample_1_1.jpg").is_symlink()
    assert {path.name for path in tmp_path.iterdir()} == {"d.txt", "out", "kept.jpg"}


# -------------------------------------------------------------------------------- the cache


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


CACHES = {
    "images of another size": ("pictures.npy", npy(np.zeros((2, 16, 16, 3), np.uint8))),
    "images of another type": ("pictures.npy", npy(np.zeros((2, 32, 32, 3), np.float32))),
    "fewer images": ("pictures.npy", npy(np.zeros((1, 32, 32, 3), np.uint8))),
    "pickled images": ("pictures.npy", npy(np.array([{}], object))),
    "captions that are not there": ("caption_ids.npy", npy(np.array([0, 7], np.int32))),
    "captions below none": ("caption_ids.npy", npy(np.array([0, -1], np.int32))),
    "captions of another type": ("caption_ids.npy", npy(np.array([0.0, 1.0]))),
    "damaged names": ("names.json", b'["good1.png", '),
    "no names": ("names.json", None),
    "other names": ("names.json", b'["good1.png"]'),
    "a nest": ("about.json", b"[" * 10**6),
    "an older summary": ("about.json", b'[["a", "b"], {"found": 2}]'),
}


@pytest.mark.parametrize("kind", CACHES)
def test_a_cache_that_is_not_what_it_should_be_is_made_anew(kind, load, tmp_path):
    name, content = CACHES[kind]
    whole = np.array(load({}).images)
    (cache,) = (tmp_path / "cache").iterdir()
    (cache / name).unlink()  # it may be mapped
    if content is not None:
        (cache / name).write_bytes(content)
    again = load_dataset(tmp_path / "faces", None, 32, tmp_path / "cache")
    np.testing.assert_array_equal(again.images, whole)
    assert again.names == ["good1.png", "good2.png"] and again.caption_ids.tolist() == [0, 1]


@pytest.mark.parametrize("name", ["pictures.npy", "caption_ids.npy", "names.json", "about.json"])
def test_one_other_bit_in_a_cache_is_noticed_and_it_is_made_anew(name, load, tmp_path):
    whole = load({})
    images, captions = np.array(whole.images), whole.captions
    (cache,) = (tmp_path / "cache").iterdir()
    content = bytearray((cache / name).read_bytes())
    content[-3] ^= 1
    (cache / name).unlink()  # it may be mapped
    (cache / name).write_bytes(content)
    again = load_dataset(tmp_path / "faces", None, 32, tmp_path / "cache")
    np.testing.assert_array_equal(again.images, images)
    assert again.names == ["good1.png", "good2.png"] and again.captions == captions


def flipped(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


@pytest.mark.parametrize("damage", [flipped, lambda _: b"", lambda _: npy(np.zeros((2, 5, 3)))])
def test_vectors_that_are_not_what_they_should_be_are_made_anew(damage, load):
    def encode(texts: list[str]) -> np.ndarray:
        return np.ones((len(texts), 3), np.float32)

    found = load({})
    encode_captions(found, encode, "mine", 1)
    (path,) = found.folder.glob("vectors-*.npy")
    path.write_bytes(damage(path.read_bytes()))
    np.testing.assert_array_equal(encode_captions(found, encode, "mine", 1), np.ones((2, 1, 3)))


# -------------------------------------------------------------------------------- checkpoints

ENCODER = load_encoder(TEXT_ENCODER)
MODEL = ModelConfig(ENCODER.dim, ENCODER.fingerprint, size=32, width=4)


def saved(folder: Path, change=lambda values: None, arrays=None) -> Path:
    """A checkpoint whose header is changed."""
    values = json.loads(Header(MODEL, TrainConfig(), step=5).to_bytes())
    header = change(values)
    header = json.dumps(values).encode() if header is None else header
    folder.mkdir(exist_ok=True)
    path = folder / "checkpoint-00000005.npz"
    members = {"header": np.frombuffer(header, np.uint8)}
    np.savez(path, **members, **({"ema/rgb/bias": np.zeros(3)} if arrays is None else arrays))
    return path


def put(part: str, name: str, value):
    """A change of a header."""
    return lambda values: (values[part] if part else values).update({name: value})


HEADERS = {
    "a newer format": (put("", "format", 2), "checkpoint format 2; this version"),
    "a format that is no number": (put("", "format", "x"), "checkpoint format x"),
    "no format": (lambda values: values.pop("format") and None, "header cannot be read"),
    "another recipe": (put("model", "recipe", "of 2031"), "of 2031"),
    "another encoder": (put("model", "encoder", "e" * 64), "fingerprint eeeeeeeeeeee"),
    "another width of vectors": (put("model", "text_dim", 4800), "vectors of 4800 numbers"),
    "another width": (put("model", "width", 8), "does not fit its own header"),
    "another size": (put("model", "size", 48), "does not fit its own header"),
    "a size that is none": (put("model", "size", 50), "multiple of 16"),
    "a size in words": (put("model", "size", "64"), "not a ModelConfig"),
    "a fraction of a size": (put("model", "size", 64.0), "size is no int"),
    "a width without end": (put("model", "width", 10**12), "--width must be"),
    "noise without end": (put("model", "noise", 10**12), "noise must be"),
    "negative noise": (put("model", "noise", -1), "noise must be"),
    "a setting of a newer version": (put("train", "magic", 1), "'magic'"),
    "a field of a newer version": (put("", "magic", 1), "'magic'"),
    "no batch": (put("train", "batch_size", 0), "no training has these settings"),
    "a negative batch": (put("train", "batch_size", -4), "no training has these settings"),
    "a rate that is no number": (put("train", "ema", float("nan")), "ema is no float"),
    "a limit in words": (put("model", "max_channels", "many"), "max_channels is no int"),
    "a limit below none": (put("model", "max_channels", -1), "max_channels is no int"),
    "a truth for a number": (put("train", "seed", True), "seed is no int"),
    "a list for a text": (put("", "origin", []), "origin is no str"),
    "a text for figures": (put("", "figures", "none"), "header cannot be read"),
    "a step before the first": (put("", "step", -1), "step is no int"),
    "a list": (lambda values: b"[]", "header cannot be read"),
    "nothing": (lambda values: b"", "header cannot be read"),
    "a nest": (lambda values: b"[" * 10**6, "header cannot be read"),
    "no text": (lambda values: b"\xff\xfe\0", "header cannot be read"),
}


@pytest.mark.parametrize("kind", HEADERS)
def test_checkpoints_of_other_kinds_are_refused_by_name(kind, tmp_path, capsys):
    change, message = HEADERS[kind]
    path = saved(tmp_path, change)
    said = refused(capsys, "--generate", "--text", "red hair", "--model", tmp_path)
    assert str(path) in said and message in said, said


def member(shape: str, data: bytes, dtype: str = "<f4") -> bytes:
    """A .npy whose header says what it likes."""
    head = f"{{'descr': {dtype!r}, 'fortran_order': False, 'shape': {shape}, }}".encode()
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(head) + 1) + head + b"\n" + data


ARRAYS = {
    "10^12 numbers": (member("(1000000000000,)", bytes(8)), "declares float32 of shape"),
    "numbers below none": (member("(-4,)", bytes(8)), "declares float32"),
    "more numbers than there are": (member("(3,)", bytes(8)), "declares float32"),
    "fewer numbers than there are": (member("(1,)", bytes(8)), "declares float32"),
    "pickled objects": (member("(1,)", b"cos\nsystem\n(S'true'\ntR.", "|O"), "no plain numbers"),
    "texts": (member("(2,)", "ab".encode("utf-32-le"), "<U1"), "no plain numbers"),
    "dates": (member("(1,)", bytes(8), "<M8[s]"), "no plain numbers"),
    "an unknown type": (member("(1,)", bytes(8), "<q99"), ""),
    "a shape that is a call": (member("__import__('os').getpid()", bytes(8)), ""),
    "a nest of brackets": (member("(" * 5000, b""), ""),
    "a header without end": (b"\x93NUMPY\1\0\xff\xff{'descr'", ""),
    "another magic": (b"\x94NUMPY", ""),
    "a version to come": (b"\x93NUMPY\x09\0" + bytes(20), ""),
    "nothing": (b"", ""),
}


@pytest.mark.parametrize("kind", ARRAYS)
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_arrays_that_lie_are_refused_by_name_before_memory_is_taken(kind, method, tmp_path):
    data, message = ARRAYS[kind]
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w", method) as file:
        file.writestr("good.npy", member("(2,)", bytes(8)))
        file.writestr("a.npy", data)
    with bounded(2, 10), pytest.raises(ProjectError) as caught:
        read_npz(path, "Do this.")
    said = str(caught.value)
    assert said.startswith(f"{path} cannot be read: ") and said.endswith(" Do this.")
    assert message in said, said


def test_arrays_that_expand_without_bound_are_refused(tmp_path):
    path = tmp_path / "a.npz"
    np.savez_compressed(path, a=np.zeros(10**8 // 4, np.float32))
    assert path.stat().st_size < 200_000
    with bounded(2, 10), pytest.raises(ProjectError, match="would expand from"):
        read_npz(path, "")


def test_many_members_over_one_another_are_refused(tmp_path):
    """Each is small, and all are the same bytes of the file."""
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a0.npy", member("(100000,)", bytes(400_000)))
        first = file.infolist()[0]
        for number in range(1, 500):
            twin = zipfile.ZipInfo(f"a{number}.npy")
            for name in ("header_offset", "CRC", "compress_size", "file_size", "compress_type"):
                setattr(twin, name, getattr(first, name))
            file.filelist.append(twin)
            file.NameToInfo[twin.filename] = twin
        file._didModify = True
    with bounded(2, 10), pytest.raises(ProjectError, match="would expand from"):
        read_npz(path, "")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda array: array[:-1], "shape (2,), expected (3,)"),
        (lambda array: array[None], "shape (1, 3), expected (3,)"),
        (lambda array: array + np.nan, "holds what is no number"),
        (lambda array: None, "missing: ema/rgb/bias"),
    ],
)
def test_a_checkpoint_with_one_array_of_another_kind_is_refused_by_name(change, message, tmp_path):
    from recipes.registry import RECIPES

    whole = GOLDENS[-1]
    arrays = read_npz(whole, "")
    arrays["ema/rgb/bias"] = change(arrays["ema/rgb/bias"])
    np.savez(tmp_path / "a.npz", **{k: v for k, v in arrays.items() if v is not None})
    model = checkpoint.read_header(whole).model
    with pytest.raises(ProjectError) as caught:
        checkpoint.restore(tmp_path / "a.npz", {"ema": RECIPES[model.recipe].generator(model)})
    said = str(caught.value)
    assert said.startswith(str(tmp_path / "a.npz")) and message in said, said


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.6, 0.97, 0.9999])
def test_a_checkpoint_cut_short_is_named_and_the_one_before_it_drawn_once_it_is_gone(
    share, tmp_path, capsys
):
    for path in PRETRAINED.glob("*-*.*"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    cut = tmp_path / "checkpoint-99999999.npz"
    data = checkpoint.latest(PRETRAINED).read_bytes()
    cut.write_bytes(data[: int(share * len(data))])
    out = tmp_path / "out"
    command = ["--generate", "--text", "red hair", "--model", tmp_path, "-o", out]
    said = refused(capsys, *command)
    assert str(cut) in said and "Remove it: the save before it" in said
    cut.unlink()
    assert main(list(map(str, command))) == 0 and (out / "sample_1_1.jpg").exists()


@pytest.mark.parametrize(
    ("noise", "text", "size", "message"),
    [(7, 256, 64, "noise"), (100, 7, 64, "text"), (100, 256, 32, "shape")],
)
def test_an_exported_generator_of_another_shape_is_named(noise, text, size, message):
    (path,) = PRETRAINED.glob("*.tflite")
    inputs = {"noise": (16, noise), "text": (16, text)}
    with pytest.raises(ProjectError, match=message) as caught:
        litert.open_model(path, inputs, (16, size, size, 3))
    assert str(path) in str(caught.value)
    with pytest.raises(ProjectError, match="its inputs are"):
        litert.open_model(path, {"images": (16, 64, 64, 3)}, (16, 118))


def test_a_generator_that_fails_as_it_draws_is_named(monkeypatch):
    from ai_edge_litert.interpreter import Interpreter

    def fail(self):
        raise RuntimeError("Input tensor 18 lacks data")  # of a file with one byte changed

    (path,) = PRETRAINED.glob("*.tflite")
    run = litert.open_model(path, {"noise": (16, 100), "text": (16, 256)}, (16, 64, 64, 3))
    monkeypatch.setattr(Interpreter, "invoke", fail)
    with pytest.raises(ProjectError, match="18 lacks data") as caught:
        run(np.zeros((16, 100), np.float32), np.zeros((16, 256), np.float32))
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("name", RealFaces._fields)
def test_what_the_classifier_made_of_real_faces_is_named_where_its_shape_is_another(name, tmp_path):
    arrays = read_npz(CLASSIFIER / REAL, "")
    np.savez(tmp_path / REAL, **arrays | {name: arrays[name][:1]})
    with pytest.raises(ProjectError, match=r"real\.npz: \w+ has the shape .* Restore it"):
        read_real_faces(tmp_path)


def test_a_checkpoint_of_2017_that_lies_about_its_lengths_is_refused(tmp_path, monkeypatch):
    import tensorflow as tf

    class Reader:
        def get_variable_to_shape_map(self):
            return {"g_embedding/weight": [10**6, 10**6]}

        def get_variable_to_dtype_map(self):
            return {"g_embedding/weight": tf.float32}

    (tmp_path / "model.ckpt.index").touch()
    (tmp_path / "model.ckpt.data-00000-of-00001").write_bytes(bytes(1000))
    monkeypatch.setattr(tf.train, "load_checkpoint", lambda path: Reader())
    with pytest.raises(ProjectError, match=r"model\.ckpt cannot be read.*4,000,000,000,000 bytes"):
        tf1_checkpoint.convert(tmp_path / "model.ckpt")


# ----------------------------------------------------------------------- what could run code

# What makes code of data, or hands it to a shell. `pickle.dumps` only writes.
BUILT_IN = {"eval", "exec", "compile", "__import__"}
RUNS = BUILT_IN | {
    *("pickle.load", "pickle.loads", "pickle.Unpickler", "allow_pickle=True", "read_pickle"),
    *("marshal.load", "marshal.loads", "shelve.open", "dill.load", "dill.loads", "joblib.load"),
    *("torch.load", "yaml.load", "yaml.unsafe_load", "os.system", "os.popen", "shell=True"),
    *("load_model", "model_from_json", "model_from_config", "deserialize_keras_object"),
    *("enable_unsafe_deserialization", "custom_object_scope", "safe_mode=False", "Lambda"),
    *("saved_model.load", "import_meta_graph", "load_op_library", "load_library"),
    *("extract", "extractall", "unpack_archive"),
}


def unsafe(source: str) -> set[str]:
    """What of `RUNS` is called, derived from or asked for."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        names = [ast.unparse(base) for base in getattr(node, "bases", ())]
        if isinstance(node, ast.Call):
            names.append(ast.unparse(node.func))
        elif isinstance(node, ast.keyword):
            names.append(f"{node.arg}={ast.unparse(node.value)}")
        found |= {n for n in RUNS if n in names}
        found |= {n for n in RUNS - BUILT_IN if any(name.endswith(f".{n}") for name in names)}
    return found


def test_no_file_that_is_read_can_run_code():
    found = {(f.name, name) for f in ROOT.glob("*.py") for name in unsafe(f.read_text("utf-8"))}
    assert not found
    for source in (
        "np.load(f, allow_pickle=True)",
        "keras.models.load_model(f)",
        "keras.saving.load_model(f, safe_mode=False)",
        "class Loose(pickle.Unpickler): pass",
        "subprocess.run(x, shell=True)",
        "archive.extractall()",
        "eval(x)",
        "keras.layers.Lambda(x)",
    ):
        assert unsafe(source), source


def test_every_promise_has_a_test_that_is_there():
    promises = re.findall(r"`tests/(\w+\.py)::(\w+)`", (ROOT / "SECURITY.md").read_text("utf-8"))
    assert len(promises) >= 12
    for file, name in promises:
        assert f"\ndef {name}(" in (ROOT / "tests" / file).read_text("utf-8"), name


# ----------------------------------------------------------------------------------- versions


# In the order of their making: `a` is of the first version that wrote the format, and for each
# field that a header has got since, there is one more. They are never made anew.
GOLDENS = sorted(GOLDEN.glob("*.npz"))


def drawn_by(trainer) -> np.ndarray:
    """Four faces in a row, of noises and vectors that are always the same."""
    noise = np.random.default_rng(1).standard_normal((4, 5)).astype(np.float32)
    text = np.random.default_rng(0).standard_normal((3, 6)).astype(np.float32)
    return sheets.grid(trainer.draw(noise, text[[0, 1, 2, 0]]), 4)


def make(path: Path) -> None:
    """Write one more, and what it draws beside it, when a header has got a field.

    Its kernels have three values each, so that it is small. Within tests/:
    `PYTHONPATH=.. python3 -c "from test_bad_input import *; make(GOLDEN / 'format-1f.npz')"`
    """
    from training.trainer import Trainer

    model = ModelConfig(6, "none", size=32, width=4, max_channels=8, noise=5)
    config = TrainConfig(batch_size=4)
    header = Header(model, config, step=7, images=28, held_out=("red hair",), figures={"a": 1.5})
    header = dataclasses.replace(header, exported=2**32 - 1)
    arrays = Trainer(model, config).arrays()
    for name, array in arrays.items():
        if array.ndim > 1 and not name.startswith(("g_optimizer/", "d_optimizer/")):
            step = np.float16(1.2 * array.std())
            arrays[name] = (np.round(array / step).clip(-1, 1) * step).astype(np.float16)
    arrays = {name: array for name, array in arrays.items() if not name.startswith("generator/")}
    np.savez_compressed(path, header=np.frombuffer(header.to_bytes(), np.uint8), **arrays)
    trainer = Trainer(model, config)
    trainer.restore(path)
    save_image(drawn_by(trainer), path.with_suffix(".png"), "png", {})


@pytest.mark.parametrize("path", GOLDENS, ids=lambda path: path.stem)
def test_checkpoints_of_every_format_load_and_draw_what_they_drew(path):
    from training.trainer import Trainer

    header = checkpoint.read_header(path)
    assert (header.step, header.images, header.train.batch_size) == (7, 28, 4)
    trainer = Trainer(header.model, header.train)
    trainer.restore(path)
    with Image.open(path.with_suffix(".png")) as drawn:
        difference = drawn_by(trainer).astype(int) - np.asarray(drawn)
    assert np.abs(difference).max() <= 1


def test_there_is_a_checkpoint_of_every_format_and_of_every_field():
    first, *_, last = (
        json.loads(read_npz(path, "", ["header"])["header"].tobytes()) for path in GOLDENS
    )
    for part, kind in ((last, Header), (last["model"], ModelConfig), (last["train"], TrainConfig)):
        fields = {field.name for field in dataclasses.fields(kind)}
        assert part.keys() - {"format"} == fields, "add one: see `make`"
    assert {"held_out", "figures"}.isdisjoint(first) and "mirror" not in first["train"]
    assert {int(path.stem[7]) for path in GOLDENS} == set(range(1, checkpoint.FORMAT + 1))


# ------------------------------------------------------------------------------ random damage


@st.composite
def damaged(draw, content: bytes) -> bytes:
    """A file with some bytes changed, cut out or put in."""
    data = bytearray(content)
    for _ in range(draw(st.integers(1, 8))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        kind = draw(st.sampled_from(["set", "cut", "put", "number"]))
        if kind == "set":
            data[at : at + 1] = draw(st.binary(min_size=1, max_size=1))
        elif kind == "cut":
            del data[at : at + draw(st.integers(1, 64))]
        elif kind == "put":
            data[at:at] = draw(st.binary(min_size=1, max_size=16))
        else:
            number = draw(st.sampled_from([0, 1, 2**15, 2**16 - 1, 2**31 - 1, 2**32 - 1]))
            order = draw(st.sampled_from("<>"))
            data[at : at + 4] = struct.pack(f"{order}I", number)
    return bytes(data)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.filterwarnings("ignore:::PIL")
def test_damaged_images_are_read_or_refused(format):
    @fuzz
    @given(damaged(encoded(noise(32), format)))
    def check(data):
        try:
            assert read_image(io.BytesIO(data), 32).shape == (32, 32, 3)
        except BadImage as error:
            assert str(error)

    check()


def test_damaged_arrays_are_read_or_refused(tmp_path):
    file = io.BytesIO()
    np.savez(file, a=np.arange(20, dtype=np.float32), b=np.int64(7))
    compressed = io.BytesIO()
    np.savez_compressed(compressed, a=np.arange(20, dtype=np.float32))

    @fuzz
    @given(damaged(file.getvalue()) | damaged(compressed.getvalue()) | st.binary())
    def check(data):
        path = tmp_path / "a.npz"
        path.write_bytes(data)
        try:
            for array in read_npz(path, "").values():
                assert array.dtype.kind in "biuf" and array.nbytes <= 100 * len(data)
        except ProjectError as error:
            assert str(path) in str(error)

    check()


@pytest.mark.filterwarnings("ignore:Reading")  # of a header that Python 2 wrote
@fuzz
@given(st.text(max_size=300) | st.text(alphabet="(){}[],:'\"0123456789<f4-xL \n", max_size=300))
def test_any_header_of_an_array_is_read_or_refused(tmp_path_factory, head):
    path = tmp_path_factory.getbasetemp() / "header.npz"
    head = head.encode("utf-8", "replace")
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("a.npy", b"\x93NUMPY\1\0" + struct.pack("<H", len(head)) + head)
    with pytest.raises(ProjectError, match=r"header\.npz"):
        read_npz(path, "")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=5,
)


@fuzz
@given(st.data())
def test_any_header_of_a_checkpoint_is_read_or_refused(data):
    values = json.loads(Header(MODEL, TrainConfig(), step=5).to_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        part = data.draw(st.sampled_from([values, values["model"], values["train"]]))
        if isinstance(part, dict):
            name = data.draw(st.sampled_from(sorted(part)) | st.text(max_size=9))
            if name not in ("model", "train") or data.draw(st.booleans()):
                part[name] = data.draw(json_values)
        if not all(isinstance(values.get(each), dict) for each in ("model", "train")):
            break
    try:
        header = Header.from_bytes(json.dumps(values).encode(), Path("a.npz"))
    except ProjectError as error:
        assert "a.npz" in str(error)
    else:
        assert Header.from_bytes(header.to_bytes(), Path("a.npz")).model == header.model
        assert 1 <= header.model.noise <= 10_000 and header.step >= 0


def test_damaged_zips_are_read_or_refused(tmp_path):
    whole = zipped(tmp_path / "whole.zip", {"x.png": png(40, 40, 40)}, "x,green hair\n")

    @fuzz
    @given(damaged(whole.read_bytes()))
    def check(data):
        path = tmp_path / "data.zip"
        path.write_bytes(data)
        try:
            files = sources.open_files(path)
            for name in files.stamps:
                try:
                    files.open(name).close()
                except OSError as error:
                    assert str(error), "a reason for the user"
        except ProjectError as error:
            assert str(path) in str(error)

    check()


LINES = st.text(alphabet="\",;\t\\\0\ufeff\x85\u2028\r\n :_{}[]#idtexfl_nam017'é🙂", max_size=200)


@fuzz
@given(st.sampled_from(["a.jsonl", "metadata.csv", "tags.csv", "tags_clean.csv"]), LINES)
def test_any_tag_file_is_read(name, text):
    table = parse_tags(name, text.encode())
    assert all(any(map(str.isalnum, each)) for each in table.texts.values())
    assert all(note.startswith(name) for note in table.bad)


@fuzz
@given(LINES)
def test_any_description_file_is_read_or_refused(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "lines.txt"
    path.write_bytes(text.encode())
    try:
        found, bad = read_descriptions(path)
    except UsageError as error:
        assert str(path) in str(error)
    else:
        assert all(any(map(str.isalnum, each.text)) for each in found)
        assert all(note.startswith(f"{path} line ") for note in bad)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no pipes in folders")
@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_a_checkpoint_that_is_no_file_is_not_opened(tmp_path, capsys, kind):
    path = tmp_path / "checkpoint-00000001.npz"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero")
    model = ["--model", str(tmp_path), "-o", str(tmp_path / "out")]
    assert main(["--generate", "--text", "red hair", *model]) == 1
    assert f"{path} cannot be read: it is no file" in capsys.readouterr().err

"""Bad images are named and left out, odd ones are used, whatever lies beside them."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, features

FORMATS = ["JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF"]
FORMATS += ["AVIF"] if features.check("avif") else []  # Pillow 11.2 and older lack it


def encoded(image: Image.Image, format: str = "PNG", **options) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def noise(side: int = 40) -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8))


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG."""
    checksum = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + checksum


def png(width: int, height: int, rows: int, *more: bytes) -> bytes:
    """A PNG of 1 bit per pixel that declares `height` rows and holds `rows` black ones."""
    packer, row = zlib.compressobj(9), bytes(1 + (width + 7) // 8)
    pixels = b"".join(packer.compress(row) for _ in range(rows)) + packer.flush()
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    ended = chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(more) + ended


JPEG, PNG, GIF = (encoded(noise(), format) for format in ("JPEG", "PNG", "GIF"))
TIFF = encoded(noise(), "TIFF")
BAD_IMAGES = {
    **{
        f"cut {format}": (
            encoded(noise(), format)[:-900],
            "cut short|cannot be decoded|not an image",
        )
        for format in FORMATS
    },
    "no finite number": (
        encoded(Image.fromarray(np.full((40, 40), np.nan, "f4")), "TIFF"),
        "NaN or infinite",
    ),
    "cut within its header": (PNG[:20], "not an image|cut short"),
    "cut after its start": (JPEG[:4], "not an image|cut short"),
    "no bytes": (b"", "not an image"),
    "zeros": (bytes(5000), "not an image"),
    "text": (b"blue hair", "not an image"),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "not an image"),
    "html": (b"<!DOCTYPE html><html></html>", "not an image"),
    "pdf": (b"%PDF-1.4\n", "not an image"),
    "postscript, which runs": (
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        "not an image",
    ),
    "a format that is not supported": (encoded(noise(), "PPM"), "not an image"),
    "an icon": (encoded(noise(), "ICO"), "not an image"),
    "1 by 1": (encoded(Image.new("RGB", (1, 1))), "too small"),
    "1 by 10,000": (encoded(Image.new("L", (1, 10_000))), "too small"),
    "10,000 by 31": (png(10_000, 31, 31), "too small"),
    "30,000 by 30,000 in 50 KB": (png(30_000, 30_000, 12_600), "too many pixels"),
    "2 billion pixels per side": (png(2**31 - 1, 2**31 - 1, 0), "too many pixels|cannot be"),
    "no pixels": (png(0, 0, 0), "too small|cannot be|not an image"),
    "no end of compressed pixels": (
        PNG[:40] + b"\xff" * (len(PNG) - 40),
        "cannot be|cut short|not an image",
    ),
    "another checksum": (PNG[:29] + bytes(4) + PNG[33:], "cannot be|not an image"),
    "a text that expands to 100 MB": (
        png(40, 40, 40, chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(10**8)))),
        "cannot be decoded",
    ),
    "a chunk that declares 2 GB": (
        PNG[:33] + struct.pack(">I", 2**31 - 1) + b"tEXt" + PNG[33:],
        "cannot be|cut short",
    ),
    "a TIFF that points to itself": (b"II*\0\x08\0\0\0\0\0\x08\0\0\0", "cannot be|not an image"),
    "a BMP of negative width": (
        (bmp := encoded(noise(), "BMP"))[:18] + struct.pack("<i", -40) + bmp[22:],
        "cannot be|too small|not an image|cut short|too many",
    ),
    "a GIF without a frame": (GIF[:6] + GIF[6:13] + b";", "cannot be|not an image|cut short"),
    "a GIF of 65,535 by 65,535": (GIF[:6] + b"\xff" * 4 + GIF[10:], "too many pixels"),
}


@pytest.mark.parametrize("kind", BAD_IMAGES)
@pytest.mark.filterwarnings("ignore:::PIL")  # as outside of tests
def test_bad_images_are_named_and_the_good_ones_used(kind, load_with):
    data, reason = BAD_IMAGES[kind]
    found = load_with({"bad one.png": data}, "bad one,green hair\n")
    assert found.names == ["good1.png", "good2.png"]
    (given,) = found.summary.left_out
    assert any(part in given for part in reason.split("|")), given
    assert found.summary.left_out == {given: 1} and "bad one.png" in found.summary.text()


def test_the_bomb_is_small_enough_to_be_met():
    assert len(BAD_IMAGES["30,000 by 30,000 in 50 KB"][0]) < 52_000


EXIF = Image.Exif()
EXIF[0x0112] = 999  # orientations are 1 to 8
FRAMES = {"save_all": True, "append_images": [Image.new("RGB", (40, 40))] * 2}
ODD_IMAGES = {
    "wrong extension": JPEG,
    "damaged EXIF": encoded(noise(), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\xff" + b"\xff" * 40),
    "EXIF with an impossible orientation": encoded(noise(), "JPEG", exif=EXIF),
    "EXIF of 60 KB": encoded(noise(), "JPEG", exif=b"Exif\0\0II*\0" + bytes(60_000)),
    "no colour profile": encoded(noise(), "PNG", icc_profile=b"no profile"),
    "one row of forty, and a sound end": png(40, 40, 1),  # Pillow takes the others for black
    "a TIFF that declares 65,535 tags": TIFF[:8] + b"\xff\xff" + TIFF[10:],
    "text after its end": PNG + b"<?php evil(); ?>" * 100,
    **{f"animated {f}": encoded(noise(), f, **FRAMES) for f in ("GIF", "WEBP", "PNG", "TIFF")},
}


@pytest.mark.parametrize("kind", ODD_IMAGES)
@pytest.mark.filterwarnings("ignore:::PIL")  # as outside of tests
def test_odd_images_are_used(kind, load_with):
    assert "odd.png" in load_with({"odd.png": ODD_IMAGES[kind]}, "odd,green hair\n").names

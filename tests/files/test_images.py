"""Images of every kind come out as RGB squares, or are refused with a reason."""

import io
import struct
import subprocess
import sys
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import PIL
import pytest
from PIL import Image, PngImagePlugin, features

from config import FORMATS, ROOT, ProjectError
from files.images import MAX_PIXELS, MIN_SIDE, BadImage, read_image, save_image, to_float, to_uint8

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def encoded(image: Image.Image, format: str = "PNG", **options) -> io.BytesIO:
    file = io.BytesIO()
    image.save(file, format, **options)
    file.seek(0)
    return file


def quarters(width: int = 64, height: int = 64) -> Image.Image:
    """Red, green over blue, white: every orientation looks different."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(GREEN, (width // 2, 0, width, height // 2))
    image.paste(BLUE, (0, height // 2, width // 2, height))
    image.paste(WHITE, (width // 2, height // 2, width, height))
    return image


def corners(image: np.ndarray) -> list[tuple[int, ...]]:
    """The colours in the middle of each quarter, row by row, rounded to 0 or 255."""
    s = len(image)
    points = [(s // 4, s // 4), (s // 4, -s // 4), (-s // 4, s // 4), (-s // 4, -s // 4)]
    return [tuple(int(v > 127) * 255 for v in image[point]) for point in points]


AVIF = ["AVIF"] if features.check("avif") else []  # Pillow 11.2 and older lack it


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", *AVIF])
def test_every_format(format, tmp_path):
    path = tmp_path / "image"
    path.write_bytes(encoded(quarters(), format).getvalue())
    for file in (path, str(path), io.BytesIO(path.read_bytes())):
        image = read_image(file, 32)
        assert image.shape == (32, 32, 3) and image.dtype == np.uint8
        assert corners(image) == [RED, GREEN, BLUE, WHITE]


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "I;16"])
def test_every_mode_of_png(mode):
    grey = np.full((40, 40), 255, np.uint8)
    if mode == "I;16":
        image = Image.fromarray(grey.astype(np.uint16) * 257)
    else:
        image = Image.fromarray(grey).convert(mode)
    assert (read_image(encoded(image), 32) == 255).all()


@pytest.mark.parametrize("mode, format", [("CMYK", "JPEG"), ("CMYK", "TIFF"), ("YCbCr", "TIFF")])
def test_print_and_video_colours(mode, format):
    if mode == "YCbCr" and int(PIL.__version__.split(".")[0]) < 13:
        pytest.skip("Pillow 12 cannot read the YCbCr TIFF that it writes")
    image = read_image(encoded(quarters().convert(mode), format), 32)
    assert corners(image) == [RED, GREEN, BLUE, WHITE]


@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_16_bits_are_scaled_not_clipped(format):
    ramp = np.tile(np.linspace(0, 65535, 64).round().astype(np.uint16), (64, 1))
    image = read_image(encoded(Image.fromarray(ramp), format), 64)
    np.testing.assert_array_equal(image[..., 1], np.rint(ramp / 257))


@pytest.mark.parametrize("white", [255, 65535, 1_000_000])
def test_32_bits_are_scaled_to_their_range(white):
    ramp = np.tile(np.linspace(0, white, 64).astype(np.int32), (64, 1))
    image = read_image(encoded(Image.fromarray(ramp), "TIFF"), 64)
    np.testing.assert_allclose(image[1, :, 0], np.linspace(0, 255, 64), atol=1.01)


@pytest.mark.parametrize("white", [1, 255, 65535, 1e6])
def test_floats_are_scaled_to_their_range(white):
    ramp = np.tile(np.linspace(0, white, 64, dtype=np.float32), (64, 1))
    ramp[0, 0] = np.nan
    image = read_image(encoded(Image.fromarray(ramp), "TIFF"), 64)
    np.testing.assert_allclose(image[1, :, 0], np.linspace(0, 255, 64), atol=0.51)


def test_transparency_shows_white():
    half = Image.new("RGBA", (40, 40), (255, 0, 0, 0))
    half.paste((255, 0, 0, 255), (0, 0, 20, 40))
    image = read_image(encoded(half), 40)
    assert tuple(image[20, 10]) == RED and tuple(image[20, 30]) == WHITE

    palette = Image.new("P", (40, 40), 1)
    palette.putpalette([0, 0, 0, *BLUE])
    assert (read_image(encoded(palette, transparency=1), 32) == 255).all()
    assert (read_image(encoded(palette, transparency=bytes([0, 0])), 32) == 255).all()
    assert tuple(read_image(encoded(palette, transparency=0), 32)[0, 0]) == BLUE
    grey = Image.new("LA", (40, 40), (0, 128))
    assert set(read_image(encoded(grey), 32).ravel()) == {127}


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(
    "orientation, turn",
    [(1, None), (2, 0), (3, 3), (4, 1), (5, 5), (6, 4), (7, 6), (8, 2)],
)
def test_exif_orientation(format, orientation, turn):
    """`turn` is Pillow's transposition that undoes the one that the camera made."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    camera = quarters()
    upright = camera if turn is None else camera.transpose(Image.Transpose(turn))
    image = read_image(encoded(camera, format, exif=exif), 64)
    assert corners(image) == corners(np.asarray(upright))


@pytest.mark.filterwarnings("ignore:::PIL")  # as outside of tests
def test_damaged_exif_is_not_fatal():
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\xff\xff\xff\xff\xff\xff\xff\xff"
    assert corners(read_image(encoded(quarters(), "JPEG", exif=exif), 32))[0] == RED


@pytest.mark.parametrize("size", [(100, 60), (60, 101)])
def test_the_middle_is_cropped(size):
    image = Image.new("RGB", size, RED)
    left, top = (size[0] - 60) // 2, (size[1] - 60) // 2
    image.paste(BLUE, (left, top, left + 60, top + 60))
    assert (read_image(encoded(image), 60) == BLUE).all()


def test_resizing_does_not_alias():
    stripes = np.zeros((512, 512, 3), np.uint8)
    stripes[:, ::2] = 255
    image = read_image(encoded(Image.fromarray(stripes)), 64)
    assert np.abs(image.astype(int) - 127).max() <= 8


def test_a_large_jpeg_is_much_the_same_as_a_png():
    rng = np.random.default_rng(0)
    small = Image.fromarray(rng.integers(0, 256, (20, 20, 3), np.uint8))
    large = small.resize((1500, 1500), Image.Resampling.BICUBIC)
    jpeg = read_image(encoded(large, "JPEG", quality=95, subsampling=0), 64).astype(int)
    assert np.abs(jpeg - read_image(encoded(large), 64)).mean() < 1.5


def test_an_animation_is_its_first_frame():
    frames = [Image.new("RGB", (40, 40), colour) for colour in (GREEN, BLUE)]
    for format in ("GIF", "WEBP"):
        file = encoded(frames[0], format, save_all=True, append_images=frames[1:])
        assert corners(read_image(file, 32))[0] == GREEN


def refusal(file) -> str:
    with pytest.raises(BadImage) as caught:
        read_image(file, 64)
    assert isinstance(caught.value, ProjectError)
    return str(caught.value)


def test_the_shorter_side_decides_what_is_too_small():
    side = MIN_SIDE
    assert refusal(encoded(Image.new("RGB", (side - 1, 90)))) == f"too small: {side - 1}×90 px"
    assert read_image(encoded(Image.new("RGB", (side, 90))), 64).shape == (64, 64, 3)


@pytest.mark.parametrize("data", [b"", b"text", b"\0" * 999, b"%PDF-1.4", b"%!PS-Adobe-3.0 EPSF"])
def test_no_image(data):
    assert refusal(io.BytesIO(data)) == "not an image Pillow can open"


def test_no_file(tmp_path):
    assert "No such file" in refusal(tmp_path / "none.jpg")
    assert "directory" in refusal(tmp_path)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", *AVIF])
def test_cut_short(format):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    data = encoded(Image.fromarray(noise), format).getvalue()
    assert refusal(io.BytesIO(data[: len(data) // 2]))
    if format in ("JPEG", "PNG", "BMP"):
        assert refusal(io.BytesIO(data[: len(data) // 2])) == "cut short"


@pytest.mark.filterwarnings("ignore:::PIL")
def test_random_damage_is_refused_or_read():
    rng = np.random.default_rng(0)
    for format in ("JPEG", "PNG", "WEBP", "BMP", "GIF", *AVIF):
        data = np.frombuffer(encoded(quarters(), format).getvalue(), np.uint8)
        for _ in range(60):
            damaged = data.copy()
            damaged[rng.integers(0, min(len(data), 300), 4)] = rng.integers(0, 256, 4)
            try:
                assert read_image(io.BytesIO(damaged.tobytes()), 32).shape == (32, 32, 3)
            except BadImage as error:
                assert str(error)


@pytest.mark.parametrize("side", [9_500, 50_000])  # Pillow warns of one and refuses the other
@pytest.mark.parametrize("limit", [MAX_PIXELS, None])  # None: the caller trusts all images
@pytest.mark.parametrize("action", ["ignore", "error"])  # for what Pillow warns of
def test_a_bomb_is_refused_by_its_header(side, limit, action, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    warnings.simplefilter(action)
    header = b"IHDR" + struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header
    png += struct.pack(">I", zlib.crc32(header)) + struct.pack(">I", 0) + b"IDAT\x35\xaf\x06\x1e"
    assert refusal(io.BytesIO(png)).startswith("too many pixels: ")


def test_an_import_changes_no_filter_of_warnings():
    code = "import warnings, numpy, PIL.Image; before = warnings.filters[:]; "
    code += "import files.images, files.sheets; print(warnings.filters == before)"
    run = [sys.executable, "-c", code]
    assert subprocess.run(run, cwd=ROOT, capture_output=True, text=True).stdout == "True\n"


def test_threads_read_what_one_thread_reads():
    """Good images and refused ones, several at once; warnings are errors, as in all tests."""
    files = [encoded(quarters(64 + n, 64), "PNG").getvalue() for n in range(8)] + [b"no image"] * 8

    def read(data: bytes) -> bytes:
        try:
            return read_image(io.BytesIO(data), 32).tobytes()
        except BadImage as error:
            return str(error).encode()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(read, files * 8)) == list(map(read, files)) * 8


def test_round_trip_is_exact():
    values = np.arange(256, dtype=np.uint8)
    floats = to_float(values)
    assert floats.dtype == np.float32 and floats[0] == -1 and floats[-1] == 1
    np.testing.assert_array_equal(to_uint8(floats), values)


def test_to_uint8_rounds_and_clips():
    values = np.array([-9, -1, 0.0, 1 / 127.5 * 0.51, 1, 9], np.float32)
    np.testing.assert_array_equal(to_uint8(values), [0, 0, 128, 128, 255, 255])


TEXTS = ["blue hair", "", "青い髪 🙂", "a\nb\0c\udc80", "long " * 500, "W" * 10_000]


METADATA = {"description": "blue hair 青い髪", "seed": "7"}


def test_save_png_keeps_pixels_and_metadata(tmp_path):
    pixels = np.asarray(quarters())
    save_image(pixels, tmp_path / "a.png", "png", METADATA)
    with PngImagePlugin.PngImageFile(tmp_path / "a.png") as image:
        np.testing.assert_array_equal(np.asarray(image), pixels)
        assert image.text == METADATA


def test_save_jpeg_keeps_colours_and_metadata(tmp_path):
    fine = np.zeros((32, 32, 3), np.uint8)
    fine[:, ::2] = RED
    save_image(fine, tmp_path / "a.jpg", "jpg", METADATA)
    with Image.open(tmp_path / "a.jpg") as image:
        assert np.abs(np.asarray(image).astype(int) - fine).mean() < 8  # 4:2:0 would smear
        assert image.info["comment"].decode() == (
            '{"description": "blue hair 青い髪", "seed": "7"}'
        )


@pytest.mark.parametrize("format", FORMATS)
def test_save_is_whole_and_repeatable(format, tmp_path):
    image = np.asarray(quarters())
    path = tmp_path / f"a.{format}"
    path.write_bytes(b"an older file")
    written = set()
    for _ in range(2):
        save_image(image, path, format, {f"text {n}": text for n, text in enumerate(TEXTS)})
        written.add(path.read_bytes())
    assert len(written) == 1 and list(tmp_path.iterdir()) == [path]


def test_save_says_what_is_wrong(tmp_path):
    image = np.asarray(quarters())
    (tmp_path / "file").touch()
    with pytest.raises(ProjectError, match=r"Cannot write .*file"):
        save_image(image, tmp_path / "file" / "a.png", "png", {})
    with pytest.raises(ValueError, match="Received: bmp"):
        save_image(image, tmp_path / "a.bmp", "bmp", {})


def test_import_is_light():
    code = "import sys, files.images; print({'tensorflow', 'tqdm', 'skimage'} & sys.modules.keys())"
    run = [sys.executable, "-c", code]
    assert subprocess.run(run, cwd=ROOT, capture_output=True, text=True).stdout == "set()\n"

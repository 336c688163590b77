"""Images of every mode and images with random damage are read or refused."""

import io

import pytest
from hypothesis import given, settings
from PIL import Image, features

from files.images import BadImage, read_image

fuzz = settings.get_profile("fuzz")
FORMATS = ["JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF"]
FORMATS += ["AVIF"] if features.check("avif") else []  # Pillow 11.2 and older lack it
MODES = [
    *("1", "L", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "HSV", "I", "F"),
    *("LA", "PA", "RGBX", "RGBa", "La", "I;16", "I;16L", "I;16B", "I;16N"),
]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.filterwarnings("ignore:::PIL")
def test_every_mode_that_a_format_can_hold_is_used_or_refused(mode, encoded):
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


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.filterwarnings("ignore:::PIL")
def test_damaged_images_are_read_or_refused(format, encoded, noise, damaged):
    @fuzz
    @given(damaged(encoded(noise(32), format)))
    def check(data):
        try:
            assert read_image(io.BytesIO(data), 32).shape == (32, 32, 3)
        except BadImage as error:
            assert str(error)

    check()

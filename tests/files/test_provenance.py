"""What a face's file says of it is read back as it was, or refused by name."""

import dataclasses
import json
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from config import FORMATS, ROOT, UsageError
from files.images import save_image
from files.provenance import Provenance, read_provenance
from text.descriptions import clean_description

FACE = np.zeros((64, 64, 3), np.uint8)
MADE = Provenance(
    description='blue hair, "red" eyes: 青い',
    seed=7,
    i=3,
    j=2,
    truncation=0.85,
    model="checkpoint-00000005.npz",
    model_hash="0123456789abcdef",
    encoder_hash="f" * 16,
    version="anime-faces 2.0.0",
)
ENLARGED = dataclasses.replace(MADE, take=3, scale=4, upscaler="R-ESRGAN, 4x")
PARAMETERS = (
    "Steps: 1, Sampler: DCGAN, Seed: 7, Size: 64x64, Model hash: 0123456789abcdef, "
    "Model: checkpoint-00000005.npz, Face: 3_2, Truncation: 0.85, "
    "Encoder hash: ffffffffffffffff, Version: anime-faces 2.0.0"
)


def save(made: Provenance, path) -> None:
    save_image(FACE, path, path.suffix[1:], made.metadata(64))


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("made", [MADE, ENLARGED])
def test_what_is_written_is_read(made, format, tmp_path):
    save(made, tmp_path / f"a.{format}")
    assert read_provenance(tmp_path / f"a.{format}") == made


@settings(max_examples=50)
@given(
    text=st.text(min_size=1, max_size=2000),
    numbers=st.tuples(st.integers(0, 2**32 - 1), *[st.integers(1, 10**9)] * 2),
    truncation=st.integers(0, 10_000),
    format=st.sampled_from(FORMATS),
)
def test_every_description_and_number_is_read_back(
    tmp_path_factory, text, numbers, truncation, format
):
    try:
        text = clean_description(text)
    except ValueError:
        return
    assert clean_description(text) == text, "cleaned once more, it stays as it is"
    seed, i, j = numbers
    made = dataclasses.replace(
        MADE, description=text, seed=seed, i=i, j=j, truncation=truncation / 10_000
    )
    path = tmp_path_factory.mktemp("faces") / f"a.{format}"
    save(made, path)
    assert read_provenance(path) == made


def test_other_programs_find_the_parameters(tmp_path):
    save(MADE, tmp_path / "a.png")
    save(ENLARGED, tmp_path / "a.jpg")
    with PngImagePlugin.PngImageFile(tmp_path / "a.png") as image:
        assert image.text["parameters"] == f"{MADE.description}\n{PARAMETERS}"
        fields = [name for name, value in dataclasses.asdict(MADE).items() if value != 0]
        assert list(image.text)[1:] == [name for name in fields if name != "upscaler"]
    with Image.open(tmp_path / "a.jpg") as image:
        comment = image.getexif().get_ifd(0x8769)[0x9286]
    assert comment[:8] == b"UNICODE\0"
    assert comment[8:].decode("utf-16-be") == (
        f"{MADE.description}\n{PARAMETERS}, Take: 3, Postprocess upscale by: 4, "
        'Postprocess upscaler: "R-ESRGAN, 4x"'
    )
    assert struct.pack(">HH", 0x9286, 7) in (tmp_path / "a.jpg").read_bytes()  # UNDEFINED


def test_the_page_of_the_format_names_every_field():
    page = (ROOT / "docs" / "metadata.md").read_text("utf-8")
    for name in (*dataclasses.asdict(MADE), "parameters"):
        assert f"\n| `{name}` | " in page


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("seed", value) for value in ("-1", "4294967296", "7.0", "٧", "", None, "9" * 99)),
        *(("i", value) for value in ("0", "x")),
        *(("truncation", value) for value in ("1.1", "nan", "-0", "1e-3")),
        *(("model_hash", value) for value in ("0123456789ABCDEF", "0" * 15, "../../../../etc")),
        ("description", "a" * 2001),
        ("scale", "3"),
        ("version", "v" * 256),
        ("model", "\x1b[2J"),
    ],
)
def test_a_field_that_is_not_valid_is_named(tmp_path, name, value):
    texts = MADE.metadata(64) | {name: value}
    save_image(FACE, tmp_path / "a.png", "png", {k: v for k, v in texts.items() if v is not None})
    with pytest.raises(UsageError) as caught:
        read_provenance(tmp_path / "a.png")
    assert f"a.png cannot be drawn again: its {name} is " in str(caught.value)
    assert len(str(caught.value)) < 300 + len(str(tmp_path))


@pytest.mark.parametrize(
    "comment", [b"", b"made by hand", b"[1]", b'{"a": 1}', b"[" * 50_000, b"\xff\xfe", b"null"]
)
def test_an_image_of_another_program_is_named(tmp_path, comment):
    Image.fromarray(FACE).save(tmp_path / "a.jpg", comment=comment)
    with pytest.raises(UsageError, match=r"a\.jpg does not say how it was drawn"):
        read_provenance(tmp_path / "a.jpg")


def test_what_is_no_image_is_named(tmp_path):
    (tmp_path / "a.png").write_bytes(b"text")
    Image.fromarray(FACE).save(tmp_path / "a.gif")
    for name, why in (
        ("a.png", "not a PNG or JPEG"),
        ("a.gif", "not a PNG or JPEG"),
        ("none.png", "no such file"),
        ("", "not a file"),
    ):
        with pytest.raises(UsageError, match=f"{why}. Name a face that --generate drew"):
            read_provenance(tmp_path / name)


def test_texts_that_expand_without_bound_are_refused(tmp_path, bounded):
    chunks = PngImagePlugin.PngInfo()
    for _ in range(70):
        chunks.add_text("model_hash", "a" * 2**20, zip=True)
    Image.fromarray(FACE).save(tmp_path / "a.png", pnginfo=chunks)
    with bounded(megabytes=100), pytest.raises(UsageError, match=r"a\.png: cannot be read"):
        read_provenance(tmp_path / "a.png")


@settings.get_profile("fuzz")
@given(data=st.data(), format=st.sampled_from(FORMATS))
@pytest.mark.filterwarnings("ignore:::PIL")
def test_random_damage_is_read_or_refused(tmp_path, damaged, data, format):
    path = tmp_path / f"a.{format}"
    save(MADE, path)
    path.write_bytes(data.draw(damaged(path.read_bytes())))
    try:
        made = read_provenance(path)
    except UsageError as error:
        assert str(path) in str(error)
    else:
        assert 0 <= made.truncation <= 1 and made.i >= 1
        json.dumps(dataclasses.asdict(made))

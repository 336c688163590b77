"""Which files count as images and where they are read from."""

from pathlib import Path

import numpy as np
import pytest

from config import UsageError
from dataset.sources import SUFFIXES

SIZE = 32


def test_images_and_captions_belong_together(tmp_path, load, image, write, captions_of):
    files = {f"{n}.png": image(n) for n in range(50)}
    tags = "".join(f"{n},caption {n % 7}\n" for n in range(50))
    data = load(write(tmp_path / "faces", files | {"tags.csv": tags}))
    assert len(data) == 50 and data.images.shape == (50, SIZE, SIZE, 3)
    assert data.images.dtype == np.uint8 and isinstance(data.images, np.memmap)
    assert data.caption_ids.dtype == np.int32 and isinstance(data.caption_ids, np.memmap)
    assert len(data.captions) == 7
    assert data.captions == list(dict.fromkeys(captions_of(data).values()))
    for row, (name, caption) in enumerate(captions_of(data).items()):
        number = int(name.removesuffix(".png"))
        assert caption == f"caption {number % 7}"
        assert (data.images[row] == (number, 0, 255 - number)).all()


def test_every_suffix_and_subfolders_but_nothing_hidden(tmp_path, load, image, write, write_zip):
    shown = [f"{n}{suffix}" for n, suffix in enumerate(SUFFIXES)]
    shown += ["UP.PNG", "a/b/deep.Jpg", "ünï 字.png"]
    hidden = [".x.png", ".git/y.png", "__MACOSX/z.png", "notes.md", "a/noise.pngx"]
    tags = "".join(f"{Path(name).stem},caption {n}\n" for n, name in enumerate(shown + hidden))
    files = {name: image() for name in shown + hidden} | {"tags.csv": tags}
    for path in (write(tmp_path / "faces", files), write_zip(tmp_path / "faces.zip", files)):
        assert load(path).names == sorted(shown)


def test_links_to_folders_are_not_followed(tmp_path, load, two, write):
    folder = write(tmp_path / "faces", two | {"tags.csv": "1,a\n2,b\n"})
    (folder / "again").symlink_to(folder)
    (folder / "3.png").symlink_to(folder / "nowhere.png")
    assert load(folder).names == ["1.png", "2.png"]


def test_a_zip_equals_its_folder(tmp_path, load, image, write, write_zip):
    files = {f"faces/{n}.png": image(n) for n in range(9)}
    files["tags.csv"] = "".join(f"{n},caption {n % 3}\n" for n in range(9))
    one = load(write(tmp_path / "data", files))
    two = load(write_zip(tmp_path / "data.zip", files))
    np.testing.assert_array_equal(one.images, two.images)
    np.testing.assert_array_equal(one.caption_ids, two.caption_ids)
    assert (one.captions, one.names) == (two.captions, two.names)


def test_damaged_members_of_a_zip_are_left_out(tmp_path, load, image, two, write_zip):
    files = two | {"3.png": image(3), "tags.csv": "1,a\n2,b\n3,c\n"}
    path = write_zip(tmp_path / "data.zip", files)
    data = path.read_bytes()
    path.write_bytes(data.replace(image(3), bytes(len(image(3))), 1))
    summary = load(path).summary
    assert summary.used == 2 and summary.left_out == {"cannot be read": 1}
    assert "3.png (Bad CRC-32" in summary.examples["cannot be read"][0]


def test_a_file_that_is_no_zip_is_refused_with_what_it_may_be(tmp_path, load, two, write):
    folder = write(tmp_path / "faces", two | {"tags.csv": "1,a\n2,b\n"})
    for name in ("tags.csv", "1.png"):
        with pytest.raises(UsageError, match=r"must be a folder or a \.zip.*--tags FILE"):
            load(folder / name)

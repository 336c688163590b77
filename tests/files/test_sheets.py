"""Sheets place images row by row, beside any text."""

import numpy as np
import pytest

from files import sheets
from files.sheets import Row

TEXTS = ["blue hair", "", "青い髪 🙂", "a\nb\0c\udc80", "long " * 500, "W" * 10_000]


def test_grid_places_images_row_by_row():
    images = np.stack([np.full((4, 4, 3), n, np.uint8) for n in range(5)])
    sheet = sheets.grid(images, columns=3, padding=1)
    assert sheet.shape == (2 * 5 + 1, 3 * 5 + 1, 3)
    np.testing.assert_array_equal(sheet[1:5, 6:10], images[1])
    np.testing.assert_array_equal(sheet[6:10, 6:10], images[4])
    assert (sheet[6:10, 11:15] == 255).all() and (sheet[0] == 255).all()


def test_labelled_grid_writes_any_text():
    rows = [Row(text, np.zeros((n + 1, 16, 16, 3), np.uint8)) for n, text in enumerate(TEXTS)]
    sheet = sheets.labelled_grid(rows)
    assert len(sheet) == len(rows) * 20
    assert sheet.shape[1] < 300 + 6 * 18 + 2
    assert (sheet[5:15, :100] < 128).any()  # "blue hair"
    assert (sheet[2:18, -2 - 16 - 5 * 18 : -2 - 5 * 18] == 0).all()  # its image


def test_rows_wrap():
    images = np.zeros((sheets.COLUMNS + 1, 16, 16, 3), np.uint8)
    sheet = sheets.labelled_grid([Row("", images)])
    assert sheet.shape == (2 * 18 + 2, 12 + 2 + sheets.COLUMNS * 18, 3)
    assert (sheet[20:36, 14:30] == 0).all() and (sheet[20:36, 30:] == 255).all()


@pytest.mark.parametrize("text", ["1_1", "a long name", *TEXTS[2:4]])
def test_each_image_has_its_caption_below_it(text):
    images = np.zeros((2, 16, 16, 3), np.uint8)
    sheet = sheets.labelled_grid([Row("", images, ["", text])])
    assert len(sheet) == 2 + 16 + 2 + 14
    left, right = np.split(sheet[18:, 14:], [(sheet.shape[1] - 14) // 2], axis=1)
    assert (left == 255).all() and (right < 200).any()


def test_the_note_is_at_the_bottom():
    rows = [Row("", np.zeros((9, 16, 16, 3), np.uint8))]
    without, sheet = sheets.labelled_grid(rows), sheets.labelled_grid(rows, note="and more")
    np.testing.assert_array_equal(sheet[: len(without)], without)
    assert (sheet[len(without) :] < 128).any()

"""Labels are drawn in a font that has their letters, or with escapes in their place."""

from pathlib import Path

import matplotlib
import pytest
from PIL import features

from files import fonts

LETTERS = str(Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf"))


@pytest.fixture(autouse=True)
def one_font(monkeypatch):
    """A system with one font, of European and Arabic letters."""
    monkeypatch.setattr(fonts, "_FONTS", ("none.ttf", LETTERS))


def test_english_needs_no_font_of_the_system(monkeypatch):
    monkeypatch.setattr(fonts, "_FONTS", ())
    assert fonts.legible("blue hair 1_2 …", 13) == ("blue hair 1_2 …", fonts._default(13))


@pytest.mark.parametrize("text", ["crème brûlée", "синие волосы", "γαλανά μάτια"])
def test_other_letters_take_the_font_that_has_them(text):
    shown, font = fonts.legible(text, 13)
    assert shown == text and font == fonts._open(LETTERS, 13)


def test_letters_that_no_font_has_are_escaped():
    shown, font = fonts.legible("é 青い 한", 13)
    assert shown == r"é \u9752\u3044 \ud55c" and font == fonts._open(LETTERS, 13)


def test_letters_from_right_to_left_need_the_library_that_sets_them(monkeypatch):
    text = "شعر"
    fonts._draws.cache_clear()
    assert (fonts.legible(text, 13)[0] == text) == features.check("raqm")
    monkeypatch.setattr(fonts.features, "check", lambda _: False)
    fonts._draws.cache_clear()
    assert fonts.legible(text, 13)[0] == r"\u0634\u0639\u0631"
    fonts._draws.cache_clear()

"""Reports as web pages: in one file, with nothing to load, and nothing that a text can add."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from files.pages import Page, Picture, Section, Table, write_page


@pytest.fixture
def written(tmp_path):
    """Return a function that writes a page and returns its HTML."""

    def write(page: Page) -> str:
        write_page(page, tmp_path / "page.html")
        return (tmp_path / "page.html").read_text("utf-8")

    return write


def test_a_page_shows_its_parts_and_loads_nothing(written):
    pixels = np.zeros((8, 8, 3), np.uint8)
    table = Table(["name", "count"], [["one", 1200], ["two", 0.5], ["three", None]], shaded=True)
    section = Section("Part", ["A text."], [table], [Picture.of(pixels, "a face", small=True)])
    text = written(Page("Title", "All is well.", [section]))
    for part in ("<title>Title</title>", "All is well.", "A text.", ">1,200<", ">0.5<", "a face"):
        assert part in text
    assert "0.70)" in text, "the largest number has the deepest shade"
    assert "alarm" not in text.split("</style>")[1]
    loaded = re.findall(r'(?:src|href|url)\s*[=(]\s*"?([^")\s]+)', text)
    assert loaded and all(source.startswith("data:image/jpeg;base64,") for source in loaded)
    assert "<script" not in text and "default-src 'none'" in text


def test_bad_news_look_like_it(written):
    assert 'class="verdict alarm"' in written(Page("Title", "No.", [], alarm=True))


@settings(settings.get_profile("fuzz"), max_examples=30)
@given(text=st.text())
def test_no_text_becomes_part_of_the_page(tmp_path, text):
    path = tmp_path / "page.html"
    evil = f"<script>alert('{text}')</script>\"'{{{{ page }}}}"
    table = Table([evil], [[evil, 1]])
    picture = Picture("data:,", evil)
    write_page(Page(evil, evil, [Section(evil, [evil], [table], [picture])]), path)
    html = path.read_text("utf-8", "replace")
    assert "<script" not in html and html.count("{{ page }}") == 8

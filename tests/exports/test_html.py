"""The page as a file: what is in it, and that nothing in it can become a script."""

import base64
import hashlib
import html
import json
import re

import numpy as np
import pytest

from config import WEB
from exports.base import MARKS
from exports.html import bundle, pack, page

ELEMENT = re.compile(r"<(script|style)([^>]*)>(.*?)</\1>", re.DOTALL)


def elements(text: str) -> dict[str, str]:
    """The content of the scripts and the style, by id or by the rest of their first tag."""
    found = {}
    for kind, rest, content in ELEMENT.findall(text):
        name = re.search(r'id="(\w+)"', rest)
        found[name[1] if name else kind] = content
    return found


def test_what_comes_from_a_model_cannot_become_a_script():
    bad = "</script></div><!--{{ policy }}--><script>alert(1)</script>&"
    names = {bad: [bad]}
    text = page({"word": bad}, b"weights", bad, about=bad, colours=names, choices=names)
    found = elements(text)
    assert found.keys() == {"style", "model", "weights", "worker", "script"}
    assert json.loads(found["model"]) == {"word": bad}
    assert base64.b64decode(found["weights"]) == b"weights"
    card = re.findall(r'<div class="card"><p>(.*?)</p>', text, re.DOTALL)[0]
    assert html.unescape(card) == bad and "<" not in card


def test_a_model_card_is_shown_as_html_and_leads_nowhere():
    card = "# Faces\n\n[one](../b.md) ![two](x.png) <https://example.com>\n\n|a|\n|-|\n|b|"
    text = page({}, b"", card, about="", colours={}, choices={})
    assert "<h3>Faces</h3>\n<p>one two https://example.com</p>\n<table>" in text
    assert re.findall(r'(?:src|href)="([^"]*)"', text) == ["data:,"]


def test_only_its_own_script_and_style_may_run():
    text = page({}, b"", "", about="", colours={}, choices={})
    found = elements(text)
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    assert policy.startswith("default-src 'none'; ") and "unsafe" not in policy
    for kind in ("script", "style"):
        digest = base64.b64encode(hashlib.sha256(found[kind].encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert re.findall(r'(?:src|href)="([^"]*)"', text) == ["data:,"]
    assert not re.findall(r"\{\{ |\{% ", text), "every part is there"
    assert MARKS[".html"].search(text.encode()[:5_000]), "how --export knows its own page"


@pytest.mark.parametrize("name", ["page", "worker"])
def test_a_bundle_holds_each_module_once_and_before_those_that_need_it(name):
    text = bundle(name)
    assert not re.findall(r"^(?:import|export)\b", text, re.MULTILINE)
    assert "</script" not in text and "<!--" not in text
    names = re.findall(r"^(?:async )?(?:function|class|const|let) (\w+)", text, re.MULTILINE)
    assert len(names) == len({*names}) > 20
    order = [text.index((WEB / f"{each}.js").read_text("utf-8")[:60]) for each in ("text", name)]
    assert order == sorted(order)


def test_arrays_are_packed_as_they_are():
    arrays: dict[str, np.ndarray] = {
        "odd": np.array([1, -2, 0.5], np.float16),
        "single": np.array([[1 / 3, -np.pi]], np.float32),
        "scalar": np.array(7, np.float32),
    }
    places, data = pack(arrays)
    for place, array in zip(places, arrays.values(), strict=True):
        kind = "<f2" if place["half"] else "<f4"
        assert place["offset"] % 4 == 0
        read = np.frombuffer(data, kind, array.size, place["offset"]).reshape(array.shape)
        np.testing.assert_array_equal(read, array, strict=True)

"""The page in Chromium, as its visitors use it."""

import base64
import io
import json
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
import pytest
from PIL import Image

from commands.demo import open_server
from config import UsageError
from DCGAN import main
from evaluation.classifier import Classifier
from exports.html import choose_examples
from files.provenance import read_provenance
from text.attributes import COLOUR_FACTS
from text.colours import EYE_COLOURS, HAIR_COLOURS

SIZES = ((390, 844), (1440, 900))  # of a phone and of a notebook


def faces_of(browser, count: int) -> np.ndarray:
    """Wait for the faces and return them, (count, S, S, 3)."""
    browser.drawn(count)
    return np.stack([browser.pixels(f"#faces :nth-child({k}) canvas") for k in range(1, count + 1)])


def shares(faces: np.ndarray, hair: str, eyes: str) -> list[float]:
    """The shares of faces whose hair, and whose eyes, the classifier sees in these colours."""
    wanted = [HAIR_COLOURS.index(hair), EYE_COLOURS.index(eyes)]
    return (Classifier.load().judge(faces).colours() == wanted).mean(axis=0).tolist()


def test_it_draws_the_colours_that_are_typed(browser, shipped_address):
    browser.open(shipped_address)
    browser.drawn(8)
    browser.type("#text", "green hair, blue eyes")
    browser.wait("document.querySelector('#reading').innerText === 'hair: green, eyes: blue'")
    assert min(shares(faces_of(browser, 8), "green", "blue")) >= 0.75
    assert browser.messages() == []
    for size in SIZES:
        browser.screenshot("faces", *size)


def test_other_eyes_leave_the_hair_the_face_and_the_other_faces(browser, shipped_address):
    browser.open(f"{shipped_address}#text=blue+hair+red+eyes&seed=7&count=8&face=3")
    before = faces_of(browser, 8)
    browser.wait("document.querySelectorAll('#targets canvas[width]').length === 7")
    browser.run("""
        window.drawn = [];
        const { postMessage } = Worker.prototype;
        Worker.prototype.postMessage = function (request) {
            if (request.kind === "draw") window.drawn.push(request.face.j);
            postMessage.call(this, request);
        };
    """)
    browser.click("#words-menus button[value='green eyes']")
    browser.wait("document.querySelector('#words-reading').innerText === 'hair: blue, eyes: green'")
    assert browser.run("return document.querySelector('#words').value") == "blue hair, green eyes"
    after = faces_of(browser, 8)
    browser.wait("document.querySelectorAll('#targets canvas[width]').length === 7")
    assert set(browser.run("return window.drawn")) == {3}, "only the face that was changed"
    for size in SIZES:
        browser.screenshot("face", *size)
    assert min(shares(before, "blue", "red")) >= 0.75
    changed = np.abs(after - before.astype(int)).mean(axis=(1, 2, 3))
    others = np.abs(np.roll(before, 1, axis=0) - before.astype(int)).mean(axis=(1, 2, 3))
    assert np.flatnonzero(changed).tolist() == [2] and changed[2] < others[2] / 2
    link = browser.driver.current_url
    assert "3=blue+hair%2C+green+eyes&" in link
    browser.run("history.back()")
    browser.wait("document.querySelector('#words').value === 'blue hair red eyes'")
    np.testing.assert_array_equal(faces_of(browser, 8), before)
    browser.open(link)
    np.testing.assert_array_equal(faces_of(browser, 8), after)


def test_a_menu_above_changes_every_face(browser, shipped_address):
    browser.open(f"{shipped_address}#3=pink+hair&text=blue+hair+red+eyes&seed=7&count=8")
    before = faces_of(browser, 8)
    if not browser.run("return document.querySelector('#more').open"):
        browser.click("#more summary")
    browser.click("#menus button[value='green eyes']")
    browser.wait("document.querySelector('#reading').innerText === 'hair: blue, eyes: green'")
    after = faces_of(browser, 8)
    assert (
        min(shares(after, "blue", "green")) >= 0.75 and (after != before).any(axis=(1, 2, 3)).all()
    )
    assert "pink" not in browser.driver.current_url


def test_a_link_and_a_reload_show_the_same_face(browser, small_address):
    browser.open(f"{small_address}#text=blue+hair&seed=5&count=4&variety=0.5")
    browser.drawn(4)
    second = browser.pixels("#faces :nth-child(2) canvas")
    browser.click("#faces :nth-child(2)")
    browser.wait("document.querySelector('#canvas').width === 32")
    link = browser.driver.current_url
    assert link.endswith("#text=blue+hair&seed=5&count=4&variety=0.5&face=2")
    for again in (lambda: browser.driver.refresh(), lambda: browser.open(link)):
        again()
        browser.drawn(4)
        browser.wait("document.querySelector('#canvas').width === 32")
        np.testing.assert_array_equal(browser.pixels("#canvas"), second)
    browser.click("#close")
    browser.wait("!document.querySelector('#dialog').open && !location.hash.includes('face')")
    browser.run("history.back()")
    browser.wait("document.querySelector('#dialog').open")


def test_the_dice_and_the_settings_change_the_faces_and_the_address(browser, small_address):
    browser.open(f"{small_address}#text=smile&seed=5&count=1")
    browser.drawn(1)
    before = browser.pixels("#faces canvas")
    browser.click("#dice")
    browser.wait("!location.hash.includes('seed=5&')")
    browser.drawn(1)
    assert (browser.pixels("#faces canvas") != before).any()
    browser.type("#seed", "5")
    browser.wait("location.hash.includes('seed=5&')")
    browser.run("""
        const count = document.querySelector("#count");
        count.value = "4";
        count.dispatchEvent(new Event("change"));
    """)
    browser.drawn(4)
    np.testing.assert_array_equal(browser.pixels("#faces canvas"), before)
    browser.run("history.back()")
    browser.drawn(1)


def download(browser, folder: Path) -> Path:
    """Download the open face; the file has the name that the page gives it."""
    browser.run("""
        window.file = null;
        URL.createObjectURL = (blob) => {
            blob.arrayBuffer().then((data) => {
                window.file = btoa(String.fromCharCode(...new Uint8Array(data)));
            });
            return "#";
        };
        HTMLAnchorElement.prototype.click = function () { window.name = this.download; };
    """)
    browser.click("#download")
    data = base64.b64decode(browser.wait("window.file"))
    path = folder / browser.run("return window.name")
    path.write_bytes(data)
    return path


def test_downloads_of_changed_faces_have_names_of_their_own(browser, small_address, tmp_path):
    browser.open(f"{small_address}#text=smile&seed=5&count=2&face=1&1=pink+hair")
    browser.drawn(2)
    browser.wait("document.querySelectorAll('#targets canvas[width]').length === 1")
    assert download(browser, tmp_path).name == "face_5_1_edited.png"
    browser.click("#targets label")
    walk = download(browser, tmp_path)
    assert walk.name == "face_5_1_walk.png"
    with pytest.raises(UsageError, match="on the way between two descriptions"):
        read_provenance(walk)


def test_a_download_is_drawn_again_by_the_program(
    browser, shipped_address, shipped, tmp_path, monkeypatch, capsys
):
    """The file holds what docs/metadata.md says, and `--from` draws the same pixels."""
    browser.open(f"{shipped_address}#text=gren_hair+snow☃&seed=4294967295&count=2&face=2")
    browser.drawn(2)
    path = download(browser, tmp_path)
    assert path.name == "face_4294967295_2.png"
    assert browser.text("#told") == "Downloaded face_4294967295_2.png"
    with Image.open(path) as image:
        drawn = np.array(image)
        assert image.info["description"] == "gren hair snow☃"
    np.testing.assert_array_equal(browser.pixels("#canvas"), drawn)
    command = ["--generate", "--from", str(path), "--format", "png", "-o", str(tmp_path / "again")]
    assert main([*command, "--model", "pretrained"]) == 0
    (again,) = (tmp_path / "again").iterdir()
    with Image.open(again) as image, Image.open(path) as first:
        assert np.abs(np.array(image).astype(int) - drawn).max() <= 2
        assert image.info == first.info, "the same fields, and the same text for other programs"
    assert "differ" not in capsys.readouterr().out


def test_the_link_of_a_face_is_copied(browser, small_address):
    browser.open(f"{small_address}#text=smile&seed=5&count=2&face=1")
    browser.drawn(2)
    browser.run("navigator.clipboard.writeText = async (text) => { window.copied = text; };")
    browser.click("#link")
    assert browser.wait("window.copied") == browser.run("return location.href")
    browser.wait("document.querySelector('#told').textContent === 'The link is copied.'")
    browser.run("navigator.clipboard.writeText = async () => { throw new Error('refused'); };")
    browser.click("#link")
    browser.wait("document.querySelector('#told').textContent.includes('Copy the address')")


def test_faces_can_be_kept_and_walked_between(browser, small_address):
    browser.open(f"{small_address}#text=smile&seed=5&count=2&face=1")
    browser.drawn(2)
    browser.run("localStorage.clear()")
    browser.click("#keep")
    assert browser.text("#keep") == "Forget"
    browser.driver.refresh()
    browser.drawn(2)
    browser.wait("document.querySelectorAll('#targets canvas').length === 1")
    assert browser.run("return document.querySelectorAll('#kept canvas').length") == 1
    start = browser.pixels("#canvas")
    browser.click("#targets label")
    browser.run("""
        const share = document.querySelector("#share");
        share.value = 1;
        share.dispatchEvent(new Event("input"));
    """)
    target = browser.pixels("#targets canvas")
    browser.wait(f"""(() => {{
        const canvas = document.querySelector("#canvas");
        const {{ data }} = canvas.getContext("2d").getImageData(3, 3, 1, 1);
        return {target[3, 3].tolist()}.every((value, i) => data[i] === value);
    }})()""")
    np.testing.assert_array_equal(browser.pixels("#canvas"), target)
    assert (target != start).any()
    locked = "return ['keep', 'link'].map((id) => document.getElementById(id).disabled)"
    assert browser.run(locked) == [True, True], "they would mean the face that it began with"
    assert "can only be downloaded" in browser.text("#told")
    browser.run("""
        const share = document.querySelector("#share");
        share.value = 0;
        share.dispatchEvent(new Event("input"));
    """)
    assert browser.run(locked) == [False, False] and browser.text("#told") == ""
    browser.click("#keep")
    assert browser.run("return JSON.parse(Object.values(localStorage)[0])") == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("blue hair " * 1_000, "This cannot be drawn: it has 9,999 characters, more than 2,000"),
        ("", "This cannot be drawn: there is no word in it"),
        ("😀😀", "This cannot be drawn: there is no word in it"),
        ("😀 blue hair", "hair: "),
        (
            "<img src=x onerror=alert(1) blue hair",
            "not understood: img, src, onerror, alert, 1",
        ),
    ],
    ids=["long", "empty", "emoji", "emoji and words", "HTML"],
)
def test_any_text_is_answered_and_shown_as_text(browser, small_address, text, told):
    browser.open(f"{small_address}#text=smile&seed=5&count=1")
    browser.drawn(1)
    script = """
        document.querySelector("#text").value = arguments[0];
        document.querySelector("#reading").textContent = "";
    """
    browser.run(script, text)
    browser.click("button.primary")
    browser.wait("document.querySelector('#reading').textContent")
    assert told in browser.text("#reading")
    assert browser.run("return document.querySelectorAll('img').length") == 0
    is_refused = "cannot" in told
    assert browser.run("return document.querySelector('#text').ariaInvalid") == (
        "true" if is_refused else "false"
    )
    if is_refused:
        assert browser.text("#progress") == ""
        assert browser.pixels("#faces canvas").any(), "the former face stays"
    else:
        browser.drawn(1)
    assert ("#text=smile&" in browser.driver.current_url) == is_refused
    assert browser.messages() == []


def test_after_a_refused_text_the_former_one_is_read_again(browser, small_address):
    browser.open(f"{small_address}#text=pink+hair&seed=5&count=1")
    browser.drawn(1)
    before = browser.pixels("#faces canvas")
    reading = browser.text("#reading")
    browser.type("#text", "")
    browser.wait("document.querySelector('#reading').textContent.startsWith('This cannot')")
    assert browser.run("return document.querySelectorAll('.menus [aria-pressed=true]').length") == 0
    np.testing.assert_array_equal(browser.pixels("#faces canvas"), before)
    browser.type("#text", "pink hair")
    browser.wait(f"document.querySelector('#reading').innerText === {json.dumps(reading)}")
    assert browser.run("return document.querySelector('#text').ariaInvalid") == "false"
    np.testing.assert_array_equal(faces_of(browser, 1)[0], before)


def test_what_is_typed_has_no_reading_of_another_text(browser, small_address):
    browser.open(f"{small_address}#text=pink+hair&seed=5&count=1")
    browser.drawn(1)
    reading = browser.text("#reading")
    field = browser.driver.find_element("css selector", "#text")
    field.send_keys(",")
    assert browser.text("#reading") == ""
    field.send_keys("\b\n")
    browser.wait(f"document.querySelector('#reading').innerText === {json.dumps(reading)}")


@pytest.mark.parametrize(
    ("field", "value"), [("seed", "-1"), ("seed", str(2**32)), ("seed", "1.5"), ("count", "101")]
)
def test_a_number_out_of_range_changes_nothing(browser, small_address, field, value):
    browser.open(f"{small_address}#text=smile&seed=5&count=1")
    browser.drawn(1)
    before = browser.driver.current_url
    browser.type(f"#{field}", value)
    assert browser.run("return document.querySelector('#form :invalid').id") == field
    assert browser.run("return document.querySelector('#more').open"), "so that it is seen"
    assert browser.driver.current_url == before


def test_numbers_of_a_link_that_cannot_be_are_replaced_and_told_once(browser, small_address):
    browser.open(f"{small_address}#text=blue+hair&seed=abc&count=-5&variety=7")
    browser.drawn(1)
    seed = browser.run("return document.querySelector('#seed').value")
    told = browser.text("#progress")
    for said, used in (("seed=abc", seed), ("count=-5", 1), ("variety=7", 1)):
        assert f"The link says {said}, which cannot be: {used} is used." in told
    assert browser.driver.current_url.endswith(f"#text=blue+hair&seed={seed}&count=1&variety=1")
    browser.run("document.querySelector('#progress').textContent = ''")
    browser.run("location.hash = location.hash.replace('count=1&', 'count=1.5&')")
    browser.drawn(1)
    assert "says count=1.5, which cannot be: 1 is used." in browser.text("#progress")
    assert "&count=1&" in browser.driver.current_url, "what Copy link copies"
    browser.click("#dice")
    browser.drawn(1)
    assert "link" not in browser.text("#progress")
    browser.run("location.hash = '#count=1&seed='")
    browser.drawn(1)
    told = browser.text("#progress")
    assert "The link has no text: " in told and "says seed=, which cannot be" in told


def test_the_places_of_the_faces_are_there_before_the_faces(browser, small_address):
    browser.open(f"{small_address}#text=smile&count=7")
    browser.wait("document.querySelectorAll('#faces canvas').length === 7")
    height = "document.querySelector('#faces').offsetHeight"
    before = browser.run(f"return {height}")
    browser.drawn(7)
    assert browser.run(f"return {height}") == before > 100


def test_the_examples_are_what_the_model_learnt(browser, shipped_address, small_address):
    shown = {}
    for address in (shipped_address, small_address):
        browser.open(address)
        script = "return [...document.querySelectorAll('#examples button')].map((b) => b.value)"
        shown[address] = browser.run(script)
    assert [len(texts) for texts in shown.values()] == [5, 5]
    assert "a boy with short black hair" in shown[shipped_address]
    assert choose_examples({}) == choose_examples({"person": ["boy"]})
    assert not any("boy" in text or "mouth" in text for text in choose_examples({}))


@pytest.mark.parametrize(("width", "height"), [(320, 568), (390, 844), (1440, 900)], ids=str)
def test_the_face_stays_in_sight_while_it_is_changed(browser, small_address, width, height):
    browser.screenshot("walk", width, height)
    browser.open(f"{small_address}#text=smile&seed=5&count=8&face=1")
    browser.drawn(8)
    browser.wait("document.querySelectorAll('#targets canvas[width]').length === 7")
    browser.run("document.querySelector('#dialog').scrollTop = 1e5")
    browser.click("#targets label")
    browser.run("document.querySelector('#share').scrollIntoView({ block: 'nearest' })")
    browser.screenshot("walk", width, height)
    script = """
        return ["#canvas", "#share"].map((place) => {
            const { top, bottom, left, right } =
                document.querySelector(place).getBoundingClientRect();
            return [top, bottom, left, right];
        });
    """
    face, slider = browser.run(script)
    assert face[0] >= 0 and slider[1] <= height, "both are on the screen"
    assert face[1] <= slider[0] or face[3] <= slider[2], "and neither hides the other"
    assert face[1] - face[0] == pytest.approx(face[3] - face[2], abs=1)


def test_controls_say_their_state(browser, small_address):
    browser.open(f"{small_address}#text=smile&seed=5&count=2&face=1")
    browser.drawn(2)
    browser.wait("document.querySelectorAll('#targets canvas').length === 1")
    state = """
        const { ariaPressed, title } = document.querySelector("#enlarge");
        return [ariaPressed, title];
    """
    assert browser.run(state) == ["false", "Enlarge"]
    browser.click("#enlarge")
    assert browser.run(state) == ["true", "Make smaller"]
    browser.click("#enlarge")
    assert browser.run(state) == ["false", "Enlarge"]
    percent = """
        const value = document.querySelector("#share-value").textContent;
        return [value, document.querySelector("#share").ariaValueText];
    """
    assert browser.run(percent) == ["0 %"] * 2
    browser.click("#targets label")
    assert browser.run(percent) == ["50 %"] * 2


def test_the_menus_are_what_the_model_knows(browser, small_address, small):
    browser.open(f"{small_address}#text=smile&count=1")
    browser.drawn(1)
    shown = small.header.shown
    colours = browser.run(
        "return [...document.querySelectorAll('#menus button')].map(b => b.value)"
    )
    assert colours == [n for n, images in shown.items() if images > 20][: len(colours)]
    values = browser.run("return [...document.querySelectorAll('#menus option')].map(o => o.value)")
    learnt = [name for name, images in shown.items() if images > 20]
    assert [*colours, *filter(None, values)] == learnt
    browser.run("""
        const list = document.querySelector("#menus select");
        list.value = list.options[1].value;
        list.dispatchEvent(new Event("change", { bubbles: true }));
    """)
    first = next(filter(None, values))
    browser.wait(f"document.querySelector('#text').value.split(', ').includes('{first}')")


CHANGES = [
    ("blue hair red eyes", "eyes", "green eyes", "blue hair, green eyes"),
    ("Her hair is blonde. It is long", "hair", "red hair", "red hair, long hair"),
    ("her hair is long and her eyes are red", "length", "", "red eyes"),
    ("no red eyes, dark blue hair", "eyes", "pink eyes", "blue hair, pink eyes"),
    ("pink and blue hair, choker", "hair", "white hair", "white hair, choker"),
    ("no choker", "length", "short hair", "short hair, no choker"),
    ("silver hair", "hair", "gray hair", "a face"),
    ("", "hair", "red hair", "red hair"),
]


def test_what_cannot_be_drawn_is_never_opened(browser, small_address):
    browser.open(f"{small_address}#text=&face=2")
    browser.wait("document.querySelector('#reading').textContent.startsWith('This cannot')")
    assert not browser.run("return document.querySelector('#dialog').open")
    browser.open(f"{small_address}#text=smile&seed=5&count=3&3=")
    browser.drawn(3)
    assert "3=" not in browser.driver.current_url


def test_faces_that_another_tab_keeps_are_not_lost(browser, small_address):
    browser.open(f"{small_address}#text=smile&seed=5&count=2&face=1")
    browser.drawn(2)
    first = browser.driver.current_window_handle
    browser.driver.switch_to.new_window("tab")
    browser.open(f"{small_address}#text=smile&seed=5&count=2&face=2")
    browser.drawn(2)
    browser.click("#keep")
    other = browser.driver.current_window_handle
    browser.driver.switch_to.window(first)
    browser.wait("document.querySelectorAll('#kept a').length === 1")
    browser.click("#keep")
    browser.wait("document.querySelectorAll('#kept a').length === 2")
    browser.driver.switch_to.window(other)
    browser.wait("document.querySelectorAll('#kept a').length === 2")
    browser.driver.close()
    browser.driver.switch_to.window(first)


@pytest.mark.parametrize(("text", "attribute", "value", "wanted"), CHANGES)
def test_a_menu_changes_one_thing(browser, shipped_address, text, attribute, value, wanted):
    browser.open(f"{shipped_address}#count=1&seed=1&{urlencode({'text': text})}")
    if text:
        browser.drawn(1)
    if attribute in COLOUR_FACTS:
        browser.click(f"#menus button[value='{value}']")
    else:
        browser.run(
            """
            const list = document.querySelector(`#menus select[name=${arguments[0]}]`);
            list.value = arguments[1];
            list.dispatchEvent(new Event("change", { bubbles: true }));
            """,
            attribute,
            value,
        )
    browser.wait(f"document.querySelector('#text').value === '{wanted}'")
    browser.drawn(1)


def test_it_asks_nothing_of_anywhere(browser, small_address):
    browser.driver.execute_cdp_cmd("Network.enable", {})
    offline = {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0}
    browser.driver.execute_cdp_cmd("Network.emulateNetworkConditions", offline)
    try:
        browser.open(f"{small_address}#text=smile&count=1")
        browser.drawn(1)
        names = "return performance.getEntriesByType('resource').map((entry) => entry.name)"
        assert [name for name in browser.run(names) if not name.startswith("blob:")] == []
        asked = browser.run("""
            const image = document.body.appendChild(new Image());
            image.src = "https://example.com/";
            const script = document.body.appendChild(document.createElement("script"));
            script.textContent = "window.ran = true";
            return fetch("https://example.com/").then(() => "answered", () => "refused");
        """)
        assert asked == "refused" and browser.run("return window.ran") is None
        refused = " ".join(browser.messages())
        for directive in ("img-src", "script-src", "default-src"):
            assert directive in refused
    finally:
        online = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
        browser.driver.execute_cdp_cmd("Network.emulateNetworkConditions", online)


def test_it_works_by_keyboard_and_every_control_has_a_name(browser, small_address):
    from selenium.webdriver.common.keys import Keys

    browser.open(f"{small_address}#text=smile&count=2")
    browser.drawn(2)
    browser.run("document.querySelector('#faces a').focus()")
    browser.driver.switch_to.active_element.send_keys(Keys.ENTER)
    browser.wait("document.querySelector('#dialog').open")
    browser.wait("document.querySelectorAll('#targets canvas').length")
    tree = browser.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    roles = ("button", "textbox", "slider", "combobox", "dialog", "status", "group")
    named: dict[str, list[str]] = {role: [] for role in roles}
    for node in tree:
        role = node.get("role", {}).get("value")
        if role in named and not node.get("ignored"):
            named[role].append(node.get("name", {}).get("value", ""))
    assert min(len(named[role]) for role in ("button", "textbox", "slider", "dialog")) > 0
    nameless = ("button", "textbox", "slider", "combobox", "dialog")
    assert [role for role in nameless if "" in named[role]] == []
    script = "return [...document.querySelectorAll('[type=range]')].map((e) => e.labels.length)"
    assert browser.run(script) == [1, 1], "outputs in their labels do not take their names"
    browser.click("#enlarge")
    browser.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    browser.wait("document.querySelector('#enlarge').ariaPressed === 'false'")
    assert browser.run("return document.querySelector('#dialog').open")
    browser.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    browser.wait("!document.querySelector('#dialog').open && !location.hash.includes('face=')")
    assert browser.run("return document.activeElement.className") == "face"
    browser.run("document.querySelector('#dice').focus()")
    browser.driver.switch_to.active_element.send_keys(Keys.TAB, Keys.ENTER)
    assert browser.run("return document.activeElement.className") == "face", "a short way"


@pytest.mark.parametrize(("width", "height"), [(320, 640), *SIZES, (3840, 2160)], ids=str)
def test_it_fits_every_screen(browser, small_address, width, height):
    browser.screenshot("fit", width, height)
    browser.open(f"{small_address}#text={'x' * 300}&count=4")
    browser.drawn(4)
    path = browser.screenshot("fit", width, height)
    sizes = browser.run("return [document.documentElement.scrollWidth, innerWidth]")
    assert sizes[0] <= sizes[1] == width
    with Image.open(io.BytesIO(path.read_bytes())) as image:
        assert image.width == width


def test_it_works_from_a_server(browser, small_page):
    import threading

    with open_server("127.0.0.1", 0) as server:
        server.page = small_page
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            browser.open(f"http://127.0.0.1:{server.server_port}/#text=smile&count=1")
            browser.drawn(1)
            assert browser.messages() == []
        finally:
            server.shutdown()
            thread.join()

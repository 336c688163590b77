"""Chromium, pages to open in it, and small models to make pages of."""

import base64
import json
import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from checkpoints import checkpoint
from checkpoints.checkpoint import Header
from config import OWN_ENCODER, ROOT, ModelConfig, TrainConfig
from exports.html import bundle, export
from sampler import Sampler
from skipthoughts_encoder import load_encoder
from text.attributes import FACTS
from text.colour_names import OTHER_WORDS, PLAIN_WORDS
from text.denials import MARK
from text.fact_probe import PROBE
from text.facts import FACT_SPELLINGS, FACT_WORDS

SECONDS = 120  # to wait for anything in the browser, on a busy machine
SCREENSHOTS = ROOT / "samples" / "screenshots"  # of the tests' pages, to look at


@pytest.fixture(scope="session")
def driver() -> Iterator[Any]:
    """Headless Chromium, without any network."""
    found = {name: shutil.which(name) for name in ("chromium", "chromedriver")}
    if missing := [name for name, path in found.items() if path is None]:
        pytest.skip(f"needs {' and '.join(missing)}: apt-get install chromium chromium-driver")
    webdriver = pytest.importorskip("selenium.webdriver", reason="needs selenium")
    options = webdriver.ChromeOptions()
    options.binary_location = found["chromium"]
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(found["chromedriver"])
    browser = webdriver.Chrome(options, service)
    browser.set_page_load_timeout(2 * SECONDS)
    browser.set_script_timeout(2 * SECONDS)
    yield browser
    browser.quit()


class Browser:
    """What the tests do in a page."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def open(self, address: str) -> None:
        """Open an address anew, even if only what follows its # differs from the present one."""
        self.driver.get("about:blank")
        self.driver.get(address)

    def run(self, script: str, *arguments: Any) -> Any:
        """Run a script in the page and return its result, awaited."""
        return self.driver.execute_script(script, *arguments)

    def wait(self, condition: str) -> Any:
        """Wait until an expression in the page is true, and return its value."""
        end = time.monotonic() + SECONDS
        while not (value := self.run(f"return {condition}")):
            assert time.monotonic() < end, (condition, self.text("body"), self.messages())
            time.sleep(0.05)
        return value

    def text(self, selector: str) -> str:
        """The text of an element."""
        return self.run("return document.querySelector(arguments[0]).innerText", selector)

    def click(self, selector: str) -> None:
        """Click an element as a user does."""
        element = self.driver.find_element("css selector", selector)
        self.run("arguments[0].scrollIntoView({ block: 'center' })", element)
        element.click()

    def type(self, selector: str, text: str) -> None:
        """Replace what is in a field, and press Enter."""
        script = "const e = document.querySelector(arguments[0]); e.value = arguments[1]; e.focus()"
        self.run(script, selector, text)
        self.driver.find_element("css selector", selector).send_keys("\n")

    def drawn(self, count: int) -> None:
        """Wait until so many faces are drawn."""
        self.wait(f"document.querySelector('#progress').textContent.startsWith('{count} drawn')")

    def pixels(self, selector: str) -> np.ndarray:
        """Return the image on a canvas, (S, S, 3) uint8."""
        script = """
            const canvas = document.querySelector(arguments[0]);
            const [width, height] = [canvas.width, canvas.height];
            const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
            return btoa(String.fromCharCode(...data));
        """
        values = np.frombuffer(base64.b64decode(self.run(script, selector)), np.uint8)
        side = round((len(values) / 4) ** 0.5)
        return values.reshape(side, side, 4)[:, :, :3]

    def messages(self) -> list[str]:
        """Return what the browser has complained of since the last call, but for how tests read."""
        messages = [entry["message"] for entry in self.driver.get_log("browser")]
        return [message for message in messages if "willReadFrequently" not in message]

    def screenshot(self, name: str, width: int, height: int) -> Path:
        """Show the page in a window of a size, and keep an image of it."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        path = SCREENSHOTS / f"{name}-{width}x{height}.png"
        self.driver.save_screenshot(str(path))
        return path


@pytest.fixture
def browser(driver) -> Iterator[Browser]:
    """The browser; afterwards its window has its usual size again."""
    yield Browser(driver)
    driver.get("about:blank")
    driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


class Engine:
    """The page's model without the page: its scripts run where tests can call them."""

    def __init__(self, browser: Browser, page: bytes) -> None:
        self.browser = browser
        found = {
            name: re.search(rf'<script id="{name}" [^>]*>(.*?)</script>', page.decode(), re.DOTALL)
            for name in ("model", "weights")
        }
        about, weights = (match[1] for match in found.values() if match)
        browser.open("about:blank")
        script = """
            const bytes = Uint8Array.from(atob(arguments[1]), (c) => c.charCodeAt(0));
            window.engine = new Model(JSON.parse(arguments[0]), bytes.buffer);
            Object.assign(window, { Random, clean });
        """
        browser.run(bundle("worker") + script, about, weights)

    def map(self, function: str, items: list[Any]) -> list[Any]:
        """Apply a function of the page's `engine` to items, some hundreds a call."""
        results: list[Any] = []
        for start in range(0, len(items), 200):
            part = json.loads(json.dumps(items[start : start + 200]))
            results += self.browser.run(f"return arguments[0].map({function})", part)
        return results


@pytest.fixture
def engine(browser) -> Callable[[bytes], Engine]:
    """Return a function that takes a page's model into the browser."""
    return lambda page: Engine(browser, page)


def write_encoder(folder: Path) -> Path:
    """Write an encoder with random weights whose probe hears every fact now and then."""
    random = np.random.default_rng(0)
    words = sorted({*FACT_WORDS, *PLAIN_WORDS, *OTHER_WORDS, "a", "girl", "with", "and", "her"})
    words = ["<eos>", "UNK", ",", ".", ":", *words, *(f"{MARK}{word}" for word in words)]
    folder.mkdir(parents=True)
    (folder / "dictionary.txt").write_text("".join(f"{word}\n" for word in words), "utf-8")

    def normal(*shape: int) -> np.ndarray:
        return random.standard_normal(shape, np.float32)

    def gru(prefix: str, e: int = 8, d: int = 12) -> dict[str, Any]:
        shapes = {"W": (e, 2 * d), "b": (2 * d,), "U": (d, 2 * d)}
        shapes |= {"Wx": (e, d), "bx": (d,), "Ux": (d, d)}
        return {f"{prefix}_{name}": normal(*shape) for name, shape in shapes.items()}

    for table in ("utable", "btable"):
        np.save(folder / f"{table}.npy", normal(len(words), 8))
    np.savez(folder / "uni_skip.npz", **gru("encoder"))
    np.savez(folder / "bi_skip.npz", **gru("encoder"), **gru("encoder_r"))
    second = [*OTHER_WORDS, *FACT_SPELLINGS]
    settings = {"first": PLAIN_WORDS, "second": second, "others": ["air", "hat", "braid"]}
    (folder / "encoder.json").write_text(json.dumps(settings | {"facts": FACTS}), "utf-8")
    weights, bias = 3 * normal(36, 2 * len(FACTS)), normal(2 * len(FACTS)) - 2
    np.savez(folder / PROBE, weights=weights, bias=bias)
    return folder


@pytest.fixture(scope="session")
def make_model(tmp_path_factory) -> Callable[..., Sampler]:
    """Return a function that makes an untrained model that hears facts, with a record of them."""
    from training.trainer import Trainer

    def make(**settings: Any) -> Sampler:
        folder = tmp_path_factory.mktemp("model")
        encoder = load_encoder(write_encoder(folder / OWN_ENCODER))
        config = ModelConfig(
            encoder.dim, encoder.fingerprint, **{"width": 4, "noise": 7} | settings
        )
        trainer = Trainer(config, TrainConfig())
        vectors = encoder.encode(FACTS)[:, None]
        if config.recipe == "default":
            trainer.adapt(vectors)
            trainer.refresh_statistics(vectors, np.arange(len(FACTS)))
        for variable in trainer.nets.ema.variables:
            if variable.path.endswith("widen/kernel"):  # which is zero in a new model
                variable.assign(np.random.default_rng(0).normal(0, 0.5, variable.shape))
        shown = {name: 500 if k % 3 else 3 for k, name in enumerate(FACTS)}
        header = Header(config, TrainConfig(), step=7, shown=shown)
        path = checkpoint.save(
            folder, header, trainer.arrays(), checkpoint.export(trainer.nets.ema)
        )
        return Sampler.load(path)

    return make


@pytest.fixture(scope="session")
def small(make_model) -> Sampler:
    """A small model that hears facts."""
    return make_model(size=32)


@pytest.fixture(scope="session")
def small_page(small) -> bytes:
    """Its page."""
    return export(small).data


@pytest.fixture(scope="session")
def shipped() -> Sampler:
    """The model that ships."""
    return Sampler.load("pretrained")


@pytest.fixture(scope="session")
def shipped_page(shipped) -> bytes:
    """Its page."""
    return export(shipped).data


@pytest.fixture(scope="session")
def shipped_address(shipped_page, tmp_path_factory) -> str:
    """The address of its page as a file."""
    path = tmp_path_factory.mktemp("page") / "faces.html"
    path.write_bytes(shipped_page)
    return path.as_uri()


@pytest.fixture(scope="session")
def small_address(small_page, tmp_path_factory) -> str:
    """The address of the small model's page as a file."""
    path = tmp_path_factory.mktemp("page") / "small.html"
    path.write_bytes(small_page)
    return path.as_uri()

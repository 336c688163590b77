"""How fast the web page draws, against Python on the same machine.

    python3 -m benchmarks.page

needs Chromium and its driver. Times depend on the machine; the ratios less so.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from pathlib import Path

from config import prepare_environment

FACES = 16
RUNS = 5
_DRAW = """
const [text, done] = arguments;
document.querySelector("#text").value = text;
const start = performance.now();
const times = [];
const look = () => {
  const painted = document.querySelectorAll("#faces canvas[width]").length;
  if (painted && !times.length) times.push(performance.now() - start);
  const isDone = document.querySelector("#progress").textContent.includes(" drawn");
  if (isDone) done([...times, performance.now() - start]);
  else setTimeout(look, 1);
};
document.querySelector("#faces").replaceChildren();
document.querySelector("#progress").textContent = "";
document.querySelector("#form").requestSubmit();
look();
"""


def main(arguments: list[str] | None = None) -> None:
    """Print the times and the ratios."""
    argparse.ArgumentParser(prog="python3 -m benchmarks.page", description=__doc__).parse_args(
        arguments
    )
    prepare_environment()
    from selenium import webdriver

    from exports.html import export
    from sampler import Sampler

    sampler = Sampler.load("pretrained")
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    first, every, python = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "faces.html")
        path.write_bytes(export(sampler).data)
        service = webdriver.ChromeService(shutil.which("chromedriver"))
        with webdriver.Chrome(options, service) as browser:
            browser.set_script_timeout(600)
            browser.get(f"{path.as_uri()}#text=red+hair&count={FACES}")
            for run in range(RUNS + 1):  # the first one warms up
                texts = [f"blue hair, red eyes, {run}"] * FACES
                one, all_ = browser.execute_async_script(_DRAW, texts[0])
                begin = time.perf_counter()
                sampler.sample(texts, run, tries=1)
                first.append(one / 1e3)
                every.append(all_ / 1e3)
                python.append(time.perf_counter() - begin)
            cores = browser.execute_script("return navigator.hardwareConcurrency")
    one, all_, reference = (statistics.median(times[1:]) for times in (first, every, python))
    print(f"the first face after Enter    {one:6.3f} s")
    print(f"{FACES} faces after Enter        {all_:6.3f} s, with {min(4, cores)} workers")
    print(f"{FACES} faces in Python          {reference:6.3f} s")
    print(f"the page takes {all_ / reference:.1f} times as long as Python")


if __name__ == "__main__":
    main()

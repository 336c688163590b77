"""Run and watch processes: seconds, memory, medians, and a description of the machine."""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import platform
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from config import ROOT

RUNS = 5  # measurements that a median is taken of
PACKAGES = ("tensorflow-cpu", "tensorflow", "keras", "ai-edge-litert", "numpy", "pillow")


class Finished(NamedTuple):
    """What a finished process leaves."""

    seconds: float
    memory: int  # bytes, the peak of anonymous memory with child processes
    output: str


def run(command: list[str], **environment: str) -> Finished:
    """Run a Python command in the project's folder and measure it.

    Args:
        command: What follows `python3`.
        **environment: Environment variables to set in addition.

    Raises:
        SystemExit: The command failed.
    """
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    peak = 0

    def watch() -> None:
        nonlocal peak
        while process.poll() is None:
            peak = max(peak, anonymous_bytes(process.pid))
            time.sleep(0.005)

    watcher = threading.Thread(target=watch)
    watcher.start()
    output, errors = process.communicate()
    seconds = time.perf_counter() - started
    watcher.join()
    if process.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{errors}")
    return Finished(seconds, peak, output)


def anonymous_bytes(process: int) -> int:
    """Return the anonymous memory of a process and its children in bytes; on Linux only."""
    total = 0
    try:
        status = Path(f"/proc/{process}/status").read_text()
        total = int(status.partition("RssAnon:")[2].split()[0]) * 1024
        for task in Path(f"/proc/{process}/task").iterdir():
            for child in (task / "children").read_text().split():
                total += anonymous_bytes(int(child))
    except (OSError, IndexError):  # the process has ended
        pass
    return total


def median_seconds(work: Callable[[], object], runs: int = RUNS) -> float:
    """Return the median time of a few runs of a function."""
    seconds = []
    for _ in range(runs):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def machine() -> dict[str, str]:
    """Describe what figures are measured on: processor, cores, versions."""
    model = platform.processor()
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        names = (line.partition(": ")[2] for line in lines if line.startswith("model name"))
        model = next(names, model)
    versions = {}
    for package in PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[package] = importlib.metadata.version(package)
    cores = str(len(os.sched_getaffinity(0)))
    return {"processor": model, "cores": cores, "python": platform.python_version(), **versions}

"""`--version`: which versions run, without importing TensorFlow."""

from __future__ import annotations

import contextlib
import functools
import platform
import re
from importlib import metadata

from config import ROOT

_TENSORFLOW = ("tensorflow", "tensorflow-cpu", "tensorflow-intel", "tensorflow-macos")  # its names


@functools.cache
def program_version() -> str:
    """Return the name and version of this program, as in pyproject.toml."""
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    found = re.search(r'^name = "(.+)"\nversion = "(.+)"$', project, re.MULTILINE)
    return " ".join(found.groups() if found else ("anime-faces", "of an unknown version"))


def versions() -> str:
    """Return the versions of this program, of Python and of TensorFlow."""
    return f"{program_version()}\nPython {platform.python_version()}\n{_tensorflow()}"


def _tensorflow() -> str:
    for name in _TENSORFLOW:
        with contextlib.suppress(metadata.PackageNotFoundError):
            return f"TensorFlow {metadata.version(name)} ({name})"
    return "TensorFlow is not installed: python3 -m pip install -r requirements.txt"

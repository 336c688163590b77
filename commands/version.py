"""`--version`: which versions run, without importing TensorFlow."""

from __future__ import annotations

import contextlib
import platform
import re
from importlib import metadata

from config import ROOT

_TENSORFLOW = ("tensorflow", "tensorflow-cpu", "tensorflow-intel", "tensorflow-macos")  # its names


def versions() -> str:
    """Return the versions of this program, as in pyproject.toml, of Python and of TensorFlow."""
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    found = re.search(r'^name = "(.+)"\nversion = "(.+)"$', project, re.MULTILINE)
    name, version = found.groups() if found else ("anime-faces", "of an unknown version")
    return f"{name} {version}\nPython {platform.python_version()}\n{_tensorflow()}"


def _tensorflow() -> str:
    for name in _TENSORFLOW:
        with contextlib.suppress(metadata.PackageNotFoundError):
            return f"TensorFlow {metadata.version(name)} ({name})"
    return "TensorFlow is not installed: python3 -m pip install -r requirements.txt"

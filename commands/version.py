"""`--version`: which versions run, without importing TensorFlow."""

from __future__ import annotations

import contextlib
import platform
from importlib import metadata

from config import program_version
from console import install_command

_TENSORFLOW = ("tensorflow", "tensorflow-cpu", "tensorflow-intel", "tensorflow-macos")  # its names


def versions() -> str:
    """Return the versions of this program, of Python and of TensorFlow."""
    return f"{program_version()}\nPython {platform.python_version()}\n{_tensorflow()}"


def _tensorflow() -> str:
    for name in _TENSORFLOW:
        with contextlib.suppress(metadata.PackageNotFoundError):
            return f"TensorFlow {metadata.version(name)} ({name})"
    return f"TensorFlow is not installed: {install_command('requirements.txt')}"

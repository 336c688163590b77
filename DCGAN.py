"""Anime faces from text: train a conditional DCGAN on captioned images, draw, and measure."""

from __future__ import annotations

import argparse
import importlib
import signal
import sys

from commands.options import parse, parser
from config import ProjectError, prepare_environment
from console import STOP_SIGNALS, importing, printable, safe_streams


def main(arguments: list[str] | None = None) -> int:
    """Run a command line.

    Args:
        arguments: What follows the program's name; None takes them from the process.

    Returns:
        0: done; 1: the run failed; 2: wrong use.
    """
    with safe_streams():
        return run(parse(arguments))


def run(options: argparse.Namespace) -> int:
    """Run the command that the options name; return the exit code, as `main` does."""
    prepare_environment()
    try:
        # Imported only now: `--help` and wrong use answer without NumPy.
        with importing():
            command = importlib.import_module(f"commands.{options.mode}")
        getattr(command, options.mode)(options)
    except ProjectError as error:
        message, code = str(error), error.exit_code
    except KeyboardInterrupt as stop:
        message, code = str(stop) or "stopped", 1
    except OSError as error:  # a disk that is full or gone, a permission that was withdrawn
        where = error.filename or "a file or the current folder"
        message, code = f"{where}: {error.strerror or error}", 1
    else:
        return 0
    lines = f"{parser().prog}: error: {message}".split("\n")
    print("\n".join(map(printable, lines)), file=sys.stderr)
    return code


if __name__ == "__main__":
    for number in STOP_SIGNALS:  # like Ctrl-C, they must leave nothing half-written
        if signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)
    sys.exit(main())

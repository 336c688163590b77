"""What a terminal shows: safe streams, progress lines, text made printable, quiet imports."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from typing import Any, TextIO

# What asks a program to stop; SIGHUP, which Windows lacks, says that the terminal was closed.
STOP_SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
EXAMPLES = 20  # of a kind of file or row that are listed by name


def printable(line: str) -> str:
    """Escape what is not printable in a line: a file name must not steer the terminal."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in line)


def shorten(text: str, length: int = 80) -> str:
    """Cut a text to a number of characters; 80 of a caption fit on a line."""
    return text if len(text) <= length else text[: length - 1] + "…"


def counted(count: float, noun: str) -> str:
    """Return a count with its noun: `1 image`, `2 images`, `0.5 minutes`."""
    number = f"{count:,}" if isinstance(count, int) else f"{count:g}"
    return f"{number} {noun if count == 1 else noun + 's'}"


def install_command(requirements: str) -> str:
    """Return the command that installs the packages of a file, such as `requirements.txt`."""
    return f"python3 -m pip install -r {requirements}"


class SafeStream:
    """A text stream that flushes each line and survives a reader that leaves, as `| head` does.

    The work goes on; what is written from then on is dropped. A full disk is still an error.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        if hasattr(stream, "reconfigure"):  # descriptions may hold what a terminal cannot show
            stream.reconfigure(errors="backslashreplace", line_buffering=True)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write a text and return its length, whether or not anybody reads it."""
        try:
            return self._stream.write(text)
        except OSError as error:
            discard(self._stream.fileno())  # or the buffer would be written again at exit
            if isinstance(error, BrokenPipeError):
                return len(text)
            raise OSError(error.errno, error.strerror, self._stream.name) from error


@contextlib.contextmanager
def safe_streams() -> Iterator[None]:
    """Replace stdout and stderr by `SafeStream`s; open those the process was started without."""
    for number, name in ((1, "stdout"), (2, "stderr")):
        if getattr(sys, name) is None:
            discard(number)
            setattr(sys, name, os.fdopen(number, "w", closefd=False))
    out: Any = SafeStream(sys.stdout)
    err: Any = SafeStream(sys.stderr)
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        yield


def discard(descriptor: int) -> None:
    """Redirect a file descriptor, open or not, to the null device."""
    null = os.open(os.devnull, os.O_WRONLY)
    if null != descriptor:
        os.dup2(null, descriptor)
        os.close(null)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Hold back what libraries print to stderr while they load; show it only if they fail.

    TensorFlow prints notes on its build before it reads its log level; LiteRT has no log level.
    """
    with tempfile.TemporaryFile() as notes:
        sys.stderr.flush()
        stderr = os.dup(2)
        os.dup2(notes.fileno(), 2)
        try:
            yield
        except KeyboardInterrupt:  # not a failure
            raise
        except BaseException:
            notes.seek(0)
            os.write(stderr, notes.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)


@contextlib.contextmanager
def importing() -> Iterator[None]:
    """Import large libraries: quietly, and signals that come meanwhile are answered afterwards.

    What a signal's handler raises in the midst of an import is lost in it, or crashes it.
    """
    received: list[int] = []
    in_main = threading.current_thread() is threading.main_thread()  # the others have no handlers
    handlers = {n: signal.getsignal(n) for n in STOP_SIGNALS if in_main}
    held = [n for n, handler in handlers.items() if callable(handler)]
    for number in held:
        signal.signal(number, lambda number, _: received.append(number))
    try:
        with quiet():
            yield
    finally:
        for number in held:
            signal.signal(number, handlers[number])
    for number in received:
        signal.raise_signal(number)


def say(text: str) -> None:
    """Print a line to stderr, above a progress bar; a closed terminal must not stop the run."""
    from tqdm import tqdm

    with contextlib.suppress(OSError):
        tqdm.write(text, file=sys.stderr)
        sys.stderr.flush()

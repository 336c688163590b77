"""What training shows: its log, the bar, and how it hears that it is to stop."""

from __future__ import annotations

import contextlib
import errno
import json
import math
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from files import WriteError, cannot_write, replacing

WON = 0.05  # the discriminator's loss; with all scores 0 it is 1 and more, in either recipe
COLLAPSED = 0.3  # difference of drawings of one caption, as a share of the pictures'
EARLY = 500  # steps in which a new generator has yet to learn what differs


class Log:
    """log.jsonl and TensorBoard events in a model folder; goes on after a resume."""

    def __init__(self, directory: Path, step: int) -> None:
        self._path, self._folder = directory / "log.jsonl", directory / "logs"
        if self._path.exists():
            # Steps after the save that training goes on from will be made, and logged, again.
            lines = self._path.read_bytes().splitlines(keepends=True)
            kept = [line for line in lines if 0 <= _step_of(line) <= step]
            if len(kept) != len(lines):
                with replacing(self._path) as file:
                    file.writelines(kept)
        with _writing(self._folder):
            self._events = tf.summary.create_file_writer(str(self._folder))

    def scalars(self, step: int, pictures: int, figures: dict[str, float]) -> None:
        record = {"step": step, "pictures": pictures, **figures}
        line = json.dumps({k: _round(v) for k, v in record.items()}) + "\n"
        try:
            with self._path.open("a") as file:
                file.write(line)
        except OSError as error:
            raise cannot_write(self._path, error, len(line)) from error
        with _writing(self._folder), self._events.as_default(step):
            for name, value in figures.items():
                tf.summary.scalar(name, value)

    def picture(self, step: int, name: str, picture: np.ndarray) -> None:
        with _writing(self._folder), self._events.as_default(step):
            tf.summary.image(name, picture[None])
            self._events.flush()


@contextlib.contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Tells what TensorBoard's writer fails with as other writers of files do."""
    try:
        yield
    except tf.errors.ResourceExhaustedError as error:
        raise cannot_write(folder, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))) from error
    except tf.errors.OpError as error:
        raise WriteError(f"Cannot write {folder}: {error.message.splitlines()[0]}") from error


def _step_of(line: bytes) -> int:
    """The step of a line of log.jsonl; -1 for one that a kill or a full disk cut short."""
    try:
        return int(json.loads(line)["step"]) if line.endswith(b"\n") else -1
    except (ValueError, KeyError, TypeError):
        return -1


def _round(value: float) -> float:
    return value if isinstance(value, int) else float(f"{value:.6g}")


class Watch:
    """Tells, once each and in plain words, when training goes wrong without failing."""

    def __init__(self) -> None:
        self._in_a_row: Counter[str] = Counter()
        self._said: set[str] = set()

    def discriminator(self, step: int, loss: float) -> None:
        """Take the mean of its loss over some steps."""
        if self._persists("won", loss < WON, 5):
            say(
                f"step {step}: the discriminator tells every drawn face from a real one (its loss "
                f"is {loss:.2g}), so the generator learns nothing any more. Most often there are "
                "too few pictures: use more, or begin a new model with a smaller --width."
            )

    def variety(self, step: int, ratio: float) -> None:
        """Take the difference of drawings of one caption, as a share of the pictures' own."""
        if self._persists("collapsed", step > EARLY and ratio < COLLAPSED, 2):
            say(
                f"step {step}: the faces of one description hardly differ ({ratio:.0%} of what "
                "the pictures do): the generator has collapsed. Look at the grids. If it does not "
                "pass, go on from a copy of an earlier save or of best/, or begin a new model with "
                "another --seed."
            )

    def _persists(self, what: str, wrong: bool, times: int) -> bool:
        """Whether it was wrong that many times in a row, for the first time."""
        self._in_a_row[what] = self._in_a_row[what] + 1 if wrong else 0
        if self._in_a_row[what] < times or what in self._said:
            return False
        self._said.add(what)
        return True


def say(text: str) -> None:
    """Print a line above the bar. A terminal that was closed must not keep a run from saving."""
    with contextlib.suppress(OSError):
        tqdm.write(text, file=sys.stderr)
        sys.stderr.flush()


class Bar:
    """Progress on a terminal; elsewhere a line at the start and one a minute."""

    def __init__(self, step: int, last_step: int | None, seconds: float | None) -> None:
        self._begin, self._first, self._last, self._seconds = time.time(), step, last_step, seconds
        self._said = -math.inf
        # None: shown on a terminal only.
        self._bar = tqdm(
            initial=step, total=last_step, unit="step", dynamic_ncols=True, disable=None
        )

    def update(self, step: int, batch_size: int, figures: dict[str, float]) -> None:
        elapsed = time.time() - self._begin
        speed = (step - self._first) / elapsed
        left = self._seconds - elapsed if self._last is None else (self._last - step) / speed
        end = time.strftime("%a %H:%M", time.localtime(time.time() + left))
        said = {
            "pictures/s": f"{speed * batch_size:.0f}",
            "D": f"{figures['loss/discriminator']:.3f}",
            "G": f"{figures['loss/generator']:.3f}",
            "left": f"{tqdm.format_interval(max(0, left))} (until {end})",
        }
        if not self._bar.disable:
            self._bar.update(step - self._bar.n)
            self._bar.set_postfix(said, refresh=False)
        elif elapsed - self._said >= 60:
            self._said = elapsed
            total = "" if self._last is None else f"/{self._last}"
            say(f"step {step}{total}  " + "  ".join(f"{k} {v}" for k, v in said.items()))

    def close(self) -> None:
        self._bar.close()


@contextlib.contextmanager
def stop_signals() -> Iterator[list[int]]:
    """Collects requests to stop in a list; the second one acts as if nobody listened.

    What was to be ignored, as `nohup` has it of a closed terminal, is.
    """
    received: list[int] = []

    def handle(number: int, _frame: object) -> None:
        received.append(number)
        for n, handler in before.items():
            signal.signal(n, handler)
        say("stopping after a save; once more loses what came after the last one")

    # SIGHUP, which Windows lacks: the terminal was closed.
    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    numbers = [getattr(signal, name) for name in names]
    numbers = [n for n in numbers if signal.getsignal(n) != signal.SIG_IGN]
    before = {n: signal.signal(n, handle) for n in numbers}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

"""The progress bar of training, and the signals that stop it."""

from __future__ import annotations

import contextlib
import math
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator

from tqdm import tqdm

from console import STOP_SIGNALS, say

PATIENCE = 1.0  # seconds that the process has to stop by itself after a second signal


class Bar:
    """Progress on a terminal; elsewhere a line at the start and then one per minute.

    Args:
        step: Where this run starts.
        last_step: Where it ends; None if the time decides.
        seconds: How long it lasts, if the time decides.
        shown: Whether to show anything: of several processes, one does.
    """

    def __init__(
        self, step: int, last_step: int | None, seconds: float, shown: bool = True
    ) -> None:
        self._start, self._first, self._last, self._seconds = time.time(), step, last_step, seconds
        self._shown = -math.inf  # seconds after the start
        self._silent = not shown
        # disable=None: shown on a terminal only.
        disable = None if shown else True
        self._bar = tqdm(
            initial=step, total=last_step, unit="step", dynamic_ncols=True, disable=disable
        )

    def update(self, step: int, batch_size: int, figures: dict[str, float]) -> None:
        """Show a step.

        Args:
            step: Updates made so far.
            batch_size: Images per step.
            figures: The latest losses, by their names in the log.
        """
        elapsed = time.time() - self._start
        speed = (step - self._first) / elapsed
        left = self._seconds - elapsed if self._last is None else (self._last - step) / speed
        end = time.strftime("%a %H:%M", time.localtime(time.time() + left))
        shown = {
            "images/s": f"{speed * batch_size:.0f}",
            "D": f"{figures['loss/discriminator']:.3f}",
            "G": f"{figures['loss/generator']:.3f}",
            "left": f"{tqdm.format_interval(max(0, left))} (until {end})",
        }
        if not self._bar.disable:
            self._bar.update(step - self._bar.n)
            self._bar.set_postfix(shown, refresh=False)
        elif not self._silent and elapsed - self._shown >= 60:
            self._shown = elapsed
            total = "" if self._last is None else f"/{self._last}"
            say(f"step {step}{total}  " + "  ".join(f"{k} {v}" for k, v in shown.items()))

    def close(self) -> None:
        """Leave the bar as it is and end its line."""
        self._bar.close()


@contextlib.contextmanager
def stop_signals(begun: Callable[[], bool] = lambda: True) -> Iterator[list[int]]:
    """Collect requests to stop in a list, and answer each at once; a second one stops at once.

    Python calls a signal's handler only between two of its own instructions, and one step of
    TensorFlow may take seconds. So a thread answers. It also ends the process if that has not
    stopped by itself `PATIENCE` seconds after it was to stop at once.

    Signals that the process was started to ignore, as `nohup` does for a closed terminal, stay
    ignored.

    Args:
        begun: Whether there is anything to save; if not, the first signal stops at once.

    Yields:
        The numbers of the signals received so far.

    Raises:
        KeyboardInterrupt: It is to stop at once.
    """
    received: list[int] = []

    def handle(number: int, _frame: object) -> None:
        received.append(number)
        if len(received) > 1 or not begun():
            raise KeyboardInterrupt

    numbers = [n for n in STOP_SIGNALS if signal.getsignal(n) != signal.SIG_IGN]
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    finished = threading.Event()
    thread = threading.Thread(target=_answer, args=(reader, numbers, begun, finished), daemon=True)
    before = {n: signal.signal(n, handle) for n in numbers}
    woken = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    thread.start()
    try:
        yield received
    finally:
        signal.set_wakeup_fd(woken)
        for number, handler in before.items():
            signal.signal(number, handler)
        finished.set()
        writer.close()  # ends the thread
        thread.join()
        reader.close()


def _answer(
    reader: socket.socket, numbers: list[int], begun: Callable[[], bool], finished: threading.Event
) -> None:
    """Answer the signals whose numbers arrive as bytes, until the other end is closed."""
    stopping = False
    while data := reader.recv(1):
        if data[0] not in numbers:
            continue
        if not stopping and begun():
            stopping = True
            say(
                "stopping: this step is completed and saved. Press Ctrl-C again to stop at once; "
                "that loses the steps since the last checkpoint."
            )
        else:
            say("stopping at once" if stopping else "stopping before the first step")
            if not finished.wait(PATIENCE):
                os._exit(1)

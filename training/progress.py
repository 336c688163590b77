"""What training shows: its log, the bar, and how it hears that it is to stop."""

from __future__ import annotations

import contextlib
import math
import signal
import time
from collections.abc import Iterator

from tqdm import tqdm

from console import say


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
            "images/s": f"{speed * batch_size:.0f}",
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

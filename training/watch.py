"""Warnings about training that goes wrong without failing."""

from __future__ import annotations

from collections import Counter

from console import say

WON = 0.05  # the discriminator's loss; with all scores 0 it is 1 and more, in either recipe
COLLAPSED = 0.3  # difference of drawings of one caption, as a share of the images'
EARLY = 500  # steps in which a new generator has yet to learn what differs


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
                "too few images: use more, or begin a new model with a smaller --width."
            )

    def variety(self, step: int, ratio: float) -> None:
        """Take the difference of drawings of one caption, as a share of the images' own."""
        if self._persists("collapsed", step > EARLY and ratio < COLLAPSED, 2):
            say(
                f"step {step}: the faces of one description hardly differ ({ratio:.0%} of what "
                "the images do): the generator has collapsed. Look at the grids. If it does not "
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

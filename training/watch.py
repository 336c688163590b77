"""Warnings about training that goes wrong without failing."""

from __future__ import annotations

from collections import Counter

from console import say

WON = 0.05  # discriminator loss; with all scores 0 it is 1 or more, in either recipe
COLLAPSED = 0.3  # difference of faces of one caption, as a share of that of the real images
EARLY = 500  # steps in which a new generator has yet to learn variety


class Watch:
    """Warn, once per problem and in plain words, when training goes wrong without failing."""

    def __init__(self) -> None:
        self._in_a_row: Counter[str] = Counter()
        self._warned: set[str] = set()

    def check_discriminator(self, step: int, loss: float) -> None:
        """Warn if the discriminator overpowers the generator.

        Args:
            step: Updates made so far.
            loss: The discriminator's mean loss over the last steps.
        """
        if self._persists("won", loss < WON, 5):
            say(
                f"step {step}: the discriminator tells every generated face from a real one (its "
                f"loss is {loss:.2g}), so the generator no longer learns. Usually there are too "
                "few images: use more, or start a new model with a smaller --width."
            )

    def check_variety(self, step: int, ratio: float) -> None:
        """Warn if the faces of one caption become nearly identical.

        Args:
            step: Updates made so far.
            ratio: How much they differ, as a share of the difference of the real images.
        """
        if self._persists("collapsed", step > EARLY and ratio < COLLAPSED, 2):
            say(
                f"step {step}: the faces of one description hardly differ ({ratio:.0%} of what "
                "real images do): the generator has collapsed. Look at the grids. If this does "
                "not pass, continue from a copy of an earlier checkpoint or of best/, or start a "
                "new model with another --seed."
            )

    def _persists(self, what: str, wrong: bool, times: int) -> bool:
        """Return True once: when a problem is seen for the given number of times in a row."""
        self._in_a_row[what] = self._in_a_row[what] + 1 if wrong else 0
        if self._in_a_row[what] < times or what in self._warned:
            return False
        self._warned.add(what)
        return True

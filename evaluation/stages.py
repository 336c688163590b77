"""The progress bar of an evaluation, which may take minutes."""

from __future__ import annotations

from tqdm import tqdm

# Of every evaluation; training data and a face detector add one each.
STAGES = (
    "tags",
    "hair alone",
    "eyes alone",
    "sentences",
    "unseen pairs",
    "attributes",
    "quality",
    "variety",
    "as drawn",
    "sheets",
)


class Stages:
    """A bar over the stages of an evaluation, on terminals only.

    Args:
        count: How many there are.
    """

    def __init__(self, count: int) -> None:
        self._bar = tqdm(
            total=count,
            bar_format="evaluate: {n_fmt}/{total_fmt} |{bar:20}| {elapsed}  {desc}",
            dynamic_ncols=True,
            disable=None,  # on a terminal only
            leave=False,  # the figures follow
        )
        self._begun = False

    def __enter__(self) -> Stages:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def begin(self, name: str) -> None:
        """Count the stage before, and show the next one."""
        if self._begun:
            self._bar.update()
        self._begun = True
        self.show(name)

    def show(self, text: str) -> None:
        """Show what is being done within the stage."""
        self._bar.set_description_str(text)

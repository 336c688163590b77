"""The model card: what a model is, what it was trained on, how to draw with it."""

from __future__ import annotations

from pathlib import Path

from checkpoints.checkpoint import SCRATCH
from config import PRETRAINED
from console import printable
from files.paths import sibling
from sampler import Sampler

_TITLE = "# A model that draws anime faces from text\n"
_CARD = (
    f"{_TITLE}\n"
    + """\
It draws {size}×{size} faces with the program anime-faces. {use}

| | |
|---|---|
| recipe | `{recipe}`, width {width}, sentence vectors of {dim} numbers |
| encoder | fingerprint `{encoder}` |
| trained | {step:,} steps, {images:,} images seen, {hours:.1f} hours |
| data | {data} |
| started from | {origin} |
| held out | {held_out} |
{figures}
## Licence

The program, and the weights that ship with it, are under the MIT licence (`LICENSE`). The encoder's
word lists come from WordNet (`LICENSE-WordNet.txt`). What a model draws depends on the images it
was trained on; their artists may not have been asked. Whoever shares or uses this model answers for
that. It is not for passing its output off as an artist's work, and not for images of real people.
"""
)


def model_card(sampler: Sampler, use: str) -> str:
    """Return the model card of a model in Markdown, with the README of its folder, if any.

    Args:
        sampler: The model.
        use: How to draw with the file that the card is in.
    """
    header = sampler.header
    config = header.model
    figures = "".join(f"| {name} | {value:.3g} |\n" for name, value in header.figures.items())
    card = _CARD.format(
        use=use,
        size=config.size,
        recipe=config.recipe,
        width=config.width,
        dim=config.text_dim,
        encoder=config.encoder,
        step=header.step,
        images=header.images,
        hours=header.seconds / 3600,
        data=_cell(Path(header.data).name or "not recorded"),
        origin="random weights" if header.origin == SCRATCH else _cell(Path(header.origin).name),
        held_out=_cell(", ".join(header.held_out) or "nothing"),
        figures=figures,
    )
    folders = [sibling(sampler.path, "README.md")]
    if header.origin.startswith(PRETRAINED.name):
        folders.append(PRETRAINED / "README.md")
    texts = [readme.read_text(encoding="utf-8") for readme in folders if readme.is_file()]
    if texts and texts[0].startswith(_TITLE):  # this model was exported before
        return texts[0]
    return "\n---\n\n".join([card, *texts])


def _cell(text: str) -> str:
    """Return a text for a cell of a table."""
    return printable(text).replace("|", "\\|")

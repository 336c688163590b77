"""`--generate`: read descriptions, print how each is understood, write the faces."""

from __future__ import annotations

import argparse
import random
import re
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from commands.drawing import Face, write_faces
from commands.models import check_encoder, trained_model
from commands.redraw import redraw
from config import FORMATS, UsageError
from console import EXAMPLES, counted
from files import sheets
from files.images import save_image
from files.writing import writable_folder
from text.descriptions import Description, clean_description, read_descriptions, source_name
from text.explanations import explain

GRID_ROWS, GRID_COLUMNS = 100, 16  # at most on the sheet, so that viewers can open it


def generate(options: argparse.Namespace) -> None:
    """Print which model is used and how each description is read, then write the faces."""
    check_encoder(options.encoder)
    output = writable_folder("-o", options.output or Path("samples"))
    if options.from_:
        redraw(options, output)
    else:
        draw(options, output)


def draw(options: argparse.Namespace, output: Path) -> None:
    """Draw faces of the descriptions of `-t` and `--text`.

    What an earlier run left of the same faces is removed: the files of the same numbers in the
    other format, and the sheet. Of the sheet, nothing is left if none is wanted.
    """
    notes: list[str] = []
    descriptions, bad = _descriptions(options, notes)
    sampler = trained_model(options)
    seed = random.SystemRandom().randrange(2**32) if options.seed is None else options.seed
    print(f"seed     {seed}")
    for message in [*notes, *bad[:EXAMPLES]]:
        print(f"{message}. Skipped")
    if (more := len(bad) - EXAMPLES) > 0:
        verb = "is" if more == 1 else "are"
        print(f"{source_name(options.file)}: {counted(more, 'more line')} {verb} skipped")
    numbers = range(1, (options.number or 1) + 1)
    if options.only:
        descriptions, numbers = _only(descriptions, *options.only)
    told = explain(sampler.encoder, [d.text for d in descriptions], sampler.header.shown)
    for description, reading in zip(descriptions, told, strict=True):
        if description.line:
            where = f"{source_name(options.file)} line {description.line}"
        else:
            where = f"--text {textwrap.shorten(description.text, 60, placeholder='…')!r}"
        if reading:
            print(f"{where}: {reading}")
    older = older_samples(output)
    if is_sheet(output / "grid.png"):
        (output / "grid.png").unlink()
    faces = (
        Face(d.text, seed, d.number, j, f"sample_{d.number}_{j}")
        for d in descriptions
        for j in numbers
    )
    total = len(descriptions) * len(numbers)
    drawn = write_faces(sampler, faces, total, output, options.format or FORMATS[0])
    if options.grid:
        write_sheet(drawn, descriptions, output / "grid.png", seed)
    for _ in drawn:  # the rest, without a sheet all
        pass
    print(f"{counted(total, 'image')} in {output}/")
    mine = {description.number for description in descriptions}
    if left := sum(i not in mine or j not in numbers for i, j in older):
        print(f"{output}/ also holds {counted(left, 'sample file')} of earlier runs.")


def _only(descriptions: Sequence[Description], i: int, j: int) -> tuple[list[Description], range]:
    """Return the description of a face, and the number of the face: what `--only` leaves."""
    found = [description for description in descriptions if description.number == i]
    if not found:
        raise UsageError(
            f"--only {i}_{j}: there is no description {i}. The last one is "
            f"{descriptions[-1].number}."
        )
    return found, range(j, j + 1)


def _descriptions(
    options: argparse.Namespace, notes: list[str]
) -> tuple[list[Description], list[str]]:
    """Read `-t` and `--text`: the descriptions, and a message for each line that is not one.

    Args:
        options: The command line.
        notes: Takes the message that a header was skipped.
    """
    bad: list[str] = []
    descriptions: list[Description] = []
    if options.file:
        descriptions, bad = read_descriptions(options.file, notes.append)
    for number, text in enumerate(options.text or (), start=len(descriptions) + len(bad) + 1):
        try:
            descriptions.append(Description(number, 0, clean_description(text)))
        except ValueError as error:
            raise UsageError(
                f'--text: {error}. Give a description: --text "blue hair red eyes"'
            ) from None
    return descriptions, bad


def older_samples(folder: Path) -> list[tuple[int, int]]:
    """Return i and j of each `sample_i_j` file in a folder, in either format; none without it."""
    names = (path.name for path in folder.iterdir()) if folder.is_dir() else iter(())
    found = (re.fullmatch(rf"sample_(\d+)_(\d+)\.(?:{'|'.join(FORMATS)})", name) for name in names)
    return [(int(match[1]), int(match[2])) for match in found if match]


def write_sheet(
    drawn: Iterable[tuple[Face, np.ndarray]],
    descriptions: Sequence[Description],
    path: Path,
    seed: int,
) -> None:
    """Write one labelled sheet of faces, as they are drawn."""
    rows: dict[int, tuple[str, list[np.ndarray]]] = {
        description.number: (description.text, []) for description in descriptions[:GRID_ROWS]
    }
    for face, image in drawn:
        if face.i in rows and face.j <= GRID_COLUMNS:
            rows[face.i][1].append(image)
    sheet = sheets.labelled_grid([(text, np.stack(images)) for text, images in rows.values()])
    save_image(sheet, path, "png", {"seed": str(seed)})


def is_sheet(path: Path) -> bool:
    """Return whether a file is a sheet that `write_faces` wrote, by the seed that it holds."""
    if not path.is_file():
        return False
    try:
        with Image.open(path, formats=["PNG"]) as sheet:
            return "seed" in sheet.info
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return False

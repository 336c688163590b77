"""`--generate`: read descriptions, print how each is understood, write the faces."""

from __future__ import annotations

import argparse
import contextlib
import random
import re
import textwrap
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image
from tqdm import tqdm

from commands.models import check_encoder, trained_model
from config import FORMATS, UsageError
from console import EXAMPLES, counted
from files import litert, sheets
from files.images import save_image
from files.writing import writable_folder
from sampler import BATCH, Sampler
from text.descriptions import Description, clean_description, read_descriptions, source_name
from text.explanations import explain

CHUNK = 64 * BATCH  # images whose descriptions are encoded together
GRID_ROWS, GRID_COLUMNS = 100, 16  # at most on the sheet, so that viewers can open it


def generate(options: argparse.Namespace) -> None:
    """Print which model is used and how each description is read, then write the faces."""
    check_encoder(options.encoder)
    notes: list[str] = []
    descriptions, bad = _descriptions(options, notes)
    output = writable_folder("-o", options.output or Path("samples"))
    sampler = trained_model(options)
    seed = random.SystemRandom().randrange(2**32) if options.seed is None else options.seed
    print(f"seed     {seed}")
    for message in [*notes, *bad[:EXAMPLES]]:
        print(f"{message}. Skipped")
    if (more := len(bad) - EXAMPLES) > 0:
        verb = "is" if more == 1 else "are"
        print(f"{source_name(options.file)}: {counted(more, 'more line')} {verb} skipped")
    texts = [description.text for description in descriptions]
    told = explain(sampler.encoder, texts, sampler.header.shown)
    for description, reading in zip(descriptions, told, strict=True):
        if description.line:
            where = f"{source_name(options.file)} line {description.line}"
        else:
            where = f"--text {textwrap.shorten(description.text, 60, placeholder='…')!r}"
        if reading:
            print(f"{where}: {reading}")
    number, format = options.number or 1, options.format or FORMATS[0]
    older = older_samples(output)
    write_faces(sampler, descriptions, number, seed, output, format, options.grid)
    print(f"{counted(len(descriptions) * number, 'image')} in {output}/")
    drawn = {description.number for description in descriptions}
    if left := sum(i not in drawn or j > number for i, j in older):
        print(f"{output}/ also holds {counted(left, 'sample file')} of earlier runs.")


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


def write_faces(
    sampler: Sampler,
    descriptions: Sequence[Description],
    count: int,
    seed: int,
    output: Path,
    format: str,
    grid: bool,
) -> None:
    """Write `count` faces of each description to `output/sample_{i}_{j}.{format}`.

    What an earlier run left of the same faces is removed: the files of the same numbers in the
    other format, and the sheet.

    Args:
        sampler: The model.
        descriptions: What to draw.
        count: Images a description.
        seed: Of the whole call. Image (i, j) depends on it, on i, on j and on the text.
        output: Folder to write to.
        format: One of `config.FORMATS`.
        grid: Whether to also write one labelled sheet, `grid.png`.

    Raises:
        ProjectError: An image cannot be written.
    """
    shown = min(count, GRID_COLUMNS) if grid else 0
    rows: list[tuple[str, list[np.ndarray]]] = [(d.text, []) for d in descriptions[:GRID_ROWS]]
    total = len(descriptions) * count
    others = [other for other in FORMATS if other != format]
    if is_sheet(output / "grid.png"):
        (output / "grid.png").unlink()

    def draw(batch: _Batch) -> list[tuple[np.ndarray, tuple[int, int]]]:
        drawn = list(zip(sampler.draw(batch.vectors, batch.noise), batch.places, strict=True))
        for image, (i, j) in drawn:
            description = descriptions[i]
            path = output / f"sample_{description.number}_{j}.{format}"
            about = {"description": description.text, "seed": str(seed), "model": sampler.path.name}
            save_image(image, path, format, about)
            for other in others:
                with contextlib.suppress(OSError):
                    path.with_suffix(f".{other}").unlink(missing_ok=True)
        return drawn

    hidden = True if total < 100 else None  # None: shown on a terminal only
    with tqdm(total=total, unit="image", disable=hidden, dynamic_ncols=True) as bar:
        for drawn in litert.map_in_threads(draw, _batches(sampler, descriptions, count, seed)):
            for image, (i, j) in drawn:
                if j <= shown and i < GRID_ROWS:
                    rows[i][1].append(image)
            bar.update(len(drawn))
    if grid:
        sheet = sheets.labelled_grid([(text, np.stack(images)) for text, images in rows])
        save_image(sheet, output / "grid.png", "png", {"seed": str(seed)})


def is_sheet(path: Path) -> bool:
    """Return whether a file is a sheet that `write_faces` wrote, by the seed that it holds."""
    if not path.is_file():
        return False
    try:
        with Image.open(path, formats=["PNG"]) as sheet:
            return "seed" in sheet.info
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return False


class _Batch(NamedTuple):
    """Images to draw in one call."""

    places: list[tuple[int, int]]  # row of the description, number of the image from 1
    vectors: np.ndarray  # (B, D) float32
    noise: np.ndarray  # (B, noise) float32


def _batches(
    sampler: Sampler, descriptions: Sequence[Description], count: int, seed: int
) -> Iterator[_Batch]:
    """Yield the images to draw; descriptions are encoded some hundreds at a time."""
    places = ((i, j) for i in range(len(descriptions)) for j in range(1, count + 1))
    while chunk := list(islice(places, CHUNK)):
        texts = [descriptions[i].text for i, _ in chunk]
        seeds = [(seed, descriptions[i].number, j) for i, j in chunk]
        vectors, noise = sampler.prepare(texts, seeds)
        for start in range(0, len(chunk), BATCH):
            part = slice(start, start + BATCH)
            yield _Batch(chunk[part], vectors[part], noise[part])

"""`--generate`: read descriptions, print how each is understood, write the faces."""

from __future__ import annotations

import argparse
import random
import textwrap
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np
from tqdm import tqdm

from commands.models import check_encoder, trained_model
from config import FORMATS, UsageError
from console import EXAMPLES
from files import litert, sheets
from files.images import save_image
from files.writing import writable_folder
from sampler import BATCH, Sampler
from skipthoughts_encoder import Encoder
from text.descriptions import Description, clean_description, read_descriptions
from text.probe import Probe, explain

GRID_ROWS, GRID_COLUMNS = 100, 16  # at most on the sheet, so that viewers can open it
T = TypeVar("T")


def generate(options: argparse.Namespace) -> None:
    """Print which model is used and how each description is read, then write the faces."""
    check_encoder(options.encoder)
    descriptions, bad = _descriptions(options)
    output = writable_folder("-o", options.output or Path("samples"))
    sampler = trained_model(options)
    seed = random.SystemRandom().randrange(2**32) if options.seed is None else options.seed
    print(f"seed     {seed}")
    for message in bad[:EXAMPLES]:
        print(f"{message}. Skipped")
    if len(bad) > EXAMPLES:
        print(f"{options.file}: {len(bad) - EXAMPLES:,} more lines are skipped")
    told = readings(sampler.encoder, descriptions)
    for description, reading in zip(descriptions, told, strict=True):
        if description.line:
            where = f"{options.file} line {description.line}"
        else:
            where = f"--text {textwrap.shorten(description.text, 60, placeholder='…')!r}"
        if reading:
            print(f"{where}: {reading}")
    number = options.number or 1
    write_faces(
        sampler, descriptions, number, seed, output, options.format or FORMATS[0], options.grid
    )
    total = len(descriptions) * number
    print(f"{total:,} {'image' if total == 1 else 'images'} in {output}/")


def _descriptions(options: argparse.Namespace) -> tuple[list[Description], list[str]]:
    """Read `-t` and `--text`: the descriptions, and a message for each line that is not one."""
    descriptions, bad = read_descriptions(options.file) if options.file else ([], [])
    for number, text in enumerate(options.text or (), start=len(descriptions) + len(bad) + 1):
        try:
            descriptions.append(Description(number, 0, clean_description(text)))
        except ValueError as error:
            raise UsageError(
                f'--text: {error}. Give a description: --text "blue hair red eyes"'
            ) from None
    return descriptions, bad


def readings(encoder: Encoder, descriptions: list[Description]) -> list[str]:
    """Return how each description is read; for a published encoder, only its unknown words."""
    texts = [description.text for description in descriptions]
    if encoder.spelling is not None:
        return explain(Probe(encoder), texts)
    unknown = (encoder.read(text).unknown for text in texts)
    return [f"not understood: {', '.join(words)}" if words else "" for words in unknown]


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
    vectors = sampler.encoder.encode([d.text for d in descriptions])
    shown = min(count, GRID_COLUMNS) if grid else 0
    rows: list[tuple[str, list[np.ndarray]]] = [(d.text, []) for d in descriptions[:GRID_ROWS]]
    total = len(descriptions) * count
    jobs = ((i, j) for i in range(len(descriptions)) for j in range(1, count + 1))

    def draw(batch: list[tuple[int, int]]) -> list[tuple[np.ndarray, tuple[int, int]]]:
        noise = np.stack([sampler.noise((seed, descriptions[i].number, j)) for i, j in batch])
        images = sampler.draw(vectors[[i for i, _ in batch]], noise)
        drawn = list(zip(images, batch, strict=True))
        for image, (i, j) in drawn:
            description = descriptions[i]
            path = output / f"sample_{description.number}_{j}.{format}"
            about = {"description": description.text, "seed": str(seed), "model": sampler.path.name}
            save_image(image, path, format, about)
        return drawn

    hidden = True if total < 100 else None  # None: shown on a terminal only
    with tqdm(total=total, unit="image", disable=hidden, dynamic_ncols=True) as bar:
        for drawn in litert.map_in_threads(draw, _chunks(jobs, BATCH)):
            for image, (i, j) in drawn:
                if j <= shown and i < GRID_ROWS:
                    rows[i][1].append(image)
            bar.update(len(drawn))
    if grid:
        sheet = sheets.labelled_grid([(text, np.stack(images)) for text, images in rows])
        save_image(sheet, output / "grid.png", "png", {"seed": str(seed)})


def _chunks(items: Iterator[T], size: int) -> Iterator[list[T]]:
    while chunk := list(islice(items, size)):
        yield chunk

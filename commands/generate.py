"""`--generate`: read descriptions, say how each is understood, and write the faces."""

from __future__ import annotations

import argparse
import random
import textwrap
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from tqdm import tqdm

from commands.models import check_encoder, trained_model
from config import UsageError
from console import EXAMPLES
from files import litert, sheets
from files.images import save_image
from files.writing import writable_folder
from sampler import BATCH, Sampler
from skipthoughts_encoder import Encoder
from text.descriptions import Description, clean_description, read_descriptions
from text.probe import Probe, explain

GRID_ROWS, GRID_COLUMNS = 100, 16  # of a contact sheet, so that it stays an image one can open


def generate(options: argparse.Namespace) -> None:
    """`--generate`: say what is used, then draw."""
    check_encoder(options.encoder)
    descriptions, bad = read_descriptions(options.file) if options.file else ([], [])
    for number, text in enumerate(options.text or (), start=len(descriptions) + len(bad) + 1):
        try:
            descriptions.append(Description(number, 0, clean_description(text)))
        except ValueError as error:
            raise UsageError(
                f'--text: {error}. Give a description: --text "blue hair red eyes"'
            ) from None
    output = writable_folder("-o", options.output or Path("samples"))
    sampler = trained_model(options)
    seed = random.SystemRandom().randrange(2**32) if options.seed is None else options.seed
    print(f"seed     {seed}")
    for message in bad[:EXAMPLES]:
        print(f"{message}. Not drawn")
    if len(bad) > EXAMPLES:
        print(f"{options.file}: {len(bad) - EXAMPLES:,} more lines are not drawn")
    for description, how in zip(descriptions, readings(sampler.encoder, descriptions), strict=True):
        if description.line:
            where = f"{options.file} line {description.line}"
        else:
            where = f"--text {textwrap.shorten(description.text, 60, placeholder='…')!r}"
        if how:
            print(f"{where}: {how}")
    number = options.number or 1
    write_faces(sampler, descriptions, number, seed, output, options.format or "jpg", options.grid)
    print(f"{len(descriptions) * number:,} images in {output}/")


def readings(encoder: Encoder, descriptions: list[Description]) -> list[str]:
    """How each description is read; of a published encoder, only what it does not know."""
    texts = [description.text for description in descriptions]
    if encoder.spelling is not None:
        return explain(Probe(encoder), texts)
    unknown = (encoder.read(text).unknown for text in texts)
    return [f"not understood: {', '.join(words)}" if words else "" for words in unknown]


def write_faces(
    sampler: Sampler,
    descriptions: Sequence[Description],
    count: int,  # images a description
    seed: int,  # of the whole call; image (i, j) depends on it, on i, on j and on the text
    output: Path,  # folder to write to
    format: str,  # one of images.FORMATS
    grid: bool,  # also write one labelled contact sheet
) -> None:
    """Draw `count` images of each description into `output/sample_{i}_{j}.{format}`."""
    vectors = sampler.encoder.encode([d.text for d in descriptions])
    shown = min(count, GRID_COLUMNS) if grid else 0
    rows = [(d.text, []) for d in descriptions[:GRID_ROWS]]
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

    hidden = total < 100 or None  # None: shown on a terminal only
    with tqdm(total=total, unit="image", disable=hidden, dynamic_ncols=True) as bar:
        for drawn in litert.map_in_threads(draw, _chunks(jobs, BATCH)):
            for image, (i, j) in drawn:
                if j <= shown and i < GRID_ROWS:
                    rows[i][1].append(image)
            bar.update(len(drawn))
    if grid:
        sheet = sheets.labelled_grid([(text, np.stack(images)) for text, images in rows])
        save_image(sheet, output / "grid.png", "png", {"seed": str(seed)})


def _chunks(items: Iterator, size: int) -> Iterator[list]:
    while chunk := list(islice(items, size)):
        yield chunk

"""`--generate`: read descriptions, print how each is understood, write the faces."""

from __future__ import annotations

import argparse
import dataclasses
import random
import re
import textwrap
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import groupby, islice
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from commands.archive import TarFaceWriter
from commands.drawing import Face, FaceWriter, cleaned, print_readings
from commands.interpolate import interpolate
from commands.models import check_encoder, trained_model
from commands.redraw import redraw
from commands.vary import vary
from config import FORMATS, TRUNCATION, UsageError
from console import EXAMPLES, counted, shorten
from files import sheets
from files.images import save_image
from files.tars import MARK
from files.writing import check_replaceable, writable_folder
from text.descriptions import Description, read_descriptions, source_name
from text.variations import ATTRIBUTES

SHEET = "grid.png"
MANY = 100_000  # faces from which their size is said beforehand
# Of a face of 64 px: the mean of 120; enlarged, times the scale.
BYTES = {"jpg": 4_600, "png": 9_200}
SHEET_PIXELS = 1_600 * 64**2  # of all faces on a sheet, at most, so that viewers can open it


def generate(options: argparse.Namespace) -> None:
    """Draw faces: of descriptions, of an earlier face, all kinds of one, or a film."""
    check_encoder(options.encoder)
    output = options.output or Path("samples")
    if is_tar(output):
        _check_tar(options, output)
    else:
        writable_folder("-o", output)
    if options.vary and options.vary not in ATTRIBUTES:
        raise UsageError(
            f"--vary must be one of {', '.join(ATTRIBUTES)}. Received: {shorten(options.vary)}"
        )
    if options.interpolate:
        interpolate(options, output)
    elif options.from_:
        redraw(options, output)
    else:
        draw(options, output)


def draw(options: argparse.Namespace, output: Path) -> None:
    """Draw faces of the descriptions of `-t` and `--text`.

    Print which model is used and how each description is read. What an earlier run left of the
    same faces is removed: the files of the same numbers in the other format, and the sheet.
    """
    notes: list[str] = []
    descriptions, bad = _descriptions(options, notes)
    numbers = range(1, (options.number or 1) + 1)
    if options.only:
        descriptions, numbers = _only(descriptions, *options.only)
    if options.vary and len(descriptions) > 1:
        raise UsageError(
            f"--vary draws one face, and there are {len(descriptions)} descriptions. Name one: "
            "--only I_J, with --seed"
        )
    if options.grid and not is_sheet(output / SHEET):
        check_replaceable("-o", output / SHEET)
    sampler = trained_model(options)
    kind = TarFaceWriter if is_tar(output) else FaceWriter
    format, scale = options.format or FORMATS[0], int(options.scale or 1)
    writer = kind(sampler, output, format, scale, options.tries)
    seed = random.SystemRandom().randrange(2**32) if options.seed is None else options.seed
    print(f"seed     {seed}")
    for message in [*notes, *bad[:EXAMPLES]]:
        print(f"{message}. Skipped")
    if (more := len(bad) - EXAMPLES) > 0:
        verb = "is" if more == 1 else "are"
        print(f"{source_name(options.file)}: {counted(more, 'more line')} {verb} skipped")
    print_readings(sampler, [(_place(d, options), d.text) for d in descriptions])
    truncation = TRUNCATION if options.truncation is None else options.truncation
    faces = Faces(descriptions, numbers, seed, truncation)
    total = len(faces)
    if options.vary:
        vary(writer, faces[0], options.vary)
        return
    number, count = options.shard or (1, 1)
    share = range(total * (number - 1) // count, total * number // count)
    if len(share) > MANY:
        size = BYTES[writer.format] * (sampler.header.model.size / 64) ** 2 * writer.scale
        print(f"faces    {len(share):,}, about {len(share) * size / 1e6:,.0f} MB")
    if options.shard or is_tar(output):
        _draw_share(writer, faces, share)
        return
    older = older_samples(output)
    if not options.only and is_sheet(output / SHEET):  # one face leaves it as it is
        (output / SHEET).unlink()
    again: list[Face] = []  # faces that seemed broken
    drawn = _noting(writer.write(faces), again)
    if options.grid:
        print(write_sheet(drawn, total, output / SHEET))
    deque(drawn, maxlen=0)  # what the sheet had no room for; without one, all
    if again:
        print(f"{counted(len(again), 'face')} seemed broken and came out of another try")
    print(f"{counted(total, 'image')} in {output}/")
    mine = {description.number for description in descriptions}
    if left := sum(i not in mine or j not in numbers for i, j in older):
        print(f"{output}/ also holds {counted(left, 'sample file')} of earlier runs.")


def _noting(
    drawn: Iterator[tuple[Face, np.ndarray]], again: list[Face]
) -> Iterator[tuple[Face, np.ndarray]]:
    """Yield what was drawn, and add the faces of another try than the first to `again`."""
    for face, image in drawn:
        if face.take:
            again.append(face)
        yield face, image


@dataclasses.dataclass(frozen=True)
class Faces(Sequence[Face]):
    """The faces of some descriptions, made as they are asked for: there may be many."""

    descriptions: Sequence[Description]
    numbers: range  # of the faces of each description
    seed: int
    truncation: float

    def __len__(self) -> int:
        return len(self.descriptions) * len(self.numbers)

    def __getitem__(self, number: Any) -> Any:
        """Return a face by its number, from 0; all of a description follow each other."""
        description = self.descriptions[number // len(self.numbers)]
        i, j = description.number, self.numbers[number % len(self.numbers)]
        return Face(description.text, self.seed, i, j, f"sample_{i}_{j}", self.truncation)


def is_tar(output: Path) -> bool:
    """Return whether `-o` names a tar to write instead of a folder."""
    return output.suffix.lower() == ".tar" and not output.is_dir()


def _check_tar(options: argparse.Namespace, output: Path) -> None:
    """Refuse what cannot be written to a tar."""
    for flag in ("--from", "--vary", "--interpolate", "--grid"):
        if vars(options)["from_" if flag == "--from" else flag[2:]]:
            raise UsageError(f"{flag} writes to a folder, not to {output}. Name one: -o DIR")
    writable_folder("-o", output.parent)
    for file in (output, output.with_name(f"{output.name}.part")):
        check_replaceable("-o", file, MARK)


def _draw_share(writer: FaceWriter, faces: Faces, share: range) -> None:
    """Draw a share of the faces, and leave out what is there already.

    Args:
        writer: Where they are written.
        faces: All faces.
        share: The numbers of those in it, from 0.
    """
    missing: Sequence[int] = share
    if not isinstance(writer, TarFaceWriter):
        missing = [n for n in share if not writer.is_written(faces[n])]
    drawn = sum(1 for _ in writer.write(faces, missing))
    print(f"faces {share.start + 1:,} to {share.stop:,} of {len(faces):,} in {writer.output}")
    if kept := len(share) - drawn:
        print(f"{kept:,} of them were there from an earlier run")


def _place(description: Description, options: argparse.Namespace) -> str:
    """Return where a description stands, for people."""
    if description.line:
        return f"{source_name(options.file)} line {description.line}"
    return f"--text {textwrap.shorten(description.text, 60, placeholder='…')!r}"


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
        advice = '. Give a description: --text "blue hair red eyes"'
        descriptions.append(Description(number, 0, cleaned(text, "--text", advice)))
    return descriptions, bad


def older_samples(folder: Path) -> list[tuple[int, int]]:
    """Return i and j of each `sample_i_j` file in a folder, in either format; none without it."""
    names = (path.name for path in folder.iterdir()) if folder.is_dir() else iter(())
    found = (re.fullmatch(rf"sample_(\d+)_(\d+)\.(?:{'|'.join(FORMATS)})", name) for name in names)
    return [(int(match[1]), int(match[2])) for match in found if match]


def write_sheet(drawn: Iterator[tuple[Face, np.ndarray]], total: int, path: Path) -> str:
    """Write a sheet of faces with their numbers, a row for each description.

    Args:
        drawn: Faces and their images, of which those are taken that the sheet has room for.
        total: Their number.
        path: The file.

    Returns:
        A message that says what it shows.
    """
    first = next(drawn)
    room = max(1, SHEET_PIXELS // len(first[1]) ** 2)
    shown = [first, *islice(drawn, room - 1)]
    rows = [
        sheets.Row(text, np.stack([image for _, image in row]), [f"{f.i}_{f.j}" for f, _ in row])
        for (_, text), group in groupby(shown, key=lambda each: (each[0].i, each[0].text))
        for row in [list(group)]
    ]
    left_out = f"the first {len(shown):,} of {total:,} faces" if total > len(shown) else ""
    save_image(sheets.labelled_grid(rows, note=left_out), path, "png", {"seed": str(first[0].seed)})
    return f"{path} shows {left_out or counted(total, 'face')}"


def is_sheet(path: Path) -> bool:
    """Return whether a file is a sheet that `write_faces` wrote, by the seed that it holds."""
    if not path.is_file():
        return False
    try:
        with Image.open(path, formats=["PNG"]) as sheet:
            return "seed" in sheet.info
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return False

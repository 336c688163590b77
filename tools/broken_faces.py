"""Count broken faces by eye, without knowing which faces are drawn and which are real.

    python3 -m tools.broken_faces DIR --data FACES.zip

writes shuffled sheets of numbered faces, `DIR/00.png`, `01.png`, ..., and `DIR/key.csv`, which says
what they are and is not for the reader. Read each sheet by the rule in `tools/labels/README.md`,
and write one row for it into `DIR/marks.csv`: the numbers of the broken faces, by what is broken.

    sheet,eyes,mouth,shape
    00,4 31,17,
    01,,,

    python3 -m tools.broken_faces DIR --labels LABELS.csv

then prints how many faces of each kind are broken, and writes what was seen in each of them.
"""

from __future__ import annotations

import argparse
import csv
import io
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np
from PIL import Image

import config
from commands.values import share, whole
from config import PRETRAINED, UsageError, reporting
from dataset.cache import load_dataset
from dataset.faces import Dataset
from evaluation.classifier import SIZE
from evaluation.counts import wilson
from files.images import save_image, to_size
from files.provenance import HASH_DIGITS
from files.sheets import Row, labelled_grid
from files.writing import replacing, writable_folder
from sampler import BATCH, Sampler
from tools.attribute_labels import read_repeats, read_table

PARTS = ("eyes", "mouth", "shape")  # what of a face may be broken
WHOLE = "whole"
KEY, MARKS = "key.csv", "marks.csv"  # the files beside the sheets
_ROWS, _COLUMNS, _ENLARGED = 6, 8, 3  # of a sheet
_PER_SHEET = _ROWS * _COLUMNS
_JPEG_QUALITY = 95  # that of the real faces, so that its traces do not give the drawn ones away


class Face(NamedTuple):
    """A face that is read: a real one by its id, or a drawn one by all that it is drawn from."""

    id: str  # stem of the real face's file; empty: drawn
    text: str = ""
    seed: str = ""  # of the noise
    truncation: str = ""  # of the noise
    model_hash: str = ""  # as in `files.provenance.Provenance`
    take: str = ""  # which noise of the seed; empty: the first

    @classmethod
    def of(cls, row: Mapping[str, str]) -> Face:
        """Return the face of a row of a table; older tables have no takes."""
        return cls(*(row.get(field) or "" for field in cls._fields))

    @property
    def source(self) -> str:
        """Where it comes from, for the table of counts."""
        return f"drawn, truncation {self.truncation}" if self.model_hash else "real"


class Label(NamedTuple):
    """What was seen in a face: WHOLE, or those of PARTS that are broken, joined by |."""

    face: Face
    first: str
    second: str  # when it was read again; empty: it was not


FACE_COLUMNS = Face._fields[:-1]  # that each table has: older ones lack the take
_KEY_COLUMNS = ("sheet", "number", *Face._fields)
_LABEL_COLUMNS = (*Face._fields, "first", "second")


def draw(sampler: Sampler, faces: Sequence[Face]) -> np.ndarray:
    """Draw faces as readers see them, from texts, seeds and truncations, (N, 64, 64, 3) uint8.

    Args:
        sampler: The model that `Face.model_hash` tells of.
        faces: At least one, all of them drawn ones.
    """
    own = [int(face.take or 0) for face in faces]
    vectors, takes = _prepare(sampler, faces, max(own) + 1)
    noise = takes[own, np.arange(len(faces))]
    starts = range(0, len(faces), BATCH)
    images = np.concatenate(
        [sampler.draw(vectors[at : at + BATCH], noise[at : at + BATCH]) for at in starts]
    )
    return np.stack([with_traces(image) for image in to_size(images, SIZE)])


def settle(sampler: Sampler, faces: Sequence[Face], tries: int) -> list[Face]:
    """Return drawn faces with the takes that `Sampler.draw_whole` keeps of some tries."""
    vectors, noise = _prepare(sampler, faces, tries)
    parts = [slice(start, start + BATCH) for start in range(0, len(faces), BATCH)]
    takes = [sampler.draw_whole(vectors[part], noise[:, part])[1] for part in parts]
    return [
        face._replace(take=str(take or ""))
        for face, take in zip(faces, np.concatenate(takes), strict=True)
    ]


def _prepare(sampler: Sampler, faces: Sequence[Face], tries: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the sentence vectors, and the truncated noise of some takes of each face."""
    seeds = [(int(face.seed),) for face in faces]
    vectors, noise = sampler.prepare([face.text for face in faces], seeds, tries)
    return vectors, noise * np.array([[float(face.truncation)] for face in faces], np.float32)


def choose(
    data: Dataset, rows: np.ndarray, sampler: Sampler, options: argparse.Namespace
) -> tuple[list[Face], np.ndarray]:
    """Choose real faces and draw others with captions as the data has them.

    Args:
        data: Tagged faces.
        rows: (M,) int, those of them that may be shown.
        sampler: Draws the others.
        options: Values of `truncation`, `drawn` faces of each, `tries` of a face, `real` faces,
            and the `seed` that decides all.

    Returns:
        The faces, and their images, (N, 64, 64, 3) uint8.

    Raises:
        UsageError: There are fewer real faces than asked for.
    """
    if options.real > len(rows):
        raise UsageError(
            f"--real must be at most {len(rows):,}, the faces of --data to choose from."
        )
    random = np.random.default_rng(options.seed)
    shown = random.permutation(rows)[: options.real]
    names = data.names
    real = [Face(PurePosixPath(names[row]).stem) for row in shown]
    truncations = np.repeat(options.truncation, options.drawn)
    captions = [data.captions[n] for n in data.caption_ids[random.choice(rows, len(truncations))]]
    seeds = random.integers(2**32, size=len(truncations))
    model_hash = sampler.fingerprint[:HASH_DIGITS]
    drawn = [
        Face("", text, str(seed), f"{truncation:g}", model_hash)
        for text, seed, truncation in zip(captions, seeds, truncations, strict=True)
    ]
    images = [data.read(shown)]
    if drawn:
        drawn = settle(sampler, drawn, options.tries)
        images.append(draw(sampler, drawn))
    return real + drawn, np.concatenate(images)


def shuffle(count: int, again: int, random: np.random.Generator) -> np.ndarray:
    """Return the order in which N faces are read, (N + again,) int.

    Args:
        count: N.
        again: Faces that come twice, at most N // 2: in the first N // 2 places and after them.
        random: Decides the order.
    """
    order = random.permutation(count)
    half = count // 2
    repeated = random.permutation(order[:half])[:again]
    return np.concatenate([order[:half], random.permutation([*order[half:], *repeated])])


def with_traces(image: np.ndarray) -> np.ndarray:
    """Return a face as it is after it was stored like the real ones, (S, S, 3) uint8."""
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=_JPEG_QUALITY)
    return np.asarray(Image.open(file))


def sheet(images: np.ndarray) -> np.ndarray:
    """Lay out at most 48 faces, enlarged and numbered from 1, (H, W, 3) uint8."""
    side = SIZE * _ENLARGED
    enlarged = (
        Image.fromarray(face).resize((side, side), Image.Resampling.BICUBIC) for face in images
    )
    faces = np.stack([np.asarray(face) for face in enlarged])
    numbers = [str(number) for number in range(1, len(faces) + 1)]
    lines = (slice(start, start + _COLUMNS) for start in range(0, len(faces), _COLUMNS))
    return labelled_grid([Row("", faces[line], numbers[line]) for line in lines])


def write_sheets(options: argparse.Namespace) -> None:
    """Write the sheets and their key.

    Raises:
        ProjectError: The data or the model cannot be used, or a file cannot be written.
    """
    if options.labels:
        raise UsageError("--labels goes without --data: first read the sheets.")
    total = options.drawn * len(options.truncation) + options.real
    if not 2 * options.again <= total or not total:
        raise UsageError(
            f"--again must be at most half of the faces, of which there are {total:,}."
        )
    output = writable_folder("FOLDER", options.folder)
    if (output / KEY).exists():  # its marks would be counted by another key
        raise UsageError(f"FOLDER {output} has sheets already: name another folder.")
    sampler = Sampler.load(options.model)
    data = load_dataset(options.data, options.tags, SIZE, config.CACHE)
    rows = np.arange(len(data))
    if options.repeats:
        rows = rows[~read_repeats(options.repeats, data.names)]
    faces, images = choose(data, rows, sampler, options)
    order = shuffle(len(faces), options.again, np.random.default_rng([options.seed, 1]))
    shown = images[order]
    _, first = np.unique(order, return_index=True)
    again = np.setdiff1d(np.arange(len(order)), first)
    shown[again] = shown[again, :, ::-1]  # mirrored, so that they are harder to recognise
    key = []
    for number, start in enumerate(range(0, len(order), _PER_SHEET)):
        part = slice(start, start + _PER_SHEET)
        name = f"{number:02}"
        save_image(sheet(shown[part]), output / f"{name}.png", "png", {})
        key += [(name, place, *faces[row]) for place, row in enumerate(order[part], start=1)]
    write_table(output / KEY, _KEY_COLUMNS, key)
    print(f"Wrote {number + 1} sheets of {len(faces):,} faces. Read them, and write {MARKS}.")


def read_labels(folder: Path) -> list[Label]:
    """Join the marks to the key: what was seen in each face of the sheets that were read.

    Args:
        folder: That of the sheets.

    Raises:
        UsageError: A file cannot be read, or a row of the marks does not fit the sheets.
    """
    for name, remedy in ((KEY, "write the sheets, with --data"), (MARKS, "read a sheet")):
        if not (folder / name).is_file():
            raise UsageError(f"FOLDER {folder} has no {name}: first {remedy}.")
    places = {
        (row["sheet"], row["number"]): Face.of(row)
        for row in read_table(folder / KEY, "FOLDER", ("sheet", "number", *FACE_COLUMNS))
    }
    marks = read_table(folder / MARKS, "FOLDER", ("sheet", *PARTS))
    seen: dict[tuple[str, str], str] = {}
    for line, row in enumerate(marks, start=2):
        where, name = f"FOLDER {folder / MARKS} row {line}", row["sheet"].strip().zfill(2)
        numbers = [number for sheet, number in places if sheet == name]
        if not numbers:
            raise UsageError(f"{where}: {KEY} has no sheet {row['sheet']!r}.")
        if (name, numbers[0]) in seen:
            raise UsageError(f"{where}: sheet {name} has a row already. Join the two.")
        broken = {part: row[part].split() for part in PARTS}
        for part, found in broken.items():
            if wrong := [number for number in found if number not in numbers]:
                raise UsageError(f"{where}, {part}: sheet {name} has no face {wrong[0]!r}.")
        for number in numbers:
            parts = [part for part in PARTS if number in broken[part]]
            seen[name, number] = "|".join(parts) or WHOLE
    readings: dict[Face, list[str]] = {}
    for place, face in places.items():  # in the order of reading
        if place in seen:
            readings.setdefault(face, []).append(seen[place])
    return [Label(face, *(*found, "")[:2]) for face, found in readings.items()]


def report(labels: Sequence[Label]) -> str:
    """Return how many faces are broken by their first reading, and how often the second agrees."""
    lines = [f"{'':24}{'faces':>6}{'broken':>8}{'of 300 (95 % interval)':>26}"]
    for source in sorted({label.face.source for label in labels}):
        found = [label.first != WHOLE for label in labels if label.face.source == source]
        low, high = (300 * end for end in wilson(sum(found), len(found)))
        share = f"{300 * sum(found) / len(found):.0f} ({low:.0f}-{high:.0f})"
        lines.append(f"{source:24}{len(found):>6}{sum(found):>8}{share:>26}")
    if twice := [label for label in labels if label.second]:
        first, second = (np.array([label[n] != WHOLE for label in twice]) for n in (1, 2))
        lines.append(
            f"read twice: {len(twice)}, with the same result {(first == second).sum()}; "
            f"broken {first.sum()}, then {second.sum()}, both times {(first & second).sum()}"
        )
    return "\n".join(lines)


def write_table(path: Path, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Write a small table; a ProjectError if it cannot be written."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([columns, *rows])
    with replacing(path) as file:
        file.write(text.getvalue().encode())


def count(options: argparse.Namespace) -> None:
    """Print the counts and, if asked for, write the labels."""
    labels = read_labels(options.folder)
    if not labels:
        raise UsageError(f"FOLDER {options.folder / MARKS} has no rows: read a sheet first.")
    print(report(labels))
    if options.labels:
        rows = [(*label.face, label.first, label.second) for label in labels]
        write_table(options.labels, _LABEL_COLUMNS, rows)


@reporting
def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python3 -m tools.broken_faces",
        description="Count broken faces by eye, without knowing which are drawn.",
    )
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="where the sheets are")
    parser.add_argument("--labels", type=Path, help="CSV to write: what was seen in each face")
    sheets = parser.add_argument_group("to write the sheets")
    sheets.add_argument("--data", type=Path, help="folder or .zip of tagged faces")
    sheets.add_argument("--tags", type=Path, help="their tags (default: found beside them)")
    sheets.add_argument("--repeats", type=Path, help="CSV of faces that repeat others: id,repeats")
    sheets.add_argument(
        "--model", default=PRETRAINED.name, help="folder of the model (default: %(default)s)"
    )
    sheets.add_argument(
        "--truncation",
        type=share,
        nargs="+",
        default=[1.0],
        help="factors of the noise (default: 1)",
    )
    for flag, default, text in (
        ("--drawn", 300, "faces drawn with each of them"),
        ("--real", 100, "real faces among them"),
        ("--tries", 1, "takes of a drawn face, at most, until it does not seem broken"),
        ("--again", 0, "faces to be read twice"),
        ("--seed", 0, "decides which faces, and their order"),
    ):
        sheets.add_argument(
            flag, type=whole(0, 100_000), default=default, help=f"{text} (default: {default})"
        )
    options = parser.parse_args(arguments)
    config.prepare_environment()
    if options.data:
        write_sheets(options)
    elif options.tags or options.repeats:
        raise UsageError("--tags and --repeats go with --data: name the faces as well.")
    else:
        count(options)
    return 0


if __name__ == "__main__":
    sys.exit(main())

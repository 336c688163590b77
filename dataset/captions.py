"""Read the captions of a data set's images from the files that hold them."""

from __future__ import annotations

import csv
import dataclasses
import io
from collections import Counter
from collections.abc import Container
from pathlib import Path
from typing import TypeVar

from console import EXAMPLES, counted, shorten
from dataset.caption_files import Table, first_kind, read_file, same_name
from dataset.matching import Matches, match
from dataset.sources import Files, stem_of
from dataset.summary import TagReport
from dataset.tags import TagTable, parse_tags, read_object, read_text
from files.writing import replacing

Id = TypeVar("Id", int, str)


@dataclasses.dataclass
class Reading:
    """The captions of the images, and what was found in the files that hold them."""

    captions: dict[str, str]  # the first caption of each image, by image
    others: dict[str, list[str]] = dataclasses.field(default_factory=dict)  # by image
    report: TagReport = dataclasses.field(default_factory=lambda: TagReport(""))
    is_new: bool = False  # whether version 3 of the cache may hold other captions
    notes: list[str] = dataclasses.field(default_factory=list)  # which captions are not used


@dataclasses.dataclass
class _Source:
    """A table with what it says of the images."""

    table: Table
    parsed: TagTable
    matches: Matches
    used: int = 0  # images

    @property
    def captions(self) -> dict[str, list[str]]:
        """By image."""
        return self.matches.captions

    @property
    def is_new(self) -> bool:
        """Whether version 3 of the cache may hold other captions."""
        return self.matches.is_new or self.parsed.is_new


def read_captions(
    path: Path,
    files: Files,
    images: list[str],
    tables: list[Table],
    side_cars: dict[str, list[str]],
) -> Reading:
    """Read the captions of each image from the place that is nearest to it.

    These are the tables in its folder, the text beside it, the tables of the folders above, and
    those beside the data. A table that the user named is the only place.

    Args:
        path: The data: a folder or a zip.
        files: Its files.
        images: Names of the images among them.
        tables: From `find_tables`.
        side_cars: From `find_side_cars`.
    """
    sources = [_read_table(path, images, table) for table in tables]
    reading = Reading({})
    for source in sources:
        for name in source.captions:
            own = source.table.folder == name[: name.rfind("/") + 1]
            if source.table.place == "named" or (source.table.place == "inside" and own):
                _use(reading, source, name)
    named = any(table.place == "named" for table in tables)
    read, bad = ({}, []) if named else _read_side_cars(files, images, side_cars, reading)
    for source in sources:
        for name in source.captions:
            _use(reading, source, name)
    _report(reading, sources, read, bad, len(images))
    forms = {_form(image, side_car) for image, side_car in read.items()}
    old = first_kind(tables)
    reading.is_new |= any(source.is_new for source in sources if source.table in old)
    reading.is_new |= any(source.used and source.table not in old for source in sources)
    reading.is_new |= bool(read) and (bool(old) or forms != {"NAME.txt"})
    if not named:
        reading.notes += _overridden(sources, read, side_cars, reading.captions)
    for source in sources:
        if source.used and source.matches.how:
            reading.notes.append(
                f"{source.table.label}: no id is the path of an image here; they match "
                f"{source.matches.how}"
            )
        if source.used and source.parsed.unused:
            names = ", ".join(sorted(source.parsed.unused))
            reading.notes.append(
                f"{source.table.label}: not used: {names}. Only one column or key holds captions"
            )
    reading.notes += _several(reading)
    return reading


def _several(reading: Reading) -> list[str]:
    """Say what becomes of the further captions of images."""
    if not reading.others:
        return []
    captions = reading.captions
    shared = shared_captions(list(captions), list(captions.values()), reading.others)
    notes = [
        f"{counted(len(reading.others), 'image')} with several captions: training uses "
        "them all, as paraphrases of the first"
    ]
    dropped = sum(
        text not in shared.get(captions[name], ())
        for name, texts in reading.others.items()
        for text in texts
    )
    if dropped:
        notes.append(
            f"not used: {dropped:,} of these captions, as another image with the same first "
            "caption lacks them"
        )
    return notes


def _read_table(path: Path, images: list[str], table: Table) -> _Source:
    parsed = parse_tags(Path(table.label).name, table.data)
    return _Source(table, parsed, match(images, path.resolve(), table, parsed))


def _use(reading: Reading, source: _Source, name: str) -> None:
    """Give an image the captions of a table, unless it has some."""
    if name not in reading.captions:
        reading.captions[name], *others = source.captions[name]
        if others:
            reading.others[name] = others
        source.used += 1


def _read_side_cars(
    files: Files, images: list[str], side_cars: dict[str, list[str]], reading: Reading
) -> tuple[dict[str, str], list[str]]:
    """Read the texts beside images that have no caption yet.

    Returns:
        The texts used, by image, and what is wrong with them.
    """
    read: dict[str, str] = {}
    bad: list[str] = []
    for name in images:
        if name in reading.captions:
            continue
        for side_car in side_cars.get(name, ()):
            parse = read_object if side_car.lower().endswith(".json") else read_text
            try:
                (caption, *others), guessed, is_new = parse(read_file(files, side_car))
            except (OSError, ValueError) as error:
                bad.append(f"{side_car}: {error}")
                continue
            if guessed:
                bad.append(f"{side_car}: not UTF-8, read as {guessed}")
            reading.captions[name], read[name] = caption, side_car
            if others:
                reading.others[name] = others
            same = stem_of(side_car) in (stem_of(name), name)
            reading.is_new |= is_new or bool(others) or not same
            break
    return read, bad


def _form(image: str, side_car: str) -> str:
    """Return how a text beside an image is named: `NAME.txt` or `NAME.jpg.txt`."""
    same = same_name(stem_of(side_car)) == same_name(stem_of(image))
    base = "NAME" if same else f"NAME{_suffix(image)}"
    return base + _suffix(side_car)


def _suffix(name: str) -> str:
    return name[len(stem_of(name)) :]


def _report(
    reading: Reading, sources: list[_Source], read: dict[str, str], bad: list[str], images: int
) -> None:
    """Say where the captions of so many images come from, and what is wrong there."""
    used = [source for source in sources if source.used]
    reported = used or ([] if read or bad else sources)
    forms = Counter(_form(image, side_car) for image, side_car in read.items())
    # As version 3 of the cache has it: outer folders first.
    reported = sorted(reported, key=lambda s: (s.table.place == "inside", s.table.folder))
    labels = [source.table.label for source in reported]
    if len(forms) == 1 and not labels:
        whole = "each image" if len(read) == images else f"{len(read):,} of {images:,} images"
        labels = [f"{next(iter(forms))} beside {whole}"]
    elif forms:
        labels = [
            f"{source.table.label} for {counted(source.used, 'image')}" for source in reported
        ]
        labels += [f"{form} beside {counted(count, 'image')}" for form, count in forms.items()]
    unmatched = [key for source in reported for key in source.matches.unmatched]
    bad = [note for source in reported for note in source.parsed.bad] + bad
    reading.report = TagReport(
        source=", ".join(labels) or "none that can be read",
        duplicates=sum(source.parsed.duplicates for source in reported),
        unmatched=len(unmatched),
        unmatched_examples=unmatched[:EXAMPLES],
        bad_rows=len(bad),
        bad_examples=bad[:EXAMPLES],
    )


def _overridden(
    sources: list[_Source],
    read: dict[str, str],
    side_cars: dict[str, list[str]],
    captions: Container[str],
) -> list[str]:
    """Say which captions are not used, as others are nearer to the images."""
    notes = []
    for source in sources:
        unused = len(source.captions) - source.used
        label = source.table.label
        if unused:
            notes.append(
                f"{label}: its captions of {unused:,} of {len(source.captions):,} images are not "
                "used, as others come before them. To use it alone: --tags FILE"
            )
        elif not source.used and (read or any(other.used for other in sources)):
            why = source.parsed.bad[0] if not source.parsed.texts and source.parsed.bad else ""
            why = why or "none of its ids is that of an image"
            notes.append(f"{label} is not used: {shorten(why, 300)}")
    unused_texts = sorted(
        name
        for image, names in side_cars.items()
        for name in names
        if image in captions and read.get(image) != name
    )
    if unused_texts:
        notes.append(
            f"not used: {counted(len(unused_texts), 'text')} beside images that have captions: "
            f"{shorten(', '.join(unused_texts[:3]), 200)}"
        )
    return notes


def shared_captions(
    names: list[str], ids: list[Id], others: dict[str, list[str]]
) -> dict[Id, list[str]]:
    """Return further captions by the id of the first one.

    An id stands for all images that have its caption first: a further caption counts if it is one
    of each of these images, so that it is true of all.

    Args:
        names: The images.
        ids: The ids of their first captions.
        others: Their further captions, by image.
    """
    shared: dict[Id, list[str]] = {}
    if others:
        for name, id_ in zip(names, ids, strict=True):
            own = others.get(name, [])
            shared[id_] = [text for text in shared.get(id_, own) if text in own]
    return {id_: texts for id_, texts in shared.items() if texts}


def write_tags(target: Path, captions: dict[str, str]) -> list[str]:
    """Write captions as a table that `parse_tags` reads.

    Args:
        target: The file to write.
        captions: Captions by image.

    Returns:
        The images that were left out, because a row cannot hold their names.

    Raises:
        WriteError: The file cannot be written.
    """
    header = b"id,text\n"  # says that commas separate the fields, whatever the names hold
    left_out = []
    with replacing(target) as file:
        file.write(header)
        for name, text in captions.items():
            row = io.StringIO()
            csv.writer(row, lineterminator="\n").writerow([stem_of(name), text])
            line = row.getvalue().encode("utf-8", "surrogateescape")  # a name may be undecodable
            if parse_tags(target.name, header + line).texts == {stem_of(name): text}:
                file.write(line)
            else:
                left_out.append(name)
    return left_out

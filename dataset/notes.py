"""Name the files of a data set that are neither used nor refused: what users may have meant."""

from __future__ import annotations

import re

from console import shorten
from dataset.caption_files import Table
from dataset.sources import (
    PLUG_INS,
    SIDE_CAR_SUFFIXES,
    SUFFIXES,
    TABLES,
    UNREAD_IMAGES,
    Files,
    stem_of,
)

_SUFFIXES = tuple(suffix[1:] for suffix in SUFFIXES)
_ARCHIVES = ("zip", "tar", "gz", "tgz", "7z", "rar", "cbz")
_TABLES = ("csv", "tsv", "json", "jsonl", "ndjson")  # --tags reads them
_OTHER_TABLES = (
    *("parquet", "arrow", "feather", "xlsx", "xls", "ods", "xml", "yaml", "yml", "sqlite", "pkl"),
)
# What lies beside images and holds no captions: latents, backups, what cameras and systems write.
_COMPANIONS = ("npz", "npy", "pt", "safetensors", "bak", "old", "part", "thm", "aae", "db", "ini")
_PAPERS = re.compile(
    r"(readme|licen[sc]e|copying|requirements|notice|changelog)\b.*", re.IGNORECASE
)
_MAGIC = re.compile(rb"\xff\xd8\xff|\x89PNG|GIF8|RIFF....WEBP|BM|II\*\0|MM\0\*|....ftypavif", re.S)
_MAX_LOOKS = 50  # into files without a usual suffix


def find_notes(
    files: Files, images: list[str], tables: list[Table], side_cars: dict[str, list[str]]
) -> list[str]:
    """Return notes on images, captions and archives that the program does not read.

    Args:
        files: All files of the data.
        images: Names of the images among them.
        tables: The tables of captions that are read.
        side_cars: Names of the texts beside images, by image.
    """
    notes = []
    by_suffix: dict[str, list[str]] = {}
    for name in sorted(files.stamps):
        last = name.rpartition("/")[2]
        suffix = last.rpartition(".")[2].lower() if "." in last else ""
        by_suffix.setdefault(suffix, []).append(name)
    for suffix in (*PLUG_INS, *UNREAD_IMAGES):
        if names := by_suffix.get(suffix):
            package = PLUG_INS.get(suffix)
            how = f", for example with the Python package {package}" if package else ""
            notes.append(f"not read: {_listed(names, f'.{suffix} file')}. Convert to PNG{how}")
    usual = (*_SUFFIXES, *SIDE_CAR_SUFFIXES, *PLUG_INS, *UNREAD_IMAGES, *_ARCHIVES)
    usual += (*_TABLES, *_OTHER_TABLES, *_COMPANIONS)
    unusual = [n for suffix in by_suffix if suffix not in usual for n in by_suffix[suffix]]
    if names := _images_among(files, unusual):
        named = _listed(names, "image without a usual suffix", "images without a usual suffix")
        notes.append(f"not read: {named}. Give them one, such as .jpg or .png")
    if names := [name for suffix in _ARCHIVES for name in by_suffix.get(suffix, ())]:
        notes.append(
            f"not read: {_listed(names, 'archive')}. Unpack it here, or name a .zip by itself: "
            "--data FILE.zip"
        )
    if not any(table.place == "named" for table in tables):
        read = {table.folder + _last(table.label) for table in tables if table.place == "inside"}
        read |= {name for names in side_cars.values() for name in names}
        notes += _unread_captions(
            {suffix: [n for n in names if n not in read] for suffix, names in by_suffix.items()},
            {base for name in images for base in (stem_of(name), name)},
        )
    return notes


def _last(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2]


def _unread_captions(by_suffix: dict[str, list[str]], bases: set[str]) -> list[str]:
    """Return notes on files that may hold captions and are in no place where these are read.

    Args:
        by_suffix: Names of the files that are not read, by suffix.
        bases: What texts beside images are called, without their suffix.
    """
    no_captions = (*_SUFFIXES, *PLUG_INS, *UNREAD_IMAGES, *_ARCHIVES, *_COMPANIONS, "")
    beside = sorted(
        name
        for suffix, names in by_suffix.items()
        if suffix not in no_captions
        for name in names
        if stem_of(name) in bases
    )

    def others(suffixes: tuple[str, ...]) -> list[str]:
        names = [name for suffix in suffixes for name in by_suffix.get(suffix, ())]
        names = [name for name in names if stem_of(name) not in bases]
        return [name for name in names if not _PAPERS.fullmatch(_last(name))]

    ways = ", ".join(f"NAME.{suffix}" for suffix in SIDE_CAR_SUFFIXES[:-1])
    by_name = f"--tags FILE, or call it {' or '.join(TABLES[:3])}"
    kinds = (
        (beside, "file", f"beside images. Captions there are {ways} or NAME.json with tags"),
        (
            others(SIDE_CAR_SUFFIXES[:-1]),
            "text",
            "that no image has the name of. The caption of a/NAME.jpg is a/NAME.txt. To use a text "
            f"of all captions: {by_name}",
        ),
        (others(_TABLES), "file", f"that may hold captions. To use one: {by_name}"),
        (
            others(_OTHER_TABLES),
            "file",
            f"that may hold captions. To use one, save it as CSV: {by_name}",
        ),
    )
    return [f"not read: {_listed(names, what)} {how}" for names, what, how in kinds if names]


def _images_among(files: Files, names: list[str]) -> list[str]:
    """Return those of the first `_MAX_LOOKS` files that begin as images do."""
    found = []
    for name in names[:_MAX_LOOKS]:
        try:
            with files.open(name) as file:
                if _MAGIC.match(file.read(16)):
                    found.append(name)
        except OSError:
            continue  # no image that can be read
    return found


def _listed(names: list[str], what: str, plural: str = "") -> str:
    count = f"1 {what}" if len(names) == 1 else f"{len(names):,} {plural or what + 's'}"
    more = ", …" if len(names) > 3 else ""
    return f"{count} ({shorten(', '.join(names[:3]), 200)}{more})"

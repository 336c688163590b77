"""Name the files of a data set that are neither used nor refused: what users may have meant."""

from __future__ import annotations

import re

from console import shorten
from dataset.caption_files import Table
from dataset.sources import SIDE_CAR_SUFFIXES, TABLES, Files, stem_of

_PLUG_INS = {"heic": "pillow-heif", "heif": "pillow-heif", "jxl": "pillow-jxl-plugin"}
_UNREAD_IMAGES = (
    *("tga", "ppm", "pgm", "pbm", "pnm", "psd", "svg", "ico", "jp2", "j2k", "dds", "pcx", "xcf"),
    *("kra", "clip", "exr", "hdr", "qoi", "icns", "mp4", "webm", "apng"),
)
_ARCHIVES = ("zip", "tar", "gz", "tgz", "7z", "rar", "cbz")
_CAPTIONS = (
    *("csv", "tsv", "json", "jsonl", "ndjson", "parquet", "arrow", "xlsx", "xls", "ods", "xml"),
    *("yaml", "yml"),
)
_PAPERS = re.compile(
    r"(readme|licen[sc]e|copying|requirements|notice|changelog)\b.*", re.IGNORECASE
)
_MAGIC = re.compile(rb"\xff\xd8\xff|\x89PNG|GIF8|RIFF....WEBP|BM|II\*\0|MM\0\*|....ftypavif", re.S)
_MAX_LOOKS = 50  # into files without a suffix


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
    for suffix in (*_PLUG_INS, *_UNREAD_IMAGES):
        if names := by_suffix.get(suffix):
            package = _PLUG_INS.get(suffix)
            how = f", for example with the Python package {package}" if package else ""
            notes.append(f"not read: {_listed(names, f'.{suffix} file')}. Convert to PNG{how}")
    if names := _images_without_suffix(files, by_suffix.get("", [])):
        named = _listed(names, "image without a suffix", "images without a suffix")
        notes.append(f"not read: {named}. Give them one, such as .jpg or .png")
    if names := [name for suffix in _ARCHIVES for name in by_suffix.get(suffix, ())]:
        notes.append(
            f"not read: {_listed(names, 'archive')}. Unpack it here, or name a .zip by itself: "
            "--data FILE.zip"
        )
    if not any(table.place == "named" for table in tables):
        read = {table.folder + _last(table.label) for table in tables if table.place == "inside"}
        read |= {name for names in side_cars.values() for name in names}
        suffixes = (*_CAPTIONS, *SIDE_CAR_SUFFIXES)
        unread = [n for suffix in suffixes for n in by_suffix.get(suffix, ()) if n not in read]
        notes += _unread_captions(unread, {b for name in images for b in (stem_of(name), name)})
    return notes


def _last(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2]


def _unread_captions(unread: list[str], bases: set[str]) -> list[str]:
    """Return notes on files that may hold captions and are in no place where these are read."""
    beside = [name for name in unread if stem_of(name) in bases]
    tables = [name for name in unread if stem_of(name) not in bases]
    tables = [name for name in tables if not _PAPERS.fullmatch(_last(name))]
    notes = []
    if beside:
        ways = ", ".join(f"NAME.{suffix}" for suffix in SIDE_CAR_SUFFIXES)
        notes.append(
            f"not read: {_listed(beside, 'file')} beside images. Captions there are texts: {ways}"
        )
    if tables:
        notes.append(
            f"not read: {_listed(tables, 'file')} that may hold captions. To use one, save it "
            f"as CSV or JSON and name it: --tags FILE, or call it {' or '.join(TABLES[:3])}"
        )
    return notes


def _images_without_suffix(files: Files, names: list[str]) -> list[str]:
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

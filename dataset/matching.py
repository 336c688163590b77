"""Match the ids of a table of captions to images."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from dataset.caption_files import Table, same_name
from dataset.sources import PLUG_INS, UNREAD_IMAGES, is_image, stem_of
from dataset.tags import TagTable

_NUMBERED = re.compile(r"(\.\w{3,4})#\d+")  # Flickr8k: 1.jpg#0, 1.jpg#1 are captions of 1.jpg
_OTHER_IMAGES = tuple(f".{suffix}" for suffix in (*PLUG_INS, *UNREAD_IMAGES))


class Matches(NamedTuple):
    """What a table says of the images."""

    captions: dict[str, list[str]]  # by image
    unmatched: list[str]  # ids that match no image
    is_new: bool = False  # whether version 3 of the cache may hold other matches
    how: str = ""  # how ids were read, if not as they stand


def match(images: list[str], root: Path, table: Table, parsed: TagTable) -> Matches:
    """Match the ids of a table to images.

    An id is an image's path below the table's folder, or the end of that path, down to the mere
    name, if no other image's path ends alike; with or without the suffix. The folders that lead to
    the table's own may come before the path: some of them, or all.

    If no id matches so, other ways to read them are tried. For a table within the data: what all
    have in common at their start is the folder of another computer; then, all their folders are.
    At last, another column is the id.

    Images that are left over match ids that differ only in what programs change: see `_loosely`.
    """
    texts: dict[str, list[str]] = {}
    merged = False
    for key, text in parsed.texts.items():
        plain = _plain_path(key)
        merged |= _NUMBERED.search(key) is not None
        texts[plain] = [*texts.get(plain, ()), text, *parsed.others.get(key, ())]
    below = {n: n[len(table.folder) :] for n in images if n.startswith(table.folder)}
    for how, ids in _ways(table, texts, parsed.other_ids):
        found, is_new = _find(below, root, table.folder, ids)
        more = _find_loosely(below, found, ids.keys() - set(found.values()))
        if found or more:
            keys = {name: ids[key] for name, key in (found | more).items()}
            used = set(keys.values())
            return Matches(
                {name: list(dict.fromkeys(texts[key])) for name, key in keys.items()},
                [key for key in texts if key not in used],
                bool(is_new or more or merged or how),
                how,
            )
    return Matches({}, list(texts))


def _plain_path(key: str) -> str:
    """Return an id as a path with slashes; of a URL without its query and escapes."""
    if "://" in key:
        key = unquote(re.sub(r"[?#].*", "", key))
    return _NUMBERED.sub(r"\1", key.replace("\\", "/").removeprefix("./"))


def _ways(
    table: Table, texts: Mapping[str, list[str]], other_ids: Mapping[str, str]
) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield ways to read the ids of a table, in words and as ids by what an image may be called."""
    yield "", {key: key for key in texts}
    if texts and table.place != "beside":
        if len(texts) > 1 and (common := _common_folder(min(texts), max(texts))):
            yield f"without {common}/", {key[len(common) + 1 :]: key for key in texts}
        names = Counter(_name(key) for key in texts)
        by_name = {_name(key): key for key in texts if names[_name(key)] == 1}
        yield "without their folders", by_name
    others = {_plain_path(other): _plain_path(key) for other, key in other_ids.items() if key}
    yield "by another column", others


def _find(
    below: Mapping[str, str], root: Path, folder: str, ids: Mapping[str, str]
) -> tuple[dict[str, str], bool]:
    """Return what each image is called, if it is, and whether version 3 of the cache lacks any."""
    stems = {stem_of(name) for name in below.values()}
    endings = Counter(ending for stem in stems for ending in _endings(stem))
    place = f"{root.with_suffix('') if root.suffix == '.zip' else root}/{folder}".replace("\\", "/")
    above = [f"{start}/" for start in _endings(place.strip("/"))]
    above += [place]
    found: dict[str, str] = {}
    is_new = False
    for name, relative in below.items():
        stem = stem_of(relative)
        suffix = relative[len(stem) :]
        unique = [ending for ending in _endings(stem) if endings[ending] == 1]
        starts = [f"{root.name}/{stem}", stem, *unique]
        later = [f"{start}{stem}" for start in above]
        for number, key in enumerate(
            key + end for key in (*starts, *later) for end in ("", suffix)
        ):
            if key in ids:
                found[name] = key
                is_new |= number >= 2 * len(starts)
                break
    return found, is_new


def _find_loosely(
    below: Mapping[str, str], found: Mapping[str, str], left: Collection[str]
) -> dict[str, str]:
    """Return what the images are called that have no id yet.

    Args:
        below: Paths of the images below the table's folder, by image.
        found: What the others are called.
        left: What no image is called yet.
    """
    if len(found) == len(below) or not left:
        return {}
    keys = [(_loosely(key), key) for key in left]
    counts = Counter(loose for loose, _ in keys)
    unique = {loose: key for loose, key in keys if counts[loose] == 1}
    paths = {name: _loosely(relative) for name, relative in below.items()}
    endings = Counter(ending for path in paths.values() for ending in _endings(path))
    more = {}
    for name, path in paths.items():
        fitting = (e for e in _endings(path) if endings[e] == 1 and e in unique)
        if name not in found and (ending := next(fitting, None)) is not None:
            more[name] = unique[ending]
    return more


def _loosely(path: str) -> str:
    """Return a path without what programs change: equal ones may mean the same image.

    These are letter case, suffix, composed letters (which a Mac takes apart), and the zeros before
    a number and the `.0` behind it, which spreadsheets drop or add.
    """
    path = same_name(path)
    if is_image(path) or path.endswith(_OTHER_IMAGES):
        path = stem_of(path)
    folder, slash, name = path.rpartition("/")
    if number := re.fullmatch(r"0*(\d+)(\.0)?", name, re.ASCII):
        name = number[1]
    return folder + slash + name


def _common_folder(one: str, other: str) -> str:
    pairs = zip(one.split("/")[:-1], other.split("/")[:-1], strict=False)
    return "/".join(a for a, _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _endings(path: str) -> list[str]:
    """`a/b/c` -> `a/b/c`, `b/c`, `c`."""
    parts = path.split("/")
    return ["/".join(parts[n:]) for n in range(len(parts))]

"""Match the ids of a table of captions to images."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Container
from pathlib import Path

from dataset.caption_files import Table
from dataset.sources import stem_of
from dataset.tags import TagTable


def match(
    images: list[str], root: Path, table: Table, parsed: TagTable
) -> tuple[dict[str, list[str]], list[str], bool]:
    """Match the ids of a table to images.

    An id is an image's path below the table's folder, or the end of that path, down to the mere
    name, if no other image's path ends alike; with or without the suffix. The folders that lead to
    the table's own may come before the path: some of them, or all. If no id of a table within the
    data matches so, what all ids have in common at their start is taken for the folder of another
    computer.

    Returns:
        The captions by image, the ids that match no image, and whether version 3 of the cache may
        hold other matches.
    """
    texts: dict[str, list[str]] = {}
    for key, text in parsed.texts.items():
        key, both = key.replace("\\", "/").removeprefix("./"), [text, *parsed.others.get(key, ())]
        texts[key] = both
    folder = table.folder
    found, is_new = _find(images, root, folder, texts)
    if not found and table.place != "beside" and len(texts) > 1:
        common = _common_folder(min(texts), max(texts))
        if common:
            below = {key[len(common) + 1 :]: key for key in texts}
            found, _ = _find(images, root, folder, below)
            found, is_new = {name: below[key] for name, key in found.items()}, bool(found)
    used = set(found.values())
    captions = {name: texts[key] for name, key in found.items()}
    return captions, [key for key in texts if key not in used], is_new


def _find(
    images: list[str], root: Path, folder: str, keys: Container[str]
) -> tuple[dict[str, str], bool]:
    """Return the id of each image that has one, and whether version 3 of the cache lacks any."""
    below = {name: name[len(folder) :] for name in images if name.startswith(folder)}
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
            if key in keys:
                found[name] = key
                is_new |= number >= 2 * len(starts)
                break
    return found, is_new


def _common_folder(one: str, other: str) -> str:
    pairs = zip(one.split("/")[:-1], other.split("/")[:-1], strict=False)
    return "/".join(a for a, _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))


def _endings(path: str) -> list[str]:
    """`a/b/c` -> `a/b/c`, `b/c`, `c`."""
    parts = path.split("/")
    return ["/".join(parts[n:]) for n in range(len(parts))]

"""Several data sets, each with a cache of its own, as one."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from config import ProjectError
from console import shorten
from dataset.cache import Describe, load_dataset
from dataset.faces import Dataset
from dataset.origin import digest
from dataset.summary import join_summaries
from files.writing import replacing


class Images:
    """Arrays of images, one after the other; none of them is copied.

    Args:
        parts: (N, S, S, 3) uint8 each, all of one size.
    """

    def __init__(self, parts: list[np.ndarray]) -> None:
        self._parts = parts
        self._starts = np.cumsum([0, *map(len, parts)])
        self.shape = (int(self._starts[-1]), *parts[0].shape[1:])

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: np.ndarray) -> np.ndarray:
        """Copy images, (B,) int -> (B, S, S, 3) uint8."""
        images = np.empty((len(rows), *self.shape[1:]), np.uint8)
        of = np.searchsorted(self._starts, rows, side="right") - 1
        for number in np.unique(of):
            chosen = of == number
            images[chosen] = self._parts[number][rows[chosen] - self._starts[number]]
        return images


def load_parts(
    paths: Iterable[Path], tags: Path | None, size: int, cache_dir: Path, describe: Describe
) -> dict[Path, Dataset]:
    """Load one or several data sets, each once; see `load_dataset`."""
    paths = dict.fromkeys(paths)
    alone = len(paths) == 1
    return {path: load_dataset(path, tags, size, cache_dir, describe, alone) for path in paths}


def in_order(parts: Mapping[Path, Dataset]) -> dict[Path, Dataset]:
    """Return data sets in the order in which `join` puts them."""
    return dict(sorted(parts.items(), key=lambda item: str(item[0].resolve())))


def join(parts: dict[Path, Dataset], cache_dir: Path) -> Dataset:
    """Join data sets of images of one size; equal captions become one.

    Args:
        parts: By the folder or zip that each comes from. Their order does not matter.
        cache_dir: Where caches are kept. What is derived from the joined data goes into a folder
            of its own there; those of older versions of the same data are removed.

    Returns:
        The joined data set; a single one as it is.

    Raises:
        ProjectError: All images have the same caption.
        WriteError: The cache cannot be written.
    """
    if len(parts) == 1:
        return next(iter(parts.values()))
    parts = in_order(parts)
    datasets = list(parts.values())
    numbers: dict[str, int] = {}  # by caption, in order of appearance
    ids: list[np.ndarray] = []
    others: dict[int, list[str]] = {}
    for dataset in datasets:
        new = [numbers.setdefault(text, len(numbers)) for text in dataset.captions]
        ids.append(np.array(new, np.int32)[dataset.caption_ids])
        for row, number in enumerate(new):
            own = dataset.others.get(row, [])
            # A further caption counts if it is true of all images that have the first one.
            others[number] = [text for text in others.get(number, own) if text in own]
    if len(numbers) == 1:
        raise ProjectError(
            f"All images of {', '.join(map(str, parts))} have the same caption, "
            f"{shorten(next(iter(numbers)))!r}. Training needs different ones."
        )
    caption_ids, captions = np.concatenate(ids), list(numbers)
    counts = Counter({captions[n]: count for n, count in Counter(caption_ids.tolist()).items()})
    images = Images([dataset.images for dataset in datasets])
    return Dataset(
        images,  # type: ignore[arg-type]  # read by rows alone, as a memory-mapped array is
        captions,
        caption_ids,
        join_summaries({str(path): part.summary for path, part in parts.items()}, counts),
        _folder(parts, images.shape[1], cache_dir),
        others={number: texts for number, texts in others.items() if texts},
    )


def _folder(parts: dict[Path, Dataset], size: int, cache_dir: Path) -> Path:
    """Create the folder for what is derived from joined data, and return it."""
    family = digest([[str(path.resolve()) for path in parts], size])
    folder = cache_dir / f"{family}-{digest([part.folder.name for part in parts.values()])}"
    names = [f"{path}/{name}" for path, part in parts.items() for name in part.names]
    with replacing(folder / "names.json", durable=False) as file:
        file.write(json.dumps(names).encode("utf-8", "surrogateescape"))
    for older in cache_dir.glob(f"{family}-*"):
        if older != folder:
            shutil.rmtree(older, ignore_errors=True)
    return folder

"""Join what images surely show to their captions, as tags."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from dataset.faces import Dataset
from files.derived import read_record, write_record
from files.writing import one_at_a_time
from text.attributes import ATTRIBUTE_OF, Facts
from text.descriptions import add_tags
from text.facts import read_tags

Judge = Callable[[np.ndarray], list[Facts]]  # (B, S, S, 3) uint8 -> what each surely shows or not
_JUDGED = "attributes.json"  # beside a cache: the tags of each image
_NO = "no "  # before what an image does not show
_CHUNK = 256  # images in memory at a time


def add_attributes(
    dataset: Dataset,
    judge: Judge,
    stamps: list[list[Any]],
    read: Callable[[list[str]], list[Facts]],
) -> Dataset:
    """Join what images surely show, and surely do not, to their captions.

    What a caption tells of itself stays: of that attribute, nothing is added. The images are judged
    once; the result is kept beside the cache.

    Args:
        dataset: The data set, nothing held out.
        judge: Tells the facts of images.
        stamps: Stand for the judge: other ones mean that the images are to be judged again.
        read: Reads the facts of texts that are no lists of tags, N texts -> N facts.

    Returns:
        The data set with other captions. Its summary counts what was added.
    """
    seen = _judged(dataset, judge, stamps)
    told = [
        {ATTRIBUTE_OF.get(name, name) for name in read_tags(caption)[0] | facts}
        for caption, facts in zip(dataset.captions, read(dataset.captions), strict=True)
    ]
    ids: dict[str, int] = {}  # by caption, in order of appearance
    others: dict[int, list[str]] = {}
    added: Counter[str] = Counter()
    caption_ids = np.empty(len(dataset), np.int32)
    for image, row in enumerate(dataset.caption_ids):
        tags = [tag for tag in seen[image] if _attribute(tag) not in told[row]]
        added.update(tag for tag in tags if not tag.startswith(_NO))
        caption = add_tags(dataset.captions[row], tags)
        caption_ids[image] = number = ids.setdefault(caption, len(ids))
        own = dataset.others.get(row, [])
        others[number] = [text for text in others.get(number, own) if text in own]
    captions = list(ids)
    commonest = Counter(caption_ids.tolist()).most_common(10)
    summary = dataclasses.replace(
        dataset.summary,
        captions=len(captions),
        commonest=[(captions[number], count) for number, count in commonest],
        added=dict(added.most_common()),
    )
    return dataclasses.replace(
        dataset,
        captions=captions,
        caption_ids=caption_ids,
        others={number: texts for number, texts in others.items() if texts},
        summary=summary,
    )


def as_described(dataset: Dataset) -> Dataset:
    """Leave out of captions what their images do not show: people say what a face is to have.

    Returns:
        The data set with such captions, without further ones. A caption that only denies stays.

    Example:
        >>> as_described(dataset).captions  # of "red hair, no hat" and "red hair, no smile"
        ['red hair']
    """
    ids: dict[str, int] = {}  # by caption, in order of appearance
    numbers = np.array([ids.setdefault(_affirmed(c), len(ids)) for c in dataset.captions])
    return dataclasses.replace(
        dataset, captions=list(ids), caption_ids=numbers[dataset.caption_ids], others={}
    )


def _affirmed(caption: str) -> str:
    tags = caption.split(", ")
    return ", ".join(tag for tag in tags if not tag.startswith(_NO)) or caption


def _attribute(tag: str) -> str:
    name = tag.removeprefix(_NO)
    return ATTRIBUTE_OF.get(name, name)


def _judged(dataset: Dataset, judge: Judge, stamps: list[list[Any]]) -> list[list[str]]:
    """Return the tags of what each image surely shows, or does not."""
    record = dataset.folder / _JUDGED
    kept = read_record(record, stamps)
    if kept is None:
        with one_at_a_time(record.with_suffix(".lock"), "looks at the same images"):
            kept = read_record(record, stamps)
            if kept is None:
                return _look(dataset, judge, stamps, record)
    return [text.split(", ") if text else [] for text in json.loads(kept)]


def _look(dataset: Dataset, judge: Judge, stamps: list[list[Any]], record: Path) -> list[list[str]]:
    """Judge the images, and keep the result."""
    found: list[list[str]] = []
    with tqdm(total=len(dataset), desc="look", unit=" images", disable=None) as bar:
        for start in range(0, len(dataset), _CHUNK):
            images = dataset.read(np.arange(start, min(start + _CHUNK, len(dataset))))
            facts = judge(images)
            found += [[n if shown else _NO + n for n, shown in each.items()] for each in facts]
            bar.update(len(images))
    write_record(record, stamps, json.dumps([", ".join(tags) for tags in found]))
    return found

"""Captions for images without any, from the colour classifier."""

from __future__ import annotations

import argparse
import functools
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dataset.cache import DESCRIBED
from dataset.captions import write_tags
from dataset.faces import Dataset
from files import sheets
from files.images import save_image

if TYPE_CHECKING:
    from evaluation.classifier import Classifier

LABEL_ROWS, LABEL_COLUMNS = 40, 12  # of the sheet of images that the classifier captioned


def describe_faces(images: np.ndarray) -> list[str]:
    """Captions for images without any, by the classifier."""
    return _classifier().describe(images)


@functools.cache
def _classifier() -> Classifier:
    from evaluation.classifier import Classifier

    return Classifier.load()


def show_labels(data: Dataset, path: Path, folder: Path, options: argparse.Namespace) -> None:
    """Of images that the classifier captioned, draw a sheet, and write the tags if asked for."""
    if data.summary.tags != DESCRIBED:
        if options.write_tags:
            print(f"labels    not written: the images have tags, {data.summary.tags}")
        return
    if options.dry_run:
        print("labels    a dry run draws no sheet of what the classifier took the images for")
    else:
        sheet = []
        for row in np.argsort(-np.bincount(data.caption_ids), kind="stable")[:LABEL_ROWS]:
            some = np.flatnonzero(data.caption_ids == row)[:LABEL_COLUMNS]
            sheet.append((data.captions[row], data.read(some)))
        save_image(sheets.labelled_grid(sheet), folder / "labels.png", "png", {})
        print(
            f"labels    {folder / 'labels.png'} shows what the classifier took the images for: "
            f"up to {LABEL_COLUMNS} of each of the {len(sheet)} commonest captions"
        )
    if options.write_tags and not options.dry_run:
        target = (path if path.is_dir() else path.parent) / "tags.csv"
        texts = (data.captions[row] for row in data.caption_ids)
        left = write_tags(target, dict(zip(data.names, texts, strict=True)))
        print(f"labels    written to {target}, which is read from now on: mend what is wrong")
        if left:
            print(f"          but for {len(left):,} names that no table can hold: {left[0]!r}, …")

"""Captions for images that have none, by the colour classifier."""

from __future__ import annotations

import argparse
import functools
from pathlib import Path

import numpy as np

from config import CLASSIFIER, ProjectError
from console import counted, say
from dataset.attributes import add_attributes
from dataset.cache import DESCRIBED
from dataset.captions import write_tags
from dataset.faces import Dataset
from evaluation.classifier import Classifier
from files import sheets
from files.derived import stamps
from files.images import save_image
from skipthoughts_encoder import Encoder
from text.attributes import Facts
from text.explanations import read_facts

LABEL_ROWS, LABEL_COLUMNS = 40, 12  # of the sheet that shows the classifier's captions


def describe_faces(images: np.ndarray) -> list[str]:
    """Return captions by the classifier, (N, S, S, 3) uint8 -> N texts; empty where unsure."""
    return _classifier().describe(images)


@functools.cache
def _classifier() -> Classifier:
    return Classifier.load()


def with_attributes(dataset: Dataset, encoder: Encoder) -> Dataset:
    """Return a data set whose captions also tell what the classifier surely sees.

    Captions stay as they are if the encoder could not hear it, or if there is no classifier.

    Args:
        dataset: The data set, nothing held out.
        encoder: The model's.
    """
    if encoder.probe is None:
        return dataset

    def judge(images: np.ndarray) -> list[Facts]:
        return _classifier().confident(images)

    def read(captions: list[str]) -> list[Facts]:
        return read_facts(encoder, captions)

    try:
        return add_attributes(dataset, judge, stamps(sorted(CLASSIFIER.iterdir())), read)
    except ProjectError as error:
        say(f"captions get no attributes: {error}")
        return dataset


def show_labels(parts: dict[Path, Dataset], folder: Path, options: argparse.Namespace) -> None:
    """Show what the classifier took images without captions for; with `--write-tags`, keep it.

    Args:
        parts: The images by `--data`, beside which the tags are written; nothing happens where
            they came with captions.
        folder: The model folder, for the sheet `labels.png`; of several data, `labels-2.png` is
            that of the second, and so on.
        options: `dry_run` and `write_tags` count.
    """
    for number, (source, dataset) in enumerate(parts.items(), start=1):
        if dataset.summary.tags.source != DESCRIBED:
            if options.write_tags:
                have = f"the images have captions ({dataset.summary.tags.source})"
                print(f"labels    not written: {have}")
        elif options.dry_run:
            print("labels    captions are the classifier's; a dry run writes no sheet of them")
        else:
            name = "labels.png" if number == 1 else f"labels-{number}.png"
            _write_sheet(dataset, folder / name)
            if options.write_tags:
                _write_tags(dataset, source)


def _write_sheet(dataset: Dataset, path: Path) -> None:
    """Draw some images of each of the commonest captions."""
    rows = []
    for row in np.argsort(-np.bincount(dataset.caption_ids), kind="stable")[:LABEL_ROWS]:
        some = np.flatnonzero(dataset.caption_ids == row)[:LABEL_COLUMNS]
        rows.append(sheets.Row(dataset.captions[row], dataset.read(some)))
    save_image(sheets.labelled_grid(rows), path, "png", {})
    print(
        f"labels    {path} shows the captions that the classifier gave: up to {LABEL_COLUMNS} "
        f"images of each of the {len(rows)} commonest"
    )


def _write_tags(dataset: Dataset, source: Path) -> None:
    """Write the classifier's captions to tags.csv, which the next run reads."""
    target = (source if source.is_dir() else source.parent) / "tags.csv"
    texts = (dataset.captions[row] for row in dataset.caption_ids)
    left = write_tags(target, dict(zip(dataset.names, texts, strict=True)))
    print(f"labels    written to {target}, which is read from now on: correct what is wrong")
    if left:
        examples = f"{left[0]!r}, …" if len(left) > 1 else repr(left[0])
        print(f"          except {counted(len(left), 'name')} that a table cannot hold: {examples}")

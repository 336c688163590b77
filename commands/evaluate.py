"""`--evaluate`: measure a model, print the figures, write them and sheets of faces."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import config
from commands.labels import describe_faces, with_attributes
from commands.models import check_encoder, trained_model
from config import UsageError
from dataset.faces import hold_out
from dataset.joined import join, load_parts
from dataset.sources import check_data
from evaluation import evaluate as evaluation
from evaluation.report import table
from files.pages import MARK
from files.writing import check_replaceable, writable_folder


def evaluate(options: argparse.Namespace) -> None:
    """Measure a model; with `--data`, also look for faces copied from its training images."""
    check_encoder(options.encoder)
    if options.tags and not options.data:
        raise UsageError("--tags goes with --data: name the images as well.")
    output = writable_folder("-o", options.output or Path("samples/evaluation"))
    _check_replaceable(output)
    if options.data:
        check_data(options.data, options.tags)
    sampler = trained_model(options)
    dataset = None
    if options.data:
        size = sampler.header.model.size
        parts = load_parts(options.data, options.tags, size, config.CACHE, describe_faces)
        if sampler.header.train.attributes:  # as in training, whose captions were held out
            parts = {p: with_attributes(part, sampler.encoder) for p, part in parts.items()}
        dataset = join(parts, config.CACHE)
        dataset = hold_out(dataset, sampler.header.held_out)
    truncation = 1.0 if options.truncation is None else options.truncation
    figures = evaluation.evaluate(
        sampler, options.seed or 0, output, dataset, options.cascade, truncation
    )
    print(table(figures))
    print(f"evaluation.html, evaluation.json and sheets in {output}/")


def _check_replaceable(output: Path) -> None:
    """Refuse a folder whose files of the same names another program wrote."""
    report = output / "evaluation.json"
    check_replaceable("-o", report, re.compile(rb'\A\{\s*"model": "'))
    check_replaceable("-o", output / evaluation.PAGE, MARK)
    if not report.exists():  # beside which the sheets are the program's
        for name in ("faces.png", "pairs.png", "nearest.png"):
            check_replaceable("-o", output / name)

"""`--evaluate`: measure a model, print the figures and write the sheets."""

from __future__ import annotations

import argparse
from pathlib import Path

import config
from commands.labels import describe_faces
from commands.models import check_encoder, trained_model
from config import UsageError
from console import quiet
from dataset.cache import load_dataset
from dataset.faces import hold_out
from dataset.sources import check_data
from files.writing import writable_folder


def evaluate(options: argparse.Namespace) -> None:
    """`--evaluate`: measure a model, print the figures, write them and sheets."""
    from evaluation.evaluate import evaluate as measure
    from evaluation.report import table

    check_encoder(options.encoder)
    if options.tags and not options.data:
        raise UsageError("--tags goes with --data: name the images as well.")
    output = writable_folder("-o", options.output or Path("evaluation"))
    if options.data:
        check_data(options.data, options.tags)
    sampler = trained_model(options)
    data = None
    if options.data:
        size = sampler.header.model.size
        data = load_dataset(options.data, options.tags, size, config.CACHE, describe_faces)
        data = hold_out(data, sampler.header.held_out)
    with quiet():
        figures = measure(sampler, options.seed or 0, output, data, options.cascade)
    print(table(figures))
    print(f"evaluation.json and sheets in {output}/")

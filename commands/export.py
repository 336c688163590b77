"""`--export FILE`: write a model for other places, in the format that the suffix names."""

from __future__ import annotations

import argparse
import importlib
from typing import cast

from commands.models import check_encoder, trained_model
from console import importing, quiet
from exports.base import MARKS, Exporter
from files.writing import check_replaceable, replacing, writable_file


def export(options: argparse.Namespace) -> None:
    """Convert a model, check the result, and write it."""
    check_encoder(options.encoder)
    file = writable_file("--export", options.export)
    suffix = file.suffix.lower()
    check_replaceable("--export", file, MARKS[suffix])
    sampler = trained_model(options)
    with importing():
        exporter = cast(Exporter, importlib.import_module(f"exports{suffix}"))
    with quiet():
        exported = exporter.export(sampler)
    with replacing(file, size=len(exported.data)) as target:
        target.write(exported.data)
    for note in exported.notes:
        print(f"         {note}")
    print(f"{file}: {len(exported.data) / 1e6:.1f} MB")

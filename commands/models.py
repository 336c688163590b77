"""Find, open and convert the model that a command works on."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import config
from checkpoints import checkpoint, tf1_checkpoint
from config import PRETRAINED, UsageError
from console import quiet
from skipthoughts_encoder import missing_files

if TYPE_CHECKING:
    from sampler import Sampler


def check_encoder(directory: Path | None) -> None:
    """Refuse an `--encoder` that holds no encoder, before anything takes time."""
    if directory and (missing := missing_files(directory)):
        why = f"lacks {', '.join(missing)}" if directory.is_dir() else "is not a folder"
        raise UsageError(f"--encoder {directory} {why}.")


def model_folder(name: str | None, default: Path) -> Path:
    """The folder that --model means."""
    if name is None:
        return default
    return PRETRAINED if name == "pretrained" else Path(name)


def trained_model(options: argparse.Namespace) -> Sampler:
    """The model that is to draw, opened; says which it is."""
    from sampler import Sampler

    folder = model_folder(options.model, config.OWN_MODEL)
    if not (options.model or checkpoint.latest(folder) or tf1_checkpoint.find(folder)):
        folder = PRETRAINED
    adopt(folder, options.encoder)
    path = checkpoint.latest(folder)
    if path is None:
        raise UsageError(
            f"--model {folder}: there is no model in it. Leave --model out for the one that ships, "
            "or train one: --train --model DIR"
        )
    header = checkpoint.read_header(path)
    encoder = checkpoint.matching_encoder(
        path, header, options.encoder
    )  # not quietly: it has a bar
    with quiet():
        sampler = Sampler(path, header, encoder)
    print(f"model    {sampler.path}, step {sampler.header.step:,}")
    print(f"encoder  {sampler.encoder.directory}")
    if options.encoder and options.encoder.resolve() != sampler.encoder.directory.resolve():
        print(f"         with which the model was trained, unlike that in {options.encoder}")
    return sampler


def adopt(folder: Path, encoder: Path | None) -> None:
    """Turn a TensorFlow 1 checkpoint into one of ours, where a folder holds nothing else."""
    found = None if checkpoint.latest(folder) else tf1_checkpoint.find(folder)
    if found is None:
        return
    print(f"model    {found}, of the program of 2017, is converted, once")
    with quiet():
        from training import runtime

        runtime.configure()  # TensorFlow is imported here
    unused = tf1_checkpoint.convert(found, encoder)  # not quietly: an encoder has a bar
    if unused:
        print(f"         arrays in it that are not used: {', '.join(unused)}")

"""Find, convert and open the model that a command works on."""

from __future__ import annotations

import argparse
from pathlib import Path

import config
from checkpoints import checkpoint, tf1_checkpoint
from config import EXPORTS, OWN_ENCODER, PRETRAINED, UsageError
from console import importing, quiet
from files.paths import AnyPath, sibling
from sampler import Sampler
from skipthoughts_encoder import missing_files


def check_encoder(directory: Path | None) -> None:
    """Refuse an `--encoder` that holds no encoder, before anything takes time."""
    if directory and (missing := missing_files(directory)):
        why = f"lacks {', '.join(missing)}" if directory.is_dir() else "is not a folder"
        raise UsageError(
            f"--encoder {directory} {why}. Name the folder of a skip-thoughts model, or leave "
            "--encoder out."
        )


def model_folder(name: str | None) -> Path:
    """Return the folder, or the checkpoint, that `--model` means.

    Without `--model` it is model/DCGAN/, or model/LSGAN/ if only that one holds a model; the
    latter is printed.
    """
    if name is not None:
        return checkpoint.folder_of(name)
    own = config.OWN_MODEL
    other = own.with_name("LSGAN")  # where the 2017 project writes by its present name
    if not has_model(own) and has_model(other):
        print(f"model    {other} is used: {own} holds no model")
        return other
    return own


def trainable_folder(name: str | None) -> Path:
    """Return the folder that `--model` means, to train the model in it.

    Raises:
        UsageError: It is a file, or the model that ships.
    """
    folder = model_folder(name)
    if checkpoint.is_named(folder):
        raise UsageError(
            f"--model {folder} names one checkpoint, and training continues from the newest one of "
            f"a folder: --model {folder.parent}. To continue from an older one, copy it into a "
            "folder of its own, and name that."
        )
    if checkpoint.is_archive(folder) and folder.exists():
        raise UsageError(
            f"--model {folder}: an exported model only draws, because it lacks the discriminator. "
            "Name a folder: --model DIR"
        )
    if folder.resolve() == PRETRAINED:
        raise UsageError(
            "--model pretrained ships with the program and is never written to. Name another "
            "folder: a model started there begins with the pretrained weights."
        )
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"--model {folder} is a file. Name a folder: --model DIR")
    return folder


def has_model(folder: Path) -> bool:
    """Return whether a folder holds a model, of this program or of the 2017 project."""
    return bool(checkpoint.latest(folder) or tf1_checkpoint.find(folder))


def trained_model(options: argparse.Namespace) -> Sampler:
    """Open the model to generate with, and print which it is.

    Raises:
        UsageError: The folder holds no model.
    """
    folder = model_folder(options.model)
    if not options.model and not has_model(folder):
        folder = PRETRAINED
    if (suffix := folder.suffix.lower()) in EXPORTS and suffix != ".zip" and folder.is_file():
        raise UsageError(
            f"--model {folder}: of what --export writes, only the .zip draws here. Name that, or "
            "the folder of the model: --model DIR"
        )
    if checkpoint.is_named(folder):
        path: AnyPath = _existing(folder)
    elif checkpoint.is_archive(folder):
        path = _archived(folder)
    else:
        path = _newest(folder, options.encoder)
    header = checkpoint.read_header(path)
    # Outside `quiet`, because a large encoder shows a progress bar.
    encoder = checkpoint.matching_encoder(path, header, options.encoder)
    with quiet():
        sampler = Sampler(path, header, encoder)
    print(f"model    {sampler.path}, step {sampler.header.step:,}")
    print(f"encoder  {encoder.directory}")
    own = sibling(path, OWN_ENCODER)
    if not options.encoder and own.is_dir() and str(own) != str(encoder.directory):
        print(f"         {own} is damaged, or of another model: it is not used.")
    if options.encoder and not _is_same(options.encoder, encoder.directory):
        print(f"         The model was trained with it, not with {options.encoder}.")
    return sampler


def _existing(path: Path) -> Path:
    """Return the checkpoint that `--model` names, if there is one."""
    if path.exists():
        return path
    others = ", ".join(other.name for other in checkpoint.list_checkpoints(path.parent))
    raise UsageError(
        f"--model {path}: there is no such checkpoint. Checkpoints in {path.parent}: "
        f"{others or 'none'}"
    )


def _archived(file: Path) -> AnyPath:
    """Return the checkpoint in the exported model that `--model` names."""
    if not file.exists():
        raise UsageError(f"--model {file}: there is no such file.")
    path = checkpoint.latest(checkpoint.open_folder(file))
    if path is None:
        raise UsageError(
            f"--model {file} holds no model. Name a zip that --export wrote; images to learn from "
            "are named by --data."
        )
    return path


def _is_same(one: AnyPath, other: AnyPath) -> bool:
    return isinstance(one, Path) and isinstance(other, Path) and one.resolve() == other.resolve()


def _newest(folder: Path, encoder_dir: Path | None) -> Path:
    """Return the newest checkpoint of a folder, converted if it is one of the 2017 project."""
    adopt(folder, encoder_dir)
    path = checkpoint.latest(folder)
    if path is None:
        raise UsageError(
            f"--model {folder}: there is no model in it. Use --model pretrained for the one that "
            "ships, or train one: --train --model DIR"
        )
    return path


def adopt(folder: Path, encoder_dir: Path | None) -> None:
    """Convert a checkpoint of the 2017 project, if that is all a folder holds."""
    found = None if checkpoint.latest(folder) else tf1_checkpoint.find(folder)
    if found is None:
        return
    print(f"model    converting {found} of the 2017 project, once")
    with importing():
        from training import runtime

        runtime.configure()  # imports TensorFlow
    unused = tf1_checkpoint.convert(found, encoder_dir)
    if unused:
        print(f"         unused arrays in it: {', '.join(unused)}")

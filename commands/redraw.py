"""`--generate --from FILE`: draw a face again, or with something changed."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from commands.drawing import Face, FaceWriter, cleaned, print_readings
from commands.models import trained_model
from commands.vary import vary
from config import UsageError
from console import shorten
from files.provenance import Provenance, read_provenance
from files.writing import free_stems
from text.variations import edited


def redraw(options: argparse.Namespace, output: Path) -> None:
    """Draw the face of `--from` again; with `--text`, with what this says and all else as it was.

    Each new file takes a name that is free, so that nothing is lost.
    """
    path: Path = options.from_
    made = read_provenance(path, "--from")
    face = face_of(path, made)
    if options.truncation is not None:
        face = face._replace(truncation=options.truncation)
    changes = [cleaned(text, "--text") for text in options.text or ()]
    if options.vary and len(changes) > 1:
        raise UsageError("--vary draws one face: give one --text.")
    sampler = trained_model(options)
    if changes:
        drawn = sampler.drawn_text(face.text, (face.seed, face.i, face.j))
        stems = free_stems(output, f"{face.stem}_edited", numbered=True)
        faces = [
            face._replace(
                text=edited(sampler.encoder, drawn, change, sampler.header.shown), stem=stem
            )
            for change, stem in zip(changes, stems, strict=False)
        ]
    else:
        faces = [face._replace(stem=next(free_stems(output, f"{face.stem}_redrawn")))]
    format = options.format or ("png" if path.suffix.lower() == ".png" else "jpg")
    writer = FaceWriter(sampler, output, format, int(options.scale or made.scale))
    print_origin(path, made, writer)
    print_readings(sampler, [(shorten(repr(text), 60), text) for text in changes or [face.text]])
    if options.vary:
        vary(writer, faces[0]._replace(stem=face.stem), options.vary)
    else:
        for face, _ in writer.write(faces):
            print(f"{writer.path(face)}: {face.text}" if changes else writer.path(face))


def face_of(path: Path, made: Provenance) -> Face:
    """Return the face that a file shows.

    Raises:
        UsageError: Its description is none.
    """
    text = cleaned(made.description, f"--from {path}")
    return Face(text, made.seed, made.i, made.j, path.stem, made.truncation, made.take)


def print_origin(path: Path, made: Provenance, writer: FaceWriter) -> None:
    """Print what a file says of its face, and why the face comes out otherwise, if it does."""
    face = face_of(path, made)
    take = f", take {face.take}" if face.take else ""
    print(f"face     {path}: seed {face.seed}, face {face.i}_{face.j}{take}: {face.text!r}")
    for line in differences(made, writer.provenance(face)):
        print(f"         {line}")


def differences(made: Provenance, now: Provenance) -> Iterator[str]:
    """Yield why a face comes out otherwise than in its file: a line for each reason."""
    if made.model_hash != now.model_hash:
        yield (
            f"It was drawn by another model, {made.model} ({made.model_hash}), not by {now.model} "
            f"({now.model_hash}): it will be another face. If you have that model, name its "
            "folder: --model DIR"
        )
    elif made.encoder_hash != now.encoder_hash:
        yield (
            f"It was drawn with another sentence encoder, {made.encoder_hash}, not with "
            f"{now.encoder_hash}: it will be another face."
        )
    if made.version != now.version:
        yield f"It was drawn by {made.version}, this is {now.version}: it may look different."

"""`--generate --from FILE`: draw a face again, or the same face by other words."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from commands.drawing import Face, provenance, write_faces
from commands.models import trained_model
from config import UsageError
from files.provenance import Provenance, read_provenance
from text.descriptions import clean_description
from text.explanations import explain


def redraw(options: argparse.Namespace, output: Path) -> None:
    """Draw the face of `--from` again; with `--text`, the face with the same noise by these texts.

    The new file never has the name of the old one, so that nothing is lost.
    """
    path: Path = options.from_
    made = read_provenance(path)
    texts = [_cleaned(text, "--text") for text in options.text or ()]
    texts = texts or [_cleaned(made.description, str(path))]
    sampler = trained_model(options)
    stems = [f"{path.stem}_edited_{n}" for n in range(1, len(texts) + 1)]
    if not options.text:
        stems = [f"{path.stem}_redrawn"]
    faces = [
        Face(text, made.seed, made.i, made.j, stem, made.truncation)
        for text, stem in zip(texts, stems, strict=True)
    ]
    print(f"face     {path}: seed {made.seed}, face {made.i}_{made.j}: {made.description!r}")
    for line in differences(made, provenance(sampler, faces[0])):
        print(f"         {line}")
    for text, reading in zip(
        texts, explain(sampler.encoder, texts, sampler.header.shown), strict=True
    ):
        if reading:
            print(f"{text!r}: {reading}")
    format = options.format or ("png" if path.suffix.lower() == ".png" else "jpg")
    for face, _ in write_faces(sampler, faces, len(faces), output, format):
        print(output / f"{face.stem}.{format}")


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


def _cleaned(text: str, where: str) -> str:
    """Return a description as the encoder takes it."""
    try:
        return clean_description(text)
    except ValueError as error:
        raise UsageError(f"{where}: {error}") from None

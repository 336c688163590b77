"""`--generate --vary ATTRIBUTE`: one face with every value of an attribute."""

from __future__ import annotations

import numpy as np

from commands.drawing import Face, FaceWriter
from config import UsageError
from console import counted
from files import sheets
from files.images import save_image
from files.writing import free_stems
from text.variations import attributes, variations


def vary(writer: FaceWriter, face: Face, attribute: str) -> None:
    """Draw a face with every value of an attribute that the model knows, and a sheet of them.

    Each file takes a name that is free, so that no earlier one is lost.

    Args:
        writer: The model, and where to write.
        face: The face, whose noise all share: that of the first take that is not broken, if the
            face has none.
        attribute: Such as `hair`.

    Raises:
        UsageError: The model does not know the attribute.
    """
    sampler, shown = writer.sampler, writer.sampler.header.shown
    known = attributes(shown)
    if attribute not in known:
        raise UsageError(
            f"--vary {attribute}: this model cannot vary that. It knows {', '.join(known)}."
        )

    def free(name: str) -> str:
        return next(free_stems(writer.output, f"{face.stem}_{name.replace(' ', '_')}"))

    face = writer.settle(face)
    drawn = sampler.drawn_text(face.text, (face.seed, face.i, face.j))
    found = variations(sampler.encoder, drawn, attribute, known[attribute], shown)
    faces = [face._replace(text=text, stem=free(value)) for value, text in found]
    images = np.stack([image for _, image in writer.write(faces)])
    row = sheets.Row(face.text, images, [value for value, _ in found])
    path = writer.output / f"{free(attribute)}.png"
    save_image(sheets.labelled_grid([row]), path, "png", {"seed": str(face.seed)})
    print(f"{counted(len(faces), 'image')} in {writer.output}/, all of them on {path}")

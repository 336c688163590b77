"""How a face was made, as its file says: enough to draw it again.

docs/metadata.md has the format, for programs that write or read it too.
"""

from __future__ import annotations

import dataclasses
import json
import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from config import MOST_TRIES, UsageError
from console import shorten
from files.images import PARAMETERS, BadImage, read_metadata

HASH_DIGITS = 16  # of a fingerprint in a file


@dataclasses.dataclass(frozen=True)
class Provenance:
    """Everything that a face depends on. Each field is a text of its own in the file."""

    description: str  # as it was given to the sentence encoder
    seed: int  # with i and j, the seed of the noise
    i: int  # number of the description, from 1
    j: int  # number of the face of this description, from 1
    truncation: float  # factor of the noise, 0 to 1
    model: str  # name of the checkpoint
    model_hash: str  # first 16 hex digits of the model's fingerprint
    encoder_hash: str  # first 16 hex digits of the sentence encoder's fingerprint
    version: str  # name and version of the program
    take: int = 0  # which of the seed's noise vectors
    scale: int = 1  # how many times the face was enlarged after it was drawn ...
    upscaler: str = ""  # ... and by what

    def metadata(self, size: int) -> dict[str, str]:
        """Return the texts that a file of this face holds, by name.

        Args:
            size: Side of the image in px.
        """
        values = {name: str(value) for name, value in dataclasses.asdict(self).items()}
        values["truncation"] = f"{self.truncation:g}"
        values["take"] = str(self.take or "")
        return {PARAMETERS: self.parameters(size), **{k: v for k, v in values.items() if v}}

    def parameters(self, size: int) -> str:
        """Return the text that AUTOMATIC1111's web UI began, and other programs read.

        Args:
            size: Side of the image in px.
        """
        values = {
            "Steps": 1,  # programs recognise the line by it
            "Sampler": "DCGAN",
            "Seed": self.seed,
            "Size": f"{size}x{size}",
            "Model hash": self.model_hash,
            "Model": self.model,
            "Face": f"{self.i}_{self.j}",
            "Truncation": f"{self.truncation:g}",
            "Encoder hash": self.encoder_hash,
            "Version": self.version,
        }
        if self.take:
            values["Take"] = self.take
        if self.scale > 1:
            values["Postprocess upscale by"] = self.scale
            values["Postprocess upscaler"] = self.upscaler
        return f"{self.description}\n" + ", ".join(f"{k}: {_quoted(v)}" for k, v in values.items())


def _quoted(value: object) -> str:
    """Put a value in quotes if it holds what separates values."""
    text = str(value)
    return json.dumps(text, ensure_ascii=False) if re.search(r'[,:"\n]', text) else text


def read_provenance(path: Path, flag: str = "") -> Provenance:
    """Read how a face was made from its file, which anyone may have made.

    Args:
        path: The file.
        flag: The option that names it, for messages.

    Raises:
        UsageError: The file cannot be read, or does not say. The message names it.
    """
    where = f"{flag} {path}".strip()
    try:
        texts = read_metadata(path)
    except BadImage as error:
        raise UsageError(f"{where}: {error}. Name a face that --generate drew.") from None
    if "model_hash" not in texts:
        if " → " in texts.get("description", ""):
            raise UsageError(
                f"{where} is a face on the way between two descriptions, which cannot be drawn "
                "again. --generate --interpolate draws the whole way: give it the two faces."
            )
        raise UsageError(
            f"{where} does not say how it was drawn. It is no face of this program, or one of an "
            "older version, or another program has saved it and left that out."
        )
    return Provenance(**{name: _value(where, name, read, texts) for name, read in _FIELDS.items()})


def is_drawn(texts: Mapping[str, str]) -> bool:
    """Return whether the texts in an image are those of a face that some version drew."""
    return "model_hash" in texts or texts.keys() == {"description"}  # alone, by older versions


def _value(where: str, name: str, read: Callable[[str], Any], texts: dict[str, str]) -> Any:
    default = {"take": "0", "scale": "1", "upscaler": ""}.get(name)
    try:
        return read(texts.get(name, default) or "")
    except ValueError:
        shown = shorten(repr(texts[name]), 60) if name in texts else "nothing"
        raise UsageError(
            f"{where} cannot be drawn again: its {name} is {shown}, which is not valid."
        ) from None


def _description(text: str) -> str:
    if not 1 <= len(text) <= 2_000:
        raise ValueError
    return text


def _name(text: str) -> str:
    """Read a text that messages show: it must not steer the terminal."""
    if len(text) > 255 or not text.isprintable():
        raise ValueError
    return text


def _whole(low: int, high: int) -> Callable[[str], int]:
    """Return a reader of whole numbers from `low` to `high`."""

    def read(text: str) -> int:
        value = int(text) if re.fullmatch(r"[0-9]{1,12}", text) else -1
        if not low <= value <= high:
            raise ValueError
        return value

    return read


def _share(text: str) -> float:
    value = float(text) if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text) else math.nan
    if not 0 <= value <= 1:
        raise ValueError
    return value


def _hash(text: str) -> str:
    if not re.fullmatch(rf"[0-9a-f]{{{HASH_DIGITS}}}", text):
        raise ValueError
    return text


def _scale(text: str) -> int:
    if text not in ("1", "2", "4"):
        raise ValueError
    return int(text)


_FIELDS: dict[str, Callable[[str], Any]] = {
    "description": _description,
    "seed": _whole(0, 2**32 - 1),
    "i": _whole(1, 10**9),
    "j": _whole(1, 10**9),
    "truncation": _share,
    "model": _name,
    "model_hash": _hash,
    "encoder_hash": _hash,
    "version": _name,
    "take": _whole(0, MOST_TRIES - 1),
    "scale": _scale,
    "upscaler": _name,
}

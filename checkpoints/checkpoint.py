"""Checkpoints: write, find, restore and export them. Importing this module loads no TensorFlow.

A model folder holds two files for each of the latest checkpoints:

    checkpoint-00001000.npz      header (JSON) and one plain array per variable; no pickle
    generator-00001000.tflite    the averaged generator, inference only, batch `EXPORT_BATCH`

Both are written to a temporary name, flushed to the disk and renamed, the checkpoint last. A
checkpoint that is there is therefore complete.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import re
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from config import OWN_ENCODER, PRETRAINED, Config, ModelConfig, ProjectError, TrainConfig
from files import litert
from files.archives import open_zip
from files.paths import AnyPath, P, advice, sibling
from files.untrusted import read_npz
from files.writing import replacing
from skipthoughts_encoder import Encoder, find_encoder
from text.attributes import COLOUR_FACTS
from text.shown import Lots, lots_of

if TYPE_CHECKING:
    import keras

SCRATCH = "scratch"  # the origin of a model that started from random weights
FORMAT = 1  # version of the checkpoint's layout
MAX_FACTS, MAX_NAME = 2_000, 200  # in a header, and characters of the name of one
KEEP = 3  # checkpoints kept in a model folder
BEST = "best"  # subfolder, itself a model folder: the checkpoint with the best figures
EXPORT_BATCH = 16  # images per LiteRT call
_NAME = re.compile(r"checkpoint-\d{8,}\.npz")
_ADVICE = (
    "It is damaged, or not a checkpoint of this program. Remove it, and the checkpoint before it, "
    "if there is one, is used instead."
)
# The files of training, complete or partial, that `save` may delete. All others are the user's.
_COMPLETE = r"(?:checkpoint-\d{8,}\.npz|generator-\d{8,}\.tflite)"
_OWN = re.compile(rf"{_COMPLETE}|\.(?:{_COMPLETE}|log\.jsonl)\.\d+\.tmp")
_OPTIONAL = {"generator", "g_optimizer", "d_optimizer"}  # parts that shipped weights omit
# What some older models and their optimizers lack, and a factor of the values that it is made with:
# zeros, from which it learns without upsetting the rest, unless its last weights are made so.
_NEW = {"contrast_embedding": 0, "opinion[/_]bias": 0, "hidden_(?:code|text)": 1}


@dataclasses.dataclass(frozen=True)
class Header(Config):
    """The description of a model that its checkpoint carries."""

    model: ModelConfig
    train: TrainConfig
    step: int = 0  # updates over the model's life
    images: int = 0  # real images seen over the model's life; the position in the data set
    seconds: float = 0.0  # training time over the model's life
    origin: str = SCRATCH  # or the checkpoint that the weights came from
    data: str = ""  # the data set: its folder, number of images, and a digest
    held_out: tuple[str, ...] = ()  # captions kept out of training on purpose
    figures: dict[str, float] = dataclasses.field(default_factory=dict)  # from `Monitor.measure`
    # Images whose captions stated each fact, in the last data that taught its attribute; empty if
    # none can tell.
    shown: dict[str, int] = dataclasses.field(default_factory=dict)
    exported: int | None = None  # CRC-32 of the LiteRT generator; None in older checkpoints
    half_of: str = ""  # fingerprint of the model that this is a copy of, in half precision

    @functools.cached_property
    def lots(self) -> Lots:
        """What is drawn by lot where a text leaves it open: of older models, the colours only."""
        lots = lots_of(self.shown)
        return lots if self.model.residual else {k: lots[k] for k in COLOUR_FACTS if k in lots}

    def to_bytes(self) -> bytes:
        """Return the header as JSON."""
        values = {"format": FORMAT, **dataclasses.asdict(self)}
        values["pictures"] = values.pop("images")  # its name in format 1
        return json.dumps(values).encode()

    @classmethod
    def from_bytes(cls, data: bytes, path: AnyPath) -> Header:
        """Read a header back; fields that an older checkpoint lacks get their defaults.

        Args:
            data: JSON, from `to_bytes`.
            path: The checkpoint, for error messages.

        Raises:
            ProjectError: The header is damaged or belongs to a newer version of the program.
        """
        try:
            values = json.loads(data)
            version = values.pop("format")
            if version != FORMAT:
                raise ProjectError(
                    f"checkpoint format {version}; this version of the program reads format "
                    f"{FORMAT}. Use a newer version."
                )
            values["images"] = values.pop("pictures", 0)
            values["model"] = ModelConfig.from_dict(values["model"])
            values["train"] = TrainConfig.from_dict(values["train"])
            values["held_out"] = tuple(map(str, values.get("held_out", ())))
            values["figures"] = {k: float(v) for k, v in values.get("figures", {}).items()}
            _check_shown(values.get("shown", {}))
            header = cls.from_dict(values)
            if not re.fullmatch(r"([0-9a-f]{64})?", header.half_of):
                raise ProjectError(f"half_of is not a fingerprint: {header.half_of!r:.80}")
            return header
        except ProjectError as error:
            raise ProjectError(f"{path}: {error}") from error
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ProjectError(f"{path}: the header cannot be read: {error!r}") from error


def _check_shown(shown: object) -> None:
    """Check the record of what a model was shown.

    Raises:
        ProjectError: It is anything but at most `MAX_FACTS` counts of 0 or more by short names.
    """
    if not isinstance(shown, dict) or len(shown) > MAX_FACTS:
        raise ProjectError(f"shown is not a record of at most {MAX_FACTS:,} facts")
    for name, count in shown.items():
        if len(name) > MAX_NAME or type(count) is not int or not 0 <= count < 2**53:
            raise ProjectError(f"shown: {name!r:.80} has no valid number of images: {count!r:.80}")


def generator_path(checkpoint: P) -> P:
    """Return the path of the LiteRT generator that belongs to a checkpoint file."""
    return sibling(checkpoint, f"generator-{_number(checkpoint)}.tflite")


def path_of(directory: Path, step: int) -> Path:
    """Return the path of the checkpoint of a step in a model folder."""
    return directory / f"checkpoint-{step:08d}.npz"


def _number(path: AnyPath) -> str:
    return path.name.removeprefix("checkpoint-").removesuffix(".npz")


def _step(path: AnyPath) -> int:
    return int(_number(path))


def folder_of(model: str | Path) -> Path:
    """Return the path that the name of a model means: `pretrained` is the one that ships."""
    return PRETRAINED if model == "pretrained" else Path(model)


def open_folder(path: Path) -> AnyPath:
    """Return a model folder; if the path is that of an exported zip, open it as a folder.

    Who unpacks a zip and packs it again often packs a folder: it is opened as well.

    Raises:
        ProjectError: The zip cannot be read.
    """
    if not is_archive(path):
        return path
    root = open_zip(path)
    inside = [member for member in root.iterdir() if member.name != "__MACOSX"]
    return inside[0] if len(inside) == 1 and inside[0].is_dir() else root


def list_checkpoints(directory: P) -> list[P]:
    """Return the checkpoint files of a model folder, oldest first; none if there is no folder."""
    if not directory.is_dir():
        return []
    found = [p for p in directory.iterdir() if _NAME.fullmatch(p.name)]
    return sorted(found, key=_step)


def latest(directory: P) -> P | None:
    """Return the newest checkpoint of a model folder, or None."""
    found = list_checkpoints(directory)
    return found[-1] if found else None


def is_named(path: Path) -> bool:
    """Return whether a path names one checkpoint, there or not, instead of a model folder."""
    return path.suffix == ".npz" and not path.is_dir()


def is_archive(path: Path) -> bool:
    """Return whether a path names an exported model, there or not, instead of a model folder."""
    return path.suffix.lower() == ".zip" and not path.is_dir()


def read_header(path: AnyPath) -> Header:
    """Read a checkpoint's header, without its weights.

    Raises:
        ProjectError: The file is damaged, or its name is that of another step.
    """
    header = Header.from_bytes(read_npz(path, _ADVICE, ["header"])["header"].tobytes(), path)
    # A copy under a name of another kind is read all the same.
    if _NAME.fullmatch(path.name) and header.step != _step(path):
        what = advice(
            path,
            f"Rename it to checkpoint-{header.step:08d}.npz, and its generator-*.tflite likewise.",
        )
        raise ProjectError(
            f"{path} holds step {header.step:,}, so its name is wrong, and so is its place among "
            f"the checkpoints of this folder. {what}"
        )
    return header


def fingerprint(path: AnyPath, header: Header) -> str:
    """Return what tells the model of a checkpoint from others, in hex; a copy has its original's.

    It is the SHA-256 of the file that draws: the exported generator, or the checkpoint without one.
    """
    exported = generator_path(path)
    drawing = exported if exported.is_file() else path
    return header.half_of or hashlib.sha256(drawing.read_bytes()).hexdigest()


def matching_encoder(path: AnyPath, header: Header, directory: Path | None = None) -> Encoder:
    """Find the sentence encoder that a checkpoint was trained with.

    Args:
        path: The checkpoint, for error messages.
        header: The checkpoint's header.
        directory: One more folder to search, before the checkpoint's own and the usual ones.

    Raises:
        ProjectError: There is no such encoder, or its vectors are not as wide as the header says.
    """
    own = sibling(path, OWN_ENCODER)
    places: list[AnyPath] = [directory] if directory else []
    if own.is_dir():
        places.append(own)
    try:
        encoder = find_encoder(header.model.encoder, places)
    except ProjectError as error:
        raise ProjectError(f"{path}: {error}") from error
    if encoder.dim != header.model.text_dim:
        raise ProjectError(
            f"{path} takes sentence vectors of {header.model.text_dim} numbers; the "
            f"encoder in {encoder.directory} makes {encoder.dim}."
        )
    return encoder


def read_arrays(path: AnyPath) -> dict[str, np.ndarray]:
    """Read all arrays of a checkpoint: `part/variable` -> float array."""
    arrays = read_npz(path, _ADVICE)
    return {name: array for name, array in arrays.items() if name != "header"}


def variables(parts: Mapping[str, Any]) -> dict[str, keras.Variable]:
    """Return the variables of Keras models and optimizers by the names they have on disk.

    Args:
        parts: Name -> Keras model or built optimizer.

    Returns:
        `part/path` -> variable.
    """
    named = {f"{part}/{v.path}": v for part, owner in parts.items() for v in owner.variables}
    if len(named) != sum(len(owner.variables) for owner in parts.values()):
        raise AssertionError("two variables share a path, so a checkpoint would lose one")
    return named


def read_variables(parts: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Return the values of all variables, in the form that `save` takes."""
    return {name: variable.numpy() for name, variable in variables(parts).items()}


def restore(path: AnyPath, parts: Mapping[str, Any]) -> set[str]:
    """Set the variables of models and optimizers to a checkpoint's arrays.

    Shipped weights have neither optimizers nor the generator that is not averaged: these parts
    are left as they are. What older models lack begins so that it changes nothing.

    Args:
        path: The checkpoint.
        parts: Some of `generator`, `ema`, `discriminator`, `g_optimizer` and `d_optimizer`, each
            with its Keras model or built optimizer. Arrays of other parts are ignored.

    Returns:
        The names of the parts that the checkpoint does not hold.

    Raises:
        ProjectError: The file cannot be read, or its names and shapes are not exactly those of
            the model, what is new aside. The message lists all differences.
    """
    arrays = read_arrays(path)
    held = {name.split("/", 1)[0] for name in arrays}
    absent = parts.keys() & (_OPTIONAL - held)
    wanted = variables({part: owner for part, owner in parts.items() if part not in absent})
    for new, factor in _NEW.items():
        lacking = re.compile(new).search
        if not any(map(lacking, arrays)):
            arrays |= {n: factor * v.numpy() for n, v in wanted.items() if lacking(n)}
    wrong = [f"missing: {name}" for name in wanted if name not in arrays]
    for name, array in arrays.items():
        if name.split("/", 1)[0] in parts and name not in wanted:
            wrong.append(f"not in this model: {name}")
        elif name in wanted and array.shape != tuple(wanted[name].shape):
            wrong.append(f"{name}: shape {array.shape}, expected {tuple(wanted[name].shape)}")
    if wrong:
        raise ProjectError(f"{path} does not fit its own header:\n  " + "\n  ".join(wrong))
    for name, variable in wanted.items():
        variable.assign(arrays[name])
    return absent


def save(
    directory: Path,
    header: Header,
    arrays: Mapping[str, np.ndarray],
    litert: bytes | None = None,
    keep: int = KEEP,
    compress: bool = False,
    half_of: str = "",
) -> Path:
    """Write a checkpoint into a model folder, then delete the oldest ones and partial files.

    Args:
        directory: The model folder; created if it does not exist.
        header: Its `step` names the files.
        arrays: `part/variable` -> array, as `variables` names them.
        litert: The exported generator. Without it, TensorFlow draws.
        keep: Checkpoints that stay, this one included; 1 deletes all earlier ones.
        compress: Save a little room, for several times the time.
        half_of: The fingerprint of the model that this is a copy of, in half precision.

    Returns:
        The checkpoint's path.
    """
    path = path_of(directory, header.step)
    if litert is not None:
        with replacing(generator_path(path), size=len(litert)) as file:
            file.write(litert)
    checksum = None if litert is None else zlib.crc32(litert)
    header = dataclasses.replace(header, exported=checksum, half_of=half_of)
    members: dict[str, Any] = {"header": np.frombuffer(header.to_bytes(), np.uint8), **arrays}
    with replacing(path, size=sum(array.nbytes for array in members.values())) as file:
        (np.savez_compressed if compress else np.savez)(file, **members)

    others = [other for other in list_checkpoints(directory) if other != path]
    kept = {path, *others[len(others) - keep + 1 :]}
    kept |= {generator_path(checkpoint) for checkpoint in kept}
    for own in list(directory.iterdir()):
        if _OWN.fullmatch(own.name) and own not in kept:
            own.unlink()
    return path


def export(generator: keras.Model, half: bool = False) -> bytes:
    """Convert a generator to LiteRT, `EXPORT_BATCH` images a call, inputs `noise` and `text`.

    Args:
        generator: (B, noise), (B, text_dim) -> (B, S, S, 3) in [-1, 1].
        half: Store the weights as float16, in half the size.

    Returns:
        The FlatBuffer.
    """
    return litert.convert(generator, EXPORT_BATCH, half)

"""Models on disk: save, find, restore, export. Importing this file imports no TensorFlow.

A model folder holds, for each of the last saves,

    checkpoint-00001000.npz      header (JSON) and one plain array per variable; no pickle
    generator-00001000.tflite    the averaged generator, inference only, batch `EXPORT_BATCH`

Both are written to a temporary name, flushed to the disk and renamed, the checkpoint last: where
there is a checkpoint, all of it is there.
"""

from __future__ import annotations

import dataclasses
import json
import re
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from config import Config, ModelConfig, ProjectError, TrainConfig
from files import litert
from files.untrusted import read_npz
from files.writing import replacing
from skipthoughts_encoder import Encoder, find_encoder

if TYPE_CHECKING:
    import keras

SCRATCH = "scratch"  # the origin of a model that began with random weights
FORMAT = 1  # version of the checkpoint's layout
KEEP = 3  # saves that stay in a model folder
BEST = "best"  # folder in a model folder, itself one: the save with the best figures
EXPORT_BATCH = 16  # images a LiteRT call
_NAME = re.compile(r"checkpoint-(\d{8,})\.npz")
_ADVICE = (
    "It is damaged, or not a checkpoint of this program. Remove it: the save before it, if there "
    "is one, is used then."
)
# What training leaves, finished or not, and `save` may drop: all else in the folder is the user's.
_SAVED = r"(?:checkpoint-\d{8,}\.npz|generator-\d{8,}\.tflite)"
_OWN = re.compile(rf"{_SAVED}|\.(?:{_SAVED}|log\.jsonl)\.\d+\.tmp")
_OPTIONAL = {"generator", "g_optimizer", "d_optimizer"}  # shipped weights go without these
_NEW = "contrast_embedding"  # a layer that older discriminators lack, as do their optimizers


@dataclasses.dataclass(frozen=True)
class Header(Config):
    """What a checkpoint says of itself."""

    model: ModelConfig
    train: TrainConfig
    step: int = 0  # updates made in the model's life
    images: int = 0  # real images seen in the model's life; the position in the data set
    seconds: float = 0.0  # training time in the model's life
    origin: str = SCRATCH  # or the checkpoint that the weights came from
    data: str = ""  # the data set's name and number of images
    held_out: tuple[str, ...] = ()  # captions that were kept from it on purpose
    figures: dict[str, float] = dataclasses.field(default_factory=dict)  # of evaluate.Monitor
    exported: int | None = None  # CRC-32 of the LiteRT generator; older saves do not say it

    def to_bytes(self) -> bytes:
        values = {"format": FORMAT, **dataclasses.asdict(self)}
        values["pictures"] = values.pop("images")  # the name that format 1 has for it
        return json.dumps(values).encode()

    @classmethod
    def from_bytes(cls, data: bytes, path: Path) -> Header:
        try:
            values = json.loads(data)
            version = values.pop("format")
            if version != FORMAT:
                raise ProjectError(
                    f"checkpoint format {version}; this version of the program reads format "
                    f"{FORMAT}. A newer version of the program is needed."
                )
            values["images"] = values.pop("pictures", 0)
            values["model"] = ModelConfig.from_dict(values["model"])
            values["train"] = TrainConfig.from_dict(values["train"])
            values["held_out"] = tuple(map(str, values.get("held_out", ())))
            values["figures"] = {k: float(v) for k, v in values.get("figures", {}).items()}
            return cls.from_dict(values)
        except ProjectError as error:
            raise ProjectError(f"{path}: {error}") from error
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ProjectError(f"{path}: the header cannot be read: {error!r}") from error


def generator_path(checkpoint: Path) -> Path:
    """The LiteRT generator that belongs to a checkpoint file."""
    return checkpoint.with_name(f"generator-{_NAME.fullmatch(checkpoint.name)[1]}.tflite")


def _step(path: Path) -> int:
    return int(_NAME.fullmatch(path.name)[1])


def list_checkpoints(directory: Path) -> list[Path]:
    """The checkpoint files of a model folder, oldest first; none if there is no such folder."""
    if not directory.is_dir():
        return []
    found = [p for p in directory.iterdir() if _NAME.fullmatch(p.name)]
    return sorted(found, key=_step)


def latest(directory: Path) -> Path | None:
    """The newest checkpoint of a model folder, or None."""
    found = list_checkpoints(directory)
    return found[-1] if found else None


def read_header(path: Path) -> Header:
    """What the checkpoint says of itself, without reading its weights."""
    header = read_npz(path, _ADVICE, ["header"])["header"]
    header = Header.from_bytes(header.tobytes(), path)
    # Under a name that is no save's, as a copy may have it, a checkpoint is read all the same.
    if _NAME.fullmatch(path.name) and header.step != _step(path):
        name = f"checkpoint-{header.step:08d}.npz"
        raise ProjectError(
            f"{path} holds step {header.step:,}, so it was renamed, and is not what its name makes "
            f"it in this folder. Rename it back: {name}, and its generator-*.tflite likewise."
        )
    return header


def matching_encoder(path: Path, header: Header, directory: Path | None = None) -> Encoder:
    """The sentence encoder that a checkpoint was trained with.

    Args:
        path: the checkpoint, for the message.
        header: what it says of itself.
        directory: one more folder to look in, before the usual ones.

    Raises:
        ProjectError: It is nowhere, or its vectors are not as wide as the checkpoint says.
    """
    try:
        encoder = find_encoder(header.model.encoder, directory)
    except ProjectError as error:
        raise ProjectError(f"{path}: {error}") from error
    if encoder.dim != header.model.text_dim:
        raise ProjectError(
            f"{path} takes sentence vectors of {header.model.text_dim} numbers; the "
            f"encoder in {encoder.directory} makes {encoder.dim}."
        )
    return encoder


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """All arrays of a checkpoint, `part/variable` -> float array."""
    arrays = read_npz(path, _ADVICE)
    return {name: array for name, array in arrays.items() if name != "header"}


def variables(parts: dict[str, object]) -> dict[str, keras.Variable]:
    """`part/path` -> variable, for Keras models and optimizers."""
    named = {f"{part}/{v.path}": v for part, owner in parts.items() for v in owner.variables}
    total = sum(len(owner.variables) for owner in parts.values())
    if len(named) != total:
        raise AssertionError("two variables share a path, so a checkpoint would lose one")
    return named


def read_variables(parts: dict[str, object]) -> dict[str, np.ndarray]:
    """Return the values of all variables, as `save` takes them."""
    return {name: variable.numpy() for name, variable in variables(parts).items()}


def restore(path: Path, parts: dict[str, object]) -> set[str]:
    """Set the variables of models and optimizers to a checkpoint's arrays.

    Args:
        path: the checkpoint.
        parts: name -> Keras model or built optimizer, of `generator`, `ema`, `discriminator`,
            `g_optimizer`, `d_optimizer`; arrays of parts not asked for are passed over.
            Shipped weights have neither optimizers nor the generator that is not averaged:
            these parts are left as they are. A layer that older models lack becomes zeros, from
            which it learns without upsetting the others.

    Returns:
        The names of the parts that the checkpoint does not hold.

    Raises:
        ProjectError: The file cannot be read, or its names and shapes are not exactly those of
            the model, but for that layer; all differences are listed.
    """
    arrays = read_arrays(path)
    held = {name.split("/", 1)[0] for name in arrays}
    absent = parts.keys() & (_OPTIONAL - held)
    wanted = variables({part: owner for part, owner in parts.items() if part not in absent})
    if not any(_NEW in name for name in arrays):
        arrays |= {name: np.zeros(v.shape) for name, v in wanted.items() if _NEW in name}
    wrong = [f"missing: {name}" for name in wanted if name not in arrays]
    for name, array in arrays.items():
        if name.split("/", 1)[0] in parts and name not in wanted:
            wrong.append(f"not of this model: {name}")
        elif name in wanted and array.shape != tuple(wanted[name].shape):
            wrong.append(f"{name}: shape {array.shape}, expected {tuple(wanted[name].shape)}")
        elif name in wanted and not np.isfinite(array).all():
            wrong.append(f"{name}: holds what is no number")
    if wrong:
        raise ProjectError(f"{path} does not fit its own header:\n  " + "\n  ".join(wrong))
    for name, variable in wanted.items():
        variable.assign(arrays[name])
    return absent


def save(
    directory: Path,
    header: Header,
    arrays: dict[str, np.ndarray],
    litert: bytes | None = None,
    keep: int = KEEP,
    compress: bool = False,
) -> Path:
    """Write one save into a model folder, then drop the oldest ones and what a kill left.

    Args:
        directory: the model folder; made if it is not there.
        header: its `step` names the files.
        arrays: `part/variable` -> array, as `variables` names them.
        litert: the exported generator; without it, TensorFlow draws.
        keep: saves that stay, this one included. 1 makes an end of any that were there.
        compress: take a little less room, and several times as long.

    Returns:
        The checkpoint's path.
    """
    path = directory / f"checkpoint-{header.step:08d}.npz"
    checksum = None if litert is None else zlib.crc32(litert)
    header = dataclasses.replace(header, exported=checksum)
    if litert is not None:
        with replacing(generator_path(path), size=len(litert)) as file:
            file.write(litert)
    members = {"header": np.frombuffer(header.to_bytes(), np.uint8), **arrays}
    with replacing(path, size=sum(array.nbytes for array in members.values())) as file:
        (np.savez_compressed if compress else np.savez)(file, **members)
    others = [other for other in list_checkpoints(directory) if other != path]
    kept = {path, *others[len(others) - keep + 1 :]}
    kept |= {generator_path(save) for save in kept}
    for file in list(directory.iterdir()):
        if _OWN.fullmatch(file.name) and file not in kept:
            file.unlink()
    return path


def export(generator: keras.Model, half: bool = False) -> bytes:
    """Convert a generator to LiteRT, `EXPORT_BATCH` images a call, inputs `noise` and `text`.

    Args:
        generator: (B, noise), (B, text_dim) -> (B, S, S, 3) in [-1, 1].
        half: keep the weights as float16, for half the size.
    """
    return litert.convert(generator, EXPORT_BATCH, half)

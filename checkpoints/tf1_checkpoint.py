"""Convert checkpoints of the 2017 program, written by TensorFlow 1, into this program's own.

A folder holds `model.ckpt.index` and `model.ckpt.data-00000-of-00001`, and usually `checkpoint`
and `model.ckpt.meta`; the latter is not read. Importing this module loads no TensorFlow.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import config
from checkpoints import checkpoint
from config import DEFAULTS, ORIGINAL, ModelConfig, ProjectError
from skipthoughts_encoder import FILES, Encoder, load_encoder, missing_files

if TYPE_CHECKING:
    from recipes.base import Networks


def find(directory: Path) -> Path | None:
    """Find the TensorFlow 1 checkpoint of a folder.

    It is the one that the file `checkpoint` names, else `model.ckpt`, else the newest.

    Returns:
        Its path without `.index`; None if the folder holds none.

    Raises:
        ProjectError: There are weights without an index.
    """
    found = {path.stem: path for path in directory.glob("*.index")}
    if not found:
        if part := next(directory.glob("*.data-?????-of-?????"), None):
            raise ProjectError(
                f"{part} is part of a TensorFlow 1 checkpoint, but {part.stem}.index, which "
                "belongs to it, is missing. Copy it as well, move the rest away, or name another "
                "--model."
            )
        return None
    try:
        with (directory / "checkpoint").open(encoding="utf-8", errors="replace") as file:
            listed = file.read(10_000)  # only the first line counts
    except OSError:
        listed = ""
    # The path may be from the machine that trained it, so only the file name counts.
    named = re.match(r'\s*model_checkpoint_path:\s*"(?:[^"]*[/\\])?([^"/\\]+)"', listed)
    newest = max(found, key=lambda name: (found[name].stat().st_mtime_ns, name))
    names = (named[1] if named else "", "model.ckpt", newest)
    return directory / next(name for name in names if name in found)


def convert(path: Path, encoder_dir: Path | None = None) -> list[str]:
    """Write a TensorFlow 1 checkpoint as one of this program's own, beside it, LiteRT form and all.

    The model's sizes follow from the arrays' shapes. Adam's state is kept if it is there.

    Args:
        path: The checkpoint, from `find`.
        encoder_dir: Folder to search for its sentence encoder instead of the usual ones.

    Returns:
        The names of arrays that the program has no use for. The step of the new checkpoint comes
        from Adam's state; it is 0 without that.

    Raises:
        ProjectError: The checkpoint cannot be read, its names and shapes are not those of the
            2017 program (the message lists all differences), or no sentence encoder has its width.
    """
    from recipes.registry import build

    arrays = _read(path)
    model = _config(path, {name: array.shape for name, array in arrays.items()}, encoder_dir)
    train = DEFAULTS[ORIGINAL].train
    nets = build(model, train)
    unused = _restore(path, nets, arrays)
    nets.ema.set_weights(nets.generator.get_weights())
    # Each step updates the discriminator once, the generator twice.
    step = int(nets.d_optimizer.iterations.numpy())
    header = checkpoint.Header(
        model, train, step=step, images=step * train.batch_size, origin=path.name
    )
    litert = checkpoint.export(nets.ema)
    checkpoint.save(path.parent, header, checkpoint.read_variables(nets.parts()), litert)
    return unused


def _read(path: Path) -> dict[str, np.ndarray]:
    """Read all arrays, once the files are known to be as long as the index says."""
    import tensorflow as tf

    try:
        reader = tf.train.load_checkpoint(str(path))
        shapes = reader.get_variable_to_shape_map()
        types = reader.get_variable_to_dtype_map()
        needed = sum(math.prod(shape) * types[name].size for name, shape in shapes.items())
        parts = [p for p in path.parent.iterdir() if p.name.startswith(f"{path.name}.data-")]
        found = sum(part.stat().st_size for part in parts)
        if needed > found:  # checked before any memory is allocated
            raise ValueError(f"it declares {needed:,} bytes of numbers and holds {found:,}")
        return {name: reader.get_tensor(name) for name in shapes}
    except (tf.errors.OpError, ValueError, RuntimeError, LookupError) as error:
        raise ProjectError(
            f"{path} cannot be read: copy {path.name}.index and {path.name}.data-* again. "
            f"({str(error).splitlines()[0]})"
        ) from error


def _config(path: Path, shapes: dict[str, tuple], encoder_dir: Path | None) -> ModelConfig:
    """Infer the model's sizes from the shapes of three of its arrays."""
    try:
        text_dim, reduced_text = shapes["g_embedding/weight"]
        code, first_map = shapes["g_h0_lin/weight"]
        *_, width = shapes["g_h4/weight"]
        side = math.isqrt(first_map // (8 * width))
    except (KeyError, ValueError, ZeroDivisionError):
        names = ", ".join(sorted(shapes)[:10]) or "nothing"
        raise ProjectError(
            f"{path} is not a checkpoint of the 2017 program: it needs g_embedding/weight, "
            f"g_h0_lin/weight and g_h4/weight in that program's shapes. It holds: {names}"
        ) from None
    fingerprint = _encoder(path, text_dim, encoder_dir).fingerprint
    try:
        return ModelConfig(
            text_dim,
            fingerprint,
            ORIGINAL,
            size=16 * side,
            width=width,
            noise=code - reduced_text,
        )
    except ProjectError as error:
        raise ProjectError(f"{path} has a size that this program does not draw: {error}") from None


def _encoder(path: Path, width: int, directory: Path | None) -> Encoder:
    """Find the sentence encoder it was trained with: a published one, of its width."""
    seen = []
    # Not those that ship: no 2017 model was trained with one of them.
    shipped = (config.TEXT_ENCODER, config.FORMER_ENCODER)
    places = [place for place in config.ENCODERS if place not in shipped]
    for place in [directory] if directory else places:
        if missing := missing_files(place):
            seen.append(f"{place}: lacks {', '.join(missing)}")
            continue
        encoder = load_encoder(place)
        if encoder.dim == width:
            return encoder
        seen.append(f"{place}: vectors of {encoder.dim:,} numbers")
    raise ProjectError(
        f"{path} takes sentence vectors of {width:,} numbers from the published skip-thoughts "
        f"model (github.com/ryankiros/skip-thoughts says where its files are). Put "
        f"{', '.join(FILES)} into {places[0]}, or name their folder: --encoder DIR. Searched:\n  "
        + "\n  ".join(seen)
    )


def _restore(path: Path, nets: Networks, arrays: dict[str, np.ndarray]) -> list[str]:
    """Set the networks, and Adam's state if it is there; return the names of unused arrays."""
    wanted: dict[str, Any] = {}  # name in the old checkpoint -> variable
    slots: dict[str, Any] = {}  # the same for Adam's state
    # Adam's number of updates is in its powers of beta. The discriminator's Adam was created
    # first, so its powers have the names without a suffix.
    for network, optimizer, power in (
        (nets.generator, nets.g_optimizer, "beta2_power_1"),
        (nets.discriminator, nets.d_optimizer, "beta2_power"),
    ):
        names = {v.path: v.path.replace("/kernel", "/weight") for v in network.variables}
        wanted |= {names[v.path]: v for v in network.variables}
        moments = {v.path: v for v in optimizer.variables}
        for v in network.trainable_variables:
            own = f"{optimizer.name}/{v.path.replace('/', '_')}"
            slots[f"{names[v.path]}/Adam"] = moments[f"{own}_momentum"]
            slots[f"{names[v.path]}/Adam_1"] = moments[f"{own}_velocity"]
        slots[power] = optimizer.iterations
    if has_adam := not slots.keys().isdisjoint(arrays):
        wanted |= slots
    beta_1_powers = {"beta1_power", "beta1_power_1"} if has_adam else set()
    unused = sorted(arrays.keys() - wanted.keys() - beta_1_powers)
    wrong = [f"missing: {name}" for name in sorted(wanted.keys() - arrays.keys())]
    for name in sorted(wanted.keys() & arrays.keys()):
        found, expected = arrays[name].shape, tuple(wanted[name].shape)
        wrong += [] if found == expected else [f"{name}: shape {found}, expected {expected}"]
    if wrong:
        wrong += [f"not in this model: {name}" for name in unused]
        raise ProjectError(
            f"{path} does not fit the networks of the 2017 program:\n  " + "\n  ".join(wrong)
        )
    beta_2 = DEFAULTS[ORIGINAL].train.beta_2
    for name, variable in wanted.items():
        is_power = name.startswith("beta2_power")
        variable.assign(_updates(float(arrays[name]), beta_2) if is_power else arrays[name])
    return unused


def _updates(power: float, beta: float) -> int:
    """Return how many updates led to this power of beta: it starts at beta, one factor each.

    In single precision it reaches 0 after about 100,000 updates; beyond that, the number no
    longer matters.
    """
    smallest = float(np.finfo(np.float32).smallest_subnormal)
    return max(0, round(math.log(max(power, smallest)) / math.log(np.float32(beta))) - 1)

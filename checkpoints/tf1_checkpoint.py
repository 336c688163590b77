"""Checkpoints of the program of 2017, as TensorFlow 1 wrote them, turned into this program's own.

A folder holds `model.ckpt.index` and `model.ckpt.data-00000-of-00001`, mostly `model.ckpt.meta`
and `checkpoint` too, of which the former is not read. Importing this file imports no TensorFlow.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import config
from checkpoints import checkpoint
from config import DEFAULTS, ORIGINAL, ModelConfig, ProjectError
from skipthoughts_encoder import FILES, Encoder, load_encoder, missing_files

if TYPE_CHECKING:
    from recipes.base import Networks


def find(directory: Path) -> Path | None:
    """The TensorFlow 1 checkpoint of a folder, its path without `.index`; None if it has none.

    It is the one that the file `checkpoint` names, else `model.ckpt`, else the newest.

    Raises:
        ProjectError: There are weights without an index.
    """
    found = {path.stem: path for path in directory.glob("*.index")}
    if not found:
        if part := next(directory.glob("*.data-?????-of-?????"), None):
            raise ProjectError(
                f"{part} is of a TensorFlow 1 checkpoint, and {part.stem}.index, which belongs to "
                "it, is not there: copy it as well, move the rest away, or name another --model."
            )
        return None
    try:
        with (directory / "checkpoint").open(encoding="utf-8", errors="replace") as file:
            listed = file.read(10_000)  # its first line is what counts
    except OSError:
        listed = ""
    # It may be a path on the machine of the training: only the name counts.
    named = re.match(r'\s*model_checkpoint_path:\s*"(?:[^"]*[/\\])?([^"/\\]+)"', listed)
    newest = max(found, key=lambda name: (found[name].stat().st_mtime_ns, name))
    names = (named[1] if named else "", "model.ckpt", newest)
    return directory / next(name for name in names if name in found)


def convert(path: Path, encoder_dir: Path | None = None) -> list[str]:
    """Write a TensorFlow 1 checkpoint as one of this program's own, and its LiteRT form, beside it.

    Its sizes follow from its arrays. Adam's state is taken over if it is there.

    Args:
        path: as `find` gives it.
        encoder_dir: folder to look for its sentence encoder in, before the usual ones.

    Returns:
        The names of arrays that the program has no use for. The step of the new checkpoint is
        what Adam's state says, or 0.

    Raises:
        ProjectError: It cannot be read, its names and shapes are not those of the program (all
            differences are listed), or there is no sentence encoder of its width.
    """
    import tensorflow as tf

    from recipes.registry import build

    try:
        reader = tf.train.load_checkpoint(str(path))
        shapes = reader.get_variable_to_shape_map()
        types = reader.get_variable_to_dtype_map()
        needed = sum(math.prod(shape) * types[name].size for name, shape in shapes.items())
        parts = [p for p in path.parent.iterdir() if p.name.startswith(f"{path.name}.data-")]
        has = sum(part.stat().st_size for part in parts)
        if needed > has:  # looked at before memory is taken
            raise ValueError(f"it declares {needed:,} bytes of numbers and has {has:,}")
        arrays = {name: reader.get_tensor(name) for name in shapes}
    except (tf.errors.OpError, ValueError, RuntimeError, LookupError) as error:
        raise ProjectError(
            f"{path} cannot be read: copy {path.name}.index and {path.name}.data-* again. "
            f"({str(error).splitlines()[0]})"
        ) from error
    model = _config(path, {name: array.shape for name, array in arrays.items()}, encoder_dir)
    train = DEFAULTS[ORIGINAL].train
    nets = build(model, train)
    unused = _restore(path, nets, arrays)
    nets.ema.set_weights(nets.generator.get_weights())
    # Each step updates the discriminator once, and it was the first to get its Adam.
    step = int(nets.d_optimizer.iterations.numpy())
    header = checkpoint.Header(
        model, train, step=step, images=step * train.batch_size, origin=path.name
    )
    litert = checkpoint.export(nets.ema)
    checkpoint.save(path.parent, header, checkpoint.read_variables(nets.parts()), litert)
    return unused


def _config(path: Path, shapes: dict[str, tuple], encoder_dir: Path | None) -> ModelConfig:
    """The model's sizes, from the shapes of three of its arrays."""
    try:
        text_dim, reduced_text = shapes["g_embedding/weight"]
        code, first_map = shapes["g_h0_lin/weight"]
        *_, width = shapes["g_h4/weight"]
        side = math.isqrt(first_map // (8 * width))
    except (KeyError, ValueError, ZeroDivisionError):
        names = ", ".join(sorted(shapes)[:10]) or "nothing"
        raise ProjectError(
            f"{path} is no checkpoint of the program of 2017: it needs g_embedding/weight, "
            f"g_h0_lin/weight and g_h4/weight of that program's shapes. It holds: {names}"
        ) from None
    fingerprint = _encoder(path, text_dim, encoder_dir).fingerprint
    try:
        return ModelConfig(
            text_dim, fingerprint, ORIGINAL, 16 * side, width, noise=code - reduced_text
        )
    except ProjectError as error:
        raise ProjectError(f"{path} is of a size that cannot be drawn: {error}") from None


def _encoder(path: Path, width: int, directory: Path | None) -> Encoder:
    """The sentence encoder it was trained with: one of the published form, of its width."""
    seen = []
    # Not the one that ships: no model of 2017 knew it.
    places = [place for place in config.ENCODERS if place != config.TEXT_ENCODER]
    for place in [directory] if directory else places:
        if missing := missing_files(place):
            seen.append(f"{place}: lacks {', '.join(missing)}")
            continue
        encoder = load_encoder(place)
        if encoder.dim == width:
            return encoder
        seen.append(f"{place}: vectors of {encoder.dim:,} numbers")
    raise ProjectError(
        f"{path} takes sentence vectors of {width:,} numbers, of the published skip-thoughts "
        f"model (github.com/ryankiros/skip-thoughts says where its files are). Put "
        f"{', '.join(FILES)} into {places[0]}, or name their folder: --encoder DIR. Looked in\n  "
        + "\n  ".join(seen)
    )


def _restore(path: Path, nets: Networks, arrays: dict[str, np.ndarray]) -> list[str]:
    """Set the networks, and Adam's state if it is there, to the arrays; what was not used."""
    wanted, slots = {}, {}
    # The number of updates is in the powers of beta, which the discriminator's Adam was first
    # to create.
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
        has, shape = arrays[name].shape, tuple(wanted[name].shape)
        wrong += [] if has == shape else [f"{name}: shape {has}, expected {shape}"]
    if wrong:
        wrong += [f"not of this model: {name}" for name in unused]
        raise ProjectError(
            f"{path} is not quite a checkpoint of the program of 2017:\n  " + "\n  ".join(wrong)
        )
    for name, variable in wanted.items():
        array = arrays[name]
        if name.startswith("beta2_power"):
            array = _updates(float(array), DEFAULTS[ORIGINAL].train.beta_2)
        variable.assign(array)
    return unused


def _updates(power: float, beta: float) -> int:
    """How many updates have brought a power, begun at beta and multiplied by it each time, here.

    In single precision it reaches 0 after about 100,000; what it is then no longer matters.
    """
    smallest = float(np.finfo(np.float32).smallest_subnormal)
    return max(0, round(math.log(max(power, smallest)) / math.log(np.float32(beta))) - 1)

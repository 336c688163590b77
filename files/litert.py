"""Networks for LiteRT, which runs them without TensorFlow: conversion and use."""

from __future__ import annotations

import contextlib
import io
import os
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from config import ProjectError
from console import quiet

if TYPE_CHECKING:
    import keras

THREADS = min(8, os.cpu_count() or 1)  # that call a model at once
T, U = TypeVar("T"), TypeVar("U")


def convert(model: keras.Model, batch: int, half: bool = False) -> bytes:
    """Convert a Keras model, inference only.

    Args:
        model: Of one or more inputs, whose names are kept, and one output.
        batch: Rows a call. With an open number, XNNPACK stays out and all is five times as slow.
        half: Keep the weights as float16, for half the size.

    Returns:
        The FlatBuffer.
    """
    import keras
    import tensorflow as tf

    inputs = [keras.Input(batch_shape=(batch, *i.shape[1:]), name=i.name) for i in model.inputs]
    with contextlib.redirect_stdout(io.StringIO()):  # Keras lists every variable there
        converter = tf.lite.TFLiteConverter.from_keras_model(keras.Model(inputs, model(inputs)))
        if half:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.target_spec.supported_types = [tf.float16]
        return converter.convert()


def open_model(
    path: Path,
    inputs: Mapping[str, tuple[int, ...]],
    output: tuple[int, ...],
    checksum: int | None = None,
) -> Callable[..., np.ndarray] | None:
    """A function from arrays, one for each of the inputs in their order, to the output.

    Args:
        path: The FlatBuffer.
        inputs: Their shapes by name, or by a part of the name that no other input's has.
        output: Its shape.
        checksum: CRC-32 of the file, where it is known: LiteRT itself would run other weights.

    Returns:
        The function, all of whose arrays are float32. It runs in the thread that calls it; several
        may call it at once, as `map_in_threads` does. None where LiteRT has no wheel, so is not
        installed.

    Raises:
        ProjectError: The file is damaged, or not a model of such inputs and such an output.
    """
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError:
        return None

    def opened() -> Interpreter:
        # One thread each: what is done beside, writing files, would keep the others waiting.
        interpreter = Interpreter(model_path=str(path), num_threads=1)
        interpreter.allocate_tensors()
        return interpreter

    try:
        if checksum is not None and zlib.crc32(path.read_bytes()) != checksum:
            raise ValueError("its bytes are not those that its checkpoint was saved with")
        with quiet():
            interpreter = opened()
        details = interpreter.get_input_details()
        taken = [detail for part in inputs for detail in details if part in detail["name"]]
        if len(taken) != len(inputs):
            raise ValueError(f"its inputs are {', '.join(detail['name'] for detail in details)}")
        given = interpreter.get_output_details()[0]
        for detail, shape in zip([*taken, given], [*inputs.values(), output], strict=True):
            if detail["dtype"] != np.float32 or tuple(detail["shape"]) != shape:
                has = f"{np.dtype(detail['dtype'])} of shape {tuple(map(int, detail['shape']))}"
                raise ValueError(f"{detail['name']} is {has}, not float32 of shape {shape}")
    except (ValueError, RuntimeError, IndexError) as error:
        raise _damaged(path, error) from error

    idle = [interpreter]

    def run(*arrays: np.ndarray) -> np.ndarray:
        try:
            interpreter = idle.pop()
        except IndexError:
            interpreter = opened()
        for detail, array in zip(taken, arrays, strict=True):
            interpreter.set_tensor(detail["index"], array)
        try:
            interpreter.invoke()
        except RuntimeError as error:
            raise _damaged(path, error) from error
        result = interpreter.get_tensor(given["index"])
        idle.append(interpreter)
        return result

    return run


def map_in_threads(function: Callable[[T], U], items: Iterable[T]) -> Iterator[U]:
    """Like `map`, in `THREADS` threads, a few items ahead, however many there are."""
    with ThreadPoolExecutor(THREADS) as pool:
        pending = deque()
        for item in items:
            pending.append(pool.submit(function, item))
            if len(pending) > 2 * THREADS:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()


def _damaged(path: Path, error: Exception) -> ProjectError:
    return ProjectError(
        f"{path} cannot be read: {error}. Restore it. A generator may be removed as well: "
        "TensorFlow draws from its checkpoint then."
    )

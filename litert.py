"""Networks for LiteRT, which runs them without TensorFlow: conversion and use."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from config import ProjectError

if TYPE_CHECKING:
    import keras


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


def open_model(path: Path, inputs: Sequence[str]) -> Callable[..., np.ndarray] | None:
    """A function from arrays, one for each of the named inputs, to the output.

    None where LiteRT has no wheel, so is not installed.

    Raises:
        ProjectError: The file is damaged, or not a model of such inputs.
    """
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError:
        return None
    try:
        interpreter = Interpreter(model_path=str(path), num_threads=2)
        interpreter.allocate_tensors()
        by_name = {detail["name"]: detail["index"] for detail in interpreter.get_input_details()}
        indices = [next(i for n, i in by_name.items() if part in n) for part in inputs]
        output = interpreter.get_output_details()[0]["index"]
    except (ValueError, RuntimeError, StopIteration) as error:
        raise ProjectError(
            f"{path} cannot be read: {error}. Restore it. A generator may be removed as well: "
            "TensorFlow draws from its checkpoint then."
        ) from error

    def run(*arrays: np.ndarray) -> np.ndarray:
        for index, array in zip(indices, arrays, strict=True):
            interpreter.set_tensor(index, array)
        interpreter.invoke()
        return interpreter.get_tensor(output)

    return run

"""Convert networks for LiteRT and run them, without TensorFlow."""

from __future__ import annotations

import contextlib
import io
import os
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from config import ProjectError
from console import quiet
from files.images import to_size
from files.paths import AnyPath, advice

if TYPE_CHECKING:
    import keras
    from ai_edge_litert.interpreter import Interpreter

THREADS = min(8, os.cpu_count() or 1)  # that call a model at the same time
Shape = tuple[int, ...]
T = TypeVar("T")
U = TypeVar("U")


def convert(model: keras.Model, batch: int, half: bool = False) -> bytes:
    """Convert a Keras model for inference.

    Args:
        model: A model with one or more inputs, whose names are kept, and one output.
        batch: Rows per call. If their number were left open, LiteRT could not use XNNPACK and
            would take five times as long.
        half: Store the weights as float16, which halves the size.

    Returns:
        The model as a FlatBuffer.
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
    path: AnyPath, inputs: Mapping[str, Shape], output: Shape, checksum: int | None = None
) -> Callable[..., np.ndarray] | None:
    """Open a model as a function of arrays, one for each input, in the order of `inputs`.

    Args:
        path: The FlatBuffer.
        inputs: Shapes by name, or by a part of the name that occurs in no other input's name.
        output: Shape of the output.
        checksum: CRC-32 of the file, if known: LiteRT itself would run with changed weights.

    Returns:
        The function; all arrays are float32. It runs in the calling thread, and several threads
        may call it at once, as `map_in_threads` does. None if LiteRT is not installed, because
        it has no wheel for this platform.

    Raises:
        ProjectError: The file is damaged, or its inputs or output are different ones. The
            function raises it too, if the model fails when it runs.
    """
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError as error:
        # Ctrl-C while its library is loaded arrives as this error.
        if isinstance(error.__cause__, KeyboardInterrupt):
            raise error.__cause__ from None
        return None

    def allocate() -> Interpreter:
        # One thread each: with more, LiteRT's threads and those that write files would wait for
        # each other.
        interpreter = Interpreter(model_content=content, num_threads=1)
        interpreter.allocate_tensors()
        return interpreter

    try:
        content = path.read_bytes()
        if checksum is not None and zlib.crc32(content) != checksum:
            raise ValueError("it has changed since its checkpoint was saved")
        with quiet():
            interpreter = allocate()
        input_tensors, output_tensor = _match_tensors(interpreter, inputs, output)
    except (OSError, ValueError, RuntimeError, IndexError) as error:
        raise _damaged(path, error) from error

    idle = [interpreter]  # each call takes one that no other thread uses

    def run(*arrays: np.ndarray) -> np.ndarray:
        try:
            interpreter = idle.pop()
        except IndexError:
            interpreter = allocate()
        for index, array in zip(input_tensors, arrays, strict=True):
            interpreter.set_tensor(index, array)
        try:
            interpreter.invoke()
        except RuntimeError as error:
            raise _damaged(path, error) from error
        result = interpreter.get_tensor(output_tensor)
        idle.append(interpreter)
        return result

    return run


def _match_tensors(
    interpreter: Interpreter, inputs: Mapping[str, Shape], output: Shape
) -> tuple[list[int], int]:
    """Return the indices of the input tensors, in the order of `inputs`, and of the output.

    Raises:
        ValueError: The model's tensors have other names, types or shapes.
    """
    found: list[dict[str, Any]] = interpreter.get_input_details()
    input_details = [detail for part in inputs for detail in found if part in detail["name"]]
    if len(input_details) != len(inputs):
        raise ValueError(f"its inputs are {', '.join(detail['name'] for detail in found)}")
    output_detail = interpreter.get_output_details()[0]
    shapes = [*inputs.values(), output]
    for detail, shape in zip([*input_details, output_detail], shapes, strict=True):
        if detail["dtype"] != np.float32 or tuple(detail["shape"]) != shape:
            has = f"{np.dtype(detail['dtype'])} of shape {tuple(map(int, detail['shape']))}"
            raise ValueError(f"{detail['name']} is {has}, not float32 of shape {shape}")
    return [detail["index"] for detail in input_details], output_detail["index"]


def in_batches(
    run: Callable[..., np.ndarray], images: np.ndarray, batch: int, side: int
) -> np.ndarray:
    """Return what a model makes of any number of images, in several threads.

    Args:
        run: From `open_model`, of one input: (batch, side, side, 3).
        images: (N, S, S, 3) uint8, N at least 1; resized if S is not `side`.
        batch: Images a call.
        side: In px.

    Returns:
        (N, ...) float32.
    """

    def run_batch(start: int) -> np.ndarray:
        part = to_size(images[start : start + batch], side)
        filled = np.arange(batch) % len(part)  # the model takes full batches only
        return run(part[filled].astype(np.float32))[: len(part)]

    return np.concatenate(list(map_in_threads(run_batch, range(0, len(images), batch))))


def map_in_threads(function: Callable[[T], U], items: Iterable[T]) -> Iterator[U]:
    """Apply a function in `THREADS` threads, like `map`, reading only a few items ahead."""
    with ThreadPoolExecutor(THREADS) as pool:
        pending: deque[Future[U]] = deque()
        for item in items:
            pending.append(pool.submit(function, item))
            if len(pending) > 2 * THREADS:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()


def _damaged(path: AnyPath, error: Exception) -> ProjectError:
    what = advice(
        path,
        "Restore it. If it is a generator, you may instead remove it: TensorFlow then generates "
        "from the checkpoint.",
    )
    return ProjectError(f"{path} cannot be read: {error}. {what}")

"""A generator as a list of plain operations, which the page runs.

Whatever Keras builds of the layers below can be listed, so a new recipe needs nothing here. The
list is compared with the generator layer by layer before it is used.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from config import ProjectError
from files.images import to_uint8

if TYPE_CHECKING:
    import keras

TILE = 4  # output channels of a convolution that the page sums side by side: `web/network.js`
_ACTIVATIONS = {"relu": "leaky_relu", "tanh": "tanh"}  # of Keras: the kind of operation
TOLERANCE = 1e-3  # largest error of a layer, as a share of its largest value


@dataclasses.dataclass(frozen=True, eq=False)
class Operation:
    """One step of a network, for one image at a time. `web/network.js` lists the kinds."""

    kind: str
    output: str  # name of the result
    inputs: tuple[str, ...]  # names of earlier results, or of the network's inputs
    shape: tuple[int, ...]  # of the result
    arrays: tuple[np.ndarray, ...] = ()  # float32; channels of kernels are filled up to whole tiles
    slope: float = 0.0  # of a leaky ReLU
    stride: int = 0  # of a transposed convolution

    def to_dict(self, arrays: Sequence[str]) -> dict[str, Any]:
        """Return the operation as the page reads it.

        Args:
            arrays: The names of its arrays there, which are further inputs.
        """
        values = {"kind": self.kind, "output": self.output, "inputs": [*self.inputs, *arrays]}
        return values | {"shape": self.shape, "slope": self.slope, "stride": self.stride}


def list_operations(generator: keras.Model) -> list[Operation]:
    """List the operations of a generator.

    Args:
        generator: Inputs `noise` and `text`, one output.

    Returns:
        The operations in order; the last one's result is the image. A layer's result has the
        layer's name.

    Raises:
        ProjectError: There is a layer of a kind that the page cannot run.
    """
    operations: list[Operation] = []
    names: dict[int, str] = {}  # of each tensor
    for layer in generator.layers:
        kind = type(layer).__name__
        if kind not in _LAYERS:
            raise ProjectError(f"a page cannot run its layer {layer.name} ({kind})")
        inputs = layer.input if isinstance(layer.input, list) else [layer.input]
        sources = tuple(names.get(id(tensor), layer.name) for tensor in inputs) or (layer.name,)
        operations += _LAYERS[kind](layer, sources)
        # What adds nothing, such as a change of shape, passes the name of its input on.
        named = any(operation.output == layer.name for operation in operations)
        names[id(layer.output)] = layer.name if named else sources[0]
    return operations


def run(operations: Sequence[Operation], inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Run the operations in NumPy: what the page does, image by image, for a batch.

    Args:
        operations: From `list_operations`.
        inputs: (B, N) float32 by name.

    Returns:
        The inputs and every result by name, (B, ...) float32.
    """
    results = dict(inputs)
    for operation in operations:
        sources = [results[name] for name in operation.inputs]
        values = _KINDS[operation.kind](operation, *sources)
        results[operation.output] = values.reshape(-1, *operation.shape).astype(np.float32)
    return results


def check(
    operations: Sequence[Operation], generator: keras.Model, inputs: Mapping[str, np.ndarray]
) -> None:
    """Compare the operations with the generator, layer by layer.

    Args:
        operations: From `list_operations`.
        generator: The generator.
        inputs: (B, N) float32 by name, to compare them on.

    Raises:
        ProjectError: The results of a layer differ by more than `TOLERANCE`.
    """
    import keras

    results = run(operations, inputs)
    layers = [layer for layer in generator.layers if layer.name in results]
    every = keras.Model(generator.inputs, [layer.output for layer in layers])
    wanted = every([inputs[tensor.name] for tensor in generator.inputs], training=False)
    for layer, expected in zip(layers, map(np.asarray, wanted), strict=True):
        error = np.abs(results[layer.name] - expected).max() / max(np.abs(expected).max(), 1e-6)
        if not error < TOLERANCE:
            raise ProjectError(
                f"its layer {layer.name} cannot be copied: it differs by {error:.1%}"
            )


def in_half_precision(
    operations: Sequence[Operation], inputs: Mapping[str, np.ndarray]
) -> list[Operation]:
    """Return the operations with their matrices in half precision, if that shows in no image.

    Args:
        operations: From `list_operations`.
        inputs: (B, N) float32 by name, for the images to compare.

    Returns:
        The same operations; as they are if a pixel would change by more than one level of 255.
    """
    rounded = [
        dataclasses.replace(
            each, arrays=tuple(a.astype(np.float16) if a.ndim > 1 else a for a in each.arrays)
        )
        for each in operations
    ]
    last = operations[-1].output
    before, after = (
        to_uint8(run(each, inputs)[last]).astype(int) for each in (operations, rounded)
    )
    return rounded if np.abs(after - before).max() <= 1 else list(operations)


def _arrays(*variables: Any) -> tuple[np.ndarray, ...]:
    return tuple(np.asarray(variable, np.float32) for variable in variables)


def _bias(layer: Any, width: int) -> Any:
    """Return the bias of a layer; zeros if it has none."""
    return np.zeros(width) if layer.bias is None else layer.bias


def _shape(layer: Any) -> tuple[int, ...]:
    return tuple(layer.output.shape[1:])


def _activation(name: str, layer: Any, source: str, slope: float = 0.0) -> Operation:
    return Operation(name, layer.name, (source,), _shape(layer), slope=slope)


def _activated(layer: Any, operation: Operation) -> list[Operation]:
    """Return an operation and the activation of its layer, if it has one."""
    name = layer.activation.__name__
    if name == "linear":
        return [operation]
    if name not in _ACTIVATIONS:
        raise ProjectError(f"a page cannot run the activation {name} of layer {layer.name}")
    inner = dataclasses.replace(operation, output=f"{layer.name}/linear")
    return [inner, _activation(_ACTIVATIONS[name], layer, inner.output)]


def _dense(layer: Any, sources: tuple[str, ...]) -> list[Operation]:
    arrays = _arrays(layer.kernel, _bias(layer, layer.units))
    return _activated(layer, Operation("dense", layer.name, sources, _shape(layer), arrays))


def _transposed(layer: Any, sources: tuple[str, ...]) -> list[Operation]:
    return _spread(layer, sources, 2, np.asarray(layer.kernel, np.float32))


def _convolution(layer: Any, sources: tuple[str, ...]) -> list[Operation]:
    """A convolution is a transposed one by the kernel turned round: of its sides, and of depths."""
    kernel = np.asarray(layer.kernel, np.float32)
    return _spread(layer, sources, 1, kernel[::-1, ::-1].swapaxes(2, 3))


def _spread(
    layer: Any, sources: tuple[str, ...], stride: int, kernel: np.ndarray
) -> list[Operation]:
    """Return a transposed convolution with a kernel (K, K, O, I), filled up to whole tiles."""
    side, columns, width, _ = kernel.shape
    plain = (*layer.strides, *layer.dilation_rate, layer.padding) == (stride, stride, 1, 1, "same")
    # Each pixel may take part in its neighbours, but not beyond.
    if not plain or side != columns or not stride <= side <= 3 * stride:
        raise ProjectError(f"a page cannot run the convolution {layer.name}")
    extra = -width % TILE
    kernel = np.pad(kernel, ((0, 0), (0, 0), (0, extra), (0, 0)))
    (bias,) = _arrays(_bias(layer, width))
    operation = Operation(
        "transposed_convolution",
        layer.name,
        sources,
        _shape(layer),
        (kernel, np.pad(bias, (0, extra))),
        stride=stride,
    )
    return _activated(layer, operation)


def _standardize(layer: Any, sources: tuple[str, ...]) -> list[Operation]:
    mean, scale = _arrays(layer.mean, layer.scale)
    values = np.concatenate([scale, -mean * scale])
    return [Operation("affine", layer.name, sources, _shape(layer), (values,))]


def _batch_norm(layer: Any, sources: tuple[str, ...]) -> list[Operation]:
    gamma, beta, mean, variance = _arrays(
        layer.gamma, layer.beta, layer.moving_mean, layer.moving_variance
    )
    scale = gamma / np.sqrt(variance + layer.epsilon)
    values = np.concatenate([scale, beta - mean * scale])
    return [Operation("affine", layer.name, sources, _shape(layer), (values,))]


def _conditional_norm(layer: Any, sources: tuple[str, ...]) -> list[Operation]:
    """Fold the statistics into the linear layer: its results are then the scale and the shift."""
    x, code = sources
    kernel, bias, mean, variance = _arrays(
        layer.affine.kernel, layer.affine.bias, layer.moving_mean, layer.moving_variance
    )
    inverse = 1 / np.sqrt(variance + layer.epsilon)
    rows = np.vstack([kernel, bias])  # (K + 1, 2C)
    scale, shift = np.split(rows, 2, axis=1)
    scale[-1] += 1
    scale = scale * inverse
    rows = np.hstack([scale, shift - mean * scale])
    name = f"{layer.name}/affine"
    return [
        Operation("dense", name, (code,), (rows.shape[1],), (rows[:-1], rows[-1])),
        Operation("affine", layer.name, (x, name), _shape(layer)),
    ]


_LAYERS: dict[str, Callable[[Any, tuple[str, ...]], list[Operation]]] = {
    "InputLayer": lambda layer, sources: [],
    "Reshape": lambda layer, sources: [],
    "Dense": _dense,
    "Conv2D": _convolution,
    "Conv2DTranspose": _transposed,
    "Add": lambda layer, sources: [Operation("add", layer.name, sources, _shape(layer))],
    "Concatenate": lambda layer, sources: [
        Operation("concatenate", layer.name, sources, _shape(layer))
    ],
    "ReLU": lambda layer, sources: [_activation("leaky_relu", layer, sources[0])],
    "LeakyReLU": lambda layer, sources: [
        _activation("leaky_relu", layer, sources[0], float(layer.negative_slope))
    ],
    "BatchNormalization": _batch_norm,
    "Standardize": _standardize,
    "ConditionalNorm": _conditional_norm,
}


def _run_dense(operation: Operation, x: np.ndarray) -> np.ndarray:
    weights, bias = operation.arrays
    return x @ weights.astype(np.float32) + bias


def _run_affine(operation: Operation, x: np.ndarray, *given: np.ndarray) -> np.ndarray:
    scale, shift = np.split((given or operation.arrays)[0], 2, axis=-1)
    x = x.reshape(len(x), -1, scale.shape[-1])
    if given:
        scale, shift = scale[:, None], shift[:, None]
    return x * scale + shift


def _run_transposed(operation: Operation, x: np.ndarray) -> np.ndarray:
    kernel, bias = operation.arrays
    side, stride = len(kernel), operation.stride
    rows, columns, channels = operation.shape
    x = x.reshape(len(x), rows // stride, columns // stride, -1)
    spread = np.zeros((len(x), rows + side, columns + side, len(bias)), np.float32)
    for i in range(side):
        for j in range(side):
            part = spread[:, i : i + rows : stride, j : j + columns : stride]
            part += x @ kernel[i, j].T.astype(np.float32)
    start = (side - stride) // 2
    spread = spread[:, start : start + rows, start : start + columns] + bias
    return spread[..., :channels]


_KINDS: dict[str, Callable[..., np.ndarray]] = {
    "dense": _run_dense,
    "affine": _run_affine,
    "transposed_convolution": _run_transposed,
    "concatenate": lambda _, *parts: np.concatenate(parts, axis=1),
    "add": lambda _, *parts: sum(part.reshape(len(part), -1) for part in parts),
    "leaky_relu": lambda operation, x: np.where(x > 0, x, operation.slope * x),
    "tanh": lambda _, x: np.tanh(x),
}

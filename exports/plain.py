"""Rebuild generators from layers that every installation of Keras has."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers

import ops


def plain_generator(generator: keras.Model) -> keras.Model:
    """Return a generator of the same images, for inference, without layers of this project.

    Args:
        generator: (B, Z), (B, D) -> (B, S, S, 3), of any recipe.

    Returns:
        The same function; its inputs and the other layers have the same names.
    """
    originals = {layer.name: layer for layer in generator.layers}

    def call(copy: keras.layers.Layer, *arguments: Any, **kwargs: Any) -> Any:
        original = originals[copy.name]
        if isinstance(original, ops.Standardize):
            return _standardize(original, *arguments)
        if isinstance(original, ops.ConditionalNorm):
            return _normalize(original, *arguments)
        outputs = copy(*arguments, **kwargs)
        copy.set_weights(original.get_weights())
        return outputs

    return keras.models.clone_model(generator, call_function=call, clone_function=_copy)


def _copy(layer: keras.layers.Layer) -> keras.layers.Layer:
    return layer.__class__.from_config(layer.get_config())


def _standardize(layer: ops.Standardize, vectors: keras.KerasTensor) -> keras.KerasTensor:
    """Scale first, then shift: x * scale - mean * scale."""
    mean, scale = layer.mean.numpy(), layer.scale.numpy()
    return layers.Rescaling(scale.tolist(), (-mean * scale).tolist(), name=layer.name)(vectors)


def _normalize(
    layer: ops.ConditionalNorm, x: keras.KerasTensor, code: keras.KerasTensor
) -> keras.KerasTensor:
    """Fold the moving statistics into two dense layers of the code, for scale and shift."""
    kernel, bias = (weight.numpy() for weight in layer.affine.weights)  # (K, 2C), (2C,)
    affine = np.concatenate([kernel, bias[None]])  # (K + 1, 2C)
    gamma, beta = np.split(affine, 2, axis=1)  # (K + 1, C)
    gamma[-1] += 1.0
    mean, variance = layer.moving_mean.numpy(), layer.moving_variance.numpy()
    gamma = gamma / np.sqrt(variance + layer.epsilon)
    scale = _dense(gamma, f"{layer.name}_scale", code)
    shift = _dense(beta - mean * gamma, f"{layer.name}_shift", code)
    return layers.Add(name=layer.name)(
        [layers.Multiply(name=f"{layer.name}_scaled")([x, scale]), shift]
    )


def _dense(affine: np.ndarray, name: str, code: keras.KerasTensor) -> keras.KerasTensor:
    """Apply a matrix whose last row is the bias, (K + 1, C), to a code: (B, K) -> (B, 1, 1, C)."""
    dense = layers.Dense(affine.shape[1], name=name)
    values = dense(code)
    dense.set_weights([affine[:-1], affine[-1]])
    return layers.Reshape((1, 1, affine.shape[1]), name=f"{name}_map")(values)

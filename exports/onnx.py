"""`--export FILE.onnx`: the generator for ONNX Runtime, browsers and other programs."""

from __future__ import annotations

import logging
import warnings

import numpy as np

from config import ORIGINAL, ProjectError
from console import install_command
from exports.base import Exported, check, load_generator
from exports.plain import plain_generator
from sampler import Sampler

OPSET = 18  # of December 2022


def export(sampler: Sampler) -> Exported:
    """Convert the generator, run it by ONNX Runtime, and compare; see `exports.base.Exporter`."""
    try:
        import onnx
        import onnxruntime
        import tf2onnx
    except ImportError as error:
        raise ProjectError(
            f"--export FILE.onnx needs the package {error.name}: "
            f"{install_command('requirements-onnx.txt')}"
        ) from error
    import tensorflow as tf

    generator = load_generator(sampler)
    plain = plain_generator(generator)
    signature = [tf.TensorSpec((None, *i.shape[1:]), tf.float32, i.name) for i in plain.inputs]

    @tf.function(input_signature=signature)
    def draw(noise: tf.Tensor, text: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"image": plain([noise, text], training=False)}  # named like this in the file

    logging.getLogger("tf2onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # what they call in each other
        model, _ = tf2onnx.convert.from_function(draw, signature, opset=OPSET)
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
    config = sampler.header.model
    about = {
        "noise": "uniform in [-1, 1]" if config.recipe == ORIGINAL else "normal, N(0, 1)",
        "text": f"sentence vectors of the encoder {config.encoder}",
        "image": "RGB in [-1, 1]",
    }
    onnx.helper.set_model_props(model, about)
    onnx.checker.check_model(model, full_check=True)
    data = model.SerializeToString()
    session = onnxruntime.InferenceSession(data)

    def run(noise: np.ndarray, text: np.ndarray) -> np.ndarray:
        return session.run(None, {"noise": noise, "text": text})[0]

    return Exported(data, [check(sampler, generator, run)])

"""`--export FILE.keras`: the generator as a model that any program with Keras 3 can load."""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path

import keras

from exports.base import Exported, check, load_generator
from exports.plain import plain_generator
from sampler import Sampler


def export(sampler: Sampler) -> Exported:
    """Save the generator, load it back, and compare; see `exports.base.Exporter`."""
    generator = load_generator(sampler)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "generator.keras")
        with warnings.catch_warnings():
            # Keras asks TensorFlow's variables for arrays in a way that NumPy 2 deprecates.
            warnings.simplefilter("ignore", DeprecationWarning)
            plain_generator(generator).save(path)
        loaded = keras.saving.load_model(path, compile=False)
        note = check(sampler, generator, lambda *inputs: loaded(inputs, training=False).numpy())
        return Exported(path.read_bytes(), [note])

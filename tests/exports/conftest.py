"""What the tests of the exports share: small models of both recipes, not trained."""

from pathlib import Path

import numpy as np
import pytest

from checkpoints import checkpoint
from checkpoints.checkpoint import Header
from config import DEFAULT, TEXT_ENCODER, ModelConfig, TrainConfig
from sampler import Sampler
from skipthoughts_encoder import Encoder, load_encoder
from training.trainer import Trainer


@pytest.fixture(scope="session")
def write_model():
    """Return a function that writes a small model, whose weights and statistics are random."""

    def write(folder: Path, encoder: Encoder, recipe: str = DEFAULT) -> Path:
        random = np.random.default_rng(0)
        sizes = {"size": 32, "width": 4, "max_channels": 8, "noise": 5}
        config = ModelConfig(
            encoder.dim, encoder.fingerprint, recipe, residual=recipe == DEFAULT, **sizes
        )
        trainer = Trainer(config, TrainConfig())
        for variable in trainer.nets.ema.variables:
            shape = tuple(variable.shape)
            if "variance" in variable.path or "scale" in variable.path:
                variable.assign(random.uniform(0.5, 2, shape))
            elif "kernel" not in variable.path or "widen" in variable.path:
                # The other kernels are random as they are.
                variable.assign_add(random.normal(0, 0.1, shape))
        header = Header(config, TrainConfig(), step=7, data="/secret/place/faces, 9 pictures, 1a2b")
        arrays = {n: a for n, a in trainer.arrays().items() if n.startswith(("ema", "disc"))}
        return checkpoint.save(folder, header, arrays)

    return write


@pytest.fixture(scope="session")
def small(tmp_path_factory, write_model) -> Sampler:
    """A small model of the default recipe, for the encoder of the model that ships."""
    folder = tmp_path_factory.mktemp("small")
    write_model(folder, load_encoder(TEXT_ENCODER))
    return Sampler.load(folder)

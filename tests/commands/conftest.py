"""What the tests of the commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from checkpoints import checkpoint
from checkpoints.checkpoint import Header
from config import TEXT_ENCODER, ModelConfig, TrainConfig
from skipthoughts_encoder import load_encoder


@pytest.fixture
def model_in() -> Callable[..., Path]:
    """Write a checkpoint of step 5, without weights, to a folder, and return its path."""

    def write(folder: Path, data: str = "", **changes: Any) -> Path:
        encoder = load_encoder(TEXT_ENCODER)
        fields: dict[str, Any] = {"text_dim": encoder.dim, "encoder": encoder.fingerprint}
        model = ModelConfig(**fields | {"size": 32, "width": 4} | changes)
        header = Header(model, TrainConfig(), step=5, data=data)
        return checkpoint.save(folder, header, {"ema/none": np.zeros(1, np.float32)}, b"")

    return write

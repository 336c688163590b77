"""Faces from descriptions, without TensorFlow: sentence vectors by NumPy, images by LiteRT."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from checkpoints import checkpoint
from config import ModelConfig, ProjectError
from files import litert
from files.images import to_uint8
from skipthoughts_encoder import Encoder

BATCH = checkpoint.EXPORT_BATCH


class Sampler:
    """A trained generator and its sentence encoder.

    Args:
        path: the checkpoint.
        header: what it says of itself.
        encoder: the sentence encoder that it was trained with.

    Example:
        >>> sampler = Sampler.load(Path("model/pretrained"))
        >>> sampler.sample(["blue hair red eyes"], [(0, 1, 1)]).shape
        (1, 64, 64, 3)
    """

    def __init__(self, path: Path, header: checkpoint.Header, encoder: Encoder) -> None:
        self.path, self.header, self.encoder = path, header, encoder
        self._draw = _litert(checkpoint.generator_path(path), header)
        if self._draw is None:
            self._draw = _tensorflow(path, header.model)

    @classmethod
    def load(cls, directory: Path, encoder_dir: Path | None = None) -> Sampler:
        """Open the newest save of a model folder with the encoder that it was trained with.

        Args:
            directory: the model folder.
            encoder_dir: one more folder to look for the encoder in, before the usual ones.

        Raises:
            ProjectError: There is no model, it is damaged, or its encoder is nowhere.
        """
        path = checkpoint.latest(directory)
        if path is None:
            raise ProjectError(f"There is no model in {directory}.")
        header = checkpoint.read_header(path)
        return cls(path, header, checkpoint.matching_encoder(path, header, encoder_dir))

    def noise(self, seed: Sequence[int]) -> np.ndarray:
        """The noise vector, (noise,) float32, that belongs to a seed of integers of 0 or more."""
        return self.header.model.draw_noise(1, np.random.default_rng(seed))[0]

    def draw(self, vectors: np.ndarray, noise: np.ndarray) -> np.ndarray:
        """Draw at most `BATCH` images.

        Args:
            vectors: (B, D) float32 sentence vectors.
            noise: (B, noise) float32.

        Returns:
            (B, S, S, 3) uint8.
        """
        count = len(vectors)
        filled = np.arange(BATCH) % count  # the generator takes full batches only
        return to_uint8(self._draw(noise[filled], vectors[filled])[:count])

    def sample(self, texts: Sequence[str], seeds: Sequence[Sequence[int]]) -> np.ndarray:
        """Draw an image for each text.

        Args:
            texts: N descriptions.
            seeds: N seeds, each a few integers of 0 or more; equal text and seed, equal image.

        Returns:
            (N, S, S, 3) uint8.
        """
        vectors = self.encoder.encode(texts)
        noise = np.stack([self.noise(seed) for seed in seeds])
        parts = (slice(start, start + BATCH) for start in range(0, len(texts), BATCH))
        drawn = litert.map_in_threads(lambda part: self.draw(vectors[part], noise[part]), parts)
        return np.concatenate(list(drawn))


def _litert(path: Path, header: checkpoint.Header):
    """The same as `_tensorflow`, by LiteRT; None where it or the exported model is not there."""
    if not path.is_file():
        return None
    config = header.model
    inputs = {"noise": (BATCH, config.noise), "text": (BATCH, config.text_dim)}
    output = (BATCH, config.size, config.size, 3)
    return litert.open_model(path, inputs, output, header.exported)


def _tensorflow(path: Path, config: ModelConfig):
    """A function (noise, text) -> images in [-1, 1] that TensorFlow runs from the checkpoint."""
    from recipes.registry import RECIPES

    generator = RECIPES[config.recipe].generator(config)
    checkpoint.restore(path, {"ema": generator})

    def draw(noise: np.ndarray, text: np.ndarray) -> np.ndarray:
        return generator([noise, text], training=False).numpy()

    return draw

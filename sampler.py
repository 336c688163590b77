"""Faces from descriptions, without TensorFlow: sentence vectors by NumPy, images by LiteRT."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from checkpoints import checkpoint
from config import TRIES, TRUNCATION, ModelConfig, ProjectError
from files import litert
from files.images import to_uint8
from files.paths import AnyPath
from inspector import Inspector
from skipthoughts_encoder import Encoder
from text.explanations import read_facts
from text.shown import to_draw

BATCH = checkpoint.EXPORT_BATCH  # images per call of the generator


class Sampler:
    """A trained generator and its sentence encoder.

    Args:
        path: The checkpoint.
        header: The checkpoint's header.
        encoder: The sentence encoder that the model was trained with.

    Attributes:
        generate: noise (`BATCH`, Z), sentence vectors (`BATCH`, D) -> images in [-1, 1].

    Raises:
        ProjectError: The checkpoint or its exported generator is damaged.

    Example:
        >>> from PIL import Image
        >>> sampler = Sampler.load("pretrained")
        >>> faces = sampler.sample(["blue hair red eyes"], seed=7)  # (1, 64, 64, 3) uint8
        >>> Image.fromarray(faces[0]).save("face.png")
    """

    def __init__(self, path: AnyPath, header: checkpoint.Header, encoder: Encoder) -> None:
        self.path, self.header, self.encoder = path, header, encoder
        run = _litert(checkpoint.generator_path(path), header)
        self.generate = run or _tensorflow(path, header.model)

    @classmethod
    def load(cls, model: str | Path, encoder_dir: str | Path | None = None) -> Sampler:
        """Open the newest checkpoint of a model folder, with the encoder it was trained with.

        Args:
            model: The model folder, "pretrained" for the model that ships, one checkpoint, or an
                exported model (`FILE.zip`), which is read in place.
            encoder_dir: One more folder to search for the encoder, before the usual ones.

        Raises:
            ProjectError: There is no checkpoint, it is damaged, or its encoder is not found.
        """
        directory = checkpoint.folder_of(model)
        if checkpoint.is_named(directory):
            path: AnyPath | None = directory
        else:
            path = checkpoint.latest(checkpoint.open_folder(directory))
        if path is None:
            raise ProjectError(f"There is no model in {directory}.")
        header = checkpoint.read_header(path)
        extra = None if encoder_dir is None else Path(encoder_dir)
        return cls(path, header, checkpoint.matching_encoder(path, header, extra))

    @functools.cached_property
    def fingerprint(self) -> str:
        """What tells the model from others; see `checkpoint.fingerprint`."""
        return checkpoint.fingerprint(self.path, self.header)

    @functools.cached_property
    def inspector(self) -> Inspector | None:
        """What finds broken faces of this model; None if there is nothing that knows them."""
        return Inspector.of(self.fingerprint)

    @property
    def default_tries(self) -> int:
        """Times, at most, that a face is drawn: `TRIES` if there is an inspector, else 1."""
        return TRIES if self.inspector else 1

    def noise(self, seed: Sequence[int], take: int = 0) -> np.ndarray:
        """Return a noise vector of a seed.

        Args:
            seed: One or more integers of 0 or more. `--generate --seed S` uses (S, i, j) for the
                j-th image of description i, both counted from 1.
            take: Which of the seed's noise vectors, from 0.

        Returns:
            (noise,) float32.
        """
        return _numbers(self.header, seed, take + 1)[0][take]

    def prepare(
        self, texts: Sequence[str], seeds: Sequence[Sequence[int]], tries: int = 1
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return what `draw_whole` takes, for N images of N descriptions.

        Args:
            texts: N descriptions.
            seeds: N seeds, as `noise` takes them.
            tries: Takes of each, at least one.

        Returns:
            Sentence vectors, (N, D) float32, and noise, (tries, N, noise) float32. If the model
            has a record of what it was shown, the vectors are those of `text.shown.to_draw`, and
            a seed decides what a description leaves open.

        Raises:
            ProjectError: A description has no word.
            TypeError: `texts` is itself a string.
        """
        return prepare(self.header, self.encoder, texts, seeds, tries)

    def drawn_text(self, text: str, seed: Sequence[int]) -> str:
        """Return the tags that a description is drawn from, with what a seed decides.

        Args:
            text: A description.
            seed: As `noise` takes it.

        Returns:
            The description itself, if the model has no record of what it was shown.
        """
        _, lots = _numbers(self.header, seed, 1)
        return _drawn_texts(self.header, self.encoder, [text], [lots])[0]

    def draw(self, vectors: np.ndarray, noise: np.ndarray) -> np.ndarray:
        """Generate at most `BATCH` images.

        Args:
            vectors: (B, D) float32 sentence vectors.
            noise: (B, noise) float32.

        Returns:
            (B, S, S, 3) uint8.
        """
        count = len(vectors)
        filled = np.arange(BATCH) % count  # the generator takes full batches only
        return to_uint8(self.generate(noise[filled], vectors[filled])[:count])

    def draw_whole(self, vectors: np.ndarray, noise: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Generate at most `BATCH` images, and those again that seem broken.

        Args:
            vectors: (B, D) float32 sentence vectors.
            noise: (T, B, noise) float32, T takes of each: one is drawn after the other until a
                face does not seem broken. If all do, the one that seems least so is kept.

        Returns:
            (B, S, S, 3) uint8, and the take of each, (B,) int.

        Raises:
            ProjectError: T is more than 1, and the model has no inspector.
        """
        images, takes = self.draw(vectors, noise[0]), np.zeros(len(vectors), int)
        if len(noise) == 1:
            return images, takes
        if not self.inspector:
            raise ProjectError(f"Nothing finds broken faces of {self.path}: it takes one try.")
        broken = self.inspector.inspect(images)
        for take in range(1, len(noise)):
            rows = np.flatnonzero(broken >= self.inspector.about.threshold)
            if not rows.size:
                break
            again = self.draw(vectors[rows], noise[take, rows])
            judged = self.inspector.inspect(again)
            better = judged < broken[rows]
            rows = rows[better]
            images[rows], broken[rows], takes[rows] = again[better], judged[better], take
        return images, takes

    def sample(
        self,
        texts: Sequence[str],
        seed: int | Sequence[Sequence[int]] = 0,
        truncation: float = TRUNCATION,
        tries: int | None = None,
    ) -> np.ndarray:
        """Generate one image for each description.

        The same model, description and seed always give the same image. If the model has a record
        of what it was shown, what a description leaves open is drawn as often as it occurred there.

        Args:
            texts: N descriptions, at least one.
            seed: An integer of 0 or more for all: image k, from 0, is then the first image of
                description k + 1 of `--generate --seed SEED`. Or N seeds, as `noise` takes them.
            truncation: Factor of the noise, from 0 to 1. With a smaller one, fewer faces are
                broken, and they differ less from each other.
            tries: Times, at most, that a face is drawn until it does not seem broken. Default:
                `default_tries`, as `--generate` does; 1 takes the first.

        Returns:
            (N, S, S, 3) uint8.

        Raises:
            ProjectError: A description has no word, or there is more than one try and the model
                has no inspector.
            TypeError: `texts` is itself a string.
            ValueError: There is not one seed for each description.
        """
        if isinstance(seed, int):
            seeds: Sequence[Sequence[int]] = [(seed, k, 1) for k in range(1, len(texts) + 1)]
        else:
            seeds = seed
        if len(seeds) != len(texts):
            raise ValueError(f"sample needs {len(texts)} seeds, or one integer. Received: {seed}")
        vectors, noise = self.prepare(texts, seeds, tries or self.default_tries)
        noise *= np.float32(truncation)
        parts = (slice(start, start + BATCH) for start in range(0, len(texts), BATCH))
        drawn = litert.map_in_threads(
            lambda part: self.draw_whole(vectors[part], noise[:, part])[0], parts
        )
        return np.concatenate(list(drawn))


def prepare(
    header: checkpoint.Header,
    encoder: Encoder,
    texts: Sequence[str],
    seeds: Sequence[Sequence[int]],
    tries: int = 1,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the sentence vectors and the noise of N images; see `Sampler.prepare`.

    Args:
        header: That of the model: its kind of noise, and what it was shown.
        encoder: The model's.
        texts: N descriptions.
        seeds: N seeds.
        tries: Takes of each.
    """
    numbers = [_numbers(header, seed, tries) for seed in seeds]
    noise = np.stack([takes for takes, _ in numbers], axis=1)
    drawn = _drawn_texts(header, encoder, texts, [lots for _, lots in numbers])
    return encoder.encode(drawn), noise


def _drawn_texts(
    header: checkpoint.Header,
    encoder: Encoder,
    texts: Sequence[str],
    lots: Sequence[Sequence[float]],
) -> Sequence[str]:
    """Return what N descriptions are drawn from, given the numbers for the lots of each."""
    if not encoder.probe or not header.shown:
        return texts
    different = dict.fromkeys(texts)
    facts = dict(zip(different, read_facts(encoder, different), strict=True))
    return [
        to_draw(facts[text], header.shown, header.lots, numbers) or text
        for text, numbers in zip(texts, lots, strict=True)
    ]


def _numbers(
    header: checkpoint.Header, seed: Sequence[int], tries: int
) -> tuple[np.ndarray, list[float]]:
    """Return a seed's noise, (tries, noise), and a number for each lot, which all takes share."""
    random = np.random.default_rng(seed)
    first = header.model.draw_noise(1, random)
    lots = random.random(max(2, len(header.lots))).tolist()
    return np.concatenate([first, header.model.draw_noise(tries - 1, random)]), lots


def _litert(path: AnyPath, header: checkpoint.Header) -> Callable[..., np.ndarray] | None:
    """Return the same as `_tensorflow` by LiteRT, or None without it or an exported generator."""
    if not path.is_file():
        return None
    config = header.model
    inputs = {"noise": (BATCH, config.noise), "text": (BATCH, config.text_dim)}
    output = (BATCH, config.size, config.size, 3)
    return litert.open_model(path, inputs, output, header.exported)


def _tensorflow(path: AnyPath, config: ModelConfig) -> Callable[..., np.ndarray]:
    """Return a function (noise, text) -> images in [-1, 1] by TensorFlow, from the checkpoint."""
    from recipes.registry import build_generator

    generator = build_generator(config)
    checkpoint.restore(path, {"ema": generator})

    def run(noise: np.ndarray, text: np.ndarray) -> np.ndarray:
        return generator([noise, text], training=False).numpy()

    return run

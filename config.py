"""Settings as plain data: paths, model and training configurations, and the errors users see.

Imports neither TensorFlow nor NumPy, so that `--help` answers at once.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import os
import re
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, ParamSpec, TypeVar

from console import counted

if TYPE_CHECKING:
    import numpy as np

# Every path the program knows by itself. What ships is never written to.
ROOT = Path(__file__).resolve().parent
PRETRAINED = ROOT / "model" / "pretrained"  # the model that ships
CLASSIFIER = ROOT / "model" / "classifier"  # the classifier that faces are measured by
INSPECTOR = ROOT / "model" / "inspector"  # finds broken faces among those that are drawn
WEB = ROOT / "web"  # the parts of the page that `--export FILE.html` writes
OWN_ENCODER = "text-encoder"  # subfolder of a model folder: the encoder it was trained with
TEXT_ENCODER = ROOT / "model" / "text-encoder"  # the sentence encoder for new models
FORMER_ENCODER = ROOT / "model" / "text-encoder-1"  # that of models that began before it
ENCODERS = (
    TEXT_ENCODER,
    ROOT / "model" / "skip-thoughts",
    ROOT / "model" / "skipthoughts",
    FORMER_ENCODER,
)
FACES = ROOT / "faces"  # the demonstration set, and where users put images of their own
OWN_MODEL = ROOT / "model" / "DCGAN"  # the user's model
CACHE = ROOT / "model" / "cache"  # decoded images; may be deleted

DEFAULT, ORIGINAL = "default", "original"  # recipes: this project's own, and that of 2017
DEFAULT_SIZE = 64  # px, side of an image
TRUNCATION = 0.7  # of the noise when faces are drawn; docs/drawing.md has the choice
TRIES, MOST_TRIES = 4, 100  # of a face of a model that has an inspector: by default, at most
FORMATS = ("jpg", "png")  # of the images that are written
# What `--export` writes, by the suffix of its file; `exports/NAME.py` makes `.NAME`.
EXPORTS = {
    ".zip": "all that drawing needs, for --model FILE.zip",
    ".onnx": "the generator for ONNX",
    ".keras": "the generator for Keras",
    ".html": "a web page that draws, in one file",
}
FILMS = ("gif", "webp", "mp4")  # formats of a film
SCALES = (1, 2, 4)  # enlargements of a face
EPOCHS = 300  # of training, unless options say otherwise; as in the original project
SAVE_MINUTES = 5  # between two checkpoints, unless options give a number of steps

# Accepted types by a field's annotation; other JSON writers turn 1.0 into 1.
_PLAIN = {"int": (int,), "float": (int, float), "str": (str,), "bool": (bool,)}
P = ParamSpec("P")
T = TypeVar("T", bound="Config")


class ProjectError(Exception):
    """A failure the user can act on; its message is shown without a traceback."""

    exit_code = 1


class UsageError(ProjectError):
    """The command is wrong: a flag, a value, or a path that does not exist."""

    exit_code = 2


def reporting(main: Callable[P, int]) -> Callable[P, int]:
    """Make the `main` of a tool print a ProjectError as one line and return its exit code."""

    @functools.wraps(main)
    def run(*args: P.args, **kwargs: P.kwargs) -> int:
        try:
            return main(*args, **kwargs)
        except ProjectError as error:
            print(f"error: {error}", file=sys.stderr)
            return error.exit_code

    return run


def prepare_environment() -> None:
    """Set what TensorFlow, Keras and Pillow read from the process; call it before their import.

    Every entry point does: the command line, the tools, the benchmarks and the tests. oneDNN is
    off by default on processors without AVX512-VNNI, where it doubles the speed of training.
    """
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # An image is either used or refused with a reason; what else Pillow remarks helps nobody.
    warnings.filterwarnings("ignore", module=r"PIL\.")


@functools.cache
def program_version() -> str:
    """Return the name and version of this program, as in pyproject.toml."""
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    found = re.search(r'^name = "(.+)"\nversion = "(.+)"$', project, re.MULTILINE)
    return " ".join(found.groups() if found else ("anime-faces", "of an unknown version"))


class Config:
    """A frozen dataclass of plain values that can be read back from JSON."""

    @classmethod
    def from_dict(cls: type[T], values: dict[str, Any]) -> T:
        """Read a configuration back from the dictionary that `dataclasses.asdict` made.

        Raises:
            ProjectError: A field that this version does not know, a missing one without a
                default, a value of another type, or a number out of range.
        """
        try:
            config = cls(**values)
        except TypeError as error:
            raise ProjectError(f"not a {cls.__name__} of this version: {error}") from error
        for field in dataclasses.fields(cls):  # type: ignore[arg-type]  # subclasses are
            annotation = str(field.type)
            value, types = getattr(config, field.name), _PLAIN.get(annotation.split(" ")[0])
            # Values of other types are checked by the class that has them.
            if types is None or (value is None and annotation.endswith(" | None")):
                continue
            if type(value) not in types or not (isinstance(value, str) or 0 <= value < 2**53):
                raise ProjectError(f"{field.name} is not a valid {annotation}: {value!r:.80}")
        return config


@dataclasses.dataclass(frozen=True)
class ModelConfig(Config):
    """Everything needed to rebuild the two networks. Every checkpoint carries one."""

    text_dim: int  # width of a sentence vector
    encoder: str  # fingerprint of the sentence encoder that made the vectors
    recipe: str = DEFAULT  # which networks, losses and update rule
    size: int = DEFAULT_SIZE  # side of an image in px
    # Channels at half resolution. They double with each halving, up to 8 times ...
    width: int = dataclasses.field(kw_only=True)
    max_channels: int | None = None  # ... and up to this; None: no limit, as older models have it
    noise: int = 100  # entries of the noise vector
    # Whether there are residual blocks, and hidden layers for captions; older models have none.
    residual: bool = False

    @classmethod
    def of_recipe(cls, recipe: str, text_dim: int, encoder: str, **others: Any) -> ModelConfig:
        """Return the networks of a recipe, with other fields where they are given."""
        width, max_channels, residual, _ = DEFAULTS[recipe]
        fields = {"width": width, "max_channels": max_channels, "residual": residual}
        return cls(text_dim, encoder, recipe, **fields | others)

    def __post_init__(self) -> None:
        if self.recipe not in DEFAULTS:
            raise ProjectError(f"this version has no recipe {self.recipe!r:.80}")
        if self.size % 16 or not 32 <= self.size <= 256:
            raise UsageError(
                f"--size must be a multiple of 16 from 32 to 256 px. Received: {self.size}"
            )
        if not 4 <= self.width <= 256:
            raise UsageError(f"--width must be from 4 to 256 channels. Received: {self.width}")
        if not 1 <= self.noise <= 10_000:
            raise ProjectError(f"noise must be from 1 to 10,000 numbers. Received: {self.noise}")

    def draw_noise(self, count: int, random: np.random.Generator) -> np.ndarray:
        """Draw noise vectors, (count, noise) float32: N(0, 1); in the original recipe U(-1, 1)."""
        import numpy as np

        if self.recipe == ORIGINAL:
            return random.uniform(-1, 1, (count, self.noise)).astype(np.float32)
        return random.standard_normal((count, self.noise), np.float32)


@dataclasses.dataclass(frozen=True)
class TrainConfig(Config):
    """The numbers of a recipe: losses, optimizers, augmentation."""

    batch_size: int = 64  # images a step
    seed: int = 0  # every random number of training derives from (seed, step, index)
    g_learning_rate: float = 2e-4  # Adam, generator
    d_learning_rate: float = 4e-4  # Adam, discriminator
    decay_from: int = 4000  # step from which both rates fall as 1/sqrt(step); 0: never
    beta_1: float = 0.5  # Adam, both networks
    beta_2: float = 0.99  # Adam, both networks
    epsilon: float = 1e-7  # Adam, both networks
    ema: float = 0.9998  # largest decay a step of the generator's moving average; 0: no average
    # Loss weight of mismatched image-caption pairs; decays with the square of the learning-rate
    # factor, i.e. as 1/step.
    mismatch_weight: float = 0.5
    contrast_weight: float = 0.2  # loss weight of picking an image's caption out of the batch's
    sameness_weight: float = 2.0  # loss weight of two images of one caption that are too alike
    least_difference: float = 0.7  # enough for these, as a share of that of two real images
    r1_gamma: float = 1.0  # weight of the discriminator's gradient penalty on real images
    r1_every: int = 16  # steps between two penalties (lazy regularisation)
    translate: float = 0.125  # largest shift of the discriminator's inputs, as a share of the side
    zoom: float = 0.5  # share of these inputs that are enlarged or shrunk
    cutout: float = 0.5  # share of these inputs that lose a square of half the side
    mirror: bool = True  # whether to mirror half of the images
    # Share of the captions that the generator draws that are made of parts of several.
    recombined: float = 0.35
    paraphrases: int = 256  # of each caption to draw from; 0: the caption as it is
    attributes: bool = True  # whether captions get what the classifier sees, such as `long hair`

    def __post_init__(self) -> None:
        if self.batch_size < 1 or self.r1_every < 1 or self.seed >= 2**32:
            raise ProjectError(f"training is not possible with these settings: {self}")


class Defaults(NamedTuple):
    """The numbers of a recipe, unless options say otherwise."""

    width: int
    max_channels: int | None
    residual: bool
    train: TrainConfig


DEFAULTS = {
    DEFAULT: Defaults(width=48, max_channels=256, residual=True, train=TrainConfig()),
    # The 2017 project had nothing of what is 0 or False here.
    ORIGINAL: Defaults(
        width=64,
        max_channels=None,
        residual=False,
        train=TrainConfig(
            g_learning_rate=2e-4,
            d_learning_rate=2e-4,
            decay_from=0,
            beta_2=0.999,
            epsilon=1e-8,
            ema=0.0,
            mismatch_weight=1.0,
            contrast_weight=0.0,
            sameness_weight=0.0,
            least_difference=0.0,
            r1_gamma=0.0,
            translate=0.0,
            zoom=0.0,
            cutout=0.0,
            mirror=False,
            recombined=0.0,
            paraphrases=0,
            attributes=False,
        ),
    ),
}


@dataclasses.dataclass(frozen=True)
class Length:
    """How long to train: in total since the model began, or in this run. One field is set."""

    steps: int | None = None  # training steps in total
    epochs: int | None = None  # times each image is seen in total
    minutes: float | None = None  # of this run

    def last_step(self, step: int, images: int, count: int, batch_size: int) -> int | None:
        """Return the step to stop at; None if the time decides.

        Args:
            step: Steps made so far.
            images: Images seen so far.
            count: Images in the data set.
            batch_size: Images a step from here on.
        """
        if self.epochs is not None:
            return step + max(0, math.ceil((self.epochs * count - images) / batch_size))
        return self.steps

    def text(self, step: int, images: int, count: int, batch_size: int) -> str:
        """Return the length for people; arguments as in `last_step`."""
        last = self.last_step(step, images, count, batch_size)
        if last is None:
            return counted(self.minutes or 0, "minute")
        epochs = f"{counted(self.epochs, 'epoch')}, which is " if self.epochs else ""
        return f"{epochs}{counted(last, 'step')}, {max(0, last - step):,} to go"

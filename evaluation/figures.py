"""The figures of an evaluation, each beside that of as many real faces."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaluation.counts import confusion, per_class, wilson
from text.colours import COLOURS


@dataclass(frozen=True)
class Share:
    """A share of faces, from 0 to 1, with its 95 % confidence interval."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, right: np.ndarray) -> Share:
        """Return the share of (N,) bool that is true."""
        return cls(float(right.mean()), *wilson(int(right.sum()), len(right)))


@dataclass(frozen=True)
class Accuracy:
    """How many faces show the colours asked for."""

    hair: Share
    eyes: Share
    both: Share | None = None  # None where only one of the colours was asked for

    @classmethod
    def of(cls, right: np.ndarray) -> Accuracy:
        """Return the accuracy from (N, 2) bool: whether the hair and the eyes are right."""
        return cls(Share.of(right[:, 0]), Share.of(right[:, 1]), Share.of(np.all(right, axis=1)))


@dataclass(frozen=True)
class Fit:
    """How well faces fit their descriptions, by the kind of description."""

    real_faces: Accuracy  # the classifier against the tags of real faces: the best to expect
    tags: Accuracy  # "blue hair red eyes"
    sentences: Accuracy  # sentences that no training text is made of
    synonyms: Accuracy  # such sentences with other names of the colours
    one_colour: Accuracy  # "blue hair" or "red eyes" alone
    shuffled_tags: Accuracy  # tags of other faces: chance


@dataclass(frozen=True)
class Heeded:
    """How often the classifier sees an attribute, such as long hair, in faces of both colours."""

    told: float  # share of the faces that were told it
    untold: float  # of those that were told nothing of it
    denied: float  # of those that were told it is not so
    accuracy: float  # the classifier's balanced accuracy on real faces: the best to expect


@dataclass(frozen=True)
class Comparison:
    """A figure of generated faces beside the same figure of real ones."""

    generated: float
    real: float

    @property
    def ratio(self) -> float | None:
        """Generated over real; None unless the real figure is positive."""
        return self.generated / self.real if self.real > 0 else None


@dataclass(frozen=True)
class Quality:
    """How much faces look like one half of the real faces; the other half is the reference."""

    frechet: Comparison
    kernel: Comparison
    precision: Comparison
    recall: Comparison
    patches: dict[int, Comparison]  # side of a pyramid level in px -> sliced Wasserstein distance
    broken: Comparison | None = None  # share that readers would mark, by an inspector


@dataclass(frozen=True)
class AsDrawn:
    """The main figures at the truncation and with the tries that `--generate` uses."""

    truncation: float
    tries: int
    tags: Accuracy
    precision: Comparison
    recall: Comparison
    broken: Comparison | None  # as in `Quality`


@dataclass(frozen=True)
class Variety:
    """How much faces of one description differ from each other."""

    one_hair: Comparison  # distance of features between faces of one hair colour
    one_eyes: Comparison  # distance of features between faces of one eye colour
    one_caption: Comparison  # distance of features between faces of one caption
    one_caption_images: Comparison  # 1 - SSIM between faces of one caption
    least_caption: str  # the caption whose faces are most alike
    least: float  # distance of features between these


@dataclass(frozen=True)
class ClassScores:
    """How well one colour is met; NaN where nothing can be counted."""

    precision: float  # share of the faces judged to have the colour that were to have it
    recall: float  # share of the faces that were to have the colour that do


ColourScores = dict[str, dict[str, ClassScores]]  # `hair` or `eyes` -> colour -> scores


def colour_scores(judged: np.ndarray, labels: np.ndarray) -> ColourScores:
    """Return the precision and recall of each colour.

    Args:
        judged: (N, 2) int, the colours that the classifier sees.
        labels: (N, 2) int, the colours that were asked for.
    """
    found = {}
    for slot, (name, colours) in enumerate(COLOURS.items()):
        counts = confusion(labels[:, slot], judged[:, slot], len(colours))
        precision, recall = per_class(counts)
        found[name] = {
            colour: ClassScores(float(precision[n]), float(recall[n]))
            for n, colour in enumerate(colours)
        }
    return found


@dataclass(frozen=True)
class Nearest:
    """How near faces are to training faces, by distances of features."""

    generated: float  # median distance from a generated face to the nearest training face
    training: float  # median distance from a training face to the nearest other one, no copy
    nearer: float  # share of generated faces nearer than 99 % of these training faces are


@dataclass(frozen=True)
class Figures:
    """All figures of one evaluation; `report` has them as text and as JSON."""

    model: str  # file name of the checkpoint
    step: int  # training steps of the model
    images: int  # images that training has seen
    seed: int  # decides every random number
    faces: int  # generated from tags
    real_faces: int  # in the reference
    fit: Fit
    unseen: dict[str, Accuracy]  # caption of a pair that was not trained on -> accuracy
    colours: ColourScores
    real_colours: ColourScores
    heeded: dict[str, Heeded]  # by attribute, of those that the model was shown
    quality: Quality
    variety: Variety
    truncation: float = 1.0  # of the noise
    as_drawn: AsDrawn | None = None  # None where that is the same
    inspector_area: float | None = None  # how well an inspector ranks broken faces, 0.5 to 1
    nearest: Nearest | None = None  # needs the training data
    detected: float | None = None  # share of faces that a face detector finds; needs one
    detected_in_data: float | None = None  # the same in as many training images; needs both

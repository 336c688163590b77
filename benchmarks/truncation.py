"""Measure how the truncation of the noise trades variety for fit: faces at several truncations.

    python3 -m benchmarks.truncation

takes about a minute on a quiet machine and prints a table. The last row is that of real faces. All
figures are those of `DCGAN.py --evaluate`; distances are ratios to those of real faces.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import numpy as np

from config import TRUNCATION, prepare_environment
from evaluation import metrics
from evaluation.classifier import Classifier
from evaluation.features import spread
from evaluation.real_faces import read_real_faces
from evaluation.subject import Subject, generate_pairs, held_out_descriptions
from sampler import Sampler
from text.colours import pair_index

VALUES = (1.0, 0.9, 0.8, 0.7, 0.6)
HEAD = (
    "| truncation | tags: both colours | sentences: both | precision | recall | distance within a "
    "caption | Fréchet distance |\n|---|---|---|---|---|---|---|"
)


def rows(subject: Subject, values: tuple[float, ...]) -> Iterator[str]:
    """Yield a row of the table for each truncation, and one for real faces."""
    real, sentences = subject.real, held_out_descriptions(subject.seed)[0]
    reference, other = real.features

    def likeness(features: np.ndarray) -> tuple[float, float, float]:
        """Return precision, recall and the Fréchet distance."""
        distance = metrics.frechet(metrics.moments(features), metrics.moments(reference))
        return (*metrics.precision_recall(reference, features), distance)

    precision, recall, distance = likeness(other)
    both = (real.judged == real.labels).all(axis=2).mean()
    for value in values:
        one = subject._replace(truncation=value)
        faces, said = generate_pairs(one), one.accuracy(sentences)
        right = (faces.judged.colours() == faces.labels).all(axis=1).mean()
        found = likeness(faces.with_pairs_of(real).judged.features)
        apart = spread(faces.judged.features, pair_index(faces.labels)) / float(real.variety[0])
        mark = " (default)" if value == TRUNCATION else ""
        assert said.both is not None, "sentences name both colours"
        yield (
            f"| {value:g}{mark} | {right:.3f} | {said.both.value:.3f} | {found[0]:.3f} "
            f"| {found[1]:.3f} | {apart:.2f} | {found[2] / distance:.1f} |"
        )
    yield f"| real faces | {both:.3f} | | {precision:.3f} | {recall:.3f} | 1.00 | 1.0 |"


def main(arguments: list[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(
        prog="python3 -m benchmarks.truncation",
        description="Measure faces at several truncations of the noise.",
    )
    parser.add_argument("--model", default="pretrained", help="model folder")
    parser.add_argument("--seed", type=int, default=0, help="decides the faces")
    parser.add_argument("values", type=float, nargs="*", default=VALUES, help="truncations")
    options = parser.parse_args(arguments)
    prepare_environment()
    sampler = Sampler.load(options.model)
    subject = Subject(sampler, Classifier.load(), read_real_faces(), options.seed)
    print(HEAD)
    for row in rows(subject, tuple(options.values)):
        print(row, flush=True)


if __name__ == "__main__":
    main()

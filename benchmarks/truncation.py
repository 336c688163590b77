"""Measure how the truncation of the noise trades variety for fit: faces at several truncations.

    python3 -m benchmarks.truncation

takes about a minute on a quiet machine and prints a table. The last row is that of real faces. All
figures are those of `DCGAN.py --evaluate`; distances are ratios to those of real faces.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from config import TRUNCATION, prepare_environment
from evaluation.classifier import Classifier
from evaluation.diversity import diversity
from evaluation.evaluate import quality
from evaluation.figures import Accuracy
from evaluation.real_faces import read_real_faces
from evaluation.subject import Subject, generate_pairs, held_out_descriptions
from sampler import Sampler
from text.colours import pair_index

VALUES = (1.0, 0.9, 0.85, 0.8, 0.7)
HEAD = (
    "| truncation | tags: both colours | sentences: both | precision | recall | distance within a "
    "caption | Fréchet distance |\n|---|---|---|---|---|---|---|"
)


def rows(subject: Subject, values: tuple[float, ...]) -> Iterator[str]:
    """Yield a row of the table for each truncation, and one for real faces."""
    real, sentences = subject.real, held_out_descriptions(subject.seed)[0]
    for value in values:
        one = subject._replace(truncation=value)
        faces = generate_pairs(one)
        tags = Accuracy.of(faces.judged.colours() == faces.labels)
        said = one.accuracy(sentences)
        found = quality(faces.with_pairs_of(real), real)
        distance = diversity(faces.images, pair_index(faces.labels), faces.judged.features)
        apart = distance.features.mean / float(real.variety[0])
        assert tags.both and said.both
        mark = " (default)" if value == TRUNCATION else ""
        yield (
            f"| {value:g}{mark} | {tags.both.value:.3f} | {said.both.value:.3f} "
            f"| {found.precision.generated:.3f} | {found.recall.generated:.3f} | {apart:.2f} "
            f"| {found.frechet.generated / found.frechet.real:.1f} |"
        )
    both = (real.judged == real.labels).all(axis=2).mean()
    yield (
        f"| real faces | {both:.3f} | | {found.precision.real:.3f} | {found.recall.real:.3f} "
        "| 1.00 | 1.0 |"
    )


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(
        prog="python3 -m benchmarks.truncation",
        description="Measure faces at several truncations of the noise.",
    )
    parser.add_argument("--model", default="pretrained", help="model folder")
    parser.add_argument("--seed", type=int, default=0, help="decides the faces")
    parser.add_argument("values", type=float, nargs="*", default=VALUES, help="truncations")
    options = parser.parse_args()
    prepare_environment()
    sampler = Sampler.load(options.model)
    subject = Subject(sampler, Classifier.load(), read_real_faces(), options.seed)
    print(HEAD)
    for row in rows(subject, tuple(options.values)):
        print(row, flush=True)


if __name__ == "__main__":
    main()

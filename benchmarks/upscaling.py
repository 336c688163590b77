"""Measure whether enlarging keeps what a face shows: colours before, and after scaling back down.

    python3 -m benchmarks.upscaling

takes about two minutes on a quiet machine and needs requirements-upscale.txt.
"""

from __future__ import annotations

import argparse

import numpy as np

from config import prepare_environment
from evaluation.classifier import SIZE, Classifier
from evaluation.subject import PAIRS
from files import litert
from files.images import to_size
from files.upscaling import Upscaler
from sampler import Sampler
from text.colours import caption


def main(arguments: list[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(
        prog="python3 -m benchmarks.upscaling",
        description="Measure whether enlarging keeps what a face shows.",
    )
    parser.add_argument("--model", default="pretrained", help="model folder")
    parser.add_argument("--each", type=int, default=2, help="faces of each pair of colours")
    parser.add_argument("--scale", type=int, default=4, choices=(2, 4), help="enlargement")
    options = parser.parse_args(arguments)
    prepare_environment()
    upscaler, classifier = Upscaler(), Classifier.load()
    texts = [caption(pair) for pair in PAIRS for _ in range(options.each)]
    faces = Sampler.load(options.model).sample(texts)
    large = litert.map_in_threads(lambda face: upscaler.enlarge(face, options.scale), faces)
    small = to_size(np.stack(list(large)), SIZE)
    before, after = classifier.judge(faces).colours(), classifier.judge(small).colours()
    hair, eyes = (before == after).mean(axis=0)
    shift = np.abs((small.astype(float) - faces).mean(axis=(1, 2, 3)))
    print(f"{len(faces)} faces, {options.scale} times as large, by {upscaler.name}")
    print(f"same hair colour {hair:.3f}, same eye colour {eyes:.3f}, by the classifier")
    print(f"mean brightness shifts by {shift.mean():.2f} levels of 255, at most {shift.max():.2f}")


if __name__ == "__main__":
    main()

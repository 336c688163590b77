"""Measure a model: do its faces show what was asked for, look real, and vary?

The classifier in `model/classifier/` judges the faces. Every figure has beside it the same figure
of as many real faces that the classifier was not trained on. The GAN never learns from the
classifier. The shipped GAN did learn from these real faces, so distances to them cannot reveal
copying; `nearest_training_faces` does.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from config import PRETRAINED, TRUNCATION
from console import quiet
from dataset.faces import Dataset
from evaluation import metrics
from evaluation.attributes import ATTRIBUTES
from evaluation.classifier import SIZE, Classifier
from evaluation.counts import confusion
from evaluation.diversity import diversity
from evaluation.face_detector import load_detector
from evaluation.features import nearest, spread
from evaluation.figures import (
    Accuracy,
    AsDrawn,
    Comparison,
    Figures,
    Fit,
    Heeded,
    Nearest,
    Quality,
    Share,
    Variety,
    colour_scores,
)
from evaluation.patches import patch_quantiles, sides, sliced_wasserstein
from evaluation.real_faces import RealFaces, read_real_faces
from evaluation.report import to_json, to_page
from evaluation.stages import STAGES, Stages
from evaluation.subject import PAIRS, Faces, Subject, generate_pairs, held_out_descriptions
from files import sheets
from files.images import save_image, to_size
from files.pages import write_page
from files.writing import replacing
from sampler import Sampler
from text.colours import COLOURS, EYE_COLOURS, caption, pair_index, parse_labels
from text.shown import learnt

PAGE = "evaluation.html"
PER_COLOUR = 40  # faces of each colour that is named alone
PER_ATTRIBUTE = 240  # faces that are told an attribute, and as many that are told it is not so
UNSEEN = 200  # faces of each pair that was not trained on
SEARCHED = 50_000  # training images, at most, to search for the nearest
SHEET = (
    "blue hair red eyes",
    "pink hair green eyes",
    "blonde hair blue eyes",
    "black hair yellow eyes",
    "white hair purple eyes",
    "brown hair brown eyes",
    "a girl with long silver hair and crimson eyes",
    "She has amber eyes. Her hair is jet-black.",
    "redhead in a green coat, emerald eyes",
    "teal twintails, hazel irises",
    "orange hair",
    "GREY HIAR, LILAC EYES",
)


def evaluate(
    sampler: Sampler,
    seed: int,
    output: Path,
    data: Dataset | None = None,
    cascade: Path | None = None,
    truncation: float = 1.0,
) -> Figures:
    """Measure a model on faces of all colour pairs; write the figures, a page and sheets of faces.

    Args:
        sampler: The model.
        seed: The same seed gives the same figures.
        output: Folder to write to.
        data: The model's training data, at the model's size, to find the training face nearest to
            each generated one.
        cascade: An OpenCV face detector, to find the share of faces that it detects.
        truncation: Factor of the noise. The main figures are also measured as `--generate` draws:
            with its truncation, and with its tries if the model has an inspector.

    Returns:
        The figures that were written, but not rounded.

    Raises:
        UsageError: The cascade cannot be used.
        ProjectError: The classifier cannot be used, or the folder cannot be written to.
    """
    with quiet():
        subject = Subject(sampler, Classifier.load(), read_real_faces(), seed, truncation)
        detect = load_detector(cascade) if cascade else None
    count = len(STAGES) + (data is not None) + (detect is not None)
    with Stages(count) as stages:
        stages.begin("tags")
        faces = generate_pairs(subject)
        figures = measure(subject, faces, data, stages)
        stages.begin("as drawn")
        figures = replace(figures, as_drawn=as_drawn(subject))
        sheet = None
        if data is not None:
            stages.begin("nearest training faces")
            found, sheet = nearest_training_faces(
                faces.with_pairs_of(subject.real), data, subject.classifier, seed
            )
            figures = replace(figures, nearest=found)
        if detect:
            stages.begin("detected faces")
            figures = replace(figures, detected=detect(faces.images))
            if data is not None:
                figures = replace(figures, detected_in_data=detect(sample_data(data, faces, seed)))
        stages.begin("sheets")
        pictures = save_sheets(subject, faces, output)
        write_nearest(sheet, output)
    if sheet is not None:
        pictures["the faces nearest to a training face, and that face"] = sheet
    with replacing(output / "evaluation.json") as file:
        file.write(json.dumps(to_json(figures), indent=1).encode() + b"\n")
    write_page(to_page(figures, confusions(faces, subject.real), pictures), output / PAGE)
    return figures


def confusions(faces: Faces, real: RealFaces) -> dict[str, np.ndarray]:
    """Return how often each colour was seen as each, (C, C) int, of generated and real faces."""
    found = {}
    for slot, (name, colours) in enumerate(COLOURS.items()):
        wanted, judged = faces.labels[:, slot], faces.judged.colours()[:, slot]
        found[f"generated faces, {name}"] = confusion(wanted, judged, len(colours))
        wanted, judged = np.tile(real.labels[:, slot], 2), real.judged[..., slot].ravel()
        found[f"real faces, {name}"] = confusion(wanted, judged, len(colours))
    return found


def write_nearest(sheet: np.ndarray | None, output: Path) -> None:
    """Write `nearest.png`; without a sheet, remove that of an earlier evaluation."""
    path = output / "nearest.png"
    if sheet is not None:
        save_image(sheet, path, "png", {})
    elif (output / "evaluation.json").is_file():
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def measure(subject: Subject, faces: Faces, data: Dataset | None, stages: Stages) -> Figures:
    """Return all figures that need neither training images nor a face detector.

    Args:
        subject: The model.
        faces: Its faces, from `generate_pairs`.
        data: The training data, whose captions tell which pairs are unseen. None takes the pairs
            that the shipped model has not seen.
        stages: Is told of each of `STAGES` from the second to `variety`.
    """
    sampler, real, seed = subject.sampler, subject.real, subject.seed
    stages.begin("hair alone")
    hair, hair_distance = one_colour(subject, slot=0)
    stages.begin("eyes alone")
    eyes, eyes_distance = one_colour(subject, slot=1)
    right = faces.judged.colours() == faces.labels
    shuffled = np.random.default_rng(seed).permutation(faces.labels)
    stages.begin("sentences")
    sentences, synonyms = map(subject.accuracy, held_out_descriptions(seed))
    fit = Fit(
        real_faces=Accuracy.of((real.judged == real.labels).reshape(-1, 2)),
        tags=Accuracy.of(right),
        sentences=sentences,
        synonyms=synonyms,
        one_colour=Accuracy(hair, eyes),
        shuffled_tags=Accuracy.of(faces.judged.colours() == shuffled),
    )
    unseen = unseen_accuracy(subject, data, stages)
    stages.begin("attributes")
    heed = heeded(subject)
    stages.begin("quality")
    likeness = quality(faces.with_pairs_of(real), real)
    stages.begin("variety")
    return Figures(
        model=sampler.path.name,
        step=sampler.header.step,
        images=sampler.header.images,
        seed=seed,
        faces=len(faces.images),
        real_faces=2 * len(real.labels),
        fit=fit,
        unseen=unseen,
        colours=colour_scores(faces.judged.colours(), faces.labels),
        real_colours=colour_scores(real.judged.reshape(-1, 2), np.tile(real.labels, (2, 1))),
        heeded=heed,
        quality=replace(likeness, broken=broken(subject, faces)),
        variety=variety(faces, real, hair_distance, eyes_distance),
        truncation=subject.truncation,
        inspector_area=sampler.inspector.about.area if sampler.inspector else None,
    )


def broken(subject: Subject, faces: Faces) -> Comparison | None:
    """Return the share of faces that readers would mark as broken; None without an inspector.

    Beside it stands the share of real faces that they did mark.
    """
    inspector = subject.sampler.inspector
    if not inspector:
        return None
    return Comparison(float(inspector.inspect(faces.images).mean()), inspector.about.real)


def as_drawn(subject: Subject) -> AsDrawn | None:
    """Return the main figures of faces as `--generate` draws them; None if the subject does so."""
    if subject.truncation == TRUNCATION and subject.sampler.default_tries == 1:
        return None
    faces = generate_pairs(subject._replace(truncation=TRUNCATION, tries=None))
    found = quality(faces.with_pairs_of(subject.real), subject.real)
    tags = Accuracy.of(faces.judged.colours() == faces.labels)
    return AsDrawn(
        truncation=TRUNCATION,
        tries=subject.sampler.default_tries,
        tags=tags,
        precision=found.precision,
        recall=found.recall,
        broken=broken(subject, faces),
    )


def unseen_pairs(sampler: Sampler, shipped: np.ndarray, data: Dataset | None) -> np.ndarray:
    """Return the colour pairs that a model was not trained on, (N, 2) int.

    These are the pairs that were held out, and those that its data lacks. The shipped model, and
    one that started from its weights, have also seen the pairs of the shipped model's data.

    Args:
        sampler: The model.
        shipped: (N, 2) int, the pairs that the shipped model was trained on.
        data: The model's data; without it, that of the shipped model stands for it.
    """
    header = sampler.header
    known = shipped if data is None else parse_labels(data.captions)
    if header.origin.startswith(PRETRAINED.name) or sampler.path.parent == PRETRAINED:
        known = np.concatenate([known, shipped])
    held_out = pair_index(parse_labels(header.held_out))
    numbers = pair_index(PAIRS)
    return PAIRS[~np.isin(numbers, pair_index(known)) | np.isin(numbers, held_out)]


def unseen_accuracy(subject: Subject, data: Dataset | None, stages: Stages) -> dict[str, Accuracy]:
    """Return the accuracy on each of the `unseen_pairs`, by caption."""
    stages.begin("unseen pairs")
    accuracies = {}
    pairs = unseen_pairs(subject.sampler, subject.real.labels, data)
    for number, pair in enumerate(pairs, start=1):
        stages.show(f"unseen pair {number} of {len(pairs)}")
        judged = subject.judge([caption(pair)] * UNSEEN, subject.seed + 1)
        accuracies[caption(pair)] = Accuracy.of(judged.colours() == pair)
    return accuracies


def heeded(subject: Subject) -> dict[str, Heeded]:
    """Measure how well faces heed what they are told besides colours.

    Returns:
        By attribute, of those that the classifier sees and the model was shown.
    """
    trust = subject.classifier.trust
    pairs = [caption(PAIRS[i % len(PAIRS)]) for i in range(PER_ATTRIBUTE)]
    shown = subject.sampler.header.shown
    told = learnt(ATTRIBUTES, shown) if shown else []

    def seen(ending: str) -> dict[str, float]:
        """Return the share of faces of all pairs that show each attribute."""
        judged = subject.judge([pair + ending for pair in pairs])
        return dict(
            zip(ATTRIBUTES, (judged.attributes >= trust.threshold).mean(axis=0), strict=True)
        )

    accuracy = dict(zip(ATTRIBUTES, trust.accuracy, strict=True))
    untold = seen("") if told else {}
    return {
        name: Heeded(
            told=float(seen(f", {name}")[name]),
            untold=float(untold[name]),
            denied=float(seen(f", no {name}")[name]),
            accuracy=float(accuracy[name]),
        )
        for name in told
    }


def one_colour(subject: Subject, slot: int) -> tuple[Share, Comparison]:
    """Measure faces of descriptions that name the hair or the eyes and leave the other open.

    Args:
        subject: The model.
        slot: 0 for the hair, 1 for the eyes.

    Returns:
        The share of faces that show the colour, and the mean distance between faces of one
        description, beside that between real faces of one colour.
    """
    name, colours = list(COLOURS.items())[slot]
    labels = np.repeat(np.arange(len(colours)), PER_COLOUR)
    judged = subject.judge([f"{colours[label]} {name}" for label in labels])
    real_features = np.concatenate(subject.real.features)
    distance = Comparison(
        spread(judged.features, labels),
        spread(real_features, np.tile(subject.real.labels[:, slot], 2)),
    )
    return Share.of(judged.colours()[:, slot] == labels), distance


def quality(faces: Faces, real: RealFaces) -> Quality:
    """Compare faces with the first half of the real faces, beside the second half.

    Args:
        faces: As many as each half has.
        real: The reference.
    """
    reference, other = real.features
    features = faces.judged.features

    def frechet(rows: np.ndarray) -> float:
        return metrics.frechet(metrics.moments(rows), metrics.moments(reference))

    def kernel(rows: np.ndarray) -> float:
        return metrics.kernel_distance(rows, reference, subsets=20)[0]

    precision, recall = metrics.precision_recall(reference, features)
    real_precision, real_recall = metrics.precision_recall(reference, other)
    patches = sliced_wasserstein(patch_quantiles(faces.images), real.patches)
    return Quality(
        frechet=Comparison(frechet(features), frechet(other)),
        # Below 0 for the real faces: pair for pair, the halves are more alike than random ones.
        kernel=Comparison(kernel(features), kernel(other)),
        precision=Comparison(precision, real_precision),
        recall=Comparison(recall, real_recall),
        patches={
            side: Comparison(float(found), float(between_halves))
            for side, found, between_halves in zip(
                sides(SIZE), patches, real.patches_apart, strict=True
            )
        },
    )


def variety(faces: Faces, real: RealFaces, one_hair: Comparison, one_eyes: Comparison) -> Variety:
    """Measure how much faces of one caption differ, beside real faces of one caption.

    Args:
        faces: Faces of every pair.
        real: The reference.
        one_hair: Distance between faces of one hair colour, from `one_colour`.
        one_eyes: Distance between faces of one eye colour, from `one_colour`.
    """
    found = diversity(faces.images, pair_index(faces.labels), faces.judged.features)
    return Variety(
        one_hair=one_hair,
        one_eyes=one_eyes,
        one_caption=Comparison(found.features.mean, float(real.variety[0])),
        one_caption_images=Comparison(found.images.mean, float(real.variety[1])),
        least_caption=caption(PAIRS[found.features.group]),
        least=found.features.least,
    )


def nearest_training_faces(
    faces: Faces, data: Dataset, classifier: Classifier, seed: int
) -> tuple[Nearest, np.ndarray]:
    """Find the training face nearest to each generated one, to see what was memorised.

    Args:
        faces: The generated faces.
        data: The training data, of which at most `SEARCHED` images are searched.
        classifier: Gives the features to compare.
        seed: Decides which images are searched.

    Returns:
        The figures, and a sheet of the twenty faces that are nearest to a training face, with
        that face.
    """
    random = np.random.default_rng(seed)
    rows = np.sort(random.permutation(len(data))[:SEARCHED])
    chunks = np.array_split(rows, -(-len(rows) // 1000))
    trained = np.concatenate([classifier.judge(data.read(chunk)).features for chunk in chunks])
    index, distance = nearest(faces.judged.features, trained)
    some = trained[random.permutation(len(trained))[: len(faces.images)]]
    between = nearest(some, trained, copies=False)[1]
    figures = Nearest(
        generated=float(np.median(distance)),
        training=float(np.median(between)),
        nearer=float(np.mean(distance < np.quantile(between, 0.01))),
    )
    order = np.argsort(distance, kind="stable")[:20]
    originals = to_size(data.read(rows[index[order]]), SIZE)
    return figures, sheets.labelled_grid(
        [sheets.Row("generated", faces.images[order]), sheets.Row("nearest", originals)]
    )


def sample_data(data: Dataset, faces: Faces, seed: int) -> np.ndarray:
    """Return as many random training images as there are faces, or all, (N, 64, 64, 3) uint8."""
    rows = np.random.default_rng(seed).permutation(len(data))[: len(faces.images)]
    return to_size(data.read(np.sort(rows)), SIZE)


def save_sheets(subject: Subject, faces: Faces, output: Path) -> dict[str, np.ndarray]:
    """Write `faces.png`, ten faces of each text of `SHEET`, and `pairs.png`, one of each pair.

    The first are as `--generate` draws them, the others are of those that were measured.

    Returns:
        Both sheets, (H, W, 3) uint8, by what they show.
    """
    seeds = [[(subject.seed, row, j) for j in range(10)] for row in range(len(SHEET))]
    rows = [
        sheets.Row(text, subject.sampler.sample([text] * 10, of_row))
        for text, of_row in zip(SHEET, seeds, strict=True)
    ]
    texts = sheets.labelled_grid(rows)
    save_image(texts, output / "faces.png", "png", {})
    pairs = sheets.grid(faces.images[:: len(faces.images) // len(PAIRS)], len(EYE_COLOURS))
    save_image(pairs, output / "pairs.png", "png", {})
    return {
        "ten faces of each description, as drawn": texts,
        "a face of each pair of colours": pairs,
    }

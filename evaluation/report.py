"""The figures of an evaluation as JSON, as a table and as a web page."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from evaluation.figures import (
    Accuracy,
    AsDrawn,
    ColourScores,
    Comparison,
    Figures,
    Fit,
    Heeded,
    Nearest,
    Quality,
    Share,
    Variety,
)
from files.pages import Cell, Page, Picture, Section, Table
from text.colours import COLOURS

# Kinds of descriptions, by their keys in evaluation.json.
REAL, TAGS, SENTENCES, SYNONYMS = "real faces", "tags", "held-out sentences", "with synonyms"
ONE_COLOUR, SHUFFLED = "hair or eyes alone", "tags, shuffled"
MAX_UNSEEN = 5  # pairs that have a row of their own in the table


def to_json(figures: Figures) -> dict[str, Any]:
    """Return the content of `evaluation.json`: plain values, numbers to 5 significant digits."""
    values: dict[str, Any] = {
        "model": figures.model,
        "step": figures.step,
        "images": figures.images,
        "seed": figures.seed,
        "truncation": figures.truncation,
        "faces": figures.faces,
        "real faces": figures.real_faces,
        "fit": {name: _accuracy(accuracy) for name, accuracy in _fit(figures.fit).items()},
        "unseen": {pair: _accuracy(accuracy) for pair, accuracy in figures.unseen.items()},
        "colours": _scores(figures.colours),
        "colours of real faces": _scores(figures.real_colours),
        "attributes": {name: vars(found) for name, found in figures.heeded.items()},
        "quality": {name: _pair(pair) for name, pair in _quality(figures.quality).items()},
        "variety": {
            **{name: _pair(pair) for name, pair in _variety(figures.variety).items()},
            "least distance": {figures.variety.least_caption: figures.variety.least},
        },
    }
    if figures.as_drawn is not None:
        values["as drawn"] = {
            "truncation": figures.as_drawn.truncation,
            "tries": figures.as_drawn.tries,
            "fit": _accuracy(figures.as_drawn.tags),
            "quality": {name: _pair(pair) for name, pair in _as_drawn(figures.as_drawn).items()},
        }
    if figures.inspector_area is not None:
        values["inspector, ROC area"] = figures.inspector_area
    if figures.nearest is not None:
        values["memory"] = _nearest(figures.nearest)
    if figures.detected is not None:
        values["detected"] = figures.detected
    if figures.detected_in_data is not None:
        values["detected in the data"] = figures.detected_in_data
    return rounded(values)


def _accuracy(accuracy: Accuracy) -> dict[str, list[float]]:
    return {
        name: [share.value, share.low, share.high]
        for name, share in _shares(accuracy).items()
        if share is not None
    }


def _shares(accuracy: Accuracy) -> dict[str, Share | None]:
    return {"hair": accuracy.hair, "eyes": accuracy.eyes, "both": accuracy.both}


def _fit(fit: Fit) -> dict[str, Accuracy]:
    return {
        REAL: fit.real_faces,
        TAGS: fit.tags,
        SENTENCES: fit.sentences,
        SYNONYMS: fit.synonyms,
        ONE_COLOUR: fit.one_colour,
        SHUFFLED: fit.shuffled_tags,
    }


def _scores(scores: ColourScores) -> dict[str, dict[str, dict[str, float]]]:
    return {
        slot: {
            colour: {"precision": score.precision, "recall": score.recall}
            for colour, score in found.items()
        }
        for slot, found in scores.items()
    }


def _pair(comparison: Comparison) -> dict[str, float]:
    return {"drawn": comparison.generated, "real": comparison.real}


def _quality(quality: Quality) -> dict[str, Comparison]:
    return {
        "Fréchet distance": quality.frechet,
        "kernel distance": quality.kernel,
        "precision": quality.precision,
        "recall": quality.recall,
        **{f"sliced Wasserstein, {side} px": pair for side, pair in quality.patches.items()},
        **_broken(quality),
    }


def _broken(figures: Quality | AsDrawn) -> dict[str, Comparison]:
    return {} if figures.broken is None else {"broken": figures.broken}


def _variety(variety: Variety) -> dict[str, Comparison]:
    return {
        "distance, hair alone": variety.one_hair,
        "distance, eyes alone": variety.one_eyes,
        "distance in a caption": variety.one_caption,
        "1 - SSIM in a caption": variety.one_caption_images,
    }


def _as_drawn(drawn: AsDrawn) -> dict[str, Comparison]:
    return {"precision": drawn.precision, "recall": drawn.recall, **_broken(drawn)}


def _nearest(nearest: Nearest) -> dict[str, float]:
    return {
        "nearest training face, drawn": nearest.generated,
        "nearest other training face, training": nearest.training,
        "nearer than 99 % of training faces": nearest.nearer,
    }


def rounded(value: Any) -> Any:
    """Round the numbers of a nested structure to 5 digits; NaN and infinity become None.

    More digits would be noise.
    """
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [rounded(item) for item in value]
    if isinstance(value, float):
        return float(f"{value:.5g}") if math.isfinite(value) else None
    return value


# What the table calls figures whose keys in evaluation.json are short.
_LABELS = {
    REAL: "real faces, by their tags",
    SYNONYMS: "the same with synonyms",
    ONE_COLOUR: "one colour (hair or eyes alone)",
    SHUFFLED: "tags of other faces (chance)",
    "distance, hair alone": "distance within a hair colour",
    "distance, eyes alone": "distance within an eye colour",
    "distance in a caption": "distance within a caption",
    "1 - SSIM in a caption": "1 - SSIM within a caption",
    "broken": "broken: estimate; real: as marked",
    "broken, as drawn": "broken, as drawn: the same",
    "nearest training face, drawn": "median distance to nearest training face",
    "nearest other training face, training": "the same between training faces",
    "nearer than 99 % of training faces": "share nearer than 99 % of training faces",
}


def table(figures: Figures) -> str:
    """Return the figures as a table, without a final line break."""
    lines = [
        f"{'colours as asked (95 % interval)':36}hair                 eyes                 both"
    ]
    lines += [_accuracy_row(name, found) for name, found in _fit(figures.fit).items()]
    lines += _unseen_rows(figures.unseen)
    lines += [_accuracy_row(name, found) for name, found in _fit_as_drawn(figures).items()]
    if figures.heeded:
        lines += ["", f"{'':36}{'told':>10}{'untold':>10}{'denied':>10}{'best':>10}"]
    lines += [_heeded_row(name, found) for name, found in figures.heeded.items()]
    lines += ["", f"{'':36}{'generated':>10}{'real':>10}{'ratio':>10}"]
    lines += [_comparison_row(name, pair) for name, pair in _comparisons(figures).items()]
    lines.append(
        _value_row(f"least distance: {figures.variety.least_caption}", figures.variety.least)
    )
    for slot in COLOURS:
        scores = figures.colours[slot]
        precision = ", ".join(f"{name} {each.precision:.2f}" for name, each in scores.items())
        recall = ", ".join(f"{name} {each.recall:.2f}" for name, each in scores.items())
        lines += [f"{slot} precision  {precision}", f"{slot} recall     {recall}"]
    if figures.nearest is not None:
        lines += [_value_row(name, value) for name, value in _nearest(figures.nearest).items()]
    if figures.detected is not None:
        lines.append(_value_row("share with a detected face", figures.detected))
    if figures.detected_in_data is not None:
        lines.append(_value_row("the same in the data", figures.detected_in_data))
    return "\n".join(lines)


def _fit_as_drawn(figures: Figures) -> dict[str, Accuracy]:
    drawn = figures.as_drawn
    return {} if drawn is None else {"tags, as drawn": drawn.tags}


def _comparisons(figures: Figures) -> dict[str, Comparison]:
    """Return all figures that real faces have too, those of faces as they are drawn last."""
    found, drawn = _quality(figures.quality) | _variety(figures.variety), figures.as_drawn
    if drawn is not None:
        found |= {f"{k}, as drawn": v for k, v in _as_drawn(drawn).items()}
    return found


def _unseen_rows(unseen: dict[str, Accuracy]) -> list[str]:
    """Return a row for each pair that was not trained on, or one with their means if many."""
    if len(unseen) <= MAX_UNSEEN:
        return [_accuracy_row(f"unseen: {pair}", found) for pair, found in unseen.items()]
    means = [
        np.mean([share.value for share in shares if share is not None])
        for shares in zip(*(_shares(found).values() for found in unseen.values()), strict=True)
    ]
    cells = "  ".join(f"{mean:<19.3f}" for mean in means).rstrip()
    return [f"{f'unseen: mean of {len(unseen)} pairs':36}{cells}"]


def _accuracy_row(name: str, accuracy: Accuracy) -> str:
    shares = [share for share in _shares(accuracy).values() if share is not None]
    cells = "  ".join(map(_interval, shares))
    return f"{_LABELS.get(name, name):36}{cells}"


def _interval(share: Share) -> str:
    return f"{share.value:.3f} ({share.low:.3f}-{share.high:.3f})"


def _heeded_row(name: str, found: Heeded) -> str:
    return f"{name:36}" + "".join(f"{share:>10.2f}" for share in vars(found).values())


def _comparison_row(name: str, pair: Comparison) -> str:
    ratio = "" if pair.ratio is None else f"{pair.ratio:>10.2f}"
    return f"{_LABELS.get(name, name):36}{pair.generated:>10.4g}{pair.real:>10.4g}{ratio}"


def _value_row(name: str, value: float) -> str:
    return f"{_LABELS.get(name, name):44}{value:.4g}"


def to_page(
    figures: Figures, confusions: Mapping[str, np.ndarray], sheets: Mapping[str, np.ndarray]
) -> Page:
    """Return the figures as a web page.

    Args:
        figures: The figures.
        confusions: (C, C) int by title, which ends in `hair` or `eyes`: rows for what was asked
            for, columns for what was seen.
        sheets: Sheets of faces, (H, W, 3) uint8, by what they show.
    """
    both, ceiling = figures.fit.tags.both, figures.fit.real_faces.both
    assert both and ceiling, "tags name both colours"
    verdict = (
        f"{both.value:.1%} of the faces have both colours as asked; the classifier agrees with the "
        f"tags of {ceiling.value:.1%} of the real faces."
    )
    fit = _fit(figures.fit) | {f"unseen: {pair}": each for pair, each in figures.unseen.items()}
    fit |= _fit_as_drawn(figures)
    others: list[list[Cell]] = [
        [_LABELS.get(name, name), pair.generated, pair.real, pair.ratio]
        for name, pair in _comparisons(figures).items()
    ]
    single = {"share with a detected face": figures.detected}
    single["the same in the data"] = figures.detected_in_data
    if figures.nearest is not None:
        single |= _nearest(figures.nearest)
    others += [[_LABELS.get(n, n), value] for n, value in single.items() if value is not None]
    about = [
        f"{figures.step:,} steps, {figures.images:,} images seen. Drawn at truncation "
        f"{figures.truncation:g} where no other is named.",
        "In brackets: the 95 % interval. The first row is the best to expect.",
    ]
    return Page(
        f"Evaluation of {figures.model}",
        verdict,
        [
            Section(
                "Colours as asked",
                about,
                [
                    Table(
                        ["description", "hair", "eyes", "both"], [*map(_fit_row, fit, fit.values())]
                    )
                ],
            ),
            *_attributes(figures.heeded),
            Section(
                "Likeness and variety",
                ["Beside each figure, the same figure of as many real faces."],
                [Table(["figure", "generated", "real", "ratio"], others)],
            ),
            Section("Faces", pictures=[Picture.of(sheet, name) for name, sheet in sheets.items()]),
            *(_confusion(title, counts) for title, counts in confusions.items()),
        ],
    )


def _attributes(heeded: Mapping[str, Heeded]) -> list[Section]:
    """Return a section about what a model heeds besides colours; none if it was shown none."""
    if not heeded:
        return []
    about = [
        "Share of the faces in which the classifier sees an attribute: of those that were told it, "
        "told nothing of it, and told that it is not so. The last column is the classifier's "
        "balanced accuracy on real faces."
    ]
    rows: list[list[Cell]] = [[name, *vars(found).values()] for name, found in heeded.items()]
    head = ["attribute", "told", "untold", "denied", "best"]
    return [Section("Attributes as asked", about, [Table(head, rows)])]


def _fit_row(name: str, accuracy: Accuracy) -> list[Cell]:
    shares = [share for share in _shares(accuracy).values() if share is not None]
    return [_LABELS.get(name, name), *(_interval(share) for share in shares)]


def _confusion(title: str, counts: np.ndarray) -> Section:
    colours = COLOURS[title.rpartition(" ")[2]]
    rows = [[colour, *row] for colour, row in zip(colours, counts.tolist(), strict=True)]
    return Section(
        f"What was seen: {title}", tables=[Table(["asked \\ seen", *colours], rows, shaded=True)]
    )

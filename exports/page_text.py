"""The sentence encoder as the page has it: words, weights, and the tables that reading needs.

`web/text.js` and `web/encoder.js` hold the steps; every list of words comes from here.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from config import ProjectError
from skipthoughts_encoder import FILES, Encoder
from text import denials, facts, tag_lists
from text.attributes import CHOICES, COLOUR_FACTS, MANY_COLOURS
from text.colour_names import COLOUR_NAMES, FIRST_PARTS, NAMES, NEAREST
from text.descriptions import MAX_LENGTH
from text.probe import Probe
from text.shown import Shown, least_images
from text.tokens import PLAIN_MARKS, Spelling

LARGEST = 60_000_000  # bytes of an encoder in a page


def describe_encoder(
    encoder: Encoder, shown: Shown
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return what the page says of an encoder, and its arrays by name.

    The weights stay in single precision: rounded to half, vectors differ by up to 2e-4, and words
    that a text is corrected to or read as could change.

    Args:
        encoder: An encoder of this project.
        shown: The record of what the model was shown.

    Raises:
        ProjectError: The encoder is too large for a page, or a published one.
    """
    if encoder.spelling is None:
        raise ProjectError(
            f"the encoder in {encoder.directory} is a published one, whose words NLTK splits. A "
            "page can hold encoders of this project only, which tools.train_encoder makes"
        )
    grus = {"uni": encoder.uni, "forward": encoder.forward, "backward": encoder.backward}
    size = sum(a.nbytes for a in (encoder.utable, encoder.btable))
    size += sum(a.nbytes for gru in grus.values() for a in (gru.W, gru.b, gru.U))
    if size > LARGEST:
        raise ProjectError(
            f"the encoder in {encoder.directory} has {size / 1e6:.0f} MB, and a page should have "
            f"less than {LARGEST / 1e6:.0f}. Export a .zip instead"
        )
    arrays: dict[str, np.ndarray] = {"utable": encoder.utable, "btable": encoder.btable}
    for name, gru in grus.items():
        arrays |= {f"{name}.W": gru.W, f"{name}.b": gru.b, f"{name}.U": gru.U}
    probe = encoder.probe or Probe(encoder)
    arrays |= {"probe.weights": probe.weights, "probe.bias": probe.bias}
    # As text/explanations.py has it: an encoder without a probe of facts tells colours only.
    shown = dict(shown) if encoder.probe else {}
    about = {
        "words": _words(encoder),
        "facts": encoder.facts,
        "probe": "facts" if encoder.probe else "colours",
        "shown": shown,
        "least": least_images(shown),
        "tables": _tables(encoder.spelling),
    }
    return about, {name: np.asarray(array, np.float32) for name, array in arrays.items()}


def _words(encoder: Encoder) -> list[str]:
    """Return the words of an encoder, row by row."""
    with (encoder.directory / FILES[0]).open("rb") as lines:
        return [line.decode().strip() for line in lines]


def _tables(spelling: Spelling) -> dict[str, Any]:
    """Return the lists of words that reading needs, as `Tables` in web/text.js."""
    parts = {
        slot: {
            colour: sorted({*facts.SHADE_WORDS, *FIRST_PARTS.get(colour, "").split(), *names})
            for colour, names in colours.items()
        }
        for slot, colours in NAMES.items()
    }
    names: dict[str, dict[str, str]] = {slot: {} for slot in NAMES}
    for (name, slot), colour in facts.colour_of().items():
        names[slot][name] = colour
    return {
        "max_length": MAX_LENGTH,
        "function_words": sorted(tag_lists.FUNCTION_WORDS),
        "long": tag_lists.LONG,
        "short_tag": tag_lists.SHORT_TAG,
        "marks": {chr(code): mark for code, mark in PLAIN_MARKS.items()},
        "denials": {
            "words": sorted(denials.DENIALS),
            "pairs": sorted(map(" ".join, denials.PAIRS)),
            "pseudo": sorted(denials.PSEUDO),
            "marks": sorted(denials.MARKS),
            "ends": sorted(denials.ENDS),
            "mark": denials.MARK,
            "reach": denials.REACH,
        },
        "first": spelling.first,
        "second": spelling.second,
        "others": sorted(spelling.others),
        "tag_denials": facts.TAG_DENIALS,
        "fillers": sorted(facts.FILLERS),
        "slots": facts.SLOTS,
        "copulas": sorted(facts.COPULAS),
        "two_coloured": facts.TWO_COLOURED,
        "colour_words": sorted(facts.COLOUR_WORDS),
        "bare_colours": sorted(COLOUR_NAMES),
        "shades": sorted(facts.SHADE_WORDS),
        "in_hair": facts.IN_HAIR,
        "persons": sorted(facts.PERSONS),
        "hairstyles": sorted(facts.HAIRSTYLES),
        "tag_values": _joined(facts.tag_values()),
        "adjectives": {slot: _joined(facts.adjective_values(slot)) for slot in NAMES},
        "colour_names": names,
        "colour_parts": parts,
        "choices": CHOICES,
        "colours": COLOUR_FACTS,
        "nearest": NEAREST,
        "two_colours": {value: slot for slot, value in MANY_COLOURS.items()},
    }


def _joined(values: dict[tuple[str, ...], str]) -> dict[str, str]:
    return {" ".join(words): value for words, value in values.items()}

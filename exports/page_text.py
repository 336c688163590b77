"""The sentence encoder as the page has it: words, weights, and the tables that reading needs.

`web/text.js` and `web/encoder.js` hold the steps; every list of words comes from here, and every
pattern made of them.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import numpy as np

from config import ProjectError
from skipthoughts_encoder import FILES, Encoder
from text import denials, facts, rewritings, tag_lists
from text.attributes import ATTRIBUTE_OF, CHOICES, COLOUR_FACTS, MANY_COLOURS, RIVALS_OF
from text.colour_names import FIRST_PARTS, NAMES, NEAREST
from text.descriptions import MAX_LENGTH
from text.explanations import MOST_LISTED, TAG
from text.facts import BORNE_OUT
from text.probe import Probe
from text.shown import Lots, Shown, instead, learnt, without_effect
from text.tokens import ORDINARY, PLAIN_MARKS, SHORTEST, Spelling

LARGEST = 60_000_000  # bytes of an encoder in a page


def describe_encoder(
    encoder: Encoder, shown: Shown, lots: Lots
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return what the page says of an encoder, and its arrays by name.

    The weights stay in single precision: rounded to half, vectors differ by up to 2e-3, and words
    that a text is corrected to or read as could change.

    Args:
        encoder: An encoder of this project.
        shown: The record of what the model was shown.
        lots: What is drawn by lot.

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
    facts, weights, bias = _probe(encoder)
    arrays |= {"probe": weights, "probe_bias": bias}
    # As text/explanations.py has it: an encoder without a probe of facts tells colours only.
    shown, lots = (shown, lots) if encoder.probe else ({}, {})
    heeded = learnt(facts, shown)
    colour_of = {
        name: (slot, name.removesuffix(f" {slot}"))
        for slot, names in COLOUR_FACTS.items()
        for name in names
    }
    others = [name for name in heeded if name not in colour_of]
    about = {
        "words": _words(encoder),
        "taught": encoder.facts,
        "facts": facts,
        "borne_out": BORNE_OUT if encoder.probe else {},
        "attributes": [ATTRIBUTE_OF.get(name, name) for name in facts],
        "idle": [
            (name, is_stated)
            for name in facts
            for is_stated in (True, False)
            if without_effect({name: is_stated}, shown)
        ],
        "others": others,
        "instead": {name: instead(name, shown) for name in facts},
        "colour_of": colour_of,
        "lots": [(CHOICES.get(k, (k,)), [*lot.items()]) for k, lot in lots.items()],
        "tables": _tables(encoder.spelling, encoder.facts),
        "nearest": NEAREST,
        "two_colours": {value: slot for slot, value in MANY_COLOURS.items()},
        "hints": [] if encoder.probe else ["name a hair colour and an eye colour"],
    }
    return about, {name: np.asarray(array, np.float32) for name, array in arrays.items()}


def describe_menus(encoder: Encoder, shown: Shown) -> dict[str, Any]:
    """Return what the page's menus offer.

    Args:
        encoder: The encoder.
        shown: The record of what the model was shown.

    Returns:
        By attribute: the values of `colours`, and of other `choices`, that the model learnt.
    """
    shown = shown if encoder.probe else {}
    values = {attribute: learnt(names, shown) for attribute, names in CHOICES.items()}
    others = {k: names for k, names in values.items() if names and k not in COLOUR_FACTS}
    return {"colours": {k: values[k] for k in COLOUR_FACTS}, "choices": others if shown else {}}


def _probe(encoder: Encoder) -> tuple[Sequence[str], np.ndarray, np.ndarray]:
    """Return the names of F facts with the weights, (D, 2F), and the biases that tell them.

    A probe of colours has a class for none. Its scores are subtracted from the others', so that
    colours are stated if theirs is above 0 and the highest; they are never denied.
    """
    if encoder.probe:
        return encoder.facts, encoder.probe.weights, encoder.probe.bias
    probe = Probe(encoder)
    rows = np.vstack([probe.weights, probe.bias])  # (D + 1, classes)
    stated = []
    for names in COLOUR_FACTS.values():
        scores, rows = np.split(rows, [len(names) + 1], axis=1)
        stated.append(scores[:, :-1] - scores[:, -1:])
    rows = np.hstack(stated)
    rows = np.hstack([rows, np.zeros_like(rows)])
    return [*itertools.chain(*COLOUR_FACTS.values())], rows[:-1], rows[-1]


def _words(encoder: Encoder) -> list[str]:
    """Return the words of an encoder, row by row."""
    with (encoder.directory / FILES[0]).open("rb") as lines:
        return [line.decode().strip() for line in lines]


def _tables(spelling: Spelling, taught: Collection[str]) -> dict[str, Any]:
    """Return the lists of words that reading needs, as `Tables` in web/text.js."""
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
        "others": sorted(spelling.others | ORDINARY),
        "shortest": SHORTEST,
        "tag": TAG,
        "most_listed": MOST_LISTED,
        "tag_denials": rf"^(?:{'|'.join(map(' '.join, facts.TAG_DENIALS))})(?: |$)",
        "fillers": sorted(facts.FILLERS),
        "slots": facts.SLOTS,
        "resolved": rewritings.RESOLVED,
        "rewritings": _for_javascript(facts.rewritings_for(taught)),
        "signs": _for_javascript(rewritings.SIGNS),
        "telling": facts.TELLING,
        "colour_pair": facts.COLOUR_PAIR,
        "persons": sorted(facts.PERSONS),
        "hairstyles": sorted({*facts.HAIRSTYLES, "person"}),  # a blonde girl
        "tag_values": _joined(facts.tag_values()),
        "adjectives": {slot: _joined(facts.adjective_values(slot)) for slot in NAMES},
        "adjective_patterns": {slot: _adjective(slot) for slot in NAMES},
        "colour_patterns": {
            slot: {colour: _colour(colour, names) for colour, names in colours.items()}
            for slot, colours in NAMES.items()
        },
        "rivals": RIVALS_OF,
        "colours": COLOUR_FACTS,
        "many_colours": MANY_COLOURS,
    }


def _for_javascript(rules: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return patterns and what stands instead, as JavaScript writes groups."""
    return [(pattern, re.sub(r"\\(\d)", r"$\1", words)) for pattern, words in rules]


def _adjective(slot: str) -> str:
    """Return a pattern of the adjectives of a slot, those of most words first."""
    longest_first = sorted(facts.adjective_values(slot), key=len, reverse=True)
    return rf"(?<![^ ])(?:{'|'.join(map(' '.join, longest_first))})(?![^ ])"


def _colour(colour: str, names: Collection[str]) -> str:
    """Return a pattern of the words that stand for a colour."""
    known = {*rewritings.SHADE_WORDS, *FIRST_PARTS.get(colour, "").split(), *names}
    return rf"^(?:(?:{_any(known)}) )*(?:{_any(names)})$"


def _joined(values: dict[tuple[str, ...], str]) -> dict[str, str]:
    return {" ".join(words): value for words, value in values.items()}


def _any(words: Collection[str]) -> str:
    return "|".join(sorted(words))

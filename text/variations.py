"""Descriptions of one face that differ in one attribute, such as its hair."""

from __future__ import annotations

from typing import NamedTuple

from text.attributes import (
    ATTRIBUTE_OF,
    CHOICES,
    COLOUR_FACTS,
    FACTS,
    MANY_COLOURS,
    RIVALS_OF,
    Facts,
    as_tags,
)
from text.colours import COLOURS, parse_labels
from text.explanations import ExplainedEncoder, read_facts
from text.probe import Probe
from text.shown import Shown, learnt, with_instead

# All that some model can vary; what else there is would be hair or eyes again.
ATTRIBUTES = tuple(
    attribute for attribute, names in CHOICES.items() if not set(names) <= {*MANY_COLOURS.values()}
)


class Variation(NamedTuple):
    """A description in which one attribute has a certain value."""

    value: str  # such as `red hair` or `no glasses`
    text: str


def attributes(shown: Shown) -> dict[str, tuple[str, ...]]:
    """Return what can be varied: attributes, and the values of each that a model has learnt.

    Args:
        shown: The model's record. A model without one has learnt the colours.
    """
    if not shown:
        return COLOUR_FACTS
    values = {attribute: tuple(learnt(CHOICES[attribute], shown)) for attribute in ATTRIBUTES}
    return {attribute: names for attribute, names in values.items() if names}


def variations(
    encoder: ExplainedEncoder, text: str, attribute: str, names: tuple[str, ...], shown: Shown
) -> list[Variation]:
    """Return a description for each value of an attribute; what else the text says stays.

    The descriptions are lists of tags, so that they differ in nothing else. An attribute of one
    value is also denied.

    Args:
        encoder: The model's.
        text: A description.
        attribute: One of `attributes`.
        names: The values of the attribute.
        shown: The model's record.
    """
    kept = {
        name: stated
        for name, stated in _facts(encoder, text, shown).items()
        if ATTRIBUTE_OF.get(name, name) != attribute and name != MANY_COLOURS.get(attribute)
    }
    values = [(name, True) for name in names]
    if len(names) == 1:
        values.append((names[0], False))
    return [
        Variation(as_tags({name: stated}), as_tags(_in_order({**kept, name: stated})))
        for name, stated in values
    ]


def edited(encoder: ExplainedEncoder, text: str, change: str, shown: Shown) -> str:
    """Return a description that says what a change does, and of the rest what it did before.

    Args:
        encoder: The model's.
        text: A description.
        change: What is to be otherwise, such as `blonde` or `no hat`.
        shown: The model's record. What it has not learnt only takes back what it contradicts.

    Returns:
        Tags; without a probe, which alone tells what a text leaves open, the change itself.
    """
    if encoder.probe is None:
        return change
    found, before = (with_instead(f, shown) for f in read_facts(encoder, [change, text]))
    heeded = {*learnt(found, shown), *(n for names in COLOUR_FACTS.values() for n in names)}
    said = {name: stated for name, stated in found.items() if name in heeded}
    rivals = {RIVALS_OF.get(name, name) for name, stated in found.items() if stated}
    many = {MANY_COLOURS.get(rival) for rival in rivals}
    kept = {
        name: stated
        for name, stated in before.items()
        if name not in said and RIVALS_OF.get(name, name) not in rivals and name not in many
    }
    return as_tags(_in_order({**kept, **said})) or change


def _in_order(facts: Facts) -> Facts:
    """Return facts with the colours first."""
    order = {name: number for number, name in enumerate(FACTS)}
    names = sorted(facts, key=lambda name: order.get(name, len(order)))
    return {name: facts[name] for name in names}


def _facts(encoder: ExplainedEncoder, text: str, shown: Shown) -> Facts:
    """Return what a text says, as far as the encoder hears it."""
    if encoder.probe is not None:
        return with_instead(read_facts(encoder, [text])[0], shown)
    if encoder.spelling is not None:
        colours = Probe(encoder).read(encoder.encode([text]))[0]
        return {f"{colour} {slot}": True for slot, colour in colours._asdict().items() if colour}
    found = zip(COLOURS.items(), parse_labels([text])[0], strict=True)
    return {f"{colours[n]} {slot}": True for (slot, colours), n in found if n >= 0}

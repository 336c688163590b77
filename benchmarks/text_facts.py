"""Texts whose facts are known, in forms that no story has: what the probe should read off them."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from config import UsageError
from skipthoughts_encoder import Encoder
from text.attributes import ATTRIBUTE_OF, COLOUR_FACTS, VALUES, Facts
from text.colour_names import FIRST_PARTS, NAMES, SHADES
from text.colours import EYE_COLOURS, HAIR_COLOURS
from text.descriptions import clean
from text.explanations import read_facts
from text.facts import read_tag
from text.tokens import plain_words

STATED = (
    "{x}, and below it all a face with {h} hair and {e} eyes",
    "{h} hair, {e} eyes plus {x}",
    "portrait of a {e}-eyed stranger, {x} included",
    "imagine {x} on somebody whose hair is {h}",
    "what i like most is {x}",
    "{e} eyes in the dark, {x}",
)
DENIED = (
    "{h} hair, {e} eyes, definitely no {bare}",
    "somebody with {e} eyes who has no {bare}",
    "a portrait without {bare}, hair {h}",
    "{h} hair; no {bare} please",
    "a face without {x}",
)
DENIED_COLOUR = (
    "anyone whose {slot} [is] not {c}",
    "no {c} {slot}, please",
    "a portrait, just without {c} {slot}",
    "i want no {c} {slot} at all",
)
ACCESSORIES = ("ribbon", "bow", "flower", "scrunchie", "band", "clip", "tie", "ornament", "pin")
ACCESSORY_FORMS = (
    "{c} hair {thing}, {h} hair, {e} eyes",
    "{h} hair with a {c} {thing} in it, {e} eyes",
    "{e} eyes, {c} {thing}, {h} hair",
    "she has a {c} hair {thing} and {h} hair",
)
BARE = ("{h}", "{h}!", "{h} {e}", "{h}, {e}", "{h} and {e}")


def article_free(phrase: str) -> str:
    """Return a noun phrase without its article."""
    return phrase.removeprefix("a ").removeprefix("an ")


def fact_cases(rng: np.random.Generator) -> Iterator[tuple[str, str, bool]]:
    """Yield texts with the value that each states (True) or denies (False).

    Every value but persons is put into every form, by its plain tag and by noun phrases.
    """
    for name, value in VALUES.items():
        if ATTRIBUTE_OF[name] == "person":
            continue
        phrases = [name, *(noun for noun in value.nouns[:3] if "{" not in noun)]
        for stated, forms in ((True, STATED), (False, DENIED)):
            for form, phrase in itertools.product(forms, phrases):
                words = {"x": phrase, "bare": article_free(phrase)}
                words |= {"h": rng.choice(HAIR_COLOURS), "e": rng.choice(EYE_COLOURS)}
                yield form.format(**words), name, stated


def colour_denials() -> Iterator[tuple[str, str]]:
    """Yield texts with the colour that each denies."""
    for form, slot in itertools.product(DENIED_COLOUR, ("hair", "eyes")):
        text = form.replace("[is]", "is" if slot == "hair" else "are").replace("{slot}", slot)
        yield from ((text.format(c=colour), f"{colour} {slot}") for colour in NAMES[slot])


def score_facts(encoder: Encoder) -> dict[str, float]:
    """Measure how well the probe tells apart what is stated, denied and absent."""
    cases = list(fact_cases(np.random.default_rng(0)))
    found = read_facts(encoder, [clean(text) for text, _, _ in cases])
    right: dict[bool, list[bool]] = {True: [], False: []}
    by_value: dict[str, list[bool]] = {}
    absent, chances = 0, 0
    for (_, name, stated), facts in zip(cases, found, strict=True):
        ok = facts.get(name) is stated
        right[stated].append(ok)
        by_value.setdefault(name, []).append(ok)
        others = [one for one in VALUES if one != name]
        chances += len(others)
        absent += sum(one not in facts for one in others)
    denials = list(colour_denials())
    read = read_facts(encoder, [text for text, _ in denials])
    worst = min(by_value, key=lambda name: np.mean(by_value[name]))
    print(f"worst value: {worst} {np.mean(by_value[worst]):.3f}")
    return {
        "stated values": float(np.mean(right[True])),
        "denied values": float(np.mean(right[False])),
        "absent values": absent / chances,
        "denied colours": float(
            np.mean(
                [facts.get(name) is False for (_, name), facts in zip(denials, read, strict=True)]
            )
        ),
    }


def board_tags(path: Path) -> tuple[list[str], np.ndarray]:
    """Read the tags of a picture board: those that say nothing of a face, with their shares.

    Args:
        path: CSV with a header and the columns tag and count.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = [(row["tag"], int(row["count"])) for row in csv.DictReader(file)]
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise UsageError(f"--tags {path} is no CSV of tag,count: {error}") from None
    rows = [(tag, count) for tag, count in rows if read_tag(tag) is None and plain_words(tag)]
    counts = np.array([count for _, count in rows], float)
    return [tag for tag, _ in rows], counts / counts.sum()


def lists(
    rng: np.random.Generator, tags: list[str], shares: np.ndarray, length: int, underscored: bool
) -> Iterator[tuple[str, Facts]]:
    """Yield lists of tags with a hair and an eye colour among others, four of these with colours.

    Args:
        rng: The source of every choice.
        tags: Tags that say nothing of a face.
        shares: How often each of them occurs, adding up to 1.
        length: Tags of a list.
        underscored: Whether a list is written `a_b c_d` instead of `a b, c d`.
    """
    things = ("dress", "skirt", "ribbon", "bow", "background", "gloves", "choker", "hat", "wings")
    for h, e in itertools.product(HAIR_COLOURS, EYE_COLOURS):
        chosen = list(rng.choice(tags, length - 6, replace=False, p=shares))
        colours = rng.choice(HAIR_COLOURS, 4)
        named = rng.choice(things, 4, replace=False)
        chosen += [f"{colour} {thing}" for colour, thing in zip(colours, named, strict=True)]
        chosen += [f"{h} hair", f"{e} eyes"]
        rng.shuffle(chosen)
        tags_written = [tag.replace(" ", "_") for tag in chosen] if underscored else chosen
        text = (" " if underscored else ", ").join(tags_written)
        yield clean(text), {f"{h} hair": True, f"{e} eyes": True}


def accessories(rng: np.random.Generator) -> Iterator[tuple[str, Facts]]:
    """Yield texts with the colour of something in the hair, and the facts about colours."""
    for form, thing, h in itertools.product(ACCESSORY_FORMS, ACCESSORIES, HAIR_COLOURS):
        e = rng.choice(EYE_COLOURS)
        other = rng.choice([colour for colour in HAIR_COLOURS if colour != h])
        facts = {f"{h} hair": True} | ({f"{e} eyes": True} if "{e}" in form else {})
        yield form.format(c=other, h=h, e=e, thing=thing), facts


def bare_colours() -> Iterator[tuple[str, Facts]]:
    """Yield colours without *hair* or *eyes*: the first is that of the hair.

    Two words that may be one colour, such as *brownish blue* and *azure blue*, are left out.
    """
    before_colours = {*SHADES, *" ".join(FIRST_PARTS.values()).split()}
    for form, h in itertools.product(BARE, HAIR_COLOURS):
        for name in NAMES["hair"][h]:
            if form == "{h} {e}" and name in before_colours:
                continue
            if "{e}" not in form:
                yield form.format(h=name), {f"{h} hair": True}
            else:
                yield from (
                    (form.format(h=name, e=e), {f"{h} hair": True, f"{e} eyes": True})
                    for e in EYE_COLOURS
                    if form != "{h} {e}" or e != h
                )


def colours_right(encoder: Encoder, cases: Iterator[tuple[str, Facts]]) -> float:
    """Return the share of texts off which exactly their colours are read."""
    texts, wanted = zip(*cases, strict=True)
    read = read_facts(encoder, texts)
    return float(
        np.mean(
            [
                {n for n, stated in facts.items() if stated and ATTRIBUTE_OF.get(n) in COLOUR_FACTS}
                == {*true}
                for facts, true in zip(read, wanted, strict=True)
            ]
        )
    )


def measure_facts(encoder: Encoder, tags: Path | None) -> dict[str, float]:
    """Return every figure about facts.

    Args:
        encoder: An encoder with a probe.
        tags: Tags of a picture board, as `board_tags` reads them; None leaves lists out.
    """
    figures = score_facts(encoder)
    figures["accessories' colours"] = colours_right(encoder, accessories(np.random.default_rng(0)))
    figures["bare colours"] = colours_right(encoder, bare_colours())
    if tags is not None:
        names, shares = board_tags(tags)
        for length, underscored in itertools.product((20, 50), (False, True)):
            cases = lists(np.random.default_rng(length), names, shares, length, underscored)
            kind = "a_b" if underscored else "a, b"
            figures[f"lists of {length}, {kind}"] = colours_right(encoder, cases)
    return figures

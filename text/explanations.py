"""Explain how descriptions were understood, and what of them a model can draw."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from text.attributes import ATTRIBUTE_OF, COLOUR_FACTS, RIVALS_OF, Facts, as_tags
from text.denials import MARK
from text.fact_probe import FactProbe
from text.facts import BORNE_OUT, LONGEST_TAG
from text.probe import Colours, Probe, SentenceEncoder, nearest_notes
from text.probe import explain as explain_colours
from text.rewritings import COLOUR_WORDS, PART
from text.shown import Shown, learnt, with_instead, without_effect
from text.tag_lists import facts_of, strip_weights
from text.tokens import Spelling

MOST_LISTED = 12  # things without effect that are named
_OF_SENTENCES = "and|but|or|then|now|it|they|(?:it|they)['’](?:s|re)|is|are|was|were|her|his|the"
_SAID = f"(?:{_OF_SENTENCES}|hair|eyes)"
# A tag of which something could be lost. Of colours, the facts of a text tell enough: it's blue.
TAG = (
    rf"^(?!{_SAID}(?: {_SAID})*(?: (?:{'|'.join(sorted(COLOUR_WORDS))}))*[.!?]*$)"
    rf"[^ ]+(?: [^ ]+){{0,{LONGEST_TAG - 1}}}$"
)
# Facts that there are two colours, of which one is drawn if a model was not shown such faces.
_TWO_COLOURS = {"multicolored hair": "hair", "heterochromia": "eyes"}


class ExplainedEncoder(SentenceEncoder, Protocol):
    """What explanations need of an `Encoder`."""

    @property
    def spelling(self) -> Spelling | None:
        """None if it corrects nothing."""

    @property
    def probe(self) -> FactProbe | None:
        """None if it came without."""


def read_facts(encoder: ExplainedEncoder, texts: Iterable[str]) -> list[Facts]:
    """Read what texts state and deny: what their tags do, and what the encoder's probe finds else.

    A vector holds some five facts, so tags are also read one by one. What the probe finds needs a
    word for it among those that are no such tags, and a colour one for hair or for eyes as well.
    Vectors alone easily give a colour to both, or that of a thing to either: *red lips*.

    Args:
        encoder: One with a probe.
        texts: N texts.

    Returns:
        N facts, in the order of the probe's.
    """
    assert encoder.probe is not None
    texts = list(texts)
    found = encoder.probe.read(encoder.encode(texts))
    names = encoder.probe.facts
    return [
        _by_words(names, facts, encoder.read(text).words)
        for text, facts in zip(texts, found, strict=True)
    ]


def _by_words(names: Sequence[str], found: Facts, words: list[str]) -> Facts:
    """Return the facts of a text, given its words, those found, and the order of all."""
    said = " ".join(words).replace(MARK, "")
    tags, others = facts_of(said, names)
    parts = [tag if re.search(PART, tag) else f"{tag}hair eyes " for tag in others]

    def is_borne_out(name: str) -> bool:
        """Whether words bear a fact out, and not only those of tags that are understood."""
        pattern = re.compile(BORNE_OUT.get(name, ""))
        return not pattern.pattern or bool(
            pattern.search(f" {said} ") and any(map(pattern.search, parts))
        )

    stated = {RIVALS_OF.get(name, name) for name, is_stated in tags.items() if is_stated}
    heard = {
        name: is_stated
        for name, is_stated in found.items()
        if is_borne_out(name) and not (is_stated and RIVALS_OF.get(name, name) in stated)
    }
    facts = heard | tags
    return {name: facts[name] for name in names if name in facts}


def explain(encoder: ExplainedEncoder, texts: Sequence[str], shown: Shown) -> list[str]:
    """Explain how each text was understood, in one line each.

    Args:
        encoder: Encoders of this project that have no probe tell the colours only; published ones,
            the words that they do not know.
        texts: N texts with at least one word each.
        shown: The model's record. Facts that it was hardly shown are named as without effect.

    Returns:
        N lines; empty where there is nothing to say.

    Example:
        >>> explain(encoder, ["Blue hiar, no red eyes, glasses"], {"blue hair": 90, "red eyes": 70})
        ['hair: blue, eyes: any but red; no effect in this model: glasses; hiar read as hair']
    """
    if encoder.spelling is None:
        return ["; ".join(encoder.read(text).unknown_notes()) for text in texts]
    if encoder.probe is None:
        return explain_colours(Probe(encoder), list(texts))
    tags = [_tags_of(encoder, text) for text in texts]
    different = list(dict.fromkeys(itertools.chain(texts, *tags)))
    read = dict(zip(different, read_facts(encoder, different), strict=True))
    return [_explain_one(encoder, *each, read, shown) for each in zip(texts, tags, strict=True)]


def _explain_one(
    encoder: ExplainedEncoder,
    text: str,
    tags: Sequence[str],
    read: Mapping[str, Facts],
    shown: Shown,
) -> str:
    """Explain one text, given its tags and the facts of it and of each of them."""
    reading, facts = encoder.read(text), with_instead(read[text], shown)
    colours, idle = _colours(facts), without_effect(facts, shown)
    others = [n for n in learnt(facts, shown) if ATTRIBUTE_OF.get(n) not in COLOUR_FACTS]
    parts = [", ".join([*_colour_parts(facts, colours), *(n for n in others if facts[n])])]
    if denied := [name for name in others if not facts[name]]:
        parts.append(f"not: {', '.join(denied)}")
    lost = (tag for tag in tags if _is_lost(read[tag], facts))
    listed = list(dict.fromkeys([*(_idle(name, facts[name], colours) for name in idle), *lost]))
    if (more := len(listed) - MOST_LISTED) > 0:
        listed[MOST_LISTED:] = [f"{more} more"]
    if listed:
        parts.append(f"no effect in this model: {', '.join(listed)}")
    parts += [f"{typo} read as {word}" for typo, word in reading.mended.items()]
    parts += nearest_notes(reading, colours, lambda text: _colours(read_facts(encoder, [text])[0]))
    return "; ".join(parts + reading.unknown_notes())


def _colours(facts: Facts) -> Colours:
    """Return the colours that a text states."""
    stated = (next(filter(facts.get, names), None) for names in COLOUR_FACTS.values())
    return Colours(*(name and name.rpartition(" ")[0] for name in stated))


def _colour_parts(facts: Facts, colours: Colours) -> list[str]:
    """Return what hair and eyes are drawn in: `hair: blue`, `eyes: any but red`."""
    parts = []
    for (slot, colour), names in zip(colours._asdict().items(), COLOUR_FACTS.values(), strict=True):
        denied = [name.rpartition(" ")[0] for name in names if facts.get(name) is False]
        drawn = f"any but {' and '.join(denied)}" if denied else "any"
        parts.append(f"{slot}: {colour or drawn}")
    return parts


def _tags_of(encoder: ExplainedEncoder, text: str) -> list[str]:
    """Return the tags of a text whose words are all known, but for sentences and colours alone."""
    tags = (" ".join(tag.split()) for tag in re.split("[,;]", strip_weights(text)))
    return [
        tag
        for tag in tags
        if any(map(str.isalnum, tag))
        and re.match(TAG, tag, re.IGNORECASE | re.ASCII)
        and not encoder.read(tag).unknown
    ]


def _is_lost(found: Facts, facts: Facts) -> bool:
    """Whether a tag says nothing of a face, or something that its text says otherwise.

    Of colours, the facts of the text tell enough.
    """
    others = (name for name in found if ATTRIBUTE_OF.get(name) not in COLOUR_FACTS)
    return not found or any(name not in facts for name in others)


def _idle(name: str, stated: bool, colours: Colours) -> str:
    """Return a fact without effect, and what is drawn in its place if that is another thing."""
    colour = getattr(colours, _TWO_COLOURS.get(name, ""), None) if stated else None
    told = as_tags({name: stated})
    return f"{told} ({colour} is drawn)" if colour else told

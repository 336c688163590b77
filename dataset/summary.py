"""What a data set consists of and what was left out, as figures and for people."""

from __future__ import annotations

import dataclasses
import re
import textwrap
from collections import Counter
from collections.abc import Callable
from typing import Any

from console import EXAMPLES, counted, printable, shorten
from text.colours import EYE_COLOURS, HAIR_COLOURS

NO_CAPTION = "no caption"  # why an image is left out, where others have one
CAPTION_ALL = (
    "Write captions for the others too, or take away those that are there: if no image has one, "
    "the classifier names the colours of all."
)
_MAX_EXAMPLE = 300  # characters of a name that is listed


@dataclasses.dataclass(frozen=True)
class TagReport:
    """Where the captions come from, and what was wrong with the rows that hold them."""

    source: str  # the caption files, or in words: what else the captions come from
    duplicates: int = 0  # rows replaced by a later row of the same id
    unmatched: int = 0  # ids that match no image
    unmatched_examples: list[str] = dataclasses.field(default_factory=list)  # at most `EXAMPLES`
    bad_rows: int = 0  # rows that could not be used
    bad_examples: list[str] = dataclasses.field(default_factory=list)  # at most `EXAMPLES`

    def lines(self) -> list[str]:
        """Return the report for people, in aligned lines."""
        lines = [f"tags      {self.source}"]
        if self.duplicates:
            lines.append(f"          {counted(self.duplicates, 'repeated row')}")
        for title, count, examples in (
            ("ids that match no image", self.unmatched, self.unmatched_examples),
            ("bad rows", self.bad_rows, self.bad_examples),
        ):
            if count:
                lines += _listing(title, count, examples)
        return lines


@dataclasses.dataclass(frozen=True)
class Summary:
    """What a data set consists of and what was left out."""

    found: int  # images
    used: int  # images
    left_out: dict[str, int]  # images by reason
    examples: dict[str, list[str]]  # names of at most `EXAMPLES` of them, by reason
    unread: int  # files and folders that could not be opened; not among the images found
    unread_examples: list[str]  # at most `EXAMPLES` of their names, with the reasons
    tags: TagReport
    captions: int  # different texts
    commonest: list[tuple[str, int]]  # the ten captions of the most images, with their images
    rare: list[tuple[str, int]]  # colours of less than 1 % of the images, with their images
    # Found anew at each start, so a cache does not hold them: what lies unread or unused, and how
    # many captions got each tag of what their images show.
    notes: list[str] = dataclasses.field(default_factory=list)
    added: dict[str, int] = dataclasses.field(default_factory=dict)

    def text(self) -> str:
        """Return the summary for people, in a few aligned lines."""
        left_out = self.found - self.used
        lines = [f"images    {self.found:,} found, {self.used:,} used, {left_out:,} left out"]
        for reason, count in self.left_out.items():
            lines += _listing(reason, count, self.examples[reason])
        if self.unread:
            lines += _listing("beside these, not read", self.unread, self.unread_examples)
        lines += self.tags.lines()
        lines += note_lines(self.notes)
        texts = counted(self.captions, "different text")
        lines.append(f"captions  {texts}{'. Images with the commonest:' if self.commonest else ''}")
        lines += [f"{count:>17,}  {shorten(text)}" for text, count in self.commonest]
        if added := [f"{tag} {count:,}" for tag, count in self.added.items()]:
            lines += _wrap(f"added     by the classifier: {', '.join(added)}")
        if rare := [f"{colour} {count:,}" for colour, count in self.rare if count]:
            lines += _wrap(f"rare      in less than 1 % of the images: {', '.join(rare)}")
        if absent := [colour for colour, count in self.rare if not count]:
            lines += _wrap(f"absent    in no image: {', '.join(absent)}")
        return "\n".join(map(printable, lines))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values as a cache's about.json holds them, the tag report's among them."""
        values: dict[str, Any] = {}
        for name, value in dataclasses.asdict(self).items():
            if name == "tags":
                values |= {"tags": value.pop("source"), **value}
            elif name not in ("notes", "added"):
                values[name] = value
        return values

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Summary:
        """Return the summary whose `to_dict` was stored as JSON."""
        fields = {field.name for field in dataclasses.fields(TagReport)}
        report = {name: value for name, value in values.items() if name in fields}
        others = {name: value for name, value in values.items() if name not in fields}
        others["tags"] = TagReport(source=others["tags"], **report)
        for name in ("commonest", "rare"):
            others[name] = [(text, count) for text, count in others[name]]
        return cls(**others)


def join_summaries(parts: dict[str, Summary], counts: Counter[str]) -> Summary:
    """Return the summary of several data sets that are used as one.

    Args:
        parts: Their summaries, by where they come from.
        counts: Images by caption, in all.
    """

    def named(find: Callable[[Summary], list[str]]) -> list[str]:
        """Return the first examples of all parts, each after the name of its part."""
        found = (f"{path}: {name}" for path, part in parts.items() for name in find(part))
        return list(found)[:EXAMPLES]

    every = list(parts.values())
    left_out: Counter[str] = Counter()
    added: Counter[str] = Counter()
    for part in every:
        left_out.update(part.left_out)
        added.update(part.added)
    return Summary(
        found=sum(part.found for part in every),
        used=sum(part.used for part in every),
        left_out=dict(left_out),
        examples={reason: named(_examples_of(reason)) for reason in left_out},
        unread=sum(part.unread for part in every),
        unread_examples=named(lambda s: s.unread_examples),
        tags=TagReport(
            source="; ".join(f"{path}: {part.tags.source}" for path, part in parts.items()),
            duplicates=sum(part.tags.duplicates for part in every),
            unmatched=sum(part.tags.unmatched for part in every),
            unmatched_examples=named(lambda s: s.tags.unmatched_examples),
            bad_rows=sum(part.tags.bad_rows for part in every),
            bad_examples=named(lambda s: s.tags.bad_examples),
        ),
        captions=len(counts),
        commonest=counts.most_common(10),
        rare=rare_colours(counts),
        notes=[f"{path}: {note}" for path, part in parts.items() for note in part.notes],
        added=dict(added.most_common()),
    )


def _examples_of(reason: str) -> Callable[[Summary], list[str]]:
    return lambda summary: summary.examples.get(reason, [])


def note_lines(notes: list[str]) -> list[str]:
    """Return notes for people, in aligned lines."""
    return [line for note in notes for line in _wrap(f"note      {note}")]


def _listing(title: str, count: int, examples: list[str]) -> list[str]:
    more = [f"and {count - len(examples):,} more"] if count > len(examples) else []
    examples = [shorten(name, _MAX_EXAMPLE) for name in examples]
    listed = ", ".join(examples + more)
    return [f"          {title}: {count:,}", *_wrap(" " * 12 + listed, indent=12)]


def _wrap(text: str, indent: int = 10) -> list[str]:
    return textwrap.wrap(  # a long path stays whole, so that it can be copied
        text,
        100,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def rare_colours(counts: dict[str, int]) -> list[tuple[str, int]]:
    """Return the colours of less than 1 % of the images, rarest first, with their images.

    Args:
        counts: Images by caption.
    """
    seen: Counter[str] = Counter()
    for text, count in counts.items():
        for colour in set(re.findall(r"\b\w+ (?:hair|eyes)\b", text.lower())):
            seen[colour] += count
    colours = [f"{c} hair" for c in HAIR_COLOURS] + [f"{c} eyes" for c in EYE_COLOURS]
    rare = [(c, seen[c]) for c in colours if seen[c] < 0.01 * sum(counts.values())]
    return sorted(rare, key=lambda item: item[1])

"""What a data set is made of and what was left out of it, for people."""

from __future__ import annotations

import dataclasses
import re
import textwrap
from collections import Counter
from collections.abc import Mapping
from typing import Any

from console import printable, shorten
from text.colours import EYE_COLOURS, HAIR_COLOURS


@dataclasses.dataclass(frozen=True)
class Summary:
    """What a data set is made of and what was left out of it."""

    found: int  # images
    used: int  # images
    left_out: dict[str, int]  # reason -> images
    examples: dict[str, list[str]]  # reason -> the first `EXAMPLES` of their names
    unread: int  # files and folders that could not be opened, not among the images found
    unread_examples: list[str]  # the first `EXAMPLES` of their names, with the reasons
    tags: str  # where the captions come from
    duplicates: int  # rows that were replaced by a later one of the same id
    unmatched: int  # ids without an image
    unmatched_examples: list[str]  # the first `EXAMPLES` of them
    bad_rows: int  # rows that could not be used
    bad_examples: list[str]  # the first `EXAMPLES` of them
    captions: int  # different texts
    commonest: list[tuple[str, int]]  # the ten captions of the most images -> images
    rare: list[tuple[str, int]]  # colours of less than 1 % of the images -> images

    def text(self) -> str:
        """The summary for people, in a few aligned lines."""
        left = self.found - self.used
        lines = [f"images  {self.found:,} found, {self.used:,} used, {left:,} left out"]
        for reason, count in self.left_out.items():
            lines += _listing(f"{reason}: {count:,}", count, self.examples[reason])
        if self.unread:
            lines += _listing(f"not read: {self.unread:,}", self.unread, self.unread_examples)
        lines += tag_lines(vars(self))
        lines.append(f"captions  {self.captions:,} different texts; images of the commonest:")
        lines += [f"{count:>17,}  {shorten(text)}" for text, count in self.commonest]
        if self.rare:
            rare = ", ".join(f"{colour} {count:,}" for colour, count in self.rare)
            lines += _wrap(f"rare      less than 1 % of the images: {rare}")
        return "\n".join(map(printable, lines))


def tag_lines(about: Mapping[str, Any]) -> list[str]:
    """What was found among the tags, from a summary's fields about them."""
    lines = [f"tags      {about['tags']}"]
    if about["duplicates"]:
        lines.append(f"          {about['duplicates']:,} duplicate ids, the last row counts")
    for head, count, examples in (
        ("ids that match no image", about["unmatched"], about["unmatched_examples"]),
        ("bad rows", about["bad_rows"], about["bad_examples"]),
    ):
        if count:
            lines += _listing(f"{head}: {count:,}", count, examples)
    return lines


def _listing(head: str, count: int, examples: list[str]) -> list[str]:
    more = [f"and {count - len(examples):,} more"] if count > len(examples) else []
    examples = [shorten(name, 300) for name in examples]
    return [f"          {head}", *_wrap(" " * 12 + ", ".join(examples + more), indent=12)]


def _wrap(text: str, indent: int = 10) -> list[str]:
    return textwrap.wrap(text, 100, subsequent_indent=" " * indent, break_on_hyphens=False)


def rare_colours(counts: dict[str, int]) -> list[tuple[str, int]]:
    """The colours that less than 1 % of the images have, from images by caption."""
    seen: Counter[str] = Counter()
    for text, count in counts.items():
        for colour in set(re.findall(r"\b\w+ (?:hair|eyes)\b", text.lower())):
            seen[colour] += count
    colours = [f"{c} hair" for c in HAIR_COLOURS] + [f"{c} eyes" for c in EYE_COLOURS]
    rare = [(c, seen[c]) for c in colours if seen[c] < 0.01 * sum(counts.values())]
    return sorted(rare, key=lambda item: item[1])

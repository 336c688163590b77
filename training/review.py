"""What there is to say of a data set before anyone trains on it: findings, a page, a verdict."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from console import EXAMPLES, counted, shorten
from dataset.balance import Balance
from dataset.copies import SEARCHED, Copies
from dataset.faces import Dataset
from dataset.flaws import Flaws
from dataset.summary import CAPTION_ALL, NO_CAPTION
from files.pages import Page, Picture, Section, Table
from text.colours import EYE_COLOURS, HAIR_COLOURS
from training.plan import Plan

if TYPE_CHECKING:
    from training.trial import Costs  # would import TensorFlow

FEWEST = 100  # different images; fewer are learnt by heart
FEW = 5_000  # different images; with fewer, the discriminator may overpower the generator
NOTABLE = 0.01  # share of the images from which a flaw is a finding
MOST_LEFT_OUT = 0.1  # share of the images found
RARE = 50  # images of a pair of colours, of which fewer are few
WORDS = 30  # that the page lists of a kind
THUMBNAILS = 24  # on the page, of a kind
UNSTATED = "not stated"
_CHUNK = 256  # images in memory at a time


@dataclasses.dataclass(frozen=True)
class Review:
    """Everything that was found out."""

    plan: Plan
    dataset: Dataset  # as it is on the disk: nothing held out, nothing added to the captions
    balance: Balance
    copies: Copies
    flaws: Flaws
    unknown: Counter[str]  # images by word
    idle: Counter[str]  # images by word that changes nothing
    wordless: int  # images in whose captions no word is known
    costs: Costs

    @property
    def different(self) -> int:
        """How many images there are without their copies."""
        return len(self.dataset) - self.copies.needless

    def objections(self) -> list[str]:
        """Return the reasons why training would make no sense."""
        found, costs = [], self.costs
        if self.different < FEWEST:
            found.append(
                f"there are only {counted(self.different, 'different image')}, and at least "
                f"{FEWEST} are needed"
            )
        if self.flaws.drawn > len(self.dataset) / 2:
            found.append(
                f"{self.flaws.drawn:,} of {counted(len(self.dataset), 'image')} were drawn by this "
                "program, as the demonstration set was: a model trained on them only gets worse"
            )
        if self.wordless > len(self.dataset) / 2:
            found.append("the encoder knows no word of more than half of the images' captions")
        if costs.disk > costs.disk_free:
            found.append(
                f"it takes {_size(costs.disk)} on the disk, where {_size(costs.disk_free)} are free"
            )
        if costs.memory and costs.memory_here and costs.memory > costs.memory_here:
            found.append(
                f"it takes {_size(costs.memory)} of memory, and there are "
                f"{_size(costs.memory_here)}: use a smaller --batch-size, --width or --size"
            )
        return found

    def findings(self) -> list[str]:
        """Return what is worth a look, most important first."""
        summary, count = self.dataset.summary, len(self.dataset)
        found = []
        if FEWEST <= self.different < FEW:
            found.append(
                f"{counted(self.different, 'different image')} are few: the discriminator may "
                "overpower the generator. Training warns you; 10,000 were enough so far"
            )
        if (left := summary.found - summary.used) > MOST_LEFT_OUT * summary.found:
            found.append(f"{left:,} of {summary.found:,} images are left out")
        if without := summary.left_out.get(NO_CAPTION):
            found.append(
                f"without a caption: {without:,} of {summary.found:,} images. {CAPTION_ALL}"
            )
        if self.copies.needless > NOTABLE * count:
            exact = sum(len(group) - 1 for group in self.copies.exact)
            near = self.copies.needless - exact
            found.append(f"{exact:,} exact and {near:,} near copies could be removed")
        for name, images in self._flaws():
            if len(images) > NOTABLE * count:
                found.append(f"images that {name}: {len(images):,}")
        if self.wordless > NOTABLE * count:
            found.append(f"the encoder knows no word of {counted(self.wordless, 'caption')}")
        common = [word for word, images in self.unknown.most_common(5) if images > NOTABLE * count]
        if common:
            found.append(f"the encoder does not know {', '.join(common)}")
        pairs = self.balance.pairs[:-1, :-1]
        if few := int((pairs < RARE).sum()):
            found.append(f"{few} of {pairs.size} pairs of colours have fewer than {RARE} images")
        return found

    def verdict(self) -> str:
        """Return the conclusion in one line."""
        if objections := self.objections():
            return f"Training makes no sense: {'; '.join(objections)}."
        epoch = _time(self.costs.seconds_per_epoch)
        text = f"Training makes sense: {self.different:,} different images, {epoch} an epoch"
        findings = len(self.findings())
        return f"{text}. {counted(findings, 'thing')} to look at." if findings else f"{text}."

    def to_json(self) -> dict[str, Any]:
        """Return all of it as plain values."""
        names = self.dataset.names
        hair, eyes = (*HAIR_COLOURS, UNSTATED), (*EYE_COLOURS, UNSTATED)
        return {
            "verdict": self.verdict(),
            "makes sense": not self.objections(),
            "findings": self.findings(),
            "images": {
                "found": self.dataset.summary.found,
                "used": len(self.dataset),
                "different": self.different,
                "left out": self.dataset.summary.left_out,
            },
            "copies": {
                "exact": [[names[i] for i in group] for group in self.copies.exact],
                "near": [[names[i] for i in group] for group in self.copies.near],
            },
            "flaws": {name: {names[i]: why for i, why in images} for name, images in self._flaws()},
            "pairs": {
                colour: dict(zip(eyes, row, strict=True))
                for colour, row in zip(hair, self.balance.pairs.tolist(), strict=True)
            },
            "attributes": dict(self.balance.attributes.most_common()),
            "unknown words": dict(self.unknown.most_common()),
            "words without effect": dict(self.idle.most_common()),
            "costs": dataclasses.asdict(self.costs),
        }

    def page(self) -> Page:
        """Return the report as a web page."""
        source = self.plan.source
        sections = [self._overview(), self._balance(), self._words()]
        sections += [self._copies(), *self._flaw_sections(), self._costs()]
        alarm = bool(self.objections())
        return Page(f"Images in {source}, before training", self.verdict(), sections, alarm)

    def _flaws(self) -> Iterator[tuple[str, list[tuple[int, str]]]]:
        yield "are not square and get cropped", self.flaws.cropped
        yield f"are smaller than {self.plan.header.model.size} px", self.flaws.enlarged
        yield "are blurred, or were enlarged", self.flaws.blurred

    def _overview(self) -> Section:
        summary = self.dataset.summary
        rows: list[list[Any]] = [["used", summary.used, ""]]
        for reason, count in summary.left_out.items():
            rows.append([reason, count, _examples(summary.examples[reason], count)])
        if summary.unread:
            rows.append(
                ["beside these, not read", summary.unread, _examples(summary.unread_examples, 0)]
            )
        for title, count, examples in (
            ("captions of no image", summary.tags.unmatched, summary.tags.unmatched_examples),
            ("bad rows", summary.tags.bad_rows, summary.tags.bad_examples),
        ):
            if count:
                rows.append([title, count, _examples(examples, count)])
        paragraphs = [f"Captions: {summary.tags.source}.", *(f"{f}." for f in self.findings())]
        table = Table(["images", "number", "examples"], rows)
        return Section("What was found", paragraphs, [table])

    def _balance(self) -> Section:
        pairs = self.balance.pairs.tolist()
        rows = [[hair, *row] for hair, row in zip((*HAIR_COLOURS, UNSTATED), pairs, strict=True)]
        colours = Table(["hair \\ eyes", *EYE_COLOURS, UNSTATED], rows, shaded=True)
        tables = [colours]
        if others := self.balance.attributes.most_common():
            tables.append(Table(["also stated", "images"], others, shaded=True))
        return Section("Balance: images of each pair of colours", tables=tables)

    def _words(self) -> Section:
        tables = [
            Table([title, "images"], words.most_common(WORDS))
            for title, words in (("unknown", self.unknown), ("change nothing", self.idle))
            if words
        ]
        text = "The encoder knows all words, and each changes something."
        return Section("Words", () if tables else [text], tables)

    def _copies(self) -> Section:
        exact, near = self.copies.exact, self.copies.near
        text = (
            f"{counted(len(exact), 'group')} of images with equal pixels, and "
            f"{counted(len(near), 'group')} of images that look the same."
        )
        searched = [f"The first {SEARCHED:,} were searched."] * (len(self.dataset) > SEARCHED)
        names = self.dataset.names
        shown = [
            (
                index,
                f"{names[index]} is a copy of {', '.join(names[i] for i in group if i != index)}",
            )
            for group in (*near, *exact)[: THUMBNAILS // 2]
            for index in group[:2]
        ]
        return Section("Copies", [text, *searched], pictures=self._thumbnails(shown))

    def _flaw_sections(self) -> Iterator[Section]:
        names = self.dataset.names
        for title, images in self._flaws():
            if images:
                shown = [(i, f"{names[i]}, {why}") for i, why in images[:THUMBNAILS]]
                text = f"{counted(len(images), 'image')}; the worst first."
                yield Section(f"Images that {title}", [text], pictures=self._thumbnails(shown))

    def _thumbnails(self, shown: Sequence[tuple[int, str]]) -> list[Picture]:
        images = self.dataset.read(np.array([index for index, _ in shown], int))
        return [
            Picture.of(image, shorten(text), small=True)
            for image, (_, text) in zip(images, shown, strict=True)
        ]

    def _costs(self) -> Section:
        costs = self.costs
        rows = [["a step", _time(costs.seconds_per_step)]]
        rows.append(["an epoch", _time(costs.seconds_per_epoch)])
        if costs.seconds is not None:
            rows.append(["the whole training", _time(costs.seconds)])
        if costs.memory:
            here = f" of {_size(costs.memory_here)}" if costs.memory_here else ""
            rows.append(["memory", f"{_size(costs.memory)}{here}"])
        rows.append(["disk", f"{_size(costs.disk)}; {_size(costs.disk_free)} are free"])
        text = "Measured on this machine in three steps, with whatever else was running."
        return Section("Time, memory and disk", [text], [Table(["what", "takes"], rows)])


def all_images(dataset: Dataset) -> Iterator[np.ndarray]:
    """Yield the images of a data set, (S, S, 3) uint8, a few in memory at a time."""
    for start in range(0, len(dataset), _CHUNK):
        yield from dataset.read(np.arange(start, min(start + _CHUNK, len(dataset))))


def _examples(names: Sequence[str], count: int) -> str:
    more = f", and {count - EXAMPLES:,} more" if count > EXAMPLES else ""
    return ", ".join(map(shorten, names)) + more


def _size(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"


def _time(seconds: float) -> str:
    for unit, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.1f} {unit}"
    return f"{seconds:.2g} seconds" if seconds < 10 else f"{seconds:.0f} seconds"

"""The plan of a training run: everything it needs, settled and printable before it starts."""

from __future__ import annotations

import argparse
import dataclasses
import random
from pathlib import Path

import numpy as np

from checkpoints import checkpoint
from checkpoints.checkpoint import Header
from config import (
    DEFAULT,
    DEFAULT_SIZE,
    DEFAULTS,
    EPOCHS,
    PRETRAINED,
    TEXT_ENCODER,
    Length,
    ModelConfig,
    TrainConfig,
    UsageError,
)
from console import counted
from dataset.claims import read_captions
from dataset.faces import Dataset, hold_out
from dataset.vectors import count_paraphrases, describe_paraphrases
from dataset.words import unknown_words
from skipthoughts_encoder import Encoder, load_encoder
from text.shown import count_shown, keep_former


@dataclasses.dataclass(frozen=True)
class Start:
    """Where training starts: which model, from which weights, with which sentence encoder."""

    header: Header  # networks, numbers and position; `data` is what the model has seen so far
    weights: Path | None  # the checkpoint to load; None for random weights
    encoder: Encoder


@dataclasses.dataclass(frozen=True)
class Plan:
    """One training run. Made by `make_plan`, printed by `text`, carried out by `loop.train`."""

    folder: Path  # the model folder
    source: str  # where the images come from
    dataset: Dataset  # without the images that are held out
    start: Start
    header: Header  # the header of this run's checkpoints, as training starts
    length: Length
    paraphrases: int  # of each caption, as many as there is room for
    save_every: int | None  # steps between checkpoints; None: every `loop.SAVE_SECONDS`
    overwrite: bool  # delete the folder's old checkpoints as soon as there is a new one

    @property
    def batch_size(self) -> int:
        """Images per step, at most as many as there are."""
        return min(self.header.train.batch_size, len(self.dataset))

    @property
    def last_step(self) -> int | None:
        """The step to stop at; None if the time decides."""
        header = self.header
        return self.length.last_step(header.step, header.images, len(self.dataset), self.batch_size)

    @property
    def is_done(self) -> bool:
        """Whether no step is left to make."""
        return self.last_step is not None and self.last_step <= self.header.step

    def text(self) -> str:
        """Return the plan for people, in aligned lines."""
        header, config, encoder = self.header, self.header.train, self.start.encoder
        lines = [f"data      {self.source}", self.dataset.summary.text()]
        lines.append(f"words     {_unknown_words(self.dataset, encoder)}")
        lines.append(f"encoder   {encoder.directory}, vectors of {encoder.dim} numbers")
        if header.held_out:
            lines.append(f"held out  {', '.join(header.held_out)}")
        lines.append(f"model     {self.folder}, {self._origin()}")
        before = self.start.header.data
        if not header.data.startswith(before):  # older models lack the last part
            lines.append(
                f"          It was trained on other data so far: {before}. "
                "To start anew, name another --model."
            )
        lines.append(f"network   {_fields(header.model)}")
        lines.append(f"training  {_fields(config)}")
        if self.batch_size < config.batch_size:
            images = counted(self.batch_size, "image")
            lines.append(f"          The batch size is {images}, because there are no more.")
        lines.append(f"captions  {describe_paraphrases(self.paraphrases, config.paraphrases)}")
        length = self.length.text(header.step, header.images, len(self.dataset), self.batch_size)
        return "\n".join([*lines, f"length    {length}"])

    def _origin(self) -> str:
        if self.start.weights is None:
            return "new, from random weights"
        if self.start.weights.parent == self.folder:
            return f"continues after step {self.header.step:,}"
        return f"new, from the weights in {self.start.weights}"


def choose_start(options: argparse.Namespace, folder: Path) -> Start:
    """Decide where training starts.

    A model in the folder is continued. A new one starts from the weights that ship if they fit
    what the options ask for, else from random weights.

    Args:
        options: The command line.
        folder: The model folder.

    Raises:
        UsageError: The options contradict the model in the folder, or the weights they ask for.
        ProjectError: A checkpoint or the sentence encoder cannot be read, or is not found.
    """
    newest = None if options.overwrite else checkpoint.latest(folder)
    return _resume(options, folder, newest) if newest else _begin(options)


def _resume(options: argparse.Namespace, folder: Path, newest: Path) -> Start:
    header = checkpoint.read_header(newest)
    for flag, asked, found in (
        ("--recipe", options.recipe, header.model.recipe),
        ("--size", options.size, header.model.size),
        ("--width", options.width, header.model.width),
    ):
        if asked not in (None, found):
            raise UsageError(
                f"{flag} {asked}: the model in {folder} has {found}, and that cannot change. "
                f"Leave {flag} out, or start another model with --model DIR."
            )
    return Start(header, newest, checkpoint.matching_encoder(newest, header, options.encoder))


def _begin(options: argparse.Namespace) -> Start:
    weights = None if options.init == "scratch" else checkpoint.latest(PRETRAINED)
    shipped = checkpoint.read_header(weights) if weights else None
    recipe, size = options.recipe or DEFAULT, options.size or DEFAULT_SIZE
    config = DEFAULTS[recipe].train
    asked = load_encoder(options.encoder) if options.encoder else None
    if weights and shipped:
        encoder = asked or checkpoint.matching_encoder(weights, shipped)
        wanted = {"recipe": recipe, "size": size, "encoder": encoder.fingerprint}
        wanted["width"] = options.width or shipped.model.width
        if wanted.items() <= dataclasses.asdict(shipped.model).items():
            origin = f"pretrained, step {shipped.step}"
            header = Header(shipped.model, config, origin=origin, shown=shipped.shown)
            return Start(header, weights, encoder)
    if options.init == "pretrained":
        raise UsageError(
            "--init pretrained needs the recipe, size, width and encoder of the model that ships. "
            "Leave --recipe, --size, --width and --encoder out, or use --init scratch."
        )
    encoder = asked or load_encoder(TEXT_ENCODER)
    model = ModelConfig.of_recipe(recipe, encoder.dim, encoder.fingerprint, size=size)
    model = dataclasses.replace(model, width=options.width or model.width)
    return Start(Header(model, config), None, encoder)


def make_plan(
    options: argparse.Namespace, folder: Path, source: str, start: Start, dataset: Dataset
) -> Plan:
    """Settle a training run.

    Args:
        options: The command line.
        folder: The model folder.
        source: Where the images come from.
        start: From `choose_start`.
        dataset: The images found there, nothing held out yet.

    Raises:
        UsageError: `--hold-out` contradicts the weights training starts from, or leaves too
            little to learn from.
    """
    header = start.header
    config = dataclasses.replace(
        header.train,
        batch_size=options.batch_size or header.train.batch_size,
        seed=header.train.seed if options.seed is None else options.seed,
        paraphrases=(
            header.train.paraphrases if options.paraphrase is None else options.paraphrase
        ),
        attributes=header.train.attributes and not options.no_attributes,
    )
    held_out = _held_out(options.hold_out, start, dataset, config.seed)
    dataset = hold_out(dataset, held_out)
    # Checkpoints store this text; the last part changes whenever an image or a tag does.
    data = f"{source}, {len(dataset):,} pictures, {dataset.folder.name[-6:]}"
    length = Length(options.steps, options.epochs, options.minutes)
    return Plan(
        folder=folder,
        source=source,
        dataset=dataset,
        start=start,
        header=dataclasses.replace(header, train=config, data=data, held_out=held_out),
        length=Length(epochs=EPOCHS) if length == Length() else length,
        paraphrases=count_paraphrases(len(dataset.captions), start.encoder.dim, config.paraphrases),
        save_every=options.save_every,
        overwrite=options.overwrite,
    )


def with_record(plan: Plan, vectors: np.ndarray) -> Plan:
    """Return a plan whose header records what the model is shown, if the encoder can tell.

    Args:
        plan: The plan.
        vectors: (M, P, D) sentence vectors, from `dataset.vectors.encode_captions`.
    """
    probe, dataset = plan.start.encoder.probe, plan.dataset
    shown: dict[str, int] = {}
    if probe:
        stated = read_captions(dataset, vectors, probe)[:, 0]
        images = np.bincount(dataset.caption_ids, minlength=len(vectors))
        counts = count_shown(probe.facts, stated, images)
        shown = keep_former(counts, plan.header.shown)
    return dataclasses.replace(plan, header=dataclasses.replace(plan.header, shown=shown))


def _held_out(count: int | None, start: Start, dataset: Dataset, seed: int) -> tuple[str, ...]:
    """Return the captions to hold out: the model's own, or a random choice for a new model."""
    held_out = start.header.held_out
    if not count:
        return held_out
    if start.weights is None:
        captions = sorted(dataset.captions)
        return tuple(random.Random(seed).sample(captions, min(count, len(captions))))
    if count != len(held_out):
        raise UsageError(
            f"--hold-out {count}: training would start from weights that were trained with "
            f"{counted(len(held_out), 'caption')} held out. Add --init scratch and a new --model "
            "to hold out others."
        )
    return held_out


def _unknown_words(dataset: Dataset, encoder: Encoder) -> str:
    """Name the commonest words in captions that the encoder does not know."""
    counts = unknown_words(dataset, [encoder.read(caption) for caption in dataset.captions])
    words = ", ".join(f"{word} {count:,}" for word, count in counts.most_common(10))
    return f"unknown to the encoder, by images: {words}" if words else "all known to the encoder"


def _fields(config: ModelConfig | TrainConfig) -> str:
    items = dataclasses.asdict(config).items()
    return "  ".join(f"{name} {str(value)[:12]}" for name, value in items)

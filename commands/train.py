"""The three commands: settle what is to be done, say it, do it."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import functools
import random
import shlex
import sys
import textwrap
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import checkpoint
import images
import tf1_checkpoint
from cache import DESCRIBED, Dataset, load_dataset
from captions import EXAMPLES, Description, read_descriptions, usable
from checkpoint import Header
from config import (
    DEFAULT,
    DEFAULT_SIZE,
    DEFAULTS,
    PRETRAINED,
    ROOT,
    Length,
    ModelConfig,
    TrainConfig,
    UsageError,
)
from dataset import count_wordings, encode_captions, hold_out, merge_captions, told_wordings
from files import only_one, writable_folder
from litert import quiet
from skipthoughts_encoder import SHIPPED, Encoder, load_encoder
from sources import check_data, write_tags

if TYPE_CHECKING:
    from classifier import Classifier
    from generate import Sampler

OWN_MODEL = ROOT / "model" / "DCGAN"
CACHE = ROOT / "model" / "cache"
EPOCHS = 300  # of training, unless told otherwise: as in the original project
LABEL_ROWS, LABEL_COLUMNS = 40, 12  # of the sheet of pictures that the classifier captioned


def model_folder(name: str | None, default: Path) -> Path:
    """The folder that --model means."""
    if name is None:
        return default
    return PRETRAINED if name == "pretrained" else Path(name)


def generate(options: argparse.Namespace) -> None:
    """`--generate`: say what is used, then draw."""
    from generate import generate as draw

    descriptions, bad = read_descriptions(options.file) if options.file else ([], [])
    for number, text in enumerate(options.text or (), start=len(descriptions) + len(bad) + 1):
        try:
            descriptions.append(Description(number, 0, usable(text)))
        except ValueError as error:
            raise UsageError(
                f'--text: {error}. Give a description: --text "blue hair red eyes"'
            ) from None
    output = writable_folder("-o", options.output or Path("samples"))
    sampler = trained_model(options)
    seed = random.SystemRandom().randrange(2**32) if options.seed is None else options.seed
    print(f"seed     {seed}")
    for message in bad[:EXAMPLES]:
        print(f"{message}. Not drawn")
    if len(bad) > EXAMPLES:
        print(f"{options.file}: {len(bad) - EXAMPLES:,} more lines are not drawn")
    for description, how in zip(descriptions, readings(sampler.encoder, descriptions), strict=True):
        if description.line:
            where = f"{options.file} line {description.line}"
        else:
            where = f"--text {textwrap.shorten(description.text, 60, placeholder='…')!r}"
        if how:
            print(f"{where}: {how}")
    number = options.number or 1
    draw(sampler, descriptions, number, seed, output, options.format or "jpg", options.grid)
    print(f"{len(descriptions) * number:,} pictures in {output}/")


def trained_model(options: argparse.Namespace) -> Sampler:
    """The model that is to draw, opened; says which it is."""
    from generate import Sampler

    folder = model_folder(options.model, OWN_MODEL)
    if not (options.model or checkpoint.latest(folder) or tf1_checkpoint.find(folder)):
        folder = PRETRAINED
    adopt(folder, options.encoder)
    path = checkpoint.latest(folder)
    if path is None:
        raise UsageError(
            f"--model {folder}: there is no model in it. Leave --model out for the one that ships, "
            "or train one: --train --model DIR"
        )
    header = checkpoint.read_header(path)
    encoder = checkpoint.encoder_of(path, header, options.encoder)  # not quietly: it has a bar
    with quiet():
        sampler = Sampler(path, header, encoder)
    print(f"model    {sampler.path}, step {sampler.header.step:,}")
    print(f"encoder  {sampler.encoder.directory}")
    if options.encoder and options.encoder.resolve() != sampler.encoder.directory.resolve():
        print(f"         with which the model was trained, unlike that in {options.encoder}")
    return sampler


def adopt(folder: Path, encoder: Path | None) -> None:
    """Turn a TensorFlow 1 checkpoint into one of ours, where a folder holds nothing else."""
    found = None if checkpoint.latest(folder) else tf1_checkpoint.find(folder)
    if found is None:
        return
    print(f"model    {found}, of the program of 2017, is converted, once")
    with quiet():
        import train  # noqa: F401  (with TensorFlow, which is what makes notes)
    unused = tf1_checkpoint.convert(found, encoder)  # not quietly: an encoder has a bar
    if unused:
        print(f"         arrays in it that are not used: {', '.join(unused)}")


def evaluate(options: argparse.Namespace) -> None:
    """`--evaluate`: measure a model, print the figures, write them and sheets."""
    from evaluate import evaluate as measure
    from evaluate import table

    if options.tags and not options.data:
        raise UsageError("--tags goes with --data: name the pictures as well.")
    output = writable_folder("-o", options.output or Path("evaluation"))
    if options.data:
        check_data(options.data, options.tags)
    sampler = trained_model(options)
    data = None
    if options.data:
        size = sampler.header.model.size
        data = load_dataset(options.data, options.tags, size, CACHE, describe_faces)
        data = hold_out(data, sampler.header.held_out)
    with quiet():
        figures = measure(sampler, options.seed or 0, output, data, options.cascade)
    print(table(figures))
    print(f"evaluation.json and sheets in {output}/")


def readings(encoder: Encoder, descriptions: list[Description]) -> list[str]:
    """How each description is read; of a published encoder, only what it does not know."""
    from reading import Probe, explain

    texts = [description.text for description in descriptions]
    if encoder.spelling is not None:
        return explain(Probe(encoder), texts)
    unknown = (encoder.read(text).unknown for text in texts)
    return [f"not understood: {', '.join(words)}" if words else "" for words in unknown]


def settle(options: argparse.Namespace, folder: Path) -> tuple[Header, Path | None, Encoder]:
    """What to train, from which checkpoint (None: random weights), with which sentence encoder.

    A model in the folder is gone on with; a new one begins with the weights that ship where
    they fit what is asked for.
    """
    if not options.overwrite:
        adopt(folder, options.encoder)
    if not options.overwrite and (resumed := checkpoint.latest(folder)):
        header = checkpoint.read_header(resumed)
        for flag, asked, has in (
            ("--recipe", options.recipe, header.model.recipe),
            ("--size", options.size, header.model.size),
            ("--width", options.width, header.model.width),
        ):
            if asked not in (None, has):
                raise UsageError(
                    f"{flag} {asked}: the model in {folder} has {has}, and that cannot change. "
                    f"Leave {flag} out, or begin another model: --model DIR"
                )
        return header, resumed, checkpoint.encoder_of(resumed, header, options.encoder)

    encoder = load_encoder(options.encoder or SHIPPED)
    start = None if options.init == "scratch" else checkpoint.latest(PRETRAINED)
    shipped = checkpoint.read_header(start) if start else None
    recipe = options.recipe or DEFAULT
    width, max_channels, config = DEFAULTS[recipe]
    if shipped and shipped.model.recipe == recipe:
        width, max_channels = shipped.model.width, shipped.model.max_channels
    model = ModelConfig(
        text_dim=encoder.dim,
        encoder=encoder.fingerprint,
        recipe=recipe,
        size=options.size or DEFAULT_SIZE,
        width=options.width or width,
        max_channels=max_channels,
    )
    if shipped and shipped.model == model:
        return Header(model, config, origin=f"pretrained, step {shipped.step}"), start, encoder
    if options.init == "pretrained":
        raise UsageError(
            "--init pretrained needs the recipe, size, width and encoder of the model that ships: "
            "leave --recipe, --size, --width and --encoder out, or use --init scratch."
        )
    return Header(model, config), None, encoder


def train(options: argparse.Namespace) -> None:
    """`--train`: settle what is to be done, say it, then do it."""
    folder = model_folder(options.model, OWN_MODEL)
    path = options.data or ROOT / "faces"
    check_paths(options, folder, path)
    with contextlib.nullcontext() if options.dry_run else only_one(folder):
        _train(options, folder, path)


def _train(options: argparse.Namespace, folder: Path, path: Path) -> None:
    header, start, encoder = settle(options, folder)
    data = load_dataset(path, options.tags, header.model.size, CACHE, describe_faces)
    show_labels(data, path, folder, options)
    config = dataclasses.replace(
        header.train,
        batch_size=options.batch_size or header.train.batch_size,
        seed=header.train.seed if options.seed is None else options.seed,
        paraphrases=(
            header.train.paraphrases if options.paraphrase is None else options.paraphrase
        ),
    )
    held_out = header.held_out
    if options.hold_out and start and options.hold_out != len(held_out):
        raise UsageError(
            f"--hold-out {options.hold_out}: these weights were trained with {len(held_out)} "
            "captions held out. For a new model add --init scratch, and another --model."
        )
    if options.hold_out and not start:
        some = sorted(data.captions)
        held_out = tuple(random.Random(config.seed).sample(some, min(options.hold_out, len(some))))
    data = hold_out(data, held_out)
    wordings = count_wordings(len(data.captions), encoder.dim, config.paraphrases)
    batch_size = min(config.batch_size, len(data))
    before = header.data  # empty for a new model
    # The last part is another whenever a picture or a tag is.
    about = f"{path}, {len(data):,} pictures, {data.folder.name[-6:]}"
    header = dataclasses.replace(header, train=config, data=about, held_out=held_out)
    length = Length(options.steps, options.epochs, options.minutes)
    if length == Length():
        length = Length(epochs=EPOCHS)

    print(f"data      {path}\n{data.summary.text()}")
    print(f"unknown   {unknown_words(data, encoder)}")
    print(f"encoder   {encoder.directory}, vectors of {encoder.dim} numbers")
    if held_out:
        print(f"held out  {', '.join(held_out)}")
    print(f"model     {folder}, {describe(header, start, folder)}")
    if not about.startswith(before):  # older models do not have the last part
        print(f"          which was trained on other data: {before}. Another --model begins anew.")
    print(f"network   {_fields(header.model)}")
    print(f"training  {_fields(config)}")
    if batch_size < config.batch_size:
        print(f"          {batch_size} pictures a step, for there are no more")
    print(f"wordings  {told_wordings(wordings, config.paraphrases)}")
    print(f"length    {length.text(header.step, header.pictures, len(data), batch_size)}")

    last = length.last_step(header.step, header.pictures, len(data), batch_size)
    if last is not None and last <= header.step and not options.dry_run:
        print("Nothing to do. A larger --steps or --epochs, or --minutes, trains on.")
        return

    with quiet():
        from train import Trainer  # from here on with TensorFlow
        from train import train as learn
    if options.dry_run:
        trainer = Trainer(header.model, config)
        if start:  # to see that it can be read
            trainer.restore(start)
        for network in (trainer.nets.generator, trainer.nets.discriminator):
            print(f"{network.name:<14}{network.count_params():>12,} parameters")
        return
    vectors = encode_captions(data, encoder.encode, encoder.fingerprint[:16], wordings)
    data = merge_captions(data, vectors)
    steps = options.save_every
    if learn(data, vectors, header, start, folder, length, steps, replace=options.overwrite):
        draw = ["python3", "DCGAN.py", "--generate", "-t", "description.txt"]
        draw += ["--model", str(folder)]
        if options.encoder:
            draw += ["--encoder", str(options.encoder)]
        print(f"Done. To draw: {shlex.join(draw)}")
    else:
        print(f"Stopped. To go on: {resume_command(sys.argv)}")


def describe_faces(pictures: np.ndarray) -> list[str]:
    """Captions for pictures without any, by the classifier."""
    return _classifier().describe(pictures)


@functools.cache
def _classifier() -> Classifier:
    from classifier import Classifier

    return Classifier.load()


def show_labels(data: Dataset, path: Path, folder: Path, options: argparse.Namespace) -> None:
    """Of pictures that the classifier captioned, draw a sheet, and write the tags if asked for."""
    if data.summary.tags != DESCRIBED:
        if options.write_tags:
            print(f"labels    not written: the pictures have tags, {data.summary.tags}")
        return
    if options.dry_run:
        print("labels    a dry run draws no sheet of what the classifier took the pictures for")
    else:
        sheet = []
        for row in np.argsort(-np.bincount(data.caption_ids), kind="stable")[:LABEL_ROWS]:
            some = np.flatnonzero(data.caption_ids == row)[:LABEL_COLUMNS]
            sheet.append((data.captions[row], data.read(some)))
        images.save(images.labelled_grid(sheet), folder / "labels.png", "png", {})
        print(
            f"labels    {folder / 'labels.png'} shows what the classifier took the pictures for: "
            f"up to {LABEL_COLUMNS} of each of the {len(sheet)} commonest captions"
        )
    if options.write_tags and not options.dry_run:
        target = (path if path.is_dir() else path.parent) / "tags.csv"
        texts = (data.captions[row] for row in data.caption_ids)
        left = write_tags(target, dict(zip(data.names, texts, strict=True)))
        print(f"labels    written to {target}, which is read from now on: mend what is wrong")
        if left:
            print(f"          but for {len(left):,} names that no table can hold: {left[0]!r}, …")


def check_paths(options: argparse.Namespace, folder: Path, data: Path) -> None:
    """Refuse what cannot work before anything takes time."""
    if folder.resolve() == PRETRAINED:
        raise UsageError(
            "--model pretrained ships with the program and is not written to. Name another "
            "folder: a model begun there starts from the pretrained weights."
        )
    has_model = checkpoint.saves(folder) or tf1_checkpoint.find(folder)
    if options.init == "scratch" and has_model and not options.overwrite:
        raise UsageError(
            f"--init scratch would replace the model in {folder}. Leave --init out to go on with "
            "that model, name another --model, or add --overwrite to lose it."
        )
    check_data(data, options.tags)
    if data.resolve() in (folder.resolve(), *folder.resolve().parents):
        raise UsageError(
            f"--model {folder} lies in --data {data}, and the sheets that training draws would be "
            "learnt from. Name a folder beside it: --model DIR"
        )
    if not options.dry_run:
        for name in ("", checkpoint.BEST, "grids", "logs"):
            writable_folder("--model", folder / name)
    for name in (".lock", "log.jsonl"):
        if (file := folder / name).exists() and not file.is_file():
            raise UsageError(f"--model {folder}: its {name} is no file. Remove that.")


def resume_command(arguments: list[str]) -> str:
    """The command that goes on with what `arguments` began: the same, but for how to begin."""
    kept = [a for a in arguments if a != "--overwrite" and not a.startswith("--init=")]
    if "--init" in kept:
        at = kept.index("--init")
        del kept[at : at + 2]
    return shlex.join(["python3", *kept])


def unknown_words(data: Dataset, encoder: Encoder) -> str:
    """The commonest words of the captions that the encoder does not know, and their pictures."""
    pictures = np.bincount(data.caption_ids, minlength=len(data.captions))
    counts = Counter()
    for caption, count in zip(data.captions, pictures, strict=True):
        counts.update(dict.fromkeys(encoder.read(caption).unknown, int(count)))
    words = ", ".join(f"{word} {count:,}" for word, count in counts.most_common(10))
    return f"words to the encoder, by pictures: {words}" if words else "no word to the encoder"


def describe(header: Header, start: Path | None, folder: Path) -> str:
    """Where training begins, for people."""
    if start is None:
        return "new, from random weights"
    if start.parent == folder:
        return f"goes on after step {header.step:,}"
    return f"new, from the weights of {start}"


def _fields(config: ModelConfig | TrainConfig) -> str:
    items = dataclasses.asdict(config).items()
    return "  ".join(f"{name} {str(value)[:12]}" for name, value in items)

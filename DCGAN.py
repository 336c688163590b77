"""Anime faces from text: train a conditional DCGAN on tagged pictures, draw faces with it."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import os
import random
import re
import shlex
import sys
import tempfile
import textwrap
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import checkpoint
import images
from captions import MAX_LENGTH, Description, clean, read_descriptions
from checkpoint import Header
from config import (
    DEFAULT_SIZE,
    PRETRAINED,
    ROOT,
    Length,
    ModelConfig,
    ProjectError,
    TrainConfig,
    UsageError,
)
from dataset import (
    POOL_BYTES,
    Dataset,
    count_wordings,
    encode_captions,
    load_dataset,
    merge_captions,
)
from skipthoughts_encoder import FILES, SHIPPED, Encoder, find_encoder, load_encoder

EPOCHS = 300  # as in the original project
OWN_MODEL = ROOT / "model" / "DCGAN"
CACHE = ROOT / "model" / "cache"


def positive(text: str) -> int:
    """An argparse type: a whole number that counts something."""
    try:
        value = int(text)
    except ValueError:
        value = 0
    if not 1 <= value <= 10**9:
        raise argparse.ArgumentTypeError(f"must be a whole number, 1 to 10^9. Received: {text}")
    return value


def seed_number(text: str) -> int:
    """An argparse type: what seeds a random number generator, TensorFlow's included."""
    if not re.fullmatch("[0-9]{1,10}", text) or int(text) >= 2**32:
        raise argparse.ArgumentTypeError(
            f"must be a whole number from 0 to 2^32 - 1. Received: {text}"
        )
    return int(text)


def wording_number(text: str) -> int:
    """An argparse type: how many wordings of a caption, 0 for none but its own."""
    if not re.fullmatch("[0-9]{1,4}", text) or int(text) > 1000:
        raise argparse.ArgumentTypeError(f"must be a whole number from 0 to 1000. Received: {text}")
    return int(text)


def minutes(text: str) -> float:
    """An argparse type: a number above 0."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e7:
        raise argparse.ArgumentTypeError(f"must be a number above 0. Received: {text}")
    return value


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="DCGAN.py", description=__doc__, allow_abbrev=False, argument_default=None
    )
    mode = parser.add_mutually_exclusive_group(required=True)
    mode.add_argument("--train", action="store_true", help="learn from tagged pictures")
    mode.add_argument("--generate", action="store_true", help="draw faces for descriptions")

    both = parser.add_argument_group("both")
    both.add_argument(
        "--model",
        metavar="DIR",
        help="model folder; 'pretrained' is the one that ships. Default: model/DCGAN, and for "
        "--generate the one that ships where that holds none",
    )
    both.add_argument(
        "--encoder",
        type=Path,
        metavar="DIR",
        help="folder of a skip-thoughts model. Default: the one the model was trained with; for "
        "a new model model/text-encoder",
    )
    both.add_argument(
        "--seed",
        type=seed_number,
        metavar="N",
        help="same seed, same result. Default: 0 for --train, random for --generate",
    )

    train = parser.add_argument_group("--train")
    add = train.add_argument
    add("--data", type=Path, metavar="PATH", help="folder or .zip of pictures. Default: faces")
    add("--tags", type=Path, metavar="FILE", help="their descriptions. Default: found beside them")
    add(
        "--init",
        choices=("pretrained", "scratch"),
        help="how a new model begins. Default: pretrained where size, width and encoder are its",
    )
    add("--overwrite", action="store_true", help="let --init replace the model in the folder")
    length = train.add_mutually_exclusive_group()
    length.add_argument("--steps", type=positive, metavar="N", help="stop when N steps are made")
    length.add_argument(
        "--epochs",
        type=positive,
        metavar="N",
        help=f"stop when every picture was seen N times. Default: {EPOCHS}",
    )
    length.add_argument("--minutes", type=minutes, metavar="M", help="stop after M minutes")
    add("--batch-size", type=positive, metavar="N", help="pictures a step. Default: 64")
    add(
        "--size",
        type=positive,
        metavar="N",
        help="side of the pictures in px, a multiple of 16 from 32 to 256. Default: "
        f"{DEFAULT_SIZE}",
    )
    add(
        "--width",
        type=positive,
        metavar="N",
        help="channels of the largest maps, 4 to 256; more are better and slower. Default: 32",
    )
    add(
        "--paraphrase",
        type=wording_number,
        metavar="N",
        help="wordings of each description to learn from; 0 takes it as it stands. Default: "
        f"{TrainConfig.paraphrases}",
    )
    add("--save-every", type=positive, metavar="N", help="steps between saves. Default: 5 minutes")
    add("--dry-run", action="store_true", help="say what would be done, and train nothing")

    generate = parser.add_argument_group("--generate")
    add = generate.add_argument
    add("-t", "--file", type=Path, metavar="FILE", help="descriptions, a line each: id,text")
    add("--text", action="append", metavar="TEXT", help="a description; may be given often")
    add("-n", "--number", type=positive, metavar="N", help="pictures a description. Default: 1")
    add("-o", "--output", type=Path, metavar="DIR", help="where to write. Default: samples")
    add("--format", choices=images.FORMATS, help="of the pictures. Default: jpg")
    add("--grid", action="store_true", help="also write grid.png, one sheet of all")
    return parser


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line; exits with code 2 where it is wrong.

    Args:
        arguments: what follows the program's name; None takes them from the process.
    """
    command = parser()
    options = command.parse_args(arguments)
    mode, other = ("--train", "--generate") if options.train else ("--generate", "--train")
    for group in command._action_groups:
        for action in group._group_actions if group.title == other else ():
            if getattr(options, action.dest) != action.default:
                command.error(f"{action.option_strings[0]} goes with {other}, not with {mode}")
    if options.generate and not (options.file or options.text):
        command.error('--generate needs descriptions: -t FILE or --text "blue hair red eyes"')
    return options


def model_folder(name: str | None, default: Path) -> Path:
    """The folder that --model means."""
    if name is None:
        return default
    return PRETRAINED if name == "pretrained" else Path(name)


def run_generate(options: argparse.Namespace) -> None:
    """`--generate`: say what is used, then draw."""
    from generate import Sampler, generate

    descriptions = read_descriptions(options.file) if options.file else []
    for text in options.text or ():
        text = clean(text)
        if not text:
            raise UsageError('--text is empty. Give a description: --text "blue hair red eyes"')
        if len(text) > MAX_LENGTH:
            raise UsageError(f"--text is longer than {MAX_LENGTH:,} characters.")
        descriptions.append(Description(len(descriptions) + 1, 0, text))
    default = OWN_MODEL if checkpoint.latest(OWN_MODEL) else PRETRAINED
    folder = model_folder(options.model, default)
    if checkpoint.latest(folder) is None:
        raise UsageError(
            f"--model {folder}: there is no model in it. Leave --model out for the one that ships, "
            "or train one: --train --model DIR"
        )

    with quiet():
        sampler = Sampler.load(folder, options.encoder)
    seed = random.SystemRandom().randrange(2**32) if options.seed is None else options.seed
    output = options.output or Path("samples")
    print(f"model    {sampler.path}, step {sampler.header.step:,}")
    print(f"encoder  {sampler.encoder.directory}")
    if options.encoder and options.encoder.resolve() != sampler.encoder.directory.resolve():
        print(f"         with which the model was trained, unlike that in {options.encoder}")
    print(f"seed     {seed}")
    for description, how in zip(descriptions, readings(sampler.encoder, descriptions), strict=True):
        if description.line:
            where = f"{options.file} line {description.line}"
        else:
            where = f"--text {textwrap.shorten(description.text, 60, placeholder='…')!r}"
        if how:
            print(f"{where}: {how}")
    number = options.number or 1
    generate(sampler, descriptions, number, seed, output, options.format or "jpg", options.grid)
    print(f"{len(descriptions) * number:,} pictures in {output}/")


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
    resumed = None if options.overwrite else checkpoint.latest(folder)
    if resumed:
        header = checkpoint.read_header(resumed)
        for flag, asked, has in (
            ("--size", options.size, header.model.size),
            ("--width", options.width, header.model.width),
        ):
            if asked not in (None, has):
                raise UsageError(
                    f"{flag} {asked}: the model in {folder} has {has}, and that cannot change. "
                    f"Leave {flag} out, or begin another model: --model DIR"
                )
        return header, resumed, find_encoder(header.model.encoder, options.encoder)

    encoder = load_encoder(options.encoder or SHIPPED)
    start = None if options.init == "scratch" else checkpoint.latest(PRETRAINED)
    shipped = checkpoint.read_header(start) if start else None
    model = ModelConfig(
        text_dim=encoder.dim,
        encoder=encoder.fingerprint,
        size=options.size or DEFAULT_SIZE,
        width=options.width or (shipped.model.width if shipped else ModelConfig.width),
    )
    if shipped and shipped.model == model:
        return (
            Header(model, TrainConfig(), origin=f"pretrained, step {shipped.step}"),
            start,
            encoder,
        )
    if options.init == "pretrained":
        raise UsageError(
            "--init pretrained needs the size, width and encoder of the model that ships: leave "
            "--size, --width and --encoder out, or use --init scratch."
        )
    return Header(model, TrainConfig()), None, encoder


def run_train(options: argparse.Namespace) -> None:
    """`--train`: settle what is to be done, say it, then do it."""
    folder = model_folder(options.model, OWN_MODEL)
    path = options.data or ROOT / "faces"
    check_paths(options, folder, path)
    header, start, encoder = settle(options, folder)
    data = load_dataset(path, options.tags, header.model.size, CACHE)
    config = dataclasses.replace(
        header.train,
        batch_size=options.batch_size or header.train.batch_size,
        seed=header.train.seed if options.seed is None else options.seed,
        paraphrases=(
            header.train.paraphrases if options.paraphrase is None else options.paraphrase
        ),
    )
    wordings = count_wordings(len(data.captions), encoder.dim, config.paraphrases)
    batch_size = min(config.batch_size, len(data))
    before = header.data  # empty for a new model
    header = dataclasses.replace(header, train=config, data=f"{path}, {len(data):,} pictures")
    length = Length(options.steps, options.epochs, options.minutes)
    if length == Length():
        length = Length(epochs=EPOCHS)

    print(f"data      {path}\n{data.summary.text()}")
    print(f"unknown   {unknown_words(data, encoder)}")
    print(f"encoder   {encoder.directory}, vectors of {encoder.dim} numbers")
    print(f"model     {folder}, {describe(header, start, folder)}")
    if before not in ("", header.data):
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
        from train import Trainer, train  # from here on with TensorFlow
    if options.dry_run:
        trainer = Trainer(header.model, config)
        for network in (trainer.nets.generator, trainer.nets.discriminator):
            print(f"{network.name:<14}{network.count_params():>12,} parameters")
        return
    vectors = encode_captions(data, encoder.encode, encoder.fingerprint[:16], wordings)
    data = merge_captions(data, vectors)
    steps = options.save_every
    if train(data, vectors, header, start, folder, length, steps, replace=options.overwrite):
        draw = ["python3", "DCGAN.py", "--generate", "-t", "description.txt"]
        draw += ["--model", str(folder)]
        if options.encoder:
            draw += ["--encoder", str(options.encoder)]
        print(f"Done. To draw: {shlex.join(draw)}")
    else:
        print(f"Stopped. To go on: {resume_command(sys.argv)}")


def check_paths(options: argparse.Namespace, folder: Path, data: Path) -> None:
    """Refuse what cannot work before anything takes time."""
    if folder.resolve() == PRETRAINED:
        raise UsageError(
            "--model pretrained ships with the program and is not written to. Name another "
            "folder: a model begun there starts from the pretrained weights."
        )
    if options.init == "scratch" and checkpoint.saves(folder) and not options.overwrite:
        raise UsageError(
            f"--init scratch would replace the model in {folder}. Leave --init out to go on with "
            "that model, name another --model, or add --overwrite to lose it."
        )
    for flag, path in (("--data", data), ("--tags", options.tags)):
        if path is not None and not path.exists():
            raise UsageError(f"{flag} {path}: there is no such file or folder.")
    if not options.dry_run:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            message = f"--model must be a folder that can be written to. Received: {folder}"
            raise UsageError(f"{message} ({error.strerror})") from error


def resume_command(arguments: list[str]) -> str:
    """The command that goes on with what `arguments` began: the same, but for how to begin."""
    kept = [a for a in arguments if a != "--overwrite" and not a.startswith("--init=")]
    if "--init" in kept:
        at = kept.index("--init")
        del kept[at : at + 2]
    return shlex.join(["python3", *kept])


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Holds back what libraries print while they load; shown only if that fails.

    TensorFlow's notes on its own build come before it reads its log level; LiteRT has none.
    """
    with tempfile.TemporaryFile() as notes:
        sys.stderr.flush()
        stderr = os.dup(2)
        os.dup2(notes.fileno(), 2)
        try:
            yield
        except BaseException:
            notes.seek(0)
            os.write(stderr, notes.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)


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


def told_wordings(count: int, wanted: int) -> str:
    """How many wordings of a caption are drawn from, for people."""
    told = f"{count:,} of each caption" if count > 1 else "each caption as it stands"
    if count < wanted:
        told += f", for {wanted:,} would take more than {POOL_BYTES // 10**6} MB"
    return told


def _fields(config: ModelConfig | TrainConfig) -> str:
    items = dataclasses.asdict(config).items()
    return "  ".join(f"{name} {str(value)[:12]}" for name, value in items)


def main(arguments: list[str] | None = None) -> int:
    """Run a command line.

    Returns:
        0: done; 1: the run failed; 2: wrong use.
    """
    options = parse(arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # descriptions may hold what a terminal cannot show
            stream.reconfigure(errors="backslashreplace")
    try:
        if options.encoder and not (options.encoder / FILES[0]).is_file():
            raise UsageError(f"--encoder {options.encoder}: there is no {FILES[0]} in it.")
        if options.train:
            run_train(options)
        else:
            run_generate(options)
    except ProjectError as error:
        message, code = str(error), error.exit_code
    except KeyboardInterrupt:
        message, code = "stopped", 1
    except OSError as error:  # a disk that is full or gone, a right that was taken away
        message, code = f"{error.filename or 'a file'}: {error.strerror or error}", 1
    else:
        return 0
    print(f"{parser().prog}: error: {message}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())

"""Anime faces from text: train a conditional DCGAN on tagged pictures, draw with it, measure it."""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import signal
import sys
from pathlib import Path
from typing import Any, TextIO

import commands
import images
from captions import printable
from config import DEFAULT_SIZE, DEFAULTS, ProjectError, TrainConfig, UsageError
from skipthoughts_encoder import missing_files
from summary import shorten


def positive(text: str) -> int:
    """An argparse type: a whole number that counts something."""
    try:
        value = int(text)
    except ValueError:
        value = 0
    if not 1 <= value <= 10**9:
        raise argparse.ArgumentTypeError(f"must be a whole number, 1 to 10^9. Received: {text}")
    return value


def named(text: str) -> str:
    """An argparse type: a name that is one, for an empty path would be the current folder."""
    if not text.strip():
        raise argparse.ArgumentTypeError("must not be empty. The current folder is .")
    try:
        Path(text).exists()
    except OSError as error:  # what no disk can hold
        raise argparse.ArgumentTypeError(f"{error.strerror}: {shorten(text)}") from None
    return text


def path(text: str) -> Path:
    """An argparse type: where something is."""
    return Path(named(text))


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
    """An argparse type: a time to train."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e7:
        raise argparse.ArgumentTypeError(
            f"must be a number above 0 and below 10^7. Received: {text}"
        )
    return value


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="DCGAN.py", description=__doc__, allow_abbrev=False, argument_default=None
    )
    mode = parser.add_mutually_exclusive_group(required=True)
    mode.add_argument("--train", action="store_true", help="learn from tagged pictures")
    mode.add_argument("--generate", action="store_true", help="draw faces for descriptions")
    mode.add_argument("--evaluate", action="store_true", help="measure a model and draw sheets")

    all_modes = parser.add_argument_group("all")
    all_modes.add_argument(
        "--model",
        type=named,
        metavar="DIR",
        help="model folder; 'pretrained' is the one that ships. Default: model/DCGAN, and the one "
        "that ships where that holds none, but for --train",
    )
    all_modes.add_argument(
        "--encoder",
        type=path,
        metavar="DIR",
        help="folder of a skip-thoughts model. Default: the one the model was trained with; for "
        "a new model model/text-encoder",
    )
    all_modes.add_argument(
        "--seed",
        type=seed_number,
        metavar="N",
        help="same seed, same result. Default: 0, but random for --generate",
    )

    add = parser.add_argument_group("--train, --evaluate").add_argument
    add(
        "--data",
        type=path,
        metavar="PATH",
        help="folder or .zip of pictures. Default: faces; to --evaluate is what the model was "
        "trained on, to look for faces that it copied",
    )
    add("--tags", type=path, metavar="FILE", help="their descriptions. Default: found beside them")

    train = parser.add_argument_group("--train")
    add = train.add_argument
    add(
        "--init",
        choices=("pretrained", "scratch"),
        help="how a new model begins. Default: pretrained where recipe, size, width, encoder fit",
    )
    add(
        "--overwrite",
        action="store_true",
        help="begin a new model in place of the one in the folder, which is lost",
    )
    length = train.add_mutually_exclusive_group()
    length.add_argument("--steps", type=positive, metavar="N", help="stop when N steps are made")
    length.add_argument(
        "--epochs",
        type=positive,
        metavar="N",
        help=f"stop when every picture was seen N times. Default: {commands.EPOCHS}",
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
        "--recipe",
        choices=DEFAULTS,
        help="networks and losses of a new model; 'original' is that of 2017. Default: default",
    )
    add(
        "--width",
        type=positive,
        metavar="N",
        help="channels of the largest maps, 4 to 256; more are better and slower. Default: "
        + ", ".join(f"{defaults.width} ({name})" for name, defaults in DEFAULTS.items()),
    )
    add(
        "--paraphrase",
        type=wording_number,
        metavar="N",
        help="wordings of each description to learn from; 0 takes it as it stands. Default: "
        f"{TrainConfig.paraphrases}",
    )
    add(
        "--hold-out",
        type=positive,
        metavar="K",
        help="keep K captions, chosen at random, out of a new model's training, to see how they "
        "are drawn; goes with --init scratch",
    )
    add(
        "--write-tags",
        action="store_true",
        help="of pictures without tags, write the colours that the classifier sees to tags.csv",
    )
    add("--save-every", type=positive, metavar="N", help="steps between saves. Default: 5 minutes")
    add("--dry-run", action="store_true", help="say what would be done, and train nothing")

    add = parser.add_argument_group("--generate").add_argument
    add("-t", "--file", type=path, metavar="FILE", help="descriptions, a line each: id,text")
    add("--text", action="append", metavar="TEXT", help="a description; may be given often")
    add("-n", "--number", type=positive, metavar="N", help="pictures a description. Default: 1")
    add("--format", choices=images.FORMATS, help="of the pictures. Default: jpg")
    add("--grid", action="store_true", help="also write grid.png, one sheet of all")

    add = parser.add_argument_group("--generate, --evaluate").add_argument
    add(
        "-o",
        "--output",
        type=path,
        metavar="DIR",
        help="where to write. Default: samples; for --evaluate evaluation",
    )

    add = parser.add_argument_group("--evaluate").add_argument
    add("--cascade", type=path, metavar="FILE", help="face detector of OpenCV, to use as well")
    return parser


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line; exits with code 2 where it is wrong.

    Args:
        arguments: what follows the program's name; None takes them from the process.
    """
    command = parser()
    options = command.parse_args(arguments)
    mode = next(f"--{name}" for name in ("train", "generate", "evaluate") if vars(options)[name])
    for group in command._action_groups:
        others = group.title.startswith("--") and mode not in group.title
        for action in group._group_actions if others else ():
            if getattr(options, action.dest) != action.default:
                command.error(
                    f"{action.option_strings[0]} goes with {group.title}, not with {mode}"
                )
    if options.generate and not (options.file or options.text):
        command.error('--generate needs descriptions: -t FILE or --text "blue hair red eyes"')
    return options


class Heard:
    """A stream that shows each line at once, and whose reader may leave: `| head`.

    What was begun is done all the same, with nobody to hear of it.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        if hasattr(stream, "reconfigure"):  # descriptions may hold what a terminal cannot show
            stream.reconfigure(errors="backslashreplace", line_buffering=True)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except OSError as error:
            silence(self._stream.fileno())  # what is buffered is written again at the end
            if isinstance(error, BrokenPipeError):
                return len(text)
            raise OSError(error.errno, error.strerror, self._stream.name) from error  # a full disk


def silence(descriptor: int) -> None:
    """Let what is written to a file descriptor, open or not, go nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    if nowhere != descriptor:
        os.dup2(nowhere, descriptor)
        os.close(nowhere)


def main(arguments: list[str] | None = None) -> int:
    """Run a command line.

    Returns:
        0: done; 1: the run failed; 2: wrong use.
    """
    for number, name in ((1, "stdout"), (2, "stderr")):
        if getattr(sys, name) is None:  # the program was started with it closed
            silence(number)
            setattr(sys, name, os.fdopen(number, "w", closefd=False))
    out, err = Heard(sys.stdout), Heard(sys.stderr)
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        return run(parse(arguments))


def run(options: argparse.Namespace) -> int:
    """Do what was asked for; returns as `main`."""
    try:
        if options.encoder and (missing := missing_files(options.encoder)):
            why = f"lacks {', '.join(missing)}" if options.encoder.is_dir() else "is no folder"
            raise UsageError(f"--encoder {options.encoder} {why}.")
        if options.train:
            commands.train(options)
        elif options.evaluate:
            commands.evaluate(options)
        else:
            commands.generate(options)
    except ProjectError as error:
        message, code = str(error), error.exit_code
    except KeyboardInterrupt:
        message, code = "stopped", 1
    except OSError as error:  # a disk that is full or gone, a right that was taken away
        where = error.filename or "a file or the current folder"
        message, code = f"{where}: {error.strerror or error}", 1
    else:
        return 0
    lines = f"{parser().prog}: error: {message}".split("\n")
    print("\n".join(map(printable, lines)), file=sys.stderr)
    return code


if __name__ == "__main__":
    for name in ("SIGTERM", "SIGHUP"):  # like Ctrl-C, they leave nothing half-written
        number = getattr(signal, name, None)  # Windows lacks one
        if number and signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)
    sys.exit(main())

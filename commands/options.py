"""The command line: a table of every option, the modes it goes with, and what it takes.

`python3 -m commands.options` prints the table as `docs/options.md` has it.
"""

from __future__ import annotations

import argparse
import dataclasses
import keyword
import re
from collections.abc import Callable
from typing import Any, NamedTuple, NoReturn

from commands.values import export, folder, minutes, name, path, place, shard, share, whole, word
from commands.version import versions
from config import (
    DEFAULT,
    DEFAULT_SIZE,
    DEFAULTS,
    EPOCHS,
    EXPORTS,
    FILMS,
    FORMATS,
    MOST_TRIES,
    SAVE_MINUTES,
    SCALES,
    TRIES,
    TRUNCATION,
    TrainConfig,
)
from console import counted


class Mode(NamedTuple):
    """What one call of the program does."""

    help: str
    metavar: str | None = None  # of the value that its flag takes, if any
    type: Callable[[str], Any] | None = None

    def arguments(self) -> dict[str, Any]:
        """Return the keyword arguments of argparse's `add_argument`."""
        if self.type is None:
            return {"help": self.help, "action": "store_true"}
        return {"help": self.help, "metavar": self.metavar, "type": self.type}


MODES = {
    "train": Mode("learn from captioned images"),
    "generate": Mode("draw faces for descriptions"),
    "evaluate": Mode("measure a model and write sheets of its faces"),
    "check": Mode("look at images and captions, and measure the cost of training, beforehand"),
    "export": Mode(
        "write a model to a file, by its suffix: "
        + "; ".join(f"{suffix}: {told}" for suffix, told in EXPORTS.items()),
        "FILE",
        export,
    ),
    "demo": Mode("make the page of --export FILE.html, and show it in the browser"),
}
ALL = tuple(MODES)
FRAMES = 50  # of a film
UPSCALING, FILMING = "requirements-upscale.txt", "requirements-film.txt"  # optional packages
VERSION_HELP = "print the versions of this program, Python and TensorFlow"


@dataclasses.dataclass(frozen=True)
class Option:
    """One option of the command line."""

    flags: str  # separated by a space, the shorter one first
    modes: tuple[str, ...]  # it goes with; with others it is refused
    help: str
    default: str = ""  # what happens without it, for the user
    metavar: str | None = None
    type: Callable[[str], Any] | None = None  # None for a flag, or for one of `choices`
    choices: tuple[str, ...] | None = None
    repeated: bool = False
    nargs: int | None = None  # values that it takes, if not one
    excludes: str = ""  # options of one name here exclude each other
    needs: tuple[str, ...] = ()  # flags, of which one must be there as well
    without: tuple[str, ...] = ()  # flags that it does not go with

    @property
    def name(self) -> str:
        """Return its flag, the shorter one."""
        return self.flags.split()[0]

    @property
    def dest(self) -> str:
        """Return the attribute it sets. Those that are words of Python end in `_`."""
        attribute = self.flags.split()[-1].removeprefix("--").replace("-", "_")
        return f"{attribute}_" if keyword.iskeyword(attribute) else attribute

    def arguments(self) -> dict[str, Any]:
        """Return the keyword arguments of argparse's `add_argument`."""
        told = f"{self.help}. Default: {self.default}" if self.default else self.help
        arguments: dict[str, Any] = {"help": told.replace("%", "%%")}
        arguments["dest"] = self.dest
        if self.type is None and self.choices is None:
            return arguments | {"action": "store_true"}
        if self.repeated:
            arguments["action"] = "append"
        arguments |= {"type": self.type, "choices": self.choices, "metavar": self.metavar}
        if self.nargs and self.metavar:
            arguments |= {"nargs": self.nargs, "metavar": tuple(self.metavar.split())}
        return arguments


COUNT = whole(1, 10**9)
TRAIN, GENERATE, EVALUATE, DEMO = (("train",), ("generate",), ("evaluate",), ("demo",))
PLAN = ("train", "check")
SOURCES = ("-t", "--text", "--from", "--interpolate")  # of what --generate draws; it needs one
OPTIONS = (
    Option(
        "--model",
        ALL,
        "model folder; `pretrained` is the model that ships; except to train, also one checkpoint "
        "of a folder, FILE.npz, or an exported model, FILE.zip",
        "model/DCGAN, else model/LSGAN; except to train, the model that ships if neither has one",
        metavar="DIR",
        type=name,
    ),
    Option(
        "--encoder",
        ALL,
        "folder of a skip-thoughts sentence encoder",
        "the one the model was trained with; for one from random weights, model/text-encoder",
        metavar="DIR",
        type=path,
    ),
    Option(
        "--seed",
        PLAN + GENERATE + EVALUATE,
        "the same seed gives the same result",
        "0; random to generate",
        metavar="N",
        type=whole(0, 2**32 - 1),
    ),
    Option(
        "--data",
        PLAN + EVALUATE,
        "folder or .zip of images: to learn from, or to find faces copied from them; can be given "
        "several times",
        "faces; to evaluate, none",
        metavar="PATH",
        type=path,
        repeated=True,
    ),
    Option(
        "--tags",
        PLAN + EVALUATE,
        "caption file of the images",
        "found beside them",
        metavar="FILE",
        type=path,
    ),
    Option(
        "--init",
        PLAN,
        "weights that a new model starts from",
        "pretrained if recipe, size, width and encoder fit, else scratch",
        choices=("pretrained", "scratch"),
    ),
    Option("--overwrite", TRAIN, "replace the model in the folder, which is lost, by a new one"),
    Option(
        "--steps",
        PLAN,
        "stop after N training steps in all, earlier runs included",
        metavar="N",
        type=COUNT,
        excludes="length",
    ),
    Option(
        "--epochs",
        PLAN,
        "stop when every image has been seen N times in all, earlier runs included",
        str(EPOCHS),
        metavar="N",
        type=COUNT,
        excludes="length",
    ),
    Option(
        "--minutes",
        PLAN,
        "stop after M minutes of this run",
        metavar="M",
        type=minutes,
        excludes="length",
    ),
    Option(
        "--batch-size",
        PLAN,
        "images per training step",
        str(TrainConfig.batch_size),
        metavar="N",
        type=COUNT,
    ),
    Option(
        "--size",
        PLAN,
        "side of the images in px, a multiple of 16 from 32 to 256",
        str(DEFAULT_SIZE),
        metavar="N",
        type=COUNT,
    ),
    Option(
        "--recipe",
        PLAN,
        "networks and losses of a new model; `original` is that of the 2017 project",
        DEFAULT,
        choices=tuple(DEFAULTS),
    ),
    Option(
        "--width",
        PLAN,
        "channels of the largest feature maps, 4 to 256; more are better and slower",
        "that of the weights it starts from, else "
        + ", ".join(f"{numbers.width} ({recipe})" for recipe, numbers in DEFAULTS.items()),
        metavar="N",
        type=COUNT,
    ),
    Option(
        "--paraphrase",
        PLAN,
        "paraphrases of each caption to learn from; 0 takes captions as they are",
        str(TrainConfig.paraphrases),
        metavar="N",
        type=whole(0, 1000),
    ),
    Option(
        "--no-attributes",
        PLAN,
        "learn from captions as they are; else the classifier adds what it surely sees, such as "
        "`long hair`, where a caption does not tell",
    ),
    Option(
        "--hold-out",
        TRAIN,
        "keep K random captions out of a new model's training (with --init scratch); "
        "--evaluate reports how their faces turn out",
        metavar="K",
        type=COUNT,
    ),
    Option(
        "--write-tags",
        TRAIN,
        "write the colours that the classifier sees in images without captions to tags.csv",
    ),
    Option(
        "--save-every",
        TRAIN,
        "steps between checkpoints",
        counted(SAVE_MINUTES, "minute"),
        metavar="N",
        type=COUNT,
    ),
    Option("--dry-run", TRAIN, "print what would be done, and train nothing"),
    Option(
        "-t --file",
        GENERATE,
        "description file, one description a line: id,text or just text; - reads standard input",
        metavar="FILE",
        type=path,
    ),
    Option(
        "--text",
        GENERATE,
        "a description; can be given several times",
        metavar="TEXT",
        type=str,
        repeated=True,
    ),
    Option(
        "--from",
        GENERATE,
        "draw the face of an image file again, which an earlier --generate wrote; with --text, the "
        "face with this changed",
        metavar="FILE",
        type=path,
        without=("-t", "-n", "--seed", "--only", "--grid"),
    ),
    Option(
        "--vary",
        GENERATE,
        "draw one face with every value of an attribute, such as hair or eyes, and a sheet of them",
        metavar="ATTRIBUTE",
        type=word,
        without=("-n", "--grid", "--interpolate"),
    ),
    Option(
        "--interpolate",
        GENERATE,
        "make a film from one face to another: each is a description, or the file of a face",
        metavar="A B",
        type=str,
        nargs=2,
        without=("-t", "--text", "--from", "-n", "--only", "--grid"),
    ),
    Option(
        "--frames",
        GENERATE,
        "frames of the film from A to B; 25 are a second",
        str(FRAMES),
        metavar="N",
        type=whole(2, 10_000),
        needs=("--interpolate",),
    ),
    Option(
        "--loop",
        GENERATE,
        "let the film run back to A, again and again",
        needs=("--interpolate",),
    ),
    Option(
        "--scale",
        GENERATE,
        f"enlarge faces so many times; 2 and 4 need {UPSCALING}",
        "1; that of the file with --from",
        choices=tuple(map(str, SCALES)),
    ),
    Option(
        "--only",
        GENERATE,
        "draw nothing but face J of description I",
        metavar="I_J",
        type=place,
        needs=("--seed",),
        without=("-n", "--grid"),
    ),
    Option(
        "--shard",
        GENERATE,
        "draw only the I-th of N equal shares of the faces, and of these only what is not there "
        "yet: for several processes or machines, and to go on where a run stopped",
        metavar="I/N",
        type=shard,
        needs=("--seed",),
        without=("--from", "--vary", "--interpolate", "--only", "--grid"),
    ),
    Option("-n --number", GENERATE, "faces per description", "1", metavar="N", type=COUNT),
    Option(
        "--truncation",
        GENERATE + EVALUATE,
        "factor of the noise, 0 to 1: with a smaller one, fewer faces are broken, and they differ "
        "less from each other",
        f"{TRUNCATION:g}; that of the file with --from; to evaluate, 1",
        metavar="T",
        type=share,
    ),
    Option(
        "--tries",
        GENERATE,
        "times, at most, that a face is drawn, each time with other noise, until it does not seem "
        "broken",
        f"{TRIES} with the model that ships, 1 with others",
        metavar="N",
        type=whole(1, MOST_TRIES),
        without=("--from",),
    ),
    Option(
        "--format",
        GENERATE,
        f"format of images, or of a film ({', '.join(FILMS)}); mp4 needs {FILMING}",
        f"{FORMATS[0]}; that of the file with --from; {FILMS[0]} with --interpolate",
        choices=FORMATS + FILMS,
    ),
    Option(
        "--grid",
        GENERATE,
        "also write grid.png, a sheet of the faces with their numbers, the first 1,600 of 64 px",
    ),
    Option(
        "-o --output",
        GENERATE + EVALUATE + ("check",),
        "folder to write to; to generate, also FILE.tar, which goes on where it stopped",
        "samples; to evaluate, samples/evaluation; to check, samples/check",
        metavar="DIR",
        type=folder,
    ),
    Option(
        "--cascade",
        EVALUATE,
        "OpenCV face detector (.xml) to count detected faces with",
        metavar="FILE",
        type=path,
    ),
    Option(
        "--host",
        DEMO,
        "address of this computer to serve the page at; 0.0.0.0 lets others in the network see it",
        "127.0.0.1: this computer only",
        metavar="H",
        type=word,
    ),
    Option(
        "--port",
        DEMO,
        "port to serve the page at; 0 takes a free one",
        "8000",
        metavar="N",
        type=whole(0, 2**16 - 1),
    ),
    Option("--no-browser", DEMO, "print the address of the page, and open no browser"),
)


class Parser(argparse.ArgumentParser):
    """A parser that answers wrong use with one line, not with the list of all options."""

    def error(self, message: str) -> NoReturn:
        """Print what is wrong, and exit with code 2."""
        if found := re.fullmatch(r"argument (--[a-z-]+): expected .*argument.*", message):
            message += f"; write one that begins with - as {found[1]}=-VALUE"
        self.exit(2, f"{self.prog}: error: {message}\nSee --help.\n")


class ShowVersion(argparse.Action):
    """Print the versions and exit; they are looked up only then."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        """Do so when the option is met."""
        print(versions())
        parser.exit()


def parser() -> argparse.ArgumentParser:
    """Build the parser from the table."""
    parser = Parser(
        prog="DCGAN.py",
        description="Anime faces from text: train a conditional DCGAN, draw with it, measure it.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=ShowVersion, nargs=0, help=VERSION_HELP)
    modes = parser.add_mutually_exclusive_group()
    for flag, mode in MODES.items():
        modes.add_argument(f"--{flag}", **mode.arguments())
    groups: dict[Any, Any] = {}
    for option in OPTIONS:
        title = "all modes" if option.modes == ALL else ", ".join(f"--{m}" for m in option.modes)
        if title not in groups:
            groups[title] = parser.add_argument_group(title)
        place = groups[title]
        if option.excludes:
            key = title, option.excludes
            groups[key] = groups.get(key) or place.add_mutually_exclusive_group()
            place = groups[key]
        place.add_argument(*option.flags.split(), **option.arguments())
    return parser


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line, and exit with code 2 where it is wrong.

    Args:
        arguments: What follows the program's name; None takes them from the process.

    Returns:
        The options, and `mode`, one of `MODES`.
    """
    command = parser()
    options, stray = command.parse_known_args(arguments)
    if stray:
        is_text = options.generate and not stray[0].startswith("-")
        advice = ". A description goes behind --text, a file of them behind -t" if is_text else ""
        command.error(f"unrecognized arguments: {' '.join(stray)}{advice}")
    options.mode = next((mode for mode in MODES if vars(options)[mode]), "")
    if not options.mode:
        command.error(f"one of {', '.join(f'--{mode}' for mode in MODES)} is required")
    values = vars(options)
    given = [o for o in OPTIONS if values[o.dest] is not None and values[o.dest] is not False]
    for option in given:
        if options.mode not in option.modes:
            modes = " and ".join(f"--{mode}" for mode in option.modes)
            command.error(f"{option.name} goes with {modes}, not with --{options.mode}")
    names = {option.name for option in given}
    for option in given:
        if option.needs and names.isdisjoint(option.needs):
            command.error(f"{option.name} needs {' or '.join(option.needs)}")
        if unfit := next(filter(names.__contains__, option.without), None):
            command.error(f"{option.name} does not go with {unfit}")
    kind, formats = ("a film", FILMS) if options.interpolate else ("images", FORMATS)
    if options.format and options.format not in formats:
        command.error(f"--format {options.format} does not go with {kind}: {', '.join(formats)} do")
    if options.mode == "generate" and names.isdisjoint(SOURCES):
        command.error('--generate needs descriptions: -t FILE or --text "blue hair red eyes"')
    return options


def table() -> str:
    """Return the options as a page in Markdown."""
    lines = [
        "# Options of DCGAN.py",
        "",
        "Generated by `python3 -m commands.options > docs/options.md`.",
        "",
        "| option | goes with | meaning | default |",
        "|---|---|---|---|",
    ]
    for flag, mode in MODES.items():
        value = f" {mode.metavar}" if mode.metavar else ""
        lines.append(f"| `--{flag}{value}` | no other mode | {mode.help} | |")
    lines.append(f"| `--version` | nothing else | {VERSION_HELP} | |")
    for option in OPTIONS:
        value = option.metavar or ", ".join(option.choices or ())
        flags = ", ".join(
            f"`{flag} {value}`" if value else f"`{flag}`" for flag in option.flags.split()
        )
        modes = "all" if option.modes == ALL else ", ".join(f"`--{m}`" for m in option.modes)
        if option.needs:
            modes += f" with {' or '.join(f'`{name}`' for name in option.needs)}"
        if option.without:
            modes += f", not with {', '.join(f'`{name}`' for name in option.without)}"
        lines.append(f"| {flags} | {modes} | {option.help} | {option.default} |")
    lines += ["", "Exit codes: 0 done, 1 the run failed, 2 usage error.", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(), end="")

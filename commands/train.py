"""`--train`: check the paths, settle the plan, print it, carry it out."""

from __future__ import annotations

import argparse
import contextlib
import os
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import config
from checkpoints import checkpoint
from commands.labels import describe_faces, show_labels, with_attributes
from commands.models import adopt, check_encoder, has_model, trainable_folder
from config import FACES, UsageError
from console import importing, quiet, say
from dataset.faces import merge_captions
from dataset.joined import join, load_parts
from dataset.sources import check_data
from dataset.vectors import encode_captions, encode_recombined
from files.writing import lock_folder, writable_folder
from training.plan import Plan, choose_start, make_plan, with_record
from training.task import Task

if TYPE_CHECKING:
    from training.cluster import Cluster


def train(options: argparse.Namespace) -> None:
    """Train a model, or with `--dry-run` only print what would be done.

    If TF_CONFIG names several workers, this process is one of them, and the chief writes the model.

    Raises:
        KeyboardInterrupt: Ctrl-C. Its message says what is kept.
    """
    check_encoder(options.encoder)
    folder = trainable_folder(options.model)
    sources = list(dict.fromkeys(options.data or [FACES]))
    task = Task() if options.dry_run else Task.read(os.environ.get("TF_CONFIG"))
    is_chief = task.index == 0
    writes = is_chief and not options.dry_run
    _check_paths(options, folder, sources, writes)
    with contextlib.ExitStack() as stack:
        if writes:
            stack.enter_context(lock_folder(folder))
        cluster = stack.enter_context(_join(task).together()) if task.workers > 1 else None
        if is_chief and not options.overwrite:
            adopt(folder, options.encoder)
        if cluster:
            cluster.wait()  # for the chief
        start = choose_start(options, folder)
        size = start.header.model.size
        unchanged = f"No checkpoint in {folder} has changed."
        with _saying(f"Images decoded in this run are not kept. {unchanged}"):
            parts = load_parts(sources, options.tags, size, config.CACHE, describe_faces)
        with _saying(f"The decoded images are kept in {config.CACHE}. {unchanged}"):
            if is_chief:
                show_labels(parts, folder, options)
            if start.header.train.attributes and not options.no_attributes:
                parts = {s: with_attributes(part, start.encoder) for s, part in parts.items()}
            dataset = join(parts, config.CACHE)
            plan = make_plan(options, folder, ", ".join(map(str, sources)), start, dataset)
            if is_chief:
                print(plan.text())
            if options.dry_run:
                _build(plan)
            elif plan.is_done:
                print("Nothing to do. Use a larger --steps or --epochs, or --minutes, to train on.")
            else:
                _carry_out(plan, options.encoder, cluster or _join(task))


def _join(task: Task) -> Cluster:
    """Open the devices to train on, and find the other workers."""
    if task.workers > 1:
        say(f"{task}: waiting for the others: {', '.join(task.others)}")
    with importing():
        from training.cluster import Cluster
    with quiet():
        cluster = Cluster.join(task)
    if task.workers > 1:
        say(f"{task}: all are here")
    return cluster


@contextlib.contextmanager
def _saying(kept: str) -> Iterator[None]:
    """Say what is kept if Ctrl-C stops a block, unless the block itself says so."""
    try:
        yield
    except KeyboardInterrupt as stop:
        message = str(stop) or f"stopped before the first step. {kept}"
        raise KeyboardInterrupt(message) from None


def _build(plan: Plan) -> None:
    """Build the networks and read the weights, to see that both can be done."""
    with importing():
        from training.trainer import Trainer
    with quiet():
        trainer = Trainer(plan.header.model, plan.header.train)
    if plan.start.weights:
        trainer.restore(plan.start.weights)
    for network in (trainer.nets.generator, trainer.nets.discriminator):
        print(f"{network.name:<14}{network.count_params():>12,} parameters")


def _carry_out(plan: Plan, encoder_dir: Path | None, cluster: Cluster) -> None:
    """Train, then print the command that comes next."""
    with importing():
        from training import loop
    cluster.check(plan.header.model.recipe, plan.batch_size)
    if cluster.task.workers > 1:
        _check_alike(plan, cluster)
    encoder = plan.start.encoder
    name = encoder.fingerprint[:16]
    vectors = encode_captions(plan.dataset, encoder.encode, name, plan.paraphrases)
    recombined = None
    if plan.header.train.recombined:
        recombined = encode_recombined(plan.dataset, encoder.encode, name, plan.paraphrases)
    plan = with_record(plan, vectors)
    dataset = merge_captions(plan.dataset, vectors)
    done = loop.train(plan, dataset, vectors, recombined, cluster)
    if not cluster.is_chief:
        print(f"{cluster.task}: done" if done else f"{cluster.task}: stopped")
    elif done:
        command = ["python3", "DCGAN.py", "--generate", "-t", "description.txt"]
        command += ["--model", str(plan.folder)]
        if encoder_dir:
            command += ["--encoder", str(encoder_dir)]
        print(f"Done. To generate faces: {shlex.join(command)}")
    else:
        print(f"Stopped. To continue: {resume_command(sys.argv)}")


def _check_alike(plan: Plan, cluster: Cluster) -> None:
    """Check that all workers were started alike and read the same data."""
    cluster.check_alike(
        {"images or captions": plan.dataset.digest()},
        f"Copy {plan.source}, so that all workers read the same files.",
    )
    header = dict(vars(plan.header))
    model, config = vars(header.pop("model")), vars(header.pop("train"))
    del header["data"]  # names the folder as this worker has it
    saving = {"save_every": plan.save_every, "overwrite": plan.overwrite}
    cluster.check_alike(
        header | model | config | vars(plan.length) | saving,
        "Start all workers with the same command, and let --model name a folder that all of them "
        "can read.",
    )


def _check_paths(
    options: argparse.Namespace, folder: Path, sources: list[Path], writes: bool
) -> None:
    """Refuse what cannot work before anything takes time.

    Args:
        options: The command line.
        folder: The model folder.
        sources: Where the images come from.
        writes: Whether this process writes to the model folder.
    """
    if options.init == "scratch" and has_model(folder) and not options.overwrite:
        raise UsageError(
            f"--init scratch would replace the model in {folder}. Leave --init out to continue "
            "that model, name another --model, or add --overwrite to lose it."
        )
    check_data(sources, options.tags)
    for source in sources:
        if source.resolve() in (folder.resolve(), *folder.resolve().parents):
            raise UsageError(
                f"--model {folder} lies inside --data {source}, so training would learn from its "
                "own sheets of faces. Name a folder outside: --model DIR"
            )
    if writes:
        for name in ("", checkpoint.BEST, "grids", "logs"):
            writable_folder("--model", folder / name)
    for name in (".lock", "log.jsonl"):
        if (file := folder / name).exists() and not file.is_file():
            raise UsageError(f"--model {folder}: {name} in it is not a file. Remove it.")


def resume_command(arguments: list[str]) -> str:
    """Return the command that continues what `arguments` started."""
    kept = [a for a in arguments if a != "--overwrite" and not a.startswith("--init=")]
    if "--init" in kept:
        at = kept.index("--init")
        del kept[at : at + 2]
    return shlex.join(["python3", *kept])

"""`--check`: look at images and captions, and measure what training would cost, beforehand."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

import config
from commands.labels import describe_faces, with_attributes
from commands.models import check_encoder, trainable_folder
from config import FACES, ProjectError
from console import importing, printable, quiet
from dataset.balance import count_facts
from dataset.copies import find_copies
from dataset.faces import Dataset, merge_captions
from dataset.flaws import find_flaws
from dataset.joined import in_order, join, load_parts
from dataset.sources import check_data, open_files
from dataset.words import idle_words, unknown_words, wordless
from files.pages import MARK, write_page
from files.writing import check_replaceable, replacing, writable_folder
from text.explanations import read_facts
from training.plan import Plan, choose_start, make_plan
from training.review import Review, all_images


def check(options: argparse.Namespace) -> None:
    """Print what was found, and write it as `check.html` and `check.json`.

    Raises:
        ProjectError: Training would make no sense. The message is the verdict.
    """
    check_encoder(options.encoder)
    folder = trainable_folder(options.model)
    sources = list(dict.fromkeys(options.data or [FACES]))
    check_data(sources, options.tags)
    output = writable_folder("-o", options.output or Path("samples/check"))
    check_replaceable("-o", output / "check.html", MARK)
    check_replaceable("-o", output / "check.json", re.compile(rb'\A\{\s*"verdict": "'))
    start = choose_start(options, folder)
    size = start.header.model.size
    parts = load_parts(sources, options.tags, size, config.CACHE, describe_faces)
    dataset = told = join(parts, config.CACHE)
    if start.header.train.attributes and not options.no_attributes:
        added = {source: with_attributes(part, start.encoder) for source, part in parts.items()}
        told = join(added, config.CACHE)
    plan = make_plan(options, folder, ", ".join(map(str, sources)), start, told)
    print(plan.text())
    review = _review(plan, parts, dataset, told)
    write_page(review.page(), output / "check.html")
    with replacing(output / "check.json", durable=False) as file:
        file.write(json.dumps(review.to_json(), indent=1).encode() + b"\n")
    for finding in review.findings():
        print(printable(f"look at   {finding}"))
    print(f"report    {output / 'check.html'}, {output / 'check.json'}")
    if review.objections():
        raise ProjectError(review.verdict())
    print(review.verdict())


def _review(plan: Plan, parts: dict[Path, Dataset], dataset: Dataset, told: Dataset) -> Review:
    """Look at everything.

    Args:
        plan: What training would do.
        parts: The images by `--data`.
        dataset: All of them, with the captions that they came with.
        told: The same with what the classifier added to the captions.
    """
    encoder = plan.start.encoder
    size = plan.header.model.size
    originals = [
        (files, name)
        for source, part in in_order(parts).items()
        for files in [open_files(source)]
        for name in part.names
    ]
    vectors = encoder.encode(plan.dataset.captions)[:, None]
    merged = merge_captions(plan.dataset, vectors)
    with importing():
        from training.trial import measure_costs
    with quiet():
        costs = measure_costs(plan, merged, vectors)
    readings = [encoder.read(caption) for caption in dataset.captions]
    return Review(
        plan=plan,
        dataset=dataset,
        balance=count_facts(told, (lambda t: read_facts(encoder, t)) if encoder.probe else None),
        copies=find_copies(all_images(dataset)),
        flaws=find_flaws(originals, all_images(dataset), size),
        unknown=unknown_words(dataset, readings),
        idle=idle_words(dataset, readings, encoder),
        wordless=wordless(dataset, readings),
        costs=costs,
    )

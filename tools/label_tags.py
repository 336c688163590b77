"""Join what people saw in faces to the tags of a data set.

    python3 -m tools.label_tags TAGS.csv --output MORE.csv --repeats REPEATS.csv

The result is what the shipped model was trained on, with `--tags MORE.csv`: the tags of each face,
those of its labels in `tools/labels/`, and no face that repeats another.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from config import ROOT, UsageError, reporting
from dataset.captions import write_tags
from dataset.tags import parse_tags
from text.descriptions import add_tags
from tools.attribute_labels import read_repeats, read_table

LABELS = ROOT / "tools" / "labels"
# The words of the labels -> tags. Where a face is cut off or the reader was in doubt, nothing.
_TAGS = {
    "mouth": {
        "smile": ["smile"],
        "open": ["open mouth"],
        "open+smile": ["smile", "open mouth"],
        "neutral": ["serious"],
        "frown": ["frown"],
    },
    "eyes": {"narrow": ["narrow eyes"], "closed": ["closed eyes"], "wink": ["wink"]},
    "length": {"long": ["long hair"], "short": ["short hair"]},
    "extras": {
        **{name: [name] for name in ("hat", "headband", "hairclip", "headphones", "glasses")},
        **{name: [name] for name in ("horns", "blush", "tears", "choker", "twintails", "ponytail")},
        "ribbon": ["hair ribbon"],
        "flower": ["hair flower"],
        "animalears": ["animal ears"],
        "pointedears": ["pointed ears"],
        "male": ["boy"],
        "darkskin": ["dark skin"],
        "braid": ["braids"],
        "drill": ["drill hair"],
        "bangs": ["blunt bangs"],
        "eyepatch": ["eyepatch"],
    },
}


def tags_of(row: Mapping[str, str]) -> list[str]:
    """Return the tags of a row of labels.

    Example:
        >>> tags_of({"mouth": "open+smile", "eyes": "open", "length": "long", "extras": "hat"})
        ['smile', 'open mouth', 'long hair', 'hat']
    """
    return [
        tag
        for column, meanings in _TAGS.items()
        for word in row.get(column, "").split("|")
        for tag in meanings.get(word, ())
    ]


def join(tags: Mapping[str, str], faces: Path, mouths: Path) -> dict[str, str]:
    """Return the tags of each face with those of its labels.

    Args:
        tags: The tags of faces by id.
        faces: A table such as `tools/labels/face_labels.csv`.
        mouths: A table such as `tools/labels/mouth_labels.csv`, which is better about mouths. The
            first reading of a face counts.

    Raises:
        UsageError: A table cannot be read.
    """
    rows = {row["id"]: row for row in read_table(faces, "--labels", ("id", *_TAGS))}
    for row in reversed(read_table(mouths, "--mouths", ("id", "mouth"))):
        if row["id"] in rows:
            rows[row["id"]] |= {"mouth": row["mouth"]}
    broken = {key for key, row in rows.items() if "broken" in row["extras"].split("|")}
    return {
        key: add_tags(text, tags_of(rows[key])) if key in rows.keys() - broken else text
        for key, text in tags.items()
    }


@reporting
def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python3 -m tools.label_tags",
        description="Join what people saw in faces to the tags of a data set.",
    )
    parser.add_argument("tags", type=Path, help="the tags of the faces, id,text")
    parser.add_argument("--output", type=Path, required=True, help="the table to write")
    parser.add_argument(
        "--labels", type=Path, default=LABELS / "face_labels.csv", help="labels of the same faces"
    )
    parser.add_argument(
        "--mouths", type=Path, default=LABELS / "mouth_labels.csv", help="labels of their mouths"
    )
    parser.add_argument("--repeats", type=Path, help="faces to leave out: id,repeats")
    options = parser.parse_args(arguments)
    try:
        table = parse_tags(options.tags.name, options.tags.read_bytes())
    except OSError as error:
        raise UsageError(f"{options.tags} cannot be read: {error.strerror}.") from error
    joined = join(table.texts, options.labels, options.mouths)
    if options.repeats:
        names = list(joined)
        repeats = dict(zip(names, read_repeats(options.repeats, names), strict=True))
        joined = {key: text for key, text in joined.items() if not repeats[key]}
    write_tags(options.output, {f"{key}.jpg": text for key, text in joined.items()})
    more = sum(text != table.texts[key] for key, text in joined.items())
    print(f"Wrote {options.output}: {len(joined):,} faces, {more:,} of them with further tags.")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What people saw in faces, as labels for the classifier, and which faces repeat others."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

import numpy as np

from config import UsageError
from evaluation.attributes import ATTRIBUTES

UNKNOWN = -1  # the label where nobody could tell, or nobody looked
_LABEL_COLUMNS = ("id", "mouth", "eyes", "length", "extras")  # of a file of labels
_REPEAT_COLUMNS = ("id", "repeats")  # of a file of repeats
_EXTRAS = {"blunt bangs": {"bangs"}, "boy": {"male"}, "choker": {"choker"}}  # by attribute
_EXTRAS["hair ornament"] = {"hat", "headband", "ribbon", "flower", "hairclip"}


def read_attributes(path: Path, names: Sequence[str]) -> np.ndarray:
    """Read what faces were seen to show.

    Args:
        path: A table such as `tools/labels/face_labels.csv`.
        names: Paths of N images; their stems are the ids of the table.

    Returns:
        (N, A) int8: 1 where an image shows one of ATTRIBUTES, 0 where not, UNKNOWN otherwise.

    Raises:
        UsageError: The table cannot be read, lacks a column, or labels none of the images.
    """
    rows = {row["id"]: row for row in read_table(path, "--labels", _LABEL_COLUMNS)}
    stems = [PurePosixPath(name).stem for name in names]
    if rows.keys().isdisjoint(stems):
        raise UsageError(f"--labels {path} labels no image of --data: use the labels of its faces.")
    shown = [_shown(rows[stem]) if stem in rows else {} for stem in stems]
    return np.array([[one.get(name, UNKNOWN) for name in ATTRIBUTES] for one in shown], np.int8)


def _shown(row: Mapping[str, str]) -> Mapping[str, int]:
    """Return the attributes that a row tells of, with 1 where the face shows them, else 0."""
    extras = set(row["extras"].split("|"))
    if "broken" in extras:  # hardly a face
        return {}
    shown = {name: not extras.isdisjoint(seen) for name, seen in _EXTRAS.items()}
    if row["length"] in ("long", "short"):
        shown |= {f"{length} hair": row["length"] == length for length in ("long", "short")}
    if row["eyes"] != "hidden":
        shown["narrow eyes"] = row["eyes"] == "narrow"
        shown["closed eyes"] = row["eyes"] in ("closed", "wink")
    if row["mouth"] != "hidden":
        shown["open mouth"] = "open" in row["mouth"]
    return shown


def read_repeats(path: Path, names: Sequence[str]) -> np.ndarray:
    """Read which faces repeat another one.

    Args:
        path: A table with the columns `id` and `repeats`, the id of the face to keep.
        names: Paths of N images; their stems are the ids.

    Returns:
        (N,) bool: the images to leave out.

    Raises:
        UsageError: The table cannot be read or lacks a column, or a face to keep is itself one
            that repeats another.
    """
    rows = {row["id"]: row["repeats"] for row in read_table(path, "--repeats", _REPEAT_COLUMNS)}
    for repeat, kept in rows.items():
        if kept in rows:
            raise UsageError(
                f"--repeats {path}: {repeat} repeats {kept}, which repeats {rows[kept]}. Name the "
                "face to keep in both rows."
            )
    return np.array([PurePosixPath(name).stem in rows for name in names])


def read_table(path: Path, flag: str, columns: tuple[str, ...]) -> list[dict[str, str]]:
    """Read a small table with named columns; a UsageError names the flag and the row."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, ValueError, csv.Error) as error:
        raise UsageError(f"{flag} {path} cannot be read: {error}") from error
    for number, row in enumerate(rows, 2):
        if lacking := [name for name in columns if row.get(name) is None]:
            raise UsageError(
                f"{flag} {path} row {number}: no {lacking[0]}. The columns are {','.join(columns)}."
            )
    return rows

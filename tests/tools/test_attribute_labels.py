"""Labels made by eye, and faces that repeat others."""

import numpy as np
import pytest

from config import ROOT, UsageError
from evaluation.attributes import ATTRIBUTES
from tools.attribute_labels import UNKNOWN, read_attributes, read_repeats

LABELS = """id,mouth,eyes,length,extras,chosen
1,open+smile,wink,long,hairclip|blush,random
2,hidden,hidden,tied,,random
3,neutral,narrow,short,male|choker|bangs,random
4,open,open,long,broken,random
"""


def test_what_was_seen_is_read(tmp_path):
    (tmp_path / "labels.csv").write_text(LABELS)
    names = ["a/3.jpg", "1.png", "2.jpg", "4.jpg", "5.jpg"]
    read = read_attributes(tmp_path / "labels.csv", names)
    shown = [{a for a, s in zip(ATTRIBUTES, row, strict=True) if s == 1} for row in read]
    assert shown[0] == {"short hair", "blunt bangs", "narrow eyes", "boy", "choker"}
    assert shown[1] == {"long hair", "closed eyes", "open mouth", "hair ornament"}
    unknown = {a for a, s in zip(ATTRIBUTES, read[2], strict=True) if s == UNKNOWN}
    assert not shown[2]
    assert unknown == {"long hair", "short hair", "narrow eyes", "closed eyes", "open mouth"}
    assert (read[3:] == UNKNOWN).all()


def test_the_labels_of_the_project_are_read():
    path = ROOT / "tools" / "labels" / "face_labels.csv"
    ids = [line.split(",")[0] for line in path.read_text().splitlines()[1:]]
    read = read_attributes(path, ids)
    assert (read >= 0).any(axis=1).mean() > 0.98
    assert ((read == 1).sum(axis=0) > 100).all()


def test_bad_labels_are_named(tmp_path):
    path = tmp_path / "labels.csv"
    with pytest.raises(UsageError, match=r"--labels .*labels\.csv cannot be read"):
        read_attributes(path, ["1.jpg"])
    path.write_text(LABELS)
    with pytest.raises(UsageError, match="labels no image of --data"):
        read_attributes(path, ["9.jpg"])
    path.write_text("id,mouth,eyes\n1,open,open\n")
    with pytest.raises(UsageError, match=r"row 2: no length\. The columns are id,mouth"):
        read_attributes(path, ["1.jpg"])


def test_repeats_are_marked(tmp_path):
    path = tmp_path / "repeats.csv"
    path.write_text("id,repeats\n7,3\n9,3\n")
    marked = read_repeats(path, ["faces/3.jpg", "faces/7.jpg", "faces/9.jpg", "faces/10.jpg"])
    np.testing.assert_array_equal(marked, [False, True, True, False])
    path.write_text("id,repeats\n7,3\n3,1\n")
    with pytest.raises(UsageError, match="7 repeats 3, which repeats 1"):
        read_repeats(path, ["3.jpg"])
    path.write_text("7,3\n")
    assert not read_repeats(path, ["3.jpg"]).any()

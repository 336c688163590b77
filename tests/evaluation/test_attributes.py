"""What images surely show: the claims, and the file that they rest on."""

import json

import numpy as np
import pytest

from config import ProjectError
from evaluation.attributes import ATTRIBUTES, TRUST, Trust, read_trust, trust_as_json
from text.attributes import VALUES


@pytest.fixture
def trust():
    """Sure from .8 and below .2, but never that hair is long."""
    fields = {"threshold": 0.5, "present": 0.8, "absent": 0.2, "accuracy": 0.9}
    trust = Trust(**{n: np.full(len(ATTRIBUTES), p, np.float32) for n, p in fields.items()})
    trust.present[0], trust.absent[0] = np.inf, 0
    return trust


def test_only_what_is_sure_is_said(trust):
    probabilities = np.full((2, len(ATTRIBUTES)), 0.5, np.float32)
    probabilities[0, :4] = (1, 0.9, 0.1, 0.8)
    probabilities[1, 0] = 0
    said = trust.confident(probabilities)
    assert said == [{"short hair": True, "blunt bangs": False, "narrow eyes": True}, {}]


def test_their_names_are_those_of_facts():
    assert set(ATTRIBUTES) <= set(VALUES)


def test_what_is_written_is_read(trust, tmp_path):
    (tmp_path / TRUST).write_text(trust_as_json(trust))
    for read, written in zip(read_trust(tmp_path), trust, strict=True):
        np.testing.assert_allclose(read, written)


def test_what_ships_is_of_use():
    assert (read_trust().accuracy >= 0.75).all()  # .5 is chance


def test_damage_is_named(trust, tmp_path):
    good = json.loads(trust_as_json(trust))
    worse = {name: dict(good[name]) for name in ATTRIBUTES}
    worse["boy"] |= {"present": 0.1, "absent": 0.2}
    for bad, message in [
        ("", "cannot be read"),
        ("[1, 2]", "its attributes are not long hair"),
        ("7", "cannot be read"),
        (json.dumps({name: {} for name in ATTRIBUTES}), "cannot be read"),
        (json.dumps(good | {"boy": good["boy"] | {"threshold": 2}}), "not from 0 to 1"),
        (json.dumps(good | {"boy": good["boy"] | {"threshold": "x"}}), "cannot be read"),
        (json.dumps(good | {"hat": good["boy"]}), "its attributes are not"),
        (json.dumps(worse), "both present and absent"),
    ]:
        (tmp_path / TRUST).write_text(bad)
        with pytest.raises(ProjectError, match=message):
            read_trust(tmp_path)
    (tmp_path / TRUST).unlink()
    with pytest.raises(ProjectError, match=r"attributes\.json cannot be read: No such file"):
        read_trust(tmp_path)

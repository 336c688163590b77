"""Facts read off sentence vectors."""

import numpy as np
import pytest

from config import ProjectError
from text.attributes import FACTS
from text.fact_probe import PROBE, FactProbe, load_probe

NAMES = ("red hair", "blue hair", "hat", "cyborg")


@pytest.fixture
def odds() -> FactProbe:
    """A probe of vectors that are log-odds themselves."""
    return FactProbe(NAMES, np.eye(8, dtype=np.float32), np.zeros(8, np.float32))


@pytest.mark.parametrize(
    ("stated", "denied", "facts"),
    [
        ((-1, -1, -1, -1), (-1, -1, -1, -1), {}),
        ((1, 2, 1, 1), (-1, -1, -1, -1), {"blue hair": True, "hat": True, "cyborg": True}),
        ((1, -1, -1, -1), (2, 1, 1, 1), dict.fromkeys(NAMES, False)),
        ((2, 1, 3, -1), (1, 2, 3, -1), {"red hair": True, "blue hair": False, "hat": True}),
        ((-1, 0, 0, 0), (-1, 0, 0, 0), {}),
    ],
)  # fmt: skip
def test_the_likelier_is_read_and_one_value_of_an_attribute(odds, stated, denied, facts):
    (read,) = odds.read(np.array([[*stated, *denied]], np.float16))
    assert read == facts


def test_claims_are_what_is_read(normal):
    probe = FactProbe(FACTS, normal(20, 2 * len(FACTS)), normal(2 * len(FACTS), seed=1))
    vectors = normal(50, 20, seed=2)
    claims = probe.claims(vectors)
    assert claims.shape == (50, 2, len(FACTS)) and not claims.all(axis=1).any()
    for (stated, denied), facts in zip(claims, probe.read(vectors), strict=True):
        assert {FACTS[i] for i in np.flatnonzero(stated)} == {
            f for f, said in facts.items() if said
        }
        assert stated.sum() + denied.sum() == len(facts)


@pytest.mark.parametrize(
    ("arrays", "facts", "message"),
    [
        ({"weights": np.zeros((3, 4)), "bias": np.zeros(4)}, (), "names no facts"),
        ({"weights": np.zeros((3, 4))}, ("hat", "cap"), "it lacks bias"),
        ({"weights": np.zeros((3, 2)), "bias": np.zeros(4)}, ("hat", "cap"), "weights"),
    ],
)
def test_a_probe_that_does_not_fit_is_refused(tmp_path, arrays, facts, message):
    assert load_probe(tmp_path, facts, 3) is None
    np.savez(tmp_path / PROBE, **arrays)
    with pytest.raises(ProjectError, match=message):
        load_probe(tmp_path, facts, 3)


def test_a_probe_is_read_back(tmp_path, normal):
    np.savez(tmp_path / PROBE, weights=normal(3, 4), bias=normal(4))
    probe = load_probe(tmp_path, ("hat", "cap"), 3)
    assert probe is not None and probe.facts == ("hat", "cap")
    assert probe.log_odds(normal(5, 3)).shape == (5, 2, 2)

"""Facts that a probe reads off vectors, and files of probes that are refused."""

import re

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import ProjectError
from text.attributes import ATTRIBUTE_OF, FACTS
from text.fact_probe import PROBE, FactProbe, load_probe

NAMES = ("blue hair", "red hair", "glasses", "apron")


def read(stated, denied, names=NAMES):
    """Read one vector whose log-odds are these."""
    probe = FactProbe(names, np.eye(2 * len(names), dtype=np.float32), np.zeros(2 * len(names)))
    (facts,) = probe.read(np.array([[*stated, *denied]], np.float32))
    return facts


@pytest.mark.parametrize(
    ("stated", "denied", "facts"),
    [
        ((0, 0, 0, 0), (0, 0, 0, 0), {}),
        ((1, -1, 2, 3), (0, -1, -9, 0), {"blue hair": True, "glasses": True, "apron": True}),
        ((1, 2, 0, 0), (0, 0, 0, 0), {"red hair": True}),
        ((2, 1, 0, 0), (0, 3, 0, 0), {"blue hair": True, "red hair": False}),
        ((1, 0, 0, 1), (2, 0, 1, 1), {"blue hair": False, "glasses": False, "apron": True}),
        ((5, 4, 0, 0), (6, 0, 0, 0), {"blue hair": False, "red hair": True}),
    ],
)
def test_the_likelier_of_statement_and_denial_is_read(stated, denied, facts):
    assert read(stated, denied) == facts


@given(hnp.arrays(np.float32, (2, len(FACTS)), elements=st.floats(-9, 9, width=32)))
def test_of_an_attribute_one_value_is_stated_at_most(scores):
    facts = read(scores[0], scores[1], FACTS)
    stated = [ATTRIBUTE_OF[name] for name, is_stated in facts.items() if is_stated]
    assert len(stated) == len(set(stated))
    for name, is_stated in facts.items():
        odds = scores[:, FACTS.index(name)]
        assert odds.max() > 0 and (odds[0] >= odds[1]) == is_stated
    assert list(facts) == [name for name in FACTS if name in facts]


def test_log_odds_are_linear():
    rng = np.random.default_rng(0)
    weights, bias = rng.normal(size=(5, 8)), rng.normal(size=8)
    vectors = rng.normal(size=(3, 5))
    odds = FactProbe(NAMES, weights, bias).log_odds(vectors)
    assert odds.shape == (3, 2, 4)
    np.testing.assert_allclose(odds[2, 1, 0], vectors[2] @ weights[:, 4] + bias[4])
    assert FactProbe(NAMES, weights, bias).read(vectors[:0]) == []


def write(folder, **changes):
    arrays = {"weights": np.ones((5, 8), np.float16), "bias": np.zeros(8, np.float16)} | changes
    np.savez(folder / PROBE, **{name: array for name, array in arrays.items() if array is not None})


def test_a_probe_is_optional(tmp_path):
    assert load_probe(tmp_path, NAMES, 5) is None
    write(tmp_path)
    probe = load_probe(tmp_path, NAMES, 5)
    assert probe is not None and probe.facts == NAMES
    assert probe.weights.dtype == probe.bias.dtype == np.float32
    assert probe.read(np.ones((1, 5), np.float32)) == [
        {"blue hair": True, **dict.fromkeys(NAMES[2:], True)}
    ]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"weights": None}, r"it lacks weights"),
        ({"bias": None}, r"it lacks bias"),
        ({"weights": np.ones((4, 8), np.float16)}, r"weights .* shape \(5, 8\)\. .* \(4, 8\)"),
        ({"weights": np.ones((5, 8), int)}, r"weights .* should hold floats .* int64"),
        ({"bias": np.ones(4, np.float32)}, r"bias .* shape \(8,\)"),
        ({"bias": np.array([None] * 8)}, r"cannot be read"),
        ({"bias": np.array([np.nan] * 8)}, r"cannot be read: bias: holds NaN or infinite values"),
        ({"weights": np.full((5, 8), np.inf)}, r"weights: holds NaN or infinite values"),
    ],
)
def test_arrays_that_do_not_fit_are_named(tmp_path, changes, message):
    write(tmp_path, **changes)
    with pytest.raises(ProjectError, match=re.escape(PROBE) + rf"\b.*{message}"):
        load_probe(tmp_path, NAMES, 5)


def test_a_probe_without_names_of_facts_is_refused(tmp_path):
    write(tmp_path)
    with pytest.raises(ProjectError, match=r"probe\.npz .*encoder\.json names no facts"):
        load_probe(tmp_path, (), 5)


@pytest.mark.parametrize("size", [0, 9, 100, -1])
def test_a_truncated_probe_is_named(tmp_path, size):
    write(tmp_path)
    path = tmp_path / PROBE
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(ProjectError, match=r"probe\.npz cannot be read: .*copy or download"):
        load_probe(tmp_path, NAMES, 5)


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

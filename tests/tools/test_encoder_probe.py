"""Fitting the probe: texts with their facts, targets, and what a fitted probe reads."""

import json

import numpy as np
import pytest

from config import ProjectError
from skipthoughts_encoder import SETTINGS, load_encoder
from text.attributes import FACTS
from text.colours import HAIR_COLOURS
from text.fact_probe import PROBE, FactProbe, load_probe
from tools import encoder_probe
from tools.encoder_probe import fit_probe, labelled_texts, targets, write_probe


def test_texts_come_with_the_facts_that_they_say(story_words):
    texts = labelled_texts(400, seed=0, extra=("apron",))
    assert texts == labelled_texts(400, seed=0, extra=("apron",)) != labelled_texts(400, 1)
    counts = [len(facts) for _, facts in texts]
    assert 6 < max(counts) < 14
    named = {name for _, facts in texts for name in facts}
    assert named <= {*FACTS, "apron"} and len(named) > 70
    for text, facts in texts:
        assert ("apron" in text) == ("apron" in facts)
    told = {" ".join(words) for story in story_words(400) for words in story}
    assert sum(text in told for text, _ in texts) < 100


def test_targets_say_what_is_stated_and_then_what_is_denied():
    names = ("hat", "horns", "halo")
    wanted = targets([{"hat": True, "halo": False}, {}, {"horns": True}], names)
    assert wanted.dtype == np.float32
    np.testing.assert_array_equal(
        wanted, [[1, 0, 0, 0, 0, 1], [0, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0]]
    )


@pytest.fixture
def encoder(trained):
    return load_encoder(trained.directory)


def test_a_fitted_probe_reads_the_colours_of_tags(encoder, monkeypatch):
    """Even of an encoder that is hardly trained: the words it was given keep them apart."""
    monkeypatch.setattr(encoder_probe, "TEXTS", 2_000)
    monkeypatch.setattr(encoder_probe, "EPOCHS", 4)
    probe = fit_probe(encoder, seed=0)
    assert probe.facts == encoder.facts == FACTS
    assert probe.weights.shape == (encoder.dim, 2 * len(FACTS))
    vectors = encoder.encode([f"{colour} hair" for colour in HAIR_COLOURS])
    odds = probe.log_odds(vectors)[:, 0, : len(HAIR_COLOURS)]
    assert np.isfinite(odds).all()
    assert np.mean(odds.argmax(axis=1) == np.arange(len(HAIR_COLOURS))) > 0.4


def test_what_is_written_is_read_again(tmp_path, normal):
    probe = FactProbe(("hat", "halo"), normal(5, 4), normal(4, seed=1))
    write_probe(tmp_path, probe)
    assert [path.name for path in tmp_path.iterdir()] == [PROBE]
    found = load_probe(tmp_path, probe.facts, dim=5)
    assert found is not None
    np.testing.assert_allclose(found.weights, probe.weights, rtol=1e-3)
    np.testing.assert_allclose(found.bias, probe.bias, rtol=1e-3)


def test_an_encoder_opens_its_probe(trained, tmp_path, encoder):
    folder = tmp_path / "encoder"
    folder.mkdir()
    for path in trained.directory.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    assert encoder.probe is None
    weights = np.zeros((encoder.dim, 2 * len(FACTS)), np.float32)
    write_probe(folder, FactProbe(FACTS, weights, weights[0]))
    opened = load_encoder(folder)
    assert opened.probe is not None and opened.probe.facts == FACTS
    assert opened.fingerprint == encoder.fingerprint  # its vectors do not depend on the probe
    settings = json.loads((folder / SETTINGS).read_text()) | {"facts": FACTS[:-1]}
    (folder / SETTINGS).write_text(json.dumps(settings))
    with pytest.raises(ProjectError, match=r"probe\.npz: weights does not fit"):
        load_encoder(folder)

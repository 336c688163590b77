"""A model gets another sentence encoder and still does what it did."""

import numpy as np
import pytest

from checkpoints import checkpoint
from config import PRETRAINED
from text.attributes import COLOUR_FACTS
from tools import change_encoder
from tools.change_encoder import NOTHING, paired_texts, translate


def test_plain_texts_name_the_colours_and_nothing_else():
    colours = {name for names in COLOUR_FACTS.values() for name in names}
    pairs = list(paired_texts(300, seed=0))
    assert len(pairs) == 300 and pairs == list(paired_texts(300, seed=0))
    for _, plain in pairs:
        words = plain.split()
        assert (
            plain == NOTHING or {" ".join(words[:2]), " ".join(words[2:]) or "red hair"} <= colours
        )


@pytest.fixture
def arrays(normal):
    """The text layers of a tiny model, and a layer that has nothing to do with text."""
    return {
        "ema/standardize/mean": normal(6),
        "ema/standardize/scale": np.abs(normal(6, seed=1)) + 0.5,
        "ema/text_embedding/kernel": normal(6, 4, seed=2).astype(np.float16),
        "ema/text_embedding/bias": normal(4, seed=3),
        "ema/rgb/kernel": normal(2, 3, seed=4),
        "g_optimizer/text_embedding/kernel/velocity": normal(6, 4, seed=5),
    }


def test_layers_return_what_they_returned_for_the_old_vectors(arrays, normal):
    old = normal(500, 6, seed=6)
    rotation, _ = np.linalg.qr(normal(6, 6, seed=7))
    new = np.hstack([old @ rotation, normal(500, 3, seed=8)]) + 2
    found = translate(arrays, old, new)

    def embed(weights, vectors):
        standard = (vectors - weights["ema/standardize/mean"]) * weights["ema/standardize/scale"]
        return standard @ weights["ema/text_embedding/kernel"] + weights["ema/text_embedding/bias"]

    np.testing.assert_allclose(embed(found, new), embed(arrays, old), atol=0.2)
    np.testing.assert_array_equal(found["ema/rgb/kernel"], arrays["ema/rgb/kernel"])
    assert found["ema/text_embedding/kernel"].shape == (9, 4)
    assert not any("optimizer" in name for name in found)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.npz", "out"], "none.npz"),
        ([str(checkpoint.latest(PRETRAINED)), str(PRETRAINED)], "holds a model already"),
    ],
)
def test_wrong_paths_are_named(arguments, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert change_encoder.main(arguments) > 0
    assert message in capsys.readouterr().err

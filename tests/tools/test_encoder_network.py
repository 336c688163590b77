"""The networks that train the sentence encoder, and their loss."""

import keras
import numpy as np
import pytest

from tools.encoder_batches import EOS
from tools.encoder_network import DIRECTIONS, build, cross_entropy


def test_training_reaches_every_part(trained):
    models, words, _, settings = trained
    for name, model in models.items():
        keras.utils.set_random_seed(settings.seed)
        fresh = build(len(words), DIRECTIONS[name])
        for before, after in zip(fresh.trainable_variables, model.trainable_variables, strict=True):
            assert np.any(before.numpy() != after.numpy()), after.path


def test_cross_entropy_is_that_of_the_words_and_one_end():
    rng = np.random.default_rng(0)
    ids = np.array([[3, 2, EOS, EOS, EOS], [4, 4, 2, 3, EOS]], np.int32)
    logits = rng.normal(size=(2, 5, 6)).astype(np.float32)
    log_p = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    cost = -np.take_along_axis(log_p, ids[..., None], axis=-1)[..., 0]
    wanted = (cost[0, :3].sum() + cost[1].sum()) / 2
    assert float(cross_entropy(ids, logits)) == pytest.approx(wanted, rel=1e-5)

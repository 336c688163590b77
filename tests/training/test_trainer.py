"""The networks in training: text inputs, moving average, batch statistics, initial weights."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

import ops
from config import DEFAULTS
from dataset.batches import Batch
from training.trainer import Trainer


def test_averaged_statistics_are_the_batches_plain_mean(data, header):
    vectors = np.random.default_rng(0).standard_normal((6, 3, 6), np.float32)
    trainer = Trainer(header.model, header.train)
    trainer.refresh_statistics(vectors, data.caption_ids)
    norm = trainer.nets.ema.get_layer("norm0")
    assert norm.batches.numpy() == 32 and np.abs(norm.moving_mean.numpy()).min() > 0
    code, x = (trainer.nets.ema.get_layer(name).output for name in ("code", "first_map"))
    inside = keras.Model(trainer.nets.ema.inputs, [code, x])
    random = np.random.default_rng(9)
    rows = data.caption_ids[random.integers(len(data), size=4096)]
    noise = random.standard_normal((4096, 5), np.float32)
    maps = inside([noise, vectors[rows, random.integers(3, size=4096)]])[1].numpy()
    np.testing.assert_allclose(norm.moving_mean, maps.mean((0, 1, 2)), atol=0.05)
    np.testing.assert_allclose(norm.moving_variance, maps.var((0, 1, 2)), rtol=0.1)


def test_averaged_statistics_depend_on_the_weights_alone(data, vectors, header):
    trainers = [Trainer(header.model, header.train) for _ in range(2)]
    for trainer in trainers:
        trainer.adapt(vectors)
    trainers[0].refresh_statistics(vectors, data.caption_ids)
    for _ in range(2):
        trainers[1].refresh_statistics(vectors, data.caption_ids)
    for one, two in zip(
        trainers[0].nets.ema.variables, trainers[1].nets.ema.variables, strict=True
    ):
        np.testing.assert_array_equal(one.numpy(), two.numpy())


@pytest.mark.parametrize(("room", "paraphrases"), [(10**6, 3), (6 * 6 * 4 * 2, 2), (1, 1)])
def test_text_inputs_are_fitted_to_as_many_paraphrases_as_there_is_room_for(
    monkeypatch, room, paraphrases, vectors, header
):
    monkeypatch.setattr("training.trainer.ADAPT_BYTES", room)
    trainer = Trainer(header.model, header.train)
    trainer.adapt(vectors)
    mean = vectors[:, :paraphrases].mean((0, 1))
    for network in (trainer.nets.generator, trainer.nets.discriminator, trainer.nets.ema):
        (layer,) = (x for x in network.layers if isinstance(x, ops.Standardize))
        np.testing.assert_allclose(layer.mean, mean, atol=1e-6)


@pytest.mark.parametrize(
    ("averaged", "made", "decay"),
    [
        (False, 0, 0.1),
        (False, 890, 0.99),
        (True, 0, 0.999),
        (True, 17990, 0.9995),
        (True, 10**6, 0.9998),
        (False, 10**6, 0.9998),
    ],
)
def test_the_average_looks_back_a_tenth_of_the_steps(averaged, made, decay, header):
    trainer = Trainer(header.model, header.train, averaged)
    trainer.step = made
    average = trainer.nets.ema.trainable_variables[-1]
    average.assign_add(tf.ones(average.shape))  # far from the weights
    before = average.numpy()
    text = tf.random.normal((4, 2, 6))
    trainer.train_step(Batch(tf.zeros((4, 32, 32, 3), tf.uint8), text, text[:, 0], -text[:, 0]))
    after = trainer.nets.generator.trainable_variables[-1].numpy()
    expected = decay * before + (1 - decay) * after
    np.testing.assert_allclose(average, expected, atol=1e-6)


def test_average_starts_from_the_generators_own_weights(header):
    trainer = Trainer(header.model, header.train)
    for one, two in zip(trainer.nets.ema.variables, trainer.nets.generator.variables, strict=True):
        np.testing.assert_array_equal(one.numpy(), two.numpy())


@pytest.mark.parametrize("recipe", DEFAULTS)
def test_the_seed_determines_the_initial_weights(header, recipe):
    model = dataclasses.replace(header.model, recipe=recipe)

    def weights(seed):
        config = dataclasses.replace(DEFAULTS[recipe].train, seed=seed)
        return Trainer(model, config).arrays()

    one, again, other = weights(3), weights(3), weights(4)
    for name, array in one.items():
        np.testing.assert_array_equal(array, again[name], err_msg=name)
    kernels = [name for name in one if name.endswith("/kernel") and "optimizer" not in name]
    assert len(kernels) > 10
    assert not any(np.array_equal(one[name], other[name]) for name in kernels)

"""The default networks: their sizes, their outputs, and what these depend on."""

import dataclasses

import keras
import numpy as np
import pytest

import model
from config import ModelConfig, ProjectError, UsageError

CONFIG = ModelConfig(text_dim=6, encoder="none", size=32, width=4, noise=5)


@pytest.mark.parametrize(
    ("size", "side", "count"), [(32, 4, 3), (48, 6, 3), (64, 4, 4), (96, 6, 4), (256, 4, 6)]
)
def test_pyramid_halves_down_to_a_small_side(size, side, count):
    config = dataclasses.replace(CONFIG, size=size, width=8)
    smallest, channels = model.pyramid(config)
    assert smallest == side and len(channels) == count and side * 2**count == size
    assert channels == [64, 64, 64, 32, 16, 8][-count:]
    limited = model.pyramid(dataclasses.replace(config, max_channels=40))[1]
    assert limited == [40, 40, 40, 32, 16, 8][-count:]


@pytest.mark.parametrize("size", range(32, 257, 16))
def test_every_size_builds(size):
    config = dataclasses.replace(CONFIG, size=size)
    assert model.generator(config).output_shape == (None, size, size, 3)
    assert model.discriminator(config).input_shape[0] == (None, size, size, 3)


@pytest.mark.parametrize("size", [32, 64, 96])
def test_added_layers_add_nothing_at_first_and_then_something(normal, size):
    config = dataclasses.replace(CONFIG, size=size)
    plain, residual = (
        model.generator(dataclasses.replace(config, residual=residual))
        for residual in (False, True)
    )
    weights = {weight.path: weight for weight in plain.weights}
    added = [weight for weight in residual.weights if weight.path not in weights]
    assert all(weight.path.startswith(("residual", "hidden")) for weight in added)
    assert {weight.path.split("_")[0] for weight in added} >= {"residual1", "hidden"}
    for weight in residual.weights:
        if weight.path in weights:
            weight.assign(weights[weight.path])
    inputs = [normal(2, 5), normal(2, 6)]
    np.testing.assert_array_equal(residual(inputs), plain(inputs))
    for weight in added:
        if not weight.numpy().any() and weight.path.endswith("kernel"):
            weight.assign(normal(*weight.shape))
            assert np.abs(residual(inputs) - plain(inputs)).max() > 1e-4, weight.path
            weight.assign(np.zeros(weight.shape))


@pytest.mark.parametrize(("size", "sides"), [(32, [16, 8]), (64, [16, 8]), (96, [24, 12])])
def test_residual_blocks_are_in_the_middle(size, sides):
    config = dataclasses.replace(CONFIG, size=size, residual=True)
    found = [
        [layer.output.shape[1] for layer in network.layers if layer.name.startswith("residual")]
        for network in (model.discriminator(config), model.generator(config))
    ]
    # Each has three convolutions, and the sum. A small generator ends at the larger of the sides.
    assert [sorted({*each}, reverse=True) for each in found] == [sides, sides[-2 + (size == 32) :]]
    assert len(found[0]) == 8


@pytest.mark.parametrize("wrong", [{"size": 16}, {"size": 65}, {"size": 272}, {"width": 3}])
def test_impossible_sizes_are_refused_by_name(wrong):
    with pytest.raises(UsageError, match=f"--{next(iter(wrong))} must be"):
        dataclasses.replace(CONFIG, **wrong)


def test_a_recipe_of_another_version_is_refused():
    with pytest.raises(ProjectError, match="no recipe 'own'"):
        dataclasses.replace(CONFIG, recipe="own")


def test_a_configuration_of_another_version_is_refused():
    with pytest.raises(ProjectError, match="ModelConfig"):
        ModelConfig.from_dict({"text_dim": 1, "encoder": "", "colour_head": True})


def test_default_networks_have_their_known_numbers_of_parameters():
    config = ModelConfig(text_dim=192, encoder="none", width=32)
    assert model.generator(config).count_params() == 1_869_447
    assert model.discriminator(config).count_params() == 2_431_841
    config = dataclasses.replace(config, width=48, max_channels=256)
    assert model.generator(config).count_params() == 2_388_679
    assert model.discriminator(config).count_params() == 2_899_665
    config = dataclasses.replace(config, residual=True)
    assert model.generator(config).count_params() == 2_747_635
    assert model.discriminator(config).count_params() == 3_312_913


def test_generator_draws_in_range_and_listens_to_both_inputs(normal):
    keras.utils.set_random_seed(0)
    generator = model.generator(CONFIG)
    noise, text = normal(4, 5), normal(4, 6, seed=1)
    images = generator([noise, text], training=True).numpy()
    assert images.shape == (4, 32, 32, 3) and np.abs(images).max() <= 1
    assert np.abs(images - generator([noise[::-1], text], training=True)).max() > 1e-3
    assert np.abs(images - generator([noise, text[::-1]], training=True)).max() > 1e-3


def test_discriminator_scores_each_caption_as_if_alone(normal):
    keras.utils.set_random_seed(0)
    discriminator = model.discriminator(CONFIG)
    images, texts = normal(3, 32, 32, 3), normal(3, 2, 6, seed=1)
    both = discriminator([images, texts])[0].numpy()
    alone = [discriminator([images, texts[:, k : k + 1]])[0].numpy()[:, 0] for k in range(2)]
    np.testing.assert_allclose(both, np.stack(alone, 1), atol=1e-6)
    assert both.shape == (3, 2) and np.abs(both[:, 0] - both[:, 1]).min() > 0


def test_discriminator_gives_features_of_images_and_of_their_first_captions(normal):
    keras.utils.set_random_seed(0)
    discriminator = model.discriminator(CONFIG)
    images, texts = normal(3, 32, 32, 3), normal(3, 2, 6, seed=1)
    _, of_images, of_texts = (x.numpy() for x in discriminator([images, texts]))
    other = texts[[1, 0, 2]] * np.array([[[1.0], [2.0]]])
    _, same, swapped = (x.numpy() for x in discriminator([images, other]))
    np.testing.assert_array_equal(same, of_images)
    np.testing.assert_allclose(swapped, of_texts[[1, 0, 2]], atol=1e-6)
    assert of_images.shape == of_texts.shape == (3, 256)
    assert of_images.std() > 0 and of_texts.std() > 0

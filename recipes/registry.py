"""The recipes by name, and how to build a model's networks."""

from __future__ import annotations

import keras

from config import DEFAULT, DEFAULTS, ORIGINAL, ModelConfig, TrainConfig
from recipes import default, original
from recipes.base import Networks, Recipe

RECIPES: dict[str, Recipe] = {DEFAULT: default.RECIPE, ORIGINAL: original.RECIPE}
if RECIPES.keys() != DEFAULTS.keys():
    raise AssertionError("config.DEFAULTS must hold the numbers of exactly the recipes that exist")


def build_generator(model: ModelConfig) -> keras.Model:
    """Build a model's generator: (B, noise), (B, text_dim) -> (B, S, S, 3) in [-1, 1]."""
    return RECIPES[model.recipe].generator(model)


def build(model: ModelConfig, config: TrainConfig) -> Networks:
    """Build a model's networks with random weights, and their optimizers, ready to update.

    The weights follow `keras.utils.set_random_seed`: set it first where they matter.

    Args:
        model: What to build.
        config: The optimizers' numbers.
    """
    recipe = RECIPES[model.recipe]
    adam = {"beta_1": config.beta_1, "beta_2": config.beta_2, "epsilon": config.epsilon}
    nets = Networks(
        model,
        recipe.generator(model),
        recipe.discriminator(model),
        keras.optimizers.Adam(config.g_learning_rate, name="adam", **adam),
        keras.optimizers.Adam(config.d_learning_rate, name="adam", **adam),
        recipe.generator(model),
    )
    nets.ema.set_weights(nets.generator.get_weights())
    nets.g_optimizer.build(nets.generator.trainable_variables)
    nets.d_optimizer.build(nets.discriminator.trainable_variables)
    return nets

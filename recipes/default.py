"""The default recipe: one update of the discriminator, then one of the generator.

The networks are in `model.py`, the losses in `losses.py`. One generator pass serves both updates:
its images are the discriminator's fakes, and the generator then learns from them in turn.
"""

from __future__ import annotations

import tensorflow as tf

import losses
import model
import ops
import replicas
from config import TrainConfig
from recipes.base import Networks, Recipe, Scalars
from recipes.schedule import learning_rate_factor


def update(
    nets: Networks,
    config: TrainConfig,
    images: tf.Tensor,
    captions: tf.Tensor,
    asked: tf.Tensor,
    mismatched: tf.Tensor,
    step: tf.Tensor,
) -> Scalars:
    """Update the discriminator once, then the generator once; see `recipes.base.Update`.

    `mismatched` is (B, D), captions of other images.
    """
    batch = images.shape[0]
    half = batch // 2
    seeds = tf.random.split(tf.stack([tf.constant(config.seed, tf.int64), step]), 3)
    shape = (batch * replicas.count(), nets.config.noise)
    noise = replicas.share(tf.random.stateless_normal(shape, seeds[0]))
    real = _augment(nets, config, images, seeds[1])
    # Each caption is drawn twice, with different noise: see `losses.sameness`.
    asked = tf.concat([asked[:half], asked[: batch - half]], axis=0)
    with tf.GradientTape() as tape:
        drawn = nets.generator([noise, asked], training=True)
        fake = _augment(nets, config, drawn, seeds[2])

    # Discriminator. Mismatches teach the colours early on; later they cost variety, so their
    # weight falls.
    mismatch_weight = learning_rate_factor(config, step) ** 2 * config.mismatch_weight
    gradients, d_scalars = discriminator_gradients(
        nets, config, real, captions, mismatched, fake, asked, mismatch_weight
    )
    penalties = tf.cond(
        step % config.r1_every == 0,
        lambda: penalty_gradients(nets, config, real[: max(1, half)], captions),
        lambda: [tf.zeros_like(weight) for weight in nets.discriminator.trainable_variables],
    )
    gradients = [g + p for g, p in zip(gradients, penalties, strict=True)]
    nets.d_optimizer.apply(gradients, nets.discriminator.trainable_variables)

    # Generator, against the updated discriminator.
    usual = replicas.mean(tf.reduce_mean(tf.abs(images[:half] - images[half : 2 * half])))
    least = config.least_difference * usual
    gradients, g_scalars = generator_gradients(nets, config, tape, drawn, fake, asked, least)
    nets.g_optimizer.apply(gradients, nets.generator.trainable_variables)
    return d_scalars | g_scalars


def discriminator_gradients(
    nets: Networks,
    config: TrainConfig,
    real: tf.Tensor,
    captions: tf.Tensor,
    mismatched: tf.Tensor,
    fake: tf.Tensor,
    asked: tf.Tensor,
    mismatch_weight: tf.Tensor,
) -> tuple[list[tf.Tensor], Scalars]:
    """Compute the gradients of the discriminator's least-squares and contrastive losses.

    Args:
        nets: The networks.
        config: The recipe's numbers.
        real: (B, S, S, 3) augmented real images.
        captions: (B, 2, D), two paraphrases of each real image's caption.
        mismatched: (B, D), for each real image a caption of another.
        fake: (B, S, S, 3) augmented generated images.
        asked: (B, D), the captions they were generated for.
        mismatch_weight: Scalar, weight of mismatched image-caption pairs.

    Returns:
        The gradients, one per trainable weight, and the scalars to log.
    """
    batch = real.shape[0]
    weights = nets.discriminator.trainable_variables
    texts = tf.concat([captions, mismatched[:, None]], axis=1)  # (B, 3, D)
    texts = tf.concat([texts, tf.repeat(asked[:, None], 3, axis=1)], axis=0)  # (2B, 3, D)
    with tf.GradientTape() as tape:
        both = tf.concat([real, fake], axis=0)  # (2B, S, S, 3)
        scores, features, named = nets.discriminator([both, texts], training=True)
        real_scores, mismatched_scores = scores[:batch, :2], scores[:batch, 2]
        fake_scores = scores[batch:, 0]
        loss = losses.discriminator(real_scores, fake_scores, mismatched_scores, mismatch_weight)
        named = replicas.gather(named[:batch])  # captions of the whole batch
        logits = tf.matmul(features[:batch], named, transpose_b=True)
        contrast = losses.contrast(logits, replicas.first_row(batch))
        total = (loss + config.contrast_weight * contrast) / replicas.count()
    scalars = {
        "loss/discriminator": loss,
        "loss/contrast": contrast,
        "score/real": tf.reduce_mean(real_scores),
        "score/mismatched": tf.reduce_mean(mismatched_scores),
        "score/fake": tf.reduce_mean(fake_scores),
    }
    return tape.gradient(total, weights), scalars


def penalty_gradients(
    nets: Networks, config: TrainConfig, real: tf.Tensor, captions: tf.Tensor
) -> list[tf.Tensor]:
    """Compute the gradients of the R1 penalty, scaled up for the steps that omit it.

    Lazy regularisation (Karras et al. 2020, "Analyzing and Improving the Image Quality of
    StyleGAN", section 3.1): the penalty is computed every `r1_every` steps and stands for all.

    Args:
        nets: The networks.
        config: The recipe's numbers.
        real: (n, S, S, 3) augmented real images; part of the batch is enough.
        captions: (B, 2, D) with B >= n, paraphrases of their captions, in the same order.

    Returns:
        The gradients, one per trainable weight; zero where the penalty does not depend on it.
    """
    weights = nets.discriminator.trainable_variables
    with tf.GradientTape() as outer:
        with tf.GradientTape(watch_accessed_variables=False) as inner:
            inner.watch(real)
            texts = captions[: real.shape[0], :1]
            scores, *_ = nets.discriminator([real, texts], training=True)
        penalty = losses.gradient_penalty(inner.gradient(scores, real))
        penalty *= config.r1_gamma * config.r1_every / replicas.count()
    gradients = outer.gradient(penalty, weights)
    return [tf.zeros_like(w) if g is None else g for g, w in zip(gradients, weights, strict=True)]


def generator_gradients(
    nets: Networks,
    config: TrainConfig,
    tape: tf.GradientTape,
    drawn: tf.Tensor,
    fake: tf.Tensor,
    asked: tf.Tensor,
    least: tf.Tensor,
) -> tuple[list[tf.Tensor], Scalars]:
    """Compute the gradients of the generator's least-squares loss and of its sameness penalty.

    Args:
        nets: The networks; the discriminator has just been updated.
        config: The recipe's numbers.
        tape: The record of how `drawn` and `fake` were computed; used up here.
        drawn: (B, S, S, 3) generated images; the second half repeats the captions of the first.
        fake: (B, S, S, 3), the same images augmented.
        asked: (B, D), their captions.
        least: Scalar, the least mean absolute difference of two images of one caption that
            costs nothing.

    Returns:
        The gradients, one per trainable weight, and the scalars to log.
    """
    half = drawn.shape[0] // 2
    with tape:  # resume the record of the generator's pass
        scores, *_ = nets.discriminator([fake, asked[:, None]], training=True)
        loss = losses.generator(scores[:, 0])
        sameness = tf.constant(0.0)
        if half:
            sameness = losses.sameness(drawn[:half], drawn[half : 2 * half], least)
        total = (loss + config.sameness_weight * sameness) / replicas.count()
    gradients = tape.gradient(total, nets.generator.trainable_variables)
    return gradients, {"loss/generator": loss, "loss/sameness": sameness}


def _augment(nets: Networks, config: TrainConfig, images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    limit = round(config.translate * nets.config.size)
    return ops.augment(images, limit, config.zoom, config.cutout, seed)


RECIPE = Recipe(model.generator, model.discriminator, update)

"""Losses: scores in, scalars out. The targets are those of LSGAN (Mao et al. 2017, eq. 2)."""

from __future__ import annotations

import tensorflow as tf

REAL, FAKE = 1.0, -1.0


def _distance(scores: tf.Tensor, target: float) -> tf.Tensor:
    return tf.reduce_mean(tf.square(scores - target))


def discriminator(
    real: tf.Tensor, fake: tf.Tensor, mismatched: tf.Tensor, mismatch_weight: float
) -> tf.Tensor:
    """Least squares with a third kind of input (Reed et al. 2016, section 4.2, GAN-CLS).

    Args:
        real: (B, 2) scores of real images with their captions in two paraphrases.
        fake: (B,) scores of generated images with the captions they were drawn from.
        mismatched: (B,) scores of real images with captions of others.
        mismatch_weight: weight of the third against 1 of each of the others.

    Returns:
        Scalar; 1 + mismatch_weight / 2 when all scores are 0.
    """
    negatives = _distance(fake, FAKE) + mismatch_weight * _distance(mismatched, FAKE)
    return 0.5 * (_distance(real, REAL) + negatives)


def contrast(logits: tf.Tensor) -> tf.Tensor:
    """Cross entropy of telling each image's caption among those of the batch.

    InfoNCE (van den Oord et al. 2018, "Representation Learning with Contrastive Predictive Coding",
    eq. 4). Zhang et al. 2021, "Cross-Modal Contrastive Learning for Text-to-Image Generation",
    section 4, give it to both networks of a GAN; here it is the discriminator's alone, and of plain
    inner products. Images that share a caption raise the least loss, but do not move the best
    logits, log p(caption | image) / p(caption).

    Args:
        logits: (B, B) of B images with B captions, each with its own on the diagonal.

    Returns:
        Scalar; log(B) when all logits are alike.
    """
    own = tf.range(tf.shape(logits)[0])
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(own, logits))


def generator(fake: tf.Tensor) -> tf.Tensor:
    """Least squares towards what the discriminator is to say of real images.

    Args:
        fake: (B,) scores of generated images.

    Returns:
        Scalar; 0.5 when all scores are 0.
    """
    return 0.5 * _distance(fake, REAL)


def sameness(one: tf.Tensor, other: tf.Tensor, least: tf.Tensor) -> tf.Tensor:
    """How much two drawings of one paraphrase with different noise lack of a distance.

    A hinge on what Mao et al. 2019, "Mode Seeking Generative Adversarial Networks", and Yang et
    al. 2019, "Diversity-Sensitive Conditional Generative Adversarial Networks", maximise: without
    it, the generator pays less and less heed to the noise.

    Args:
        one: (B, S, S, 3) images.
        other: (B, S, S, 3) others of the same paraphrases.
        least: scalar, the mean absolute difference that is enough.

    Returns:
        Scalar, 0 where all pairs are that far apart.
    """
    apart = tf.reduce_mean(tf.abs(one - other), axis=[1, 2, 3])  # (B,)
    return tf.reduce_mean(tf.nn.relu(least - apart))


def gradient_penalty(gradients: tf.Tensor) -> tf.Tensor:
    """R1: half the squared norm of the score's gradient at real images (Mescheder et al. 2018).

    Args:
        gradients: (B, S, S, 3), d score / d image.

    Returns:
        Scalar, the mean over the batch.
    """
    return 0.5 * tf.reduce_mean(tf.reduce_sum(tf.square(gradients), axis=[1, 2, 3]))

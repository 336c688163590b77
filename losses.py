"""Losses: scores in, scalars out. The targets are those of LSGAN (Mao et al. 2017, eq. 2)."""

from __future__ import annotations

import tensorflow as tf

REAL, FAKE = 1.0, -1.0


def _distance(scores: tf.Tensor, target: float) -> tf.Tensor:
    return tf.reduce_mean(tf.square(scores - target))


def discriminator(
    real: tf.Tensor, fake: tf.Tensor, mismatched: tf.Tensor, mismatch_weight: float
) -> tf.Tensor:
    """Return the least-squares loss over three kinds of input (GAN-CLS, Reed et al. 2016, 4.2).

    Args:
        real: (B, 2) scores of real images with two paraphrases of their captions.
        fake: (B,) scores of generated images with the captions they were generated for.
        mismatched: (B,) scores of real images with captions of other images.
        mismatch_weight: Weight of the mismatched pairs; the other two kinds weigh 1 each.

    Returns:
        Scalar; 1 + mismatch_weight / 2 when all scores are 0.
    """
    negatives = _distance(fake, FAKE) + mismatch_weight * _distance(mismatched, FAKE)
    return 0.5 * (_distance(real, REAL) + negatives)


def contrast(logits: tf.Tensor, first: int | tf.Tensor = 0) -> tf.Tensor:
    """Return the cross entropy of picking each image's caption from those of the batch.

    This is InfoNCE (van den Oord et al. 2018, "Representation Learning with Contrastive Predictive
    Coding", eq. 4). Zhang et al. 2021, "Cross-Modal Contrastive Learning for Text-to-Image
    Generation", section 4, use it for both networks of a GAN; here only the discriminator has it,
    on plain inner products. Images that share a caption raise the lowest loss that can be reached,
    but do not move the best logits, log p(caption | image) / p(caption).

    Args:
        logits: (b, B), images by the captions of the batch. Those of the images are next to each
            other, in the same order.
        first: Column of the first image's own caption.

    Returns:
        Scalar; log(B) when all logits are equal.
    """
    own = first + tf.range(tf.shape(logits)[0])
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(own, logits))


def generator(fake: tf.Tensor) -> tf.Tensor:
    """Return the least-squares loss towards the score that real images should get.

    Args:
        fake: (B,) scores of generated images.

    Returns:
        Scalar; 0.5 when all scores are 0.
    """
    return 0.5 * _distance(fake, REAL)


def sameness(one: tf.Tensor, other: tf.Tensor, least: tf.Tensor) -> tf.Tensor:
    """Penalise two images of one caption that differ by less than `least`.

    A hinge on what Mao et al. 2019, "Mode Seeking Generative Adversarial Networks", and Yang et
    al. 2019, "Diversity-Sensitive Conditional Generative Adversarial Networks", maximise. Without
    it, the generator gradually ignores the noise.

    Args:
        one: (B, S, S, 3) images.
        other: (B, S, S, 3) images of the same captions with different noise.
        least: Scalar, the mean absolute difference that costs nothing.

    Returns:
        Scalar; 0 when all pairs are that far apart.
    """
    apart = tf.reduce_mean(tf.abs(one - other), axis=[1, 2, 3])  # (B,)
    return tf.reduce_mean(tf.nn.relu(least - apart))


def gradient_penalty(gradients: tf.Tensor) -> tf.Tensor:
    """Return R1: half the squared norm of the score's gradient (Mescheder et al. 2018).

    Args:
        gradients: (B, S, S, 3), d score / d image, at real images.

    Returns:
        Scalar, the mean over the batch.
    """
    return 0.5 * tf.reduce_mean(tf.reduce_sum(tf.square(gradients), axis=[1, 2, 3]))

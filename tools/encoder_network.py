"""The networks that train the sentence encoder: encoders with decoders of both neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tools.encoder_batches import EOS, Batch

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

WORD_DIM = 48  # width of a word vector
STATE_DIM = 192  # width of the state of `uni`'s encoder, and of both states of `bi` together
DIRECTIONS = {"uni": 1, "bi": 2}  # model -> number of encoders in it
NOISE = 0.4  # standard deviation of the noise added to a state before it is decoded


def build(n_words: int, directions: int) -> keras.Model:
    """Build the encoders and decoders of one model.

    Args:
        n_words: Size of the vocabulary.
        directions: 1 for a forward encoder, 2 for a forward and a backward one of half the width.

    Returns:
        A model from ids `[sentence (B, T), previous (B, T'), next (B, T'')]` to the logits of both
        neighbours, `[(B, T', n_words), (B, T'', n_words)]`. Its encoders are the layers `encoder`
        and `encoder_r`.

    Example:
        >>> build(100, directions=2).get_layer("encoder_r").units
        64
    """
    import keras

    layers = keras.layers
    inputs = [keras.Input((None,), dtype="int32", name=name) for name in Batch._fields]
    # Ten times Keras' default: from values so near 0, the colours would separate too late.
    uniform = keras.initializers.RandomUniform(-0.5, 0.5)
    embed = layers.Embedding(n_words, WORD_DIM, embeddings_initializer=uniform, name="words")
    shift = layers.ZeroPadding1D((1, 0))
    softmax = layers.Dense(n_words, name="softmax")

    class FirstBiasOnly(keras.constraints.Constraint):  # Keras has two biases, the files have one
        def __call__(self, bias):
            return bias * [[1.0], [0.0]]

    def remembering(shape, dtype=None):  # opens the first gate, which keeps the old state
        return np.array([[1.0], [0.0]]) * (np.arange(shape[1]) < shape[1] // 3)

    sentence = embed(inputs[0])  # (B, T, e)
    states = [
        layers.GRU(
            STATE_DIM // directions,
            go_backwards=backwards,
            bias_constraint=FirstBiasOnly(),
            bias_initializer=remembering,
            name=name,
        )(sentence)
        for name, backwards in [("encoder", False), ("encoder_r", True)][:directions]
    ]
    state = layers.Concatenate()(states) if directions > 1 else states[0]  # (B, d)
    # Only what stands out from the noise can be decoded. What predicts the neighbours, the
    # colours, therefore fills all dimensions of the state, and the wording is left out.
    state = layers.GaussianNoise(NOISE, seed=0)(state)
    logits = []
    for ids in inputs[1:]:
        # A word is predicted from those before it and, at each step, from the state (eq. 5 to 8).
        before = shift(embed(ids[:, :-1]))  # (B, T', e)
        context = layers.Dense(WORD_DIM, use_bias=False)(state)[:, None]  # (B, 1, e)
        # A decoder as wide as the state starts from it, without a layer between them: that learns
        # the colours in half the updates.
        decoder = layers.GRU(STATE_DIM, return_sequences=True, name=f"decoder_{ids.name}")
        logits.append(softmax(decoder(before + context, initial_state=state)))  # (B, T', n_words)
    return keras.Model(inputs, logits)


def cross_entropy(ids: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """Sum -log p over the words of each sentence up to its first `EOS`; mean over the batch.

    Args:
        ids: (B, T) int32. What follows the first `EOS` is padding and costs nothing.
        logits: (B, T, n_words).

    Returns:
        A scalar, in nats.
    """
    import tensorflow as tf

    cost = tf.nn.sparse_softmax_cross_entropy_with_logits(ids, logits)  # (B, T)
    ended = tf.cumsum(tf.cast(ids == EOS, tf.int32), axis=1, exclusive=True)
    return tf.reduce_mean(tf.reduce_sum(tf.where(ended == 0, cost, 0.0), axis=1))

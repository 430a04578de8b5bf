"""Inputs of a step's networks: labels, and the seeds of all randomness."""

import tensorflow as tf

# Purposes of random numbers; each gets a seed of its own.
LATENTS, PENALTY, REAL_VIEW, FAKE_VIEW, GENERATOR_VIEW, LABELS, GENERATOR_PENALTY = range(7)


def fold(seed: tf.Tensor, *values: int | tf.Tensor) -> tf.Tensor:
    """Derives an independent stateless seed, int32 [2], from a seed and integers."""
    for value in values:
        seed = tf.random.experimental.stateless_fold_in(seed, value)
    return seed


def with_labels(inputs: tf.Tensor, labels: tf.Tensor | None) -> tf.Tensor | list[tf.Tensor]:
    """Returns the inputs of a network: `inputs` alone, or with labels if there are any."""
    return inputs if labels is None else [inputs, labels]

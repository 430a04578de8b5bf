"""The learning rate over the run."""

import math

import tensorflow as tf


def learning_rate_factor(
    name: str, images_shown: tf.Tensor, total_kimg: float, warmup_kimg: float, final_factor: float
) -> tf.Tensor:
    """Factor on both learning rates: a linear warm-up, then constant, linear or cosine decay.

    Args:
      images_shown: integer scalar.
      final_factor: what linear and cosine decay reach at `total_kimg`.

    Returns:
      float32 scalar in [0, 1].
    """
    kimg = tf.cast(images_shown, tf.float32) / 1000.0
    progress = (kimg - warmup_kimg) / max(total_kimg - warmup_kimg, 1e-6)
    progress = tf.clip_by_value(progress, 0.0, 1.0)
    decayed = {
        "constant": tf.ones([]),
        "linear": 1.0 - progress,
        "cosine": 0.5 * (1.0 + tf.cos(math.pi * progress)),
    }[name]
    factor = final_factor + (1.0 - final_factor) * decayed
    # The first step of a warm-up must move the weights too.
    warmup = (kimg + 1e-3) / warmup_kimg if warmup_kimg else tf.ones([])
    return factor * tf.minimum(warmup, 1.0)

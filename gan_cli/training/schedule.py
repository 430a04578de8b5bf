"""Schedules: the learning rate and other settings as functions of the images shown."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import tensorflow as tf

# A length in thousands of images. A variable stands for one that is measured before the first step.
Kimg: TypeAlias = float | tf.Variable


@dataclass(frozen=True)
class Ramp:
    """Half a cosine from `start` to `end`, which it reaches at `until_kimg`; constant after that.

    Called with the images shown, an integer scalar; returns a float32 scalar.
    """

    start: float
    end: float
    until_kimg: Kimg

    def __call__(self, images_shown: tf.Tensor) -> tf.Tensor:
        progress = tf.minimum(tf.cast(images_shown, tf.float32) / (1000.0 * self.until_kimg), 1.0)
        return self.end + (self.start - self.end) * 0.5 * (1.0 + tf.cos(math.pi * progress))


# A constant, or a function of the images shown.
Setting = float | Callable[[tf.Tensor], tf.Tensor]


def value_at(setting: Setting, images_shown: tf.Tensor) -> float | tf.Tensor:
    """Returns the value of a setting after `images_shown`."""
    return setting(images_shown) if callable(setting) else setting


def learning_rate_factor(
    name: str, images_shown: tf.Tensor, total_kimg: Kimg, warmup_kimg: float, final_factor: float
) -> tf.Tensor:
    """Returns the factor on both learning rates: a linear warm-up, then a schedule.

    Args:
      name: `constant`, or `linear` or `cosine` decay.
      images_shown: integer scalar.
      final_factor: factor that linear and cosine decay reach at `total_kimg`.

    Returns:
      float32 scalar in [0, 1].
    """
    kimg = tf.cast(images_shown, tf.float32) / 1000.0
    span = total_kimg - warmup_kimg
    span = max(span, 1e-6) if isinstance(span, float | int) else tf.maximum(span, 1e-6)
    progress = (kimg - warmup_kimg) / span
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

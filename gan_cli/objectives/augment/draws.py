"""Random parameters of a batch, from one stateless seed."""

import tensorflow as tf

from gan_cli import replicas


class Draws:
    """A supply of independent random numbers, one for every image at each call.

    All numbers are drawn at once: a hundred small random operations would take longer than changing
    the images.

    Args:
      seed: stateless seed, int32 [2].
      batch: number of images, int32 scalar.
      uniforms, normals: largest number of calls for each kind.
    """

    def __init__(self, seed: tf.Tensor, batch: tf.Tensor, uniforms: int, normals: int = 0):
        seeds = tf.random.split(seed, 2)
        uniform = replicas.uniform([uniforms, batch], seeds[0], axis=1)
        normal = replicas.normal([normals, batch], seeds[1], axis=1)
        self._uniforms, self._normals = iter(tf.unstack(uniform)), iter(tf.unstack(normal))

    def uniform(self, low: float = 0.0, high: float = 1.0) -> tf.Tensor:
        """Returns numbers from U(low, high), including low: float32 [batch]."""
        return low + (high - low) * next(self._uniforms)

    def normal(self, deviation: float) -> tf.Tensor:
        """Returns numbers from N(0, deviation^2): float32 [batch]."""
        return deviation * next(self._normals)

    def integer(self, low: int, high: int) -> tf.Tensor:
        """Returns whole numbers from low to high inclusive, equally likely: float32 [batch]."""
        count = high - low + 1
        # Rounding may bring the product to the end of the interval.
        return low + tf.minimum(tf.floor(next(self._uniforms) * count), count - 1.0)

    def happens(self, probability: tf.Tensor) -> tf.Tensor:
        """Returns True with this probability, never at 0, always at 1: bool [batch]."""
        return next(self._uniforms) < probability

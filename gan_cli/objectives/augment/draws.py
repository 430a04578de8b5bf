"""The random parameters of a batch, from one stateless seed."""

import tensorflow as tf

from gan_cli import replicas


class Draws:
    """Independent random numbers, one of each for every image, handed out in turn.

    All are drawn at once: a hundred small random operations would take longer than the images do.

    Args:
      seed: stateless seed, int32 [2].
      batch: number of images, int32 scalar.
      uniforms, normals: how many of each kind will be asked for at most.
    """

    def __init__(self, seed: tf.Tensor, batch: tf.Tensor, uniforms: int, normals: int = 0):
        seeds = tf.random.split(seed, 2)
        uniform = replicas.uniform([uniforms, batch], seeds[0], axis=1)
        normal = replicas.normal([normals, batch], seeds[1], axis=1)
        self._uniforms, self._normals = iter(tf.unstack(uniform)), iter(tf.unstack(normal))

    def uniform(self, low: float = 0.0, high: float = 1.0) -> tf.Tensor:
        """U(low, high), low included: float32 [batch]."""
        return low + (high - low) * next(self._uniforms)

    def normal(self, deviation: float) -> tf.Tensor:
        """N(0, deviation^2): float32 [batch]."""
        return deviation * next(self._normals)

    def integer(self, low: int, high: int) -> tf.Tensor:
        """Whole numbers from low to high, both included, all as likely: float32 [batch]."""
        count = high - low + 1
        # Rounding of the product may reach the end of the interval.
        return low + tf.minimum(tf.floor(next(self._uniforms) * count), count - 1.0)

    def happens(self, probability: tf.Tensor) -> tf.Tensor:
        """True with the given probability, never at 0, always at 1: bool [batch]."""
        return next(self._uniforms) < probability

"""Gathers pixels from anywhere in their image."""

import tensorflow as tf


def gather_pixels(images: tf.Tensor, rows: tf.Tensor, columns: tf.Tensor) -> tf.Tensor:
    """Returns images[b, rows[b, ...], columns[b, ...]].

    Args:
      images: [batch, height, width, channels], static except for the batch.
      rows, columns: int32 [batch, ...] inside the image; their shapes are broadcast.

    Returns:
      [batch, ..., channels].
    """
    height, width, channels = images.shape[1:]
    inside = rows * width + columns
    first = tf.range(tf.shape(images)[0]) * (height * width)
    # Gathering rows from one list of all pixels of the batch, and scattering them in the gradient,
    # is several times faster than gather_nd or gather with batch_dims.
    flat = tf.reshape(images, [-1, channels])
    return tf.gather(flat, inside + tf.reshape(first, [-1] + [1] * (inside.shape.rank - 1)))


def centred(size: int) -> tf.Tensor:
    """Returns the pixels' coordinates along an axis, from the image's centre: float32 [size]."""
    return tf.range(size, dtype=tf.float32) - (size - 1) / 2

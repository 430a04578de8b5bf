"""Batches of homogeneous matrices, composed and applied in full float32.

Not by `tf.matmul`, which on GPUs may multiply in TF32: its 10 bits of mantissa would put a pixel of
a large image in the wrong place, and change images even where every matrix is the identity.
"""

import tensorflow as tf


def matrix(rows: list[list]) -> tf.Tensor:
    """From numbers and float32 [batch] tensors, at least one of them, to [batch, rows, columns]."""
    batch = next(value for row in rows for value in row if isinstance(value, tf.Tensor))
    entries = [[tf.broadcast_to(tf.cast(v, tf.float32), tf.shape(batch)) for v in r] for r in rows]
    return tf.stack([tf.stack(row, axis=-1) for row in entries], axis=-2)


def compose(*matrices: tf.Tensor) -> tf.Tensor:
    """The product, left to right: what stands on the right is applied first. [batch, n, n]."""
    product = matrices[0]
    for right in matrices[1:]:
        product = tf.reduce_sum(product[:, :, :, None] * right[:, None, :, :], axis=2)
    return product


def translation(x, y) -> tf.Tensor:
    """[batch, 3, 3]: moves by (x, y)."""
    return matrix([[1, 0, x], [0, 1, y], [0, 0, 1]])


def scaling(x, y) -> tf.Tensor:
    """[batch, 3, 3]: scales about the origin."""
    return matrix([[x, 0, 0], [0, y, 0], [0, 0, 1]])


def rotation(cosine, sine) -> tf.Tensor:
    """[batch, 3, 3]: rotates about the origin, from the x axis towards the y axis."""
    return matrix([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]])

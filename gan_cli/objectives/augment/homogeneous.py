"""Batches of homogeneous matrices, composed and applied in full float32.

They do not use `tf.matmul`, which may multiply in TF32 on GPUs: 10 bits of mantissa would misplace
pixels of large images, and change images even if every matrix is the identity.
"""

import tensorflow as tf


def matrix(rows: list[list]) -> tf.Tensor:
    """Stacks numbers and float32 [batch] tensors, at least one, to [batch, rows, columns]."""
    batch = next(value for row in rows for value in row if isinstance(value, tf.Tensor))
    entries = [[tf.broadcast_to(tf.cast(v, tf.float32), tf.shape(batch)) for v in r] for r in rows]
    return tf.stack([tf.stack(row, axis=-1) for row in entries], axis=-2)


def compose(*matrices: tf.Tensor) -> tf.Tensor:
    """Returns the product, [batch, n, n]; the rightmost matrix is applied first."""
    product = matrices[0]
    for right in matrices[1:]:
        product = tf.reduce_sum(product[:, :, :, None] * right[:, None, :, :], axis=2)
    return product


def translation(x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
    """Returns the shift by (x, y): [batch, 3, 3]."""
    return matrix([[1, 0, x], [0, 1, y], [0, 0, 1]])


def scaling(x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
    """Returns the scaling about the origin: [batch, 3, 3]."""
    return matrix([[x, 0, 0], [0, y, 0], [0, 0, 1]])


def rotation(cosine: tf.Tensor, sine: tf.Tensor) -> tf.Tensor:
    """Returns the rotation about the origin, from the x axis towards the y axis: [batch, 3, 3]."""
    return matrix([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]])

"""Parts of tensors whose gradients are fast on CPUs."""

import tensorflow as tf


def part(x: tf.Tensor, axis: int, start: int, size: int) -> tf.Tensor:
    """Returns `size` entries of `x` along an axis; of its sides only the first may be unknown.

    Not by `x[:, a:b]`, whose gradient has a slow kernel on CPUs, which penalties of gradients run
    once more. The gradient of `tf.slice` is padding, and the gradient of padding is a slice.
    """
    begin, sizes = [0] * len(x.shape), list(x.shape)
    begin[axis], sizes[axis] = start, size
    # TensorFlow's graph optimiser reorders sums by the names of what is added and by what it can
    # prove of their shapes. With this name and these sizes each sum rounds as with `x[:, a:b]`.
    with tf.name_scope("strided_slice"):
        if sizes[0] is None:
            sizes[0] = tf.shape(x)[0]
        return tf.slice(x, begin, sizes)

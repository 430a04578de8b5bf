"""Convolution in groups of channels."""

import functools

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("gan_cli")
class GroupedConv2D(keras.layers.Conv2D):
    """`Conv2D` in any number of groups by TensorFlow's own kernel.

    Keras compiles grouped convolutions with XLA, whose gradients took fifteen times as long on a
    CPU.
    """

    def convolution_op(self, inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        padding = self.padding.upper()
        if self.groups == 1 or native_gradients(self.compute_dtype):
            return tf.nn.conv2d(inputs, kernel, self.strides, padding, dilations=self.dilation_rate)
        return group_by_group(inputs, kernel, self.groups, self.strides, padding)


@functools.cache
def native_gradients(dtype: str) -> bool:
    """Returns whether TensorFlow has gradients of grouped convolutions of this type here.

    It has them on GPUs and, by oneDNN, on most processors; on some of them in float32 only.
    """
    # Call the gradient's kernel itself: tapes do not record under `init_scope`.
    with tf.init_scope():
        try:
            tf.raw_ops.Conv2DBackpropInput(
                input_sizes=[1, 4, 4, 4],
                filter=tf.ones([3, 3, 2, 4], dtype),
                out_backprop=tf.ones([1, 4, 4, 4], dtype),
                strides=[1, 1, 1, 1],
                padding="SAME",
            )
        except (tf.errors.InvalidArgumentError, tf.errors.UnimplementedError):
            return False
    return True


def group_by_group(
    images: tf.Tensor, kernel: tf.Tensor, groups: int, strides: tuple[int, int], padding: str
) -> tf.Tensor:
    """Computes a grouped convolution by one convolution per group, which has gradients everywhere.

    Args:
      images: [batch, height, width, groups * n].
      kernel: [height, width, n, groups * m].

    Returns:
      [batch, height, width, groups * m].
    """
    parts = zip(tf.split(images, groups, axis=-1), tf.split(kernel, groups, axis=-1), strict=True)
    return tf.concat([tf.nn.conv2d(x, k, strides, padding) for x, k in parts], axis=-1)

"""Lossless exchange of resolution and channels: pixel shuffle and its inverse."""

from typing import Any

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("gan_cli")
class DepthToSpace(keras.layers.Layer):
    """[batch, height, width, 4 n] to [batch, 2 height, 2 width, n]: Shi et al. 2016."""

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        return tf.nn.depth_to_space(inputs, 2)

    def compute_output_shape(self, input_shape: Any) -> Any:
        batch, height, width, channels = input_shape
        return batch, 2 * height, 2 * width, channels // 4


@keras.saving.register_keras_serializable("gan_cli")
class SpaceToDepth(keras.layers.Layer):
    """[batch, height, width, channels] to [batch, height/2, width/2, 4 channels].

    A side of odd length is padded with a zero first.
    """

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        height, width = inputs.shape[1:3]
        if height % 2 or width % 2:
            inputs = tf.pad(inputs, [[0, 0], [0, height % 2], [0, width % 2], [0, 0]])
        return tf.nn.space_to_depth(inputs, 2)

    def compute_output_shape(self, input_shape: Any) -> Any:
        batch, height, width, channels = input_shape
        return batch, (height + 1) // 2, (width + 1) // 2, 4 * channels


def repeat_pixels(images: tf.Tensor) -> tf.Tensor:
    """Repeats each pixel four times: [batch, height, width, n] to [batch, 2 height, 2 width, n]."""
    _, height, width, channels = images.shape
    x = tf.reshape(images, [-1, height, 1, width, 1, channels])
    x = tf.tile(x, [1, 1, 2, 1, 2, 1])
    return tf.reshape(x, [-1, 2 * height, 2 * width, channels])


@keras.saving.register_keras_serializable("gan_cli")
class RepeatUpsampling(keras.layers.Layer):
    """Repeats each pixel four times: [batch, height, width, n] to [batch, 2 height, 2 width, n].

    Unlike `UpSampling2D`, it has gradients of every order and compiles with XLA.
    """

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        return repeat_pixels(inputs)

    def compute_output_shape(self, input_shape: Any) -> Any:
        batch, height, width, channels = input_shape
        return batch, 2 * height, 2 * width, channels

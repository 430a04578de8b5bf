"""Pixel normalisation, and the standard deviation of a minibatch."""

import math
from typing import Any

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("gan_cli")
class PixelNormalization(keras.layers.Layer):
    """Scales each vector of the last axis to a mean square of 1: Karras et al. 2018, section 4.2.

    It computes in float32, because squares of half-precision numbers overflow.
    """

    def __init__(self, epsilon: float = 1e-8, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.epsilon = epsilon

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        x = tf.cast(inputs, tf.float32)
        mean_square = tf.reduce_mean(tf.square(x), axis=-1, keepdims=True)
        return tf.cast(x * tf.math.rsqrt(mean_square + self.epsilon), inputs.dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"epsilon": self.epsilon}


@keras.saving.register_keras_serializable("gan_cli")
class MinibatchStandardDeviation(keras.layers.Layer):
    """Adds a channel that shows how much images of a group differ: Karras et al. 2018, section 3.

    [batch, height, width, n] to [batch, height, width, n + 1]. Every pixel of the channel holds the
    standard deviation over the group, averaged over channels and pixels.

    Args:
      group_size: number of images in a group. Where it does not divide the batch size, groups have
        the greatest common divisor of both, or 1 where the batch size is not known in advance.
    """

    def __init__(self, group_size: int = 4, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.group_size = group_size

    def group_of(self, batch: int) -> int:
        """Returns how many images of a batch are compared with one another."""
        return math.gcd(self.group_size, batch)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        _, height, width, channels = inputs.shape
        batch = inputs.shape[0] or tf.shape(inputs)[0]
        if isinstance(batch, int):
            group = self.group_of(batch)
        else:
            group = tf.where(batch % self.group_size == 0, self.group_size, 1)
        x = tf.cast(inputs, tf.float32)
        x = tf.reshape(x, [group, -1, height, width, channels])
        variance = tf.reduce_mean(tf.square(x - tf.reduce_mean(x, axis=0)), axis=0)
        deviation = tf.reduce_mean(tf.sqrt(variance + 1e-8), axis=[1, 2, 3])
        deviation = tf.tile(deviation, [group])
        picture = tf.ones_like(inputs[..., :1], tf.float32) * deviation[:, None, None, None]
        return tf.concat([inputs, tf.cast(picture, inputs.dtype)], axis=-1)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return *input_shape[:-1], input_shape[-1] + 1

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"group_size": self.group_size}

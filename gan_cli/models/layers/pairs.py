"""Which symbol follows which, as one-hot vectors."""

from typing import Any

import keras
import tensorflow as tf

from gan_cli.models.layers.parts import part


@keras.saving.register_keras_serializable("gan_cli")
class Following(keras.layers.Layer):
    """Returns what stands one place later, [batch, places, features]; zeros at the last place."""

    def call(self, x: tf.Tensor) -> tf.Tensor:
        padded = tf.pad(x, [[0, 0], [0, 1], [0, 0]])
        return part(padded, axis=1, start=1, size=x.shape[1])

    def compute_output_shape(self, shape: Any) -> Any:
        return shape


@keras.saving.register_keras_serializable("gan_cli")
class Pairs(keras.layers.Layer):
    """Returns the products of all features of one sequence with all of another, place by place.

    Of one-hot vectors, [batch, places, symbols], and those that follow them, these are one-hot
    vectors of pairs: [batch, places, symbols * symbols].
    """

    def call(self, one: tf.Tensor, other: tf.Tensor) -> tf.Tensor:
        products = one[..., :, None] * other[..., None, :]
        return tf.reshape(products, [-1, one.shape[1], one.shape[2] * other.shape[2]])

    def compute_output_shape(self, one_shape: Any, other_shape: Any) -> Any:
        return one_shape[0], one_shape[1], one_shape[2] * other_shape[2]

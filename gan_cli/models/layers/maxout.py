"""Maxout units (Goodfellow et al. 2013)."""

from typing import Any

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("gan_cli")
class Maxout(keras.layers.Layer):
    """Returns the largest of `pieces` affine functions: [batch, features] to [batch, units]."""

    def __init__(
        self, units: int, pieces: int, kernel_initializer: Any = "glorot_uniform", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.units, self.pieces = units, pieces
        self.affine = keras.layers.Dense(
            units * pieces, kernel_initializer=kernel_initializer, dtype=self.dtype_policy
        )

    def build(self, input_shape: Any) -> None:
        self.affine.build(input_shape)
        super().build(input_shape)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        values = keras.ops.reshape(self.affine(inputs), (-1, self.units, self.pieces))
        return keras.ops.max(values, axis=-1)

    def get_config(self) -> dict[str, Any]:
        initializer = keras.initializers.serialize(self.affine.kernel_initializer)
        return super().get_config() | {
            "units": self.units,
            "pieces": self.pieces,
            "kernel_initializer": initializer,
        }

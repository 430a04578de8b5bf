"""Maps a vector to the smallest picture, and back: Huang et al. 2024 (R3GAN), configuration E."""

from typing import Any

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("gan_cli")
class BiasedLeakyReLU(keras.layers.Layer):
    """Adds a learned bias to each channel, and applies a leaky ReLU."""

    def __init__(self, negative_slope: float = 0.2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.negative_slope = negative_slope

    def build(self, input_shape: Any) -> None:
        self.bias = self.add_weight(shape=[input_shape[-1]], initializer="zeros", name="bias")

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        return tf.nn.leaky_relu(inputs + tf.convert_to_tensor(self.bias), self.negative_slope)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"negative_slope": self.negative_slope}


@keras.saving.register_keras_serializable("gan_cli")
class GenerativeBasis(keras.layers.Layer):
    """Returns a learned picture with each channel scaled by a linear function of the vector.

    [batch, n] to [batch, *size, channels].
    """

    def __init__(self, size: tuple[int, int], channels: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.size, self.channels = tuple(size), channels

    def build(self, input_shape: Any) -> None:
        self.basis = self.add_weight(
            shape=[1, *self.size, self.channels],
            initializer=keras.initializers.RandomNormal(stddev=1.0),
            name="basis",
        )
        self.kernel = self.add_weight(
            shape=[input_shape[-1], self.channels],
            initializer=keras.initializers.RandomNormal(stddev=input_shape[-1] ** -0.5),
            name="kernel",
        )

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        weights = tf.matmul(inputs, tf.convert_to_tensor(self.kernel))
        return tf.convert_to_tensor(self.basis) * weights[:, None, None, :]

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape[0], *self.size, self.channels

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"size": self.size, "channels": self.channels}


@keras.saving.register_keras_serializable("gan_cli")
class DiscriminativeBasis(keras.layers.Layer):
    """Inner product of each channel with a learned picture: [batch, h, w, n] to [batch, n]."""

    def build(self, input_shape: Any) -> None:
        _, height, width, channels = input_shape
        self.basis = self.add_weight(
            shape=[1, height, width, channels],
            initializer=keras.initializers.RandomNormal(stddev=(height * width) ** -0.5),
            name="basis",
        )

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        return tf.reduce_sum(inputs * tf.convert_to_tensor(self.basis), axis=[1, 2])

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape[0], input_shape[-1]

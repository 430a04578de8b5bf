"""Gated linear units, and gates of one resolution by another (Liu et al. 2021, FastGAN)."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gan_cli.models.layers.spectral import SpectralConv2D

_SQUEEZED_SIDE = 4


@keras.saving.register_keras_serializable("gan_cli")
class GatedLinearUnit(keras.layers.Layer):
    """One half times the sigmoid of the other, [..., 2 n] to [..., n]: Dauphin et al. 2017."""

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        values, gates = tf.split(inputs, 2, axis=-1)
        return values * tf.sigmoid(gates)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return *input_shape[:-1], input_shape[-1] // 2


def pool_to(x: tf.Tensor, side: int) -> tf.Tensor:
    """Averages areas that cover the image: [batch, height, width, n] to [batch, side, side, n].

    The i-th area extends from floor(i size / side) to ceil((i + 1) size / side).
    """
    for axis in (1, 2):
        # Along the last axis, the average is one product of two matrices.
        means = tf.constant(_means(x.shape[axis], side), x.dtype)
        x = tf.tensordot(x, means, [[axis], [0]])
        order = [0, 3, 1, 2] if axis == 1 else [0, 1, 3, 2]
        x = tf.transpose(x, order)
    return x


def _means(size: int, side: int) -> np.ndarray:
    """Returns the matrix, [size, side], whose columns each average over one area."""
    matrix = np.zeros([size, side])
    for column in range(side):
        start, end = column * size // side, -(-(column + 1) * size // side)
        matrix[start:end, column] = 1.0 / (end - start)
    return matrix


@keras.saving.register_keras_serializable("gan_cli")
class SkipExcitation(keras.layers.Layer):
    """Gates the channels of one resolution by the features of another: [features, gated] to gated.

    Liu et al. 2021, section 3.1, equation 2. The features are pooled to 4x4; a 4x4 convolution,
    x sigmoid(x), a 1x1 convolution and a sigmoid give the factor on each gated channel. Both
    convolutions are spectrally normalised and have no bias, as in the authors' code.
    """

    def __init__(self, kernel_initializer: Any = "glorot_uniform", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, input_shape: Any) -> None:
        squeezed, gated = input_shape

        def convolution(kernel_size: int, channels: int, name: str) -> SpectralConv2D:
            layer = SpectralConv2D(
                gated[-1],
                kernel_size,
                use_bias=False,
                kernel_initializer=self.kernel_initializer.clone(),
                name=name,
                dtype=self.dtype_policy,
            )
            layer.build([None, kernel_size, kernel_size, channels])
            return layer

        self.squeeze = convolution(_SQUEEZED_SIDE, squeezed[-1], "squeeze")
        self.excite = convolution(1, gated[-1], "excite")
        super().build(input_shape)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        features, gated = inputs
        x = self.squeeze(pool_to(features, _SQUEEZED_SIDE))
        return gated * tf.sigmoid(self.excite(x * tf.sigmoid(x)))

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape[1]

    def get_config(self) -> dict[str, Any]:
        initializer = keras.initializers.serialize(self.kernel_initializer)
        return super().get_config() | {"kernel_initializer": initializer}

"""Modulated convolution: Karras et al. 2020 (StyleGAN2), section 2.2.

A style scales the input channels; demodulation scales the output channels so that inputs of unit
variance give outputs of unit variance. Scaling the images of one convolution is the same as scaling
the weights for each image, and needs no grouped convolution.
"""

import math
from typing import Any

import keras
import tensorflow as tf

from gan_cli.models.layers.equalized import LARGEST_HALF, EqualizedDense, leaky_relu
from gan_cli.models.layers.resample import cropped, filtered


class _Modulated(keras.layers.Layer):
    """Base of modulated convolutions: holds the affine map of styles, the kernel and the bias."""

    def __init__(self, filters: int, kernel_size: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.filters, self.kernel_size = filters, kernel_size
        # As many units as the features have channels, which `build` learns.
        self.affine = EqualizedDense(0, bias_initial=1.0, dtype=self.dtype_policy, name="affine")

    def build(self, input_shape: Any) -> None:
        features_shape, styles_shape = input_shape
        self.affine.units = features_shape[-1]
        self.affine.build(styles_shape)
        size = self.kernel_size
        self.kernel = self.add_weight(
            shape=[size, size, features_shape[-1], self.filters],
            initializer=keras.initializers.RandomNormal(stddev=1.0),
            name="kernel",
        )
        self.bias = self.add_weight(shape=[self.filters], initializer="zeros", name="bias")
        self.fan_in = size * size * features_shape[-1]

    def _clamped(self, x: tf.Tensor) -> tf.Tensor:
        if self.compute_dtype != "float16":
            return x
        return tf.clip_by_value(x, -LARGEST_HALF, LARGEST_HALF)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"filters": self.filters, "kernel_size": self.kernel_size}


@keras.saving.register_keras_serializable("gan_cli")
class ModulatedConv2D(_Modulated):
    """A modulated convolution with demodulation, noise, a bias and a leaky ReLU.

    [x [batch, height, width, n], styles [batch, m], noise [batch or 1, *size, 1]] to
    [batch, *size, filters].

    Args:
      size: [height, width] of the result. Where it is larger than that of x, a transposed
        convolution and the low-pass filter double x, and the result is cropped.
    """

    def __init__(
        self, filters: int, size: tuple[int, int], kernel_size: int = 3, **kwargs: Any
    ) -> None:
        super().__init__(filters, kernel_size, **kwargs)
        self.size = tuple(size)

    def build(self, input_shape: Any) -> None:
        features_shape, styles_shape, _ = input_shape
        self.doubles = tuple(features_shape[1:3]) != self.size
        super().build([features_shape, styles_shape])

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        x, styles, noise = inputs
        styles = tf.cast(self.affine(styles), tf.float32)
        kernel = tf.cast(tf.convert_to_tensor(self.kernel), tf.float32)
        if self.compute_dtype == "float16":
            # Demodulation cancels any factor.
            largest = tf.reduce_max(tf.abs(kernel), axis=[0, 1, 2], keepdims=True)
            kernel = kernel / (largest * math.sqrt(self.fan_in))
            styles = styles / tf.reduce_max(tf.abs(styles), axis=1, keepdims=True)
        # sum over (height, width, in) of (weight * style)^2, without weights for each image.
        power = tf.matmul(tf.square(styles), tf.reduce_sum(tf.square(kernel), axis=[0, 1]))
        demodulation = tf.cast(tf.math.rsqrt(power + 1e-8), x.dtype)
        x = x * tf.cast(styles, x.dtype)[:, None, None, :]
        kernel = tf.cast(kernel, x.dtype)
        x = self._doubled(x, kernel) if self.doubles else tf.nn.conv2d(x, kernel, 1, "SAME")
        x = x * demodulation[:, None, None, :] + tf.cast(noise, x.dtype)
        return self._clamped(leaky_relu(x + tf.convert_to_tensor(self.bias)))

    def _doubled(self, x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        """Inserts zeros between pixels, convolves (as one transposed convolution), and filters."""
        height, width = (2 * side + 1 for side in x.shape[1:3])
        shape = [tf.shape(x)[0], height, width, self.filters]
        # A transposed convolution takes the flipped kernel with its two channel axes exchanged.
        flipped = tf.transpose(kernel[::-1, ::-1], [0, 1, 3, 2])
        x = tf.nn.conv2d_transpose(x, flipped, shape, 2, "VALID")
        x = tf.ensure_shape(x, [None, height, width, self.filters])
        return cropped(filtered(x, padding=1, gain=2.0), self.size)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape[0][0], *self.size, self.filters

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"size": self.size}


@keras.saving.register_keras_serializable("gan_cli")
class ToImage(_Modulated):
    """A modulated 1x1 convolution without demodulation: [x, styles] to image channels."""

    def __init__(self, filters: int, **kwargs: Any) -> None:
        kwargs.pop("kernel_size", None)
        super().__init__(filters, 1, **kwargs)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        x, styles = inputs
        styles = self.affine(styles) * tf.cast(1.0 / math.sqrt(self.fan_in), self.compute_dtype)
        x = x * tf.cast(styles, x.dtype)[:, None, None, :]
        x = tf.nn.conv2d(x, tf.convert_to_tensor(self.kernel), 1, "SAME")
        return self._clamped(x + tf.convert_to_tensor(self.bias))

    def compute_output_shape(self, input_shape: Any) -> Any:
        return *input_shape[0][:-1], self.filters

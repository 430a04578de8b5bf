"""Layers of equalised learning rate: Karras et al. 2018 (progressive growing), section 4.1.

Weights start from N(0, 1), and each pass scales them by the initial standard deviation of He et al.
2015, so that Adam changes all layers at the same relative speed.
"""

import math
from typing import Any

import keras
import tensorflow as tf

from gan_cli.models.layers.resample import filtered

# Bound of half-precision values in the code of StyleGAN2-ADA.
LARGEST_HALF = 256.0
# Gain of a leaky ReLU of slope 0.2; StyleGAN2 uses that of a ReLU.
LEAKY_RELU_GAIN = 2.0**0.5


def leaky_relu(x: tf.Tensor, gain: float = LEAKY_RELU_GAIN) -> tf.Tensor:
    """Applies a leaky ReLU of slope 0.2, and multiplies by `gain`."""
    return tf.nn.leaky_relu(x, 0.2) * tf.cast(gain, x.dtype)


class Equalized(keras.layers.Layer):
    """Base of layers with one linear map.

    Args:
      activation: `leaky_relu` or `linear`.
      use_bias: whether to add a bias.
      bias_initial: initial value of the bias.
      gain: gain of the weights: 1 for N(0, 1 / fan-in).
      learning_rate_multiplier: learning rate relative to the optimiser's; weights start larger by
        the inverse factor.
      activation_gain: factor on the output of `leaky_relu`.
      half_bound: bound of the output's absolute values in float16, whose sums overflow; None: none.
    """

    def __init__(
        self,
        activation: str = "linear",
        use_bias: bool = True,
        bias_initial: float = 0.0,
        gain: float = 1.0,
        learning_rate_multiplier: float = 1.0,
        activation_gain: float = LEAKY_RELU_GAIN,
        half_bound: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if activation not in ("leaky_relu", "linear"):
            raise ValueError(f"activation must be 'leaky_relu' or 'linear', got '{activation}'")
        self.activation, self.use_bias, self.bias_initial = activation, use_bias, bias_initial
        self.gain, self.learning_rate_multiplier = gain, learning_rate_multiplier
        self.activation_gain, self.half_bound = activation_gain, half_bound

    def add_equalized(self, kernel_shape: list[int]) -> None:
        """Creates the weights; all axes of the kernel except the last are its fan-in."""
        multiplier = self.learning_rate_multiplier
        self.scale = self.gain * multiplier / math.sqrt(math.prod(kernel_shape[:-1]))
        self.kernel = self.add_weight(
            shape=kernel_shape,
            initializer=keras.initializers.RandomNormal(stddev=1.0 / multiplier),
            name="kernel",
        )
        if self.use_bias:
            self.bias = self.add_weight(
                shape=kernel_shape[-1:],
                initializer=keras.initializers.Constant(self.bias_initial / multiplier),
                name="bias",
            )

    def scaled_kernel(self) -> tf.Tensor:
        """Returns the weights as they are applied, in the layer's compute dtype."""
        return tf.convert_to_tensor(self.kernel) * tf.cast(self.scale, self.compute_dtype)

    def finish(self, x: tf.Tensor) -> tf.Tensor:
        """Adds the bias and applies the activation."""
        if self.use_bias:
            bias = tf.convert_to_tensor(self.bias)
            x += bias * tf.cast(self.learning_rate_multiplier, bias.dtype)
        if self.activation == "leaky_relu":
            x = leaky_relu(x, self.activation_gain)
        if self.half_bound is None or self.compute_dtype != "float16":
            return x
        return tf.clip_by_value(x, -self.half_bound, self.half_bound)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "activation": self.activation,
            "use_bias": self.use_bias,
            "bias_initial": self.bias_initial,
            "gain": self.gain,
            "learning_rate_multiplier": self.learning_rate_multiplier,
            "activation_gain": self.activation_gain,
            "half_bound": self.half_bound,
        }


@keras.saving.register_keras_serializable("gan_cli")
class EqualizedDense(Equalized):
    """A dense layer: [..., n] to [..., units]."""

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape: Any) -> None:
        self.add_equalized([input_shape[-1], self.units])

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        return self.finish(tf.matmul(inputs, self.scaled_kernel()))

    def compute_output_shape(self, input_shape: Any) -> Any:
        return *input_shape[:-1], self.units

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"units": self.units}


@keras.saving.register_keras_serializable("gan_cli")
class EqualizedConv2D(Equalized):
    """A stride-1 convolution that keeps the size: [batch, height, width, n] to [..., filters]."""

    def __init__(self, filters: int, kernel_size: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.filters, self.kernel_size = filters, kernel_size

    def build(self, input_shape: Any) -> None:
        self.add_equalized([self.kernel_size, self.kernel_size, input_shape[-1], self.filters])

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        return self.finish(tf.nn.conv2d(inputs, self.scaled_kernel(), 1, "SAME"))

    def compute_output_shape(self, input_shape: Any) -> Any:
        return *input_shape[:-1], self.filters

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"filters": self.filters, "kernel_size": self.kernel_size}


@keras.saving.register_keras_serializable("gan_cli")
class DownsamplingConv2D(EqualizedConv2D):
    """A low-pass filter and a convolution of stride 2, which halve the resolution, rounded up."""

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        _, height, width, _ = inputs.shape
        x = tf.pad(inputs, [[0, 0], [0, height % 2], [0, width % 2], [0, 0]])
        x = filtered(x, padding=self.kernel_size // 2 + 1)
        return self.finish(tf.nn.conv2d(x, self.scaled_kernel(), 2, "VALID"))

    def compute_output_shape(self, input_shape: Any) -> Any:
        batch, height, width, _ = input_shape
        return batch, (height + 1) // 2, (width + 1) // 2, self.filters

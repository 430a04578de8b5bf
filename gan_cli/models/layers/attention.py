"""Self-attention over the pixels of a feature map (Zhang et al. 2019, SAGAN)."""

from typing import Any

import keras
import tensorflow as tf

from gan_cli.models.layers.spectral import SpectralConv2D


@keras.saving.register_keras_serializable("gan_cli")
class SelfAttention(keras.layers.Layer):
    """x + gamma o(x): section 3, equations 1 to 3, with gamma starting from 0.

    Queries and keys have an eighth of the channels and values a half; keys and values have a
    quarter of the pixels, by 2x2 max pooling, as in the authors' code. The 1x1 convolutions have no
    bias and are spectrally normalised. [batch, height, width, channels] to the same shape.
    """

    def __init__(self, kernel_initializer: Any = "glorot_uniform", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, input_shape: Any) -> None:
        channels = input_shape[-1]

        def convolution(filters: int, name: str) -> SpectralConv2D:
            return SpectralConv2D(
                filters,
                1,
                use_bias=False,
                # One initialiser would draw the same numbers for every layer.
                kernel_initializer=self.kernel_initializer.clone(),
                name=name,
                dtype=self.dtype_policy,
            )

        self.query = convolution(max(channels // 8, 1), "query")
        self.key = convolution(max(channels // 8, 1), "key")
        self.value = convolution(max(channels // 2, 1), "value")
        self.output_projection = convolution(channels, "output_projection")
        for layer in (self.query, self.key, self.value):
            layer.build(input_shape)
        self.output_projection.build([*input_shape[:-1], max(channels // 2, 1)])
        self.gamma = self.add_weight(shape=[], initializer="zeros", name="gamma")
        super().build(input_shape)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        _, height, width, _ = inputs.shape

        def pixels(x: tf.Tensor) -> tf.Tensor:
            return tf.reshape(x, [-1, x.shape[1] * x.shape[2], x.shape[3]])

        def pooled(x: tf.Tensor) -> tf.Tensor:
            return pixels(tf.nn.max_pool2d(x, 2, 2, "SAME"))

        scores = tf.matmul(pixels(self.query(inputs)), pooled(self.key(inputs)), transpose_b=True)
        # float32: sums of many exponentials.
        weights = tf.cast(tf.nn.softmax(tf.cast(scores, tf.float32)), scores.dtype)
        attended = tf.matmul(weights, pooled(self.value(inputs)))
        attended = tf.reshape(attended, [-1, height, width, attended.shape[-1]])
        return inputs + tf.cast(self.gamma, inputs.dtype) * self.output_projection(attended)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        initializer = keras.initializers.serialize(self.kernel_initializer)
        return super().get_config() | {"kernel_initializer": initializer}

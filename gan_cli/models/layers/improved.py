"""Two layers of Improved Techniques for Training GANs (Salimans et al. 2016)."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

_DIMENSIONS = 5


@keras.saving.register_keras_serializable("gan_cli")
class MinibatchDiscrimination(keras.layers.Layer):
    """Adds to each image's features how near the others of its batch are: section 3.2.

    [batch, n] to [batch, n + kernels]. With M_i,b the b-th row of the image's features times a
    learned tensor, the b-th new feature is the sum over all images j of exp(-||M_i,b - M_j,b||_1).
    It is large if the images are alike, which reveals a collapsed generator.
    """

    def __init__(self, kernels: int, dimensions: int = _DIMENSIONS, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kernels, self.dimensions = kernels, dimensions

    def build(self, input_shape: Any) -> None:
        self.kernel = self.add_weight(
            shape=[input_shape[-1], self.kernels * self.dimensions],
            initializer="glorot_uniform",
            name="kernel",
        )

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        products = tf.matmul(inputs, tf.convert_to_tensor(self.kernel))
        # float32: sums of exponentials over the batch.
        products = tf.reshape(tf.cast(products, tf.float32), [-1, self.kernels, self.dimensions])
        distances = tf.reduce_sum(tf.abs(products[:, None] - products[None]), axis=3)
        nearness = tf.reduce_sum(tf.exp(-distances), axis=1)
        return tf.concat([inputs, tf.cast(nearness, inputs.dtype)], axis=1)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape[0], input_shape[1] + self.kernels

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"kernels": self.kernels, "dimensions": self.dimensions}


@keras.saving.register_keras_serializable("gan_cli")
class ReferenceBatch(keras.layers.Layer):
    """Prepends a fixed reference to the batch: [batch, ...] to [size + batch, ...].

    Its rows are drawn from N(0, 1) when the layer is built or, given `num_classes`, are labels,
    equally many of each class. They pass through the network with every batch, up to
    `WithoutReference`.
    """

    def __init__(self, size: int, num_classes: int = 0, **kwargs: Any) -> None:
        super().__init__(**{"dtype": "int32" if num_classes else "float32", **kwargs})
        self.size, self.num_classes = size, num_classes

    def build(self, input_shape: Any) -> None:
        if self.num_classes:
            # Labels are a constant, which is not part of the saved state.
            self.reference = np.arange(self.size, dtype=np.int32) % self.num_classes
            return
        self.reference = self.add_weight(
            shape=[self.size, *input_shape[1:]],
            initializer=keras.initializers.RandomNormal(stddev=1.0),
            trainable=False,
            name="reference",
        )

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        return tf.concat([tf.convert_to_tensor(self.reference), inputs], axis=0)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return None, *input_shape[1:]

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"size": self.size, "num_classes": self.num_classes}


@keras.saving.register_keras_serializable("gan_cli")
class WithoutReference(keras.layers.Layer):
    """Removes the first `size` rows, the reference."""

    def __init__(self, size: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.size = size

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        return inputs[self.size :]

    def compute_output_shape(self, input_shape: Any) -> Any:
        return None, *input_shape[1:]

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"size": self.size}


@keras.saving.register_keras_serializable("gan_cli")
class VirtualBatchNormalization(keras.layers.Layer):
    """Normalises by a fixed batch instead of the current one: section 3.5.

    [size + batch, ..., channels] to the same shape. The first `size` rows, the reference, are
    normalised by their own mean and variance. Each other row is normalised by the mean and variance
    of the reference and itself together, so that it does not depend on the rest of its batch.
    Training and inference compute the same.
    """

    def __init__(
        self, size: int, epsilon: float = 1e-3, gamma_initializer: Any = "ones", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.size, self.epsilon = size, epsilon
        self.gamma_initializer = keras.initializers.get(gamma_initializer)

    def build(self, input_shape: Any) -> None:
        shape = [input_shape[-1]]
        self.gamma = self.add_weight(shape=shape, initializer=self.gamma_initializer, name="gamma")
        self.beta = self.add_weight(shape=shape, initializer="zeros", name="beta")

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        # float32: squares of half-precision numbers overflow.
        x = tf.cast(inputs, tf.float32)
        rest = list(range(1, len(x.shape) - 1))
        means = tf.reduce_mean(x, axis=rest, keepdims=True)
        squares = tf.reduce_mean(tf.square(x), axis=rest, keepdims=True)
        mean, square = (
            self._mixed(part[: self.size], part[self.size :]) for part in (means, squares)
        )
        scale = tf.math.rsqrt(tf.nn.relu(square - tf.square(mean)) + self.epsilon)
        gamma, beta = (tf.cast(v, tf.float32) for v in (self.gamma, self.beta))
        return tf.cast((x - mean) * scale * gamma + beta, inputs.dtype)

    def _mixed(self, reference: tf.Tensor, others: tf.Tensor) -> tf.Tensor:
        """Returns the mean by which each row is normalised; see the class."""
        mean = tf.reduce_mean(reference, axis=0, keepdims=True)
        mixed = (self.size * mean + others) / (self.size + 1.0)
        return tf.concat([tf.repeat(mean, self.size, axis=0), mixed], axis=0)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        initializer = keras.initializers.serialize(self.gamma_initializer)
        return super().get_config() | {
            "size": self.size,
            "epsilon": self.epsilon,
            "gamma_initializer": initializer,
        }

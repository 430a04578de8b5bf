"""Batch normalisation conditioned on the class."""

from typing import Any

import keras
import tensorflow as tf

from gan_cli.models.layers.labels import known_labels
from gan_cli.models.layers.spectral import SpectralDense


@keras.saving.register_keras_serializable("gan_cli")
class ConditionalBatchNormalization(keras.layers.Layer):
    """Batch normalisation with a scale and a shift for each label: de Vries et al. 2017.

    [features [batch, ..., channels], labels int32 [batch]] to features. All classes share the batch
    statistics, and start from scale 1 and shift 0, as in Miyato and Koyama 2018.
    """

    def __init__(
        self, num_classes: int, momentum: float = 0.99, epsilon: float = 1e-3, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.num_classes, self.momentum, self.epsilon = num_classes, momentum, epsilon
        self.normalize = keras.layers.BatchNormalization(
            momentum=momentum,
            epsilon=epsilon,
            center=False,
            scale=False,
            dtype=self.dtype_policy,
        )

    def build(self, input_shape: Any) -> None:
        features_shape, _ = input_shape
        shape = [self.num_classes, features_shape[-1]]
        self.scale = self.add_weight(shape=shape, initializer="ones", name="scale")
        self.shift = self.add_weight(shape=shape, initializer="zeros", name="shift")
        self.normalize.build(features_shape)
        super().build(input_shape)

    def call(self, inputs: tf.Tensor, training: bool | None = None) -> tf.Tensor:
        features, labels = inputs[0], known_labels(inputs[1], self.num_classes)
        x = self.normalize(features, training=training)
        shape = [-1, *[1] * (len(x.shape) - 2), x.shape[-1]]
        scale = keras.ops.reshape(keras.ops.take(self.scale, labels, axis=0), shape)
        shift = keras.ops.reshape(keras.ops.take(self.shift, labels, axis=0), shape)
        return x * keras.ops.cast(scale, x.dtype) + keras.ops.cast(shift, x.dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape[0]

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "num_classes": self.num_classes,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
        }


@keras.saving.register_keras_serializable("gan_cli")
class ProjectedBatchNormalization(keras.layers.Layer):
    """Batch norm with scale and shift that are linear in a vector: Brock et al. 2019, section 3.

    [features [batch, ..., channels], condition c [batch, n]] to (1 + W c) x + V c, where x has mean
    0 and variance 1 over the batch; W and V have no bias and are spectrally normalised. The
    condition is a label embedding that all layers share, a part of the latents, or both.
    """

    def __init__(self, momentum: float = 0.99, epsilon: float = 1e-3, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.momentum, self.epsilon = momentum, epsilon
        self.normalize = keras.layers.BatchNormalization(
            momentum=momentum, epsilon=epsilon, center=False, scale=False, dtype=self.dtype_policy
        )

    def build(self, input_shape: Any) -> None:
        features_shape, condition_shape = input_shape

        def linear(name: str) -> SpectralDense:
            layer = SpectralDense(
                features_shape[-1],
                use_bias=False,
                kernel_initializer=keras.initializers.Orthogonal(),
                name=name,
                dtype=self.dtype_policy,
            )
            layer.build(condition_shape)
            return layer

        self.scale, self.shift = linear("scale"), linear("shift")
        self.normalize.build(features_shape)
        super().build(input_shape)

    def call(self, inputs: tf.Tensor, training: bool | None = None) -> tf.Tensor:
        features, condition = inputs
        x = self.normalize(features, training=training)
        shape = [-1, *[1] * (len(x.shape) - 2), x.shape[-1]]
        scale = keras.ops.reshape(self.scale(condition), shape)
        shift = keras.ops.reshape(self.shift(condition), shape)
        return x * (1.0 + scale) + shift

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape[0]

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"momentum": self.momentum, "epsilon": self.epsilon}

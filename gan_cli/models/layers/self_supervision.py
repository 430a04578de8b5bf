"""Layers of a discriminator that reconstructs its images: Liu et al. 2021."""

from typing import Any

import keras
import tensorflow as tf

from gan_cli.models.layers.styles import Clocked


@keras.saving.register_keras_serializable("gan_cli")
class RandomQuadrant(Clocked):
    """Cuts the same random quadrant out of [features, images], a new one in each training step.

    The quadrant is in one of the corners, at inference in the upper left one. It has `size`,
    [height, width], in the features and `image_size` in the images.
    """

    def __init__(self, size: tuple[int, int], image_size: tuple[int, int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.size = (size[0], size[1])
        self.image_size = (image_size[0], image_size[1])

    def call(self, inputs: tf.Tensor, training: bool | None = None) -> tf.Tensor:
        corner = tf.zeros([2], tf.int32)
        if training:
            corner = tf.random.stateless_uniform([2], self.seed(), 0, 2, tf.int32)
        return [
            self._cut(x, size, corner)
            for x, size in zip(inputs, (self.size, self.image_size), strict=True)
        ]

    def _cut(self, x: tf.Tensor, size: tuple[int, int], corner: tf.Tensor) -> tf.Tensor:
        room = tf.constant([x.shape[1] - size[0], x.shape[2] - size[1]])
        top, left = tf.unstack(corner * room)
        return tf.slice(x, [0, top, left, 0], [-1, *size, -1])

    def compute_output_shape(self, input_shape: Any) -> Any:
        sizes = (self.size, self.image_size)
        return [
            (shape[0], *size, shape[-1]) for shape, size in zip(input_shape, sizes, strict=True)
        ]

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"size": self.size, "image_size": self.image_size}


@keras.saving.register_keras_serializable("gan_cli")
class MeanAbsoluteDifference(keras.layers.Layer):
    """Returns the mean absolute difference of each pair of [images, others]: float32 [batch]."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        one, other = (tf.cast(x, tf.float32) for x in inputs)
        return tf.reduce_mean(tf.abs(one - other), axis=[1, 2, 3])

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (input_shape[0][0],)

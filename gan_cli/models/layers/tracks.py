"""Layers for piano rolls: weights of their own for each track, and cells that sound or do not."""

from typing import Any

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("gan_cli")
class PerTrackDense(keras.layers.Layer):
    """A dense layer with weights of its own for each track.

    Takes [batch, tracks, positions, features] and returns [batch, tracks, positions, units]. Where
    all tracks see the same, [batch, 1, positions, features], give the number of tracks.

    Args:
      units: features of each position afterwards.
      tracks: number of tracks.
    """

    def __init__(self, units: int, tracks: int, use_bias: bool = True, **keywords: Any):
        super().__init__(**keywords)
        self.units, self.tracks, self.use_bias = units, tracks, use_bias

    def build(self, shape: tuple[int | None, ...]) -> None:
        features = int(shape[-1] or 0)
        # Keras would count the tracks into the fan of one kernel of rank 3.
        limit = (6.0 / (features + self.units)) ** 0.5
        self.kernel = self.add_weight(
            shape=(self.tracks, features, self.units),
            initializer=keras.initializers.RandomUniform(-limit, limit),
            name="kernel",
        )
        if self.use_bias:
            self.bias = self.add_weight(
                shape=(self.tracks, 1, self.units), initializer="zeros", name="bias"
            )

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        # Not one product of [batch, tracks] by [tracks] matrices: where batches of matrices are
        # broadcast, TensorFlow 2.21 with oneDNN writes beyond its memory for some sizes.
        positions, features = inputs.shape[2:]
        if inputs.shape[1] == 1:
            flat = tf.reshape(inputs, [-1, features])
            kernel = tf.transpose(self.kernel, [1, 0, 2])
            outputs = tf.matmul(flat, tf.reshape(kernel, [features, -1]))
            by_track = tf.reshape(outputs, [-1, positions, self.tracks, self.units])
            outputs = tf.transpose(by_track, [0, 2, 1, 3])
        else:
            flat = tf.transpose(inputs, [1, 0, 2, 3])
            flat = tf.reshape(flat, [self.tracks, -1, features])
            outputs = tf.matmul(flat, self.kernel)
            outputs = tf.reshape(outputs, [self.tracks, -1, positions, self.units])
            outputs = tf.transpose(outputs, [1, 0, 2, 3])
        return outputs + self.bias if self.use_bias else outputs

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return shape[0], self.tracks, shape[2], self.units

    def get_config(self) -> dict[str, Any]:
        own = {"units": self.units, "tracks": self.tracks, "use_bias": self.use_bias}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable("gan_cli")
class StraightThrough(keras.layers.Layer):
    """Cells that sound (1) or do not (-1): the sign forward, the slope of a sigmoid backward.

    The deterministic binary neurons of Dong and Yang 2018 (BinaryMuseGAN, section 3.2), with
    2 p - 1 for p: forward the sign of x, backward the gradient of 2 sigmoid(x) - 1.
    """

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        soft = 2.0 * tf.sigmoid(inputs) - 1.0
        hard = tf.where(inputs > 0.0, tf.ones_like(soft), -tf.ones_like(soft))
        return soft + tf.stop_gradient(hard - soft)

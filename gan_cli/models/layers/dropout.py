"""Dropout with the same result for parts of a batch as for all of it."""

import keras
import tensorflow as tf

from gan_cli import replicas


@keras.saving.register_keras_serializable("gan_cli")
class Dropout(keras.layers.Dropout):
    """Keras' layer, except that replicas and slices drop what the whole batch would drop."""

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        if replicas.parts() == 1 or not training or not self.rate:
            return super().call(inputs, training=training)
        shape = [tf.shape(inputs)[0] * replicas.parts(), *inputs.shape[1:]]
        # The mask of the global batch. Keras draws the seed, which is the same for all parts.
        mask = super().call(tf.ones(shape, inputs.dtype), training=True)
        return inputs * replicas.slice_of(mask)

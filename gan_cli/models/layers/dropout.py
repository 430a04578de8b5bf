"""Dropout with the same result on several devices as on one."""

import keras
import tensorflow as tf

from gan_cli import replicas


@keras.saving.register_keras_serializable("gan_cli")
class Dropout(keras.layers.Dropout):
    """Keras' layer, except that several replicas together drop what one device would drop."""

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        if replicas.count() == 1 or not training or not self.rate:
            return super().call(inputs, training=training)
        shape = [tf.shape(inputs)[0] * replicas.count(), *inputs.shape[1:]]
        # The mask of the global batch. Keras draws the seed, which is the same on all replicas.
        mask = super().call(tf.ones(shape, inputs.dtype), training=True)
        return inputs * replicas.slice_of(mask)

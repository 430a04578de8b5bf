"""Dropout that many devices compute as one does."""

import keras
import tensorflow as tf

from gan_cli import replicas


@keras.saving.register_keras_serializable("gan_cli")
class Dropout(keras.layers.Dropout):
    """Keras' layer; of several replicas, each drops what one device would drop of its examples."""

    def call(self, inputs, training=False):
        if replicas.count() == 1 or not training or not self.rate:
            return super().call(inputs, training=training)
        shape = [tf.shape(inputs)[0] * replicas.count(), *inputs.shape[1:]]
        # Ones, with the mask of the global batch; Keras draws the seed, and so the same one.
        mask = super().call(tf.ones(shape, inputs.dtype), training=True)
        return inputs * replicas.slice_of(mask)

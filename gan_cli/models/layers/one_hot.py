"""Outputs of generators of tokens: probabilities, or one-hot vectors with gradients."""

from typing import Any

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("gan_cli")
class TokenSoftmax(keras.layers.Layer):
    """Converts logits, [batch, places, tokens, streams], to float32 values over the tokens.

    Args:
      temperature: what the logits are divided by.
      hard: return the one-hot vector of the largest logit, with the gradient of the probabilities
        (Bengio et al. 2013, straight-through estimator); else the probabilities themselves.
    """

    def __init__(self, temperature: float = 1.0, hard: bool = False, **keywords: Any):
        super().__init__(**keywords)
        self.temperature, self.hard = temperature, hard

    def call(self, logits: tf.Tensor) -> tf.Tensor:
        # float32: probabilities of few bits would not add up to 1.
        logits = tf.cast(logits, tf.float32) / self.temperature
        soft = tf.exp(logits - tf.reduce_logsumexp(logits, axis=2, keepdims=True))
        if not self.hard:
            return soft
        hard = tf.one_hot(tf.argmax(logits, axis=2), logits.shape[2], axis=2, dtype=tf.float32)
        # In this order, forward values are exactly 0 and 1.
        return tf.stop_gradient(hard) + (soft - tf.stop_gradient(soft))

    def compute_output_shape(self, shape: Any) -> Any:
        return shape

    def get_config(self) -> dict[str, Any]:
        own = {"temperature": self.temperature, "hard": self.hard}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable("gan_cli")
class GumbelNoise(keras.layers.Layer):
    """Converts numbers from N(0, 1) to numbers from the standard Gumbel distribution, in float32.

    The largest of logits plus such noise is at a token with the probability of its softmax (Jang
    et al. 2017, equation 1).
    """

    def call(self, normal: tf.Tensor) -> tf.Tensor:
        normal = tf.cast(normal, tf.float32)
        uniform = 0.5 * (1.0 + tf.math.erf(normal * 0.5**0.5))
        # Beyond, float32 would round to 0 or 1, whose logarithms are infinite or 0.
        uniform = tf.clip_by_value(uniform, 1e-6, 1.0 - 1e-6)
        return -tf.math.log(-tf.math.log(uniform))

    def compute_output_shape(self, shape: Any) -> Any:
        return shape


@keras.saving.register_keras_serializable("gan_cli")
class TokenIndices(keras.layers.Layer):
    """Returns the numbers of the most probable tokens.

    [batch, places, tokens, 1] to int32 [batch, places].
    """

    def call(self, tokens: tf.Tensor) -> tf.Tensor:
        return tf.argmax(tokens[..., 0], axis=2, output_type=tf.int32)

    def compute_output_shape(self, shape: Any) -> Any:
        return shape[:2]

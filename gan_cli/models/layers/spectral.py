"""Spectral normalisation (Miyato et al. 2018): weights divided by their largest singular value.

The gradient passes through the singular value, with its vectors held constant (equation 9 and
algorithm 1). The power iteration takes two steps before each update of the network: the authors'
code takes one in each training-mode pass, and there are two passes for each update of D (real and
generated images) and of G (its images for D's update and for its own). A running average of the
network iterates on its own weights. Keras' own wrapper overwrites the weights instead, so that no
gradient passes and every training-mode pass changes the network.
"""

from typing import Any

import keras
import tensorflow as tf

_STEPS_BEFORE_AN_UPDATE = 2


class _Spectral(keras.layers.Layer):
    """A mixin that normalises one weight; it comes before Keras' class among the bases."""

    def _build_spectral(self, weight: tf.Variable) -> None:
        self.left_vector = self.add_weight(
            shape=[weight.shape[-1]],
            initializer=keras.initializers.RandomNormal(stddev=1.0),
            trainable=False,
            # float32: the iteration lasts for the whole training.
            dtype="float32",
            name="left_singular_vector",
        )
        self.left_vector.assign(tf.math.l2_normalize(self.left_vector.value))

    # Keras' layers would save the normalised weight, without the singular vector.
    def save_own_variables(self, store: Any) -> None:
        keras.layers.Layer.save_own_variables(self, store)

    def load_own_variables(self, store: Any) -> None:
        keras.layers.Layer.load_own_variables(self, store)

    def _normalize(self, weight: tf.Variable) -> tf.Tensor:
        """Returns the weight over its largest singular value, in the layer's compute type."""
        matrix = _matrix(weight)
        # u is held constant; W u over its length is the other singular vector.
        left = tf.stop_gradient(tf.cast(self.left_vector.value, tf.float32))
        product = tf.linalg.matvec(matrix, left)
        right = tf.stop_gradient(tf.math.l2_normalize(product))
        normalized = matrix / tf.reduce_sum(right * product)
        return tf.cast(tf.reshape(normalized, weight.shape), self.compute_dtype)

    def _iterate(self, weight: tf.Variable, steps: int) -> None:
        matrix = _matrix(weight)
        left = tf.convert_to_tensor(self.left_vector.value)
        for _ in range(steps):
            right = tf.math.l2_normalize(tf.linalg.matvec(matrix, left))
            left = tf.math.l2_normalize(tf.linalg.matvec(matrix, right, transpose_a=True))
        self.left_vector.assign(left)

    def before_update(self, images_shown: tf.Tensor) -> None:
        """Takes two steps of the power iteration."""
        self._iterate(self._normalized_weight(), _STEPS_BEFORE_AN_UPDATE)

    def own_buffers(self) -> list[keras.Variable]:
        """Returns the singular vector, which follows from the weights."""
        return [self.left_vector]

    def after_averaging(self) -> None:
        """Takes one step of the power iteration: averaged weights move slowly."""
        self._iterate(self._normalized_weight(), 1)

    def _normalized_weight(self) -> tf.Variable:
        return self._embeddings if isinstance(self, keras.layers.Embedding) else self._kernel


def _matrix(weight: tf.Variable) -> tf.Tensor:
    """Returns the weight as a float32 matrix [all other axes, outputs]."""
    # Within a layer's call, Keras gives weights in the layer's compute type.
    return tf.reshape(tf.cast(weight.value, tf.float32), [-1, weight.shape[-1]])


@keras.saving.register_keras_serializable("gan_cli")
class SpectralConv2D(_Spectral, keras.layers.Conv2D):
    """`Conv2D` with a spectrally normalised kernel, [in x height x width, out] as a matrix."""

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        self._build_spectral(self._kernel)

    @property
    def kernel(self) -> tf.Tensor:
        return self._normalize(self._kernel) if hasattr(self, "left_vector") else self._kernel


@keras.saving.register_keras_serializable("gan_cli")
class SpectralDense(_Spectral, keras.layers.Dense):
    """`Dense` with a spectrally normalised kernel."""

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        self._build_spectral(self._kernel)

    @property
    def kernel(self) -> tf.Tensor:
        return self._normalize(self._kernel) if hasattr(self, "left_vector") else self._kernel


@keras.saving.register_keras_serializable("gan_cli")
class SpectralEmbedding(_Spectral, keras.layers.Embedding):
    """`Embedding` with a spectrally normalised table."""

    def build(self, input_shape: Any = None) -> None:
        super().build(input_shape)
        self._build_spectral(self._embeddings)

    @property
    def embeddings(self) -> tf.Tensor:
        table = self._embeddings
        return self._normalize(table) if hasattr(self, "left_vector") else table

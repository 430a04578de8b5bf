"""The largest singular value of each layer's weights.

Brock et al. 2019, section 4, observe that these values jump up when training is about to fail.
"""

import keras
import numpy as np
import tensorflow as tf

from gan_cli.training.state import model_variables


def largest_singular_values(model: keras.Model) -> dict[str, float]:
    """Returns the largest singular value of each trainable matrix or kernel, by its saved name.

    A kernel is taken as the matrix [all other axes, outputs], as for spectral normalisation, and as
    it is stored, before a layer normalises or scales it.
    """
    saved = model_variables("", model)
    trainable = {id(weight.value) for weight in model.trainable_variables}
    return {
        name.lstrip("/"): largest_singular_value(variable.numpy())
        for name, variable in saved.items()
        if id(variable) in trainable and len(variable.shape) >= 2
    }


def largest_singular_value(weight: np.ndarray) -> float:
    """Returns the largest singular value of a weight [..., outputs]; NaN if it is not finite."""
    matrix = weight.reshape(-1, weight.shape[-1]).astype(np.float32)
    if not np.isfinite(matrix).all():
        return float("nan")
    tall = matrix if len(matrix) >= matrix.shape[1] else matrix.T
    return float(_largest(tf.constant(tall)))


@tf.function(input_signature=[tf.TensorSpec([None, None], tf.float32)], autograph=False)
def _largest(matrix: tf.Tensor) -> tf.Tensor:
    # The root of the product's largest eigenvalue takes far fewer operations than a decomposition,
    # and in float64 it is as exact. NumPy's threads wait for each other in busy loops, which takes
    # ten times the processor time beside a training run.
    matrix = tf.cast(matrix, tf.float64)
    product = tf.matmul(matrix, matrix, transpose_a=True)
    return tf.sqrt(tf.maximum(tf.reduce_max(tf.linalg.eigvalsh(product)), 0.0))

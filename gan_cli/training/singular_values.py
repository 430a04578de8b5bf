"""The largest singular value of each layer's weights.

Brock et al. 2019, section 4, follow them through training: they leap up where it is about to fail.
"""

import keras
import numpy as np
import tensorflow as tf

from gan_cli.training.state import model_variables


def largest_singular_values(model: keras.Model) -> dict[str, float]:
    """Returns that of every trainable weight with two dimensions or more, by its saved name.

    A kernel is the matrix [all else, outputs], as for spectral normalisation, and taken as it is
    stored: before what a layer does with it, such as that normalisation or an equalised rate.
    """
    saved = model_variables("", model)
    trainable = {id(weight.value) for weight in model.trainable_variables}
    return {
        name.lstrip("/"): largest_singular_value(variable.numpy())
        for name, variable in saved.items()
        if id(variable) in trainable and len(variable.shape) >= 2
    }


def largest_singular_value(weight: np.ndarray) -> float:
    """Of a weight [..., outputs]; not a number where a value is not finite."""
    matrix = weight.reshape(-1, weight.shape[-1]).astype(np.float32)
    if not np.isfinite(matrix).all():
        return float("nan")
    tall = matrix if len(matrix) >= matrix.shape[1] else matrix.T
    return float(_largest(tf.constant(tall)))


@tf.function(input_signature=[tf.TensorSpec([None, None], tf.float32)], autograph=False)
def _largest(matrix: tf.Tensor) -> tf.Tensor:
    # The root of the product's largest eigenvalue: far fewer operations than all singular values,
    # and in float64 as exact for the largest. Not NumPy's, whose threads wait for each other in
    # loops: ten times the processor's time beside a training run.
    matrix = tf.cast(matrix, tf.float64)
    product = tf.matmul(matrix, matrix, transpose_a=True)
    return tf.sqrt(tf.maximum(tf.reduce_max(tf.linalg.eigvalsh(product)), 0.0))

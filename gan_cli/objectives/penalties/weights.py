"""Penalties of a network's weights."""

from collections.abc import Sequence

import tensorflow as tf

from gan_cli.objectives.penalties.penalty import DISCRIMINATOR, GENERATOR, Penalty, Update


def orthogonal(update: Update) -> tf.Tensor:
    """Sum over kernels W of ||W^T W * (1 - I)||_F^2: Brock et al. 2019, equation 3.

    The columns of W, [inputs, outputs], are the filters; only the angles between them are
    penalised, not their lengths. Vectors, such as biases and scales, are left out.
    """
    terms = []
    for weight in update.weights:
        if len(weight.shape) < 2:
            continue
        filters = tf.reshape(weight, [-1, weight.shape[-1]])
        products = tf.matmul(filters, filters, transpose_a=True)
        off_diagonal = tf.linalg.set_diag(products, tf.zeros(products.shape[0]))
        terms.append(tf.reduce_sum(tf.square(off_diagonal)))
    return tf.add_n(terms)


def historical_averaging(update: Update) -> tf.Tensor:
    """||theta - mean over time of theta||^2: Salimans et al. 2016, section 3.3.

    The mean is over all updates so far, and this call moves it.
    """
    count = update.memory["count"]
    count.assign_add(1.0)
    terms = []
    for index, weight in enumerate(update.weights):
        mean = update.memory[f"mean/{index}"]
        mean.assign_add((tf.stop_gradient(weight) - mean) / count)
        terms.append(tf.reduce_sum(tf.square(weight - mean)))
    return tf.add_n(terms)


def _means(weights: Sequence[tf.Variable]) -> dict[str, tf.Variable]:
    means = {f"mean/{i}": tf.Variable(w, trainable=False) for i, w in enumerate(weights)}
    return {"count": tf.Variable(0.0, trainable=False), **means}


ORTHOGONAL = Penalty(orthogonal, networks=(GENERATOR, DISCRIMINATOR), default_gamma=1e-4)
HISTORICAL_AVERAGING = Penalty(
    historical_averaging,
    networks=(DISCRIMINATOR, GENERATOR),
    default_gamma=1.0,
    memory=_means,
)

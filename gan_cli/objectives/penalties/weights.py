"""Penalties on a network's weights."""

from collections.abc import Sequence

import keras
import tensorflow as tf

from gan_cli.errors import UserError
from gan_cli.objectives.penalties.penalty import DISCRIMINATOR, GENERATOR, Penalty, Update


def orthogonal(update: Update) -> tf.Tensor:
    """Returns the sum over kernels W of ||W^T W * (1 - I)||_F^2: Brock et al. 2019, equation 3.

    The columns of W, [inputs, outputs], are the filters; only the angles between them are
    penalised, not their lengths. The authors' code adds `strength` times half of this sum's
    gradient, so that its strength is twice our gamma.

    The sum is over matrices and convolution kernels (see `is_kernel`). Label embeddings are left
    out, as in the authors' code, and so are biases, scales, shifts and learned pictures: they are
    not linear maps, and all columns of a table that starts from ones are parallel.

    Raises:
      UserError: the network has no kernel.
    """
    terms = []
    for weight in filter(is_kernel, update.weights):
        filters = tf.reshape(weight, [-1, weight.shape[-1]])
        products = tf.matmul(filters, filters, transpose_a=True)
        off_diagonal = tf.linalg.set_diag(products, tf.zeros(products.shape[0]))
        terms.append(tf.reduce_sum(tf.square(off_diagonal)))
    if not terms:
        raise UserError(
            f"'orthogonal' needs a {update.network} with kernels: weights of two dimensions or more"
            " whose names end in 'kernel'"
        )
    return tf.add_n(terms)


def is_kernel(weight: keras.Variable) -> bool:
    """Returns whether a weight is the matrix of a linear map, by the name that Keras gives it.

    Keras calls such weights `kernel`, or `depthwise_kernel` and the like. A dense layer called
    `label_embedding`, which maps one-hot labels, is an embedding all the same.
    """
    *layers, name = weight.path.split("/")
    return name.endswith("kernel") and len(weight.shape) >= 2 and "label_embedding" not in layers


def historical_averaging(update: Update) -> tf.Tensor:
    """Returns ||theta - mean over time of theta||^2: Salimans et al. 2016, section 3.3.

    The mean is over all updates so far; each call updates it.
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

"""Generators with styles (stylegan2), and truncation towards their mean."""

import keras
import numpy as np
import tensorflow as tf


def has_styles(generator: keras.Model) -> bool:
    """Whether it consists of a `mapping` to styles and a `synthesis` from them."""
    return {"mapping", "synthesis"} <= {layer.name for layer in generator.layers}


def mean_style(generator: keras.Model) -> np.ndarray:
    """The mean that training has followed: float32 [n]."""
    # Also while a function is traced.
    with tf.init_scope():
        return np.array(generator.get_layer("mapping").get_layer("style_average").average)


def towards_mean(generator: keras.Model, styles, psi: float):
    """w_mean + psi (w - w_mean), of arrays or Keras tensors: Karras et al. 2019, appendix B."""
    mean = mean_style(generator)
    return (styles - mean) * psi + mean


def truncated(generator: keras.Model, psi: float) -> keras.Model:
    """The generator with all its styles `towards_mean`."""
    inputs = generator.inputs if len(generator.inputs) > 1 else generator.inputs[0]
    styles = generator.get_layer("mapping")(inputs)
    nearer = towards_mean(generator, styles, psi)
    return keras.Model(generator.inputs, generator.get_layer("synthesis")(nearer))

"""Truncation of generators with styles (stylegan2): styles move towards their mean."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gan_cli.models.contract import mapping_of, style_average_of, synthesis_of


def mean_style(generator: keras.Model) -> np.ndarray:
    """Returns the running mean of styles that training has kept: float32 [n]."""
    # `init_scope` gives a value even while a function is traced.
    with tf.init_scope():
        return np.array(style_average_of(generator))


def towards_mean(generator: keras.Model, styles: Any, psi: float) -> Any:
    """Returns w_mean + psi (w - w_mean): Karras et al. 2019, appendix B.

    Args:
      styles: w, [..., n]: an array, a tensor or a Keras tensor.
    """
    mean = mean_style(generator)
    return (styles - mean) * psi + mean


def truncated(generator: keras.Model, psi: float) -> keras.Model:
    """Returns the generator with all its styles moved `towards_mean`."""
    inputs = generator.inputs if len(generator.inputs) > 1 else generator.inputs[0]
    styles = mapping_of(generator)(inputs)
    nearer = towards_mean(generator, styles, psi)
    return keras.Model(generator.inputs, synthesis_of(generator)(nearer))

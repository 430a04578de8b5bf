"""Styles of generators that have them (stylegan2), and mixtures of two."""

from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf

from gan_cli.models.contract import mapping_of, synthesis_of


def mixed_images(
    generator: keras.Model, coarse: np.ndarray, fine: np.ndarray, crossover: int
) -> np.ndarray:
    """Returns images with one style in the first layers and another in the rest.

    Karras et al. 2019, section 3.1 and figure 3.

    Args:
      coarse: styles of the first layers, float32 [count, n].
      fine: styles of the others, float32 [count, n].
      crossover: number of the first layer that takes the fine styles.

    Returns:
      float32 [count, height, width, channels].
    """
    synthesis = synthesis_of(generator)
    layers = synthesis.inputs[0].shape[1]
    takes_fine = (np.arange(layers) >= crossover)[:, None]
    styles = np.where(takes_fine, fine[:, None], coarse[:, None])
    return np.asarray(synthesis(tf.constant(styles, tf.float32), training=False))


def from_styles(generator: keras.Model) -> keras.Model:
    """Returns the model from one style for all layers, float32 [batch, n], to images."""
    synthesis = synthesis_of(generator)
    layers, size = synthesis.inputs[0].shape[1:]
    styles = keras.Input([size], dtype="float32", name="style")
    return keras.Model(styles, synthesis(keras.layers.RepeatVector(layers)(styles)))


def styles_of(
    generator: keras.Model, latents: np.ndarray, labels: Sequence[int] | np.ndarray | None
) -> np.ndarray:
    """Returns the styles of latents, the same for all layers: float32 [count, n]."""
    inputs = [tf.constant(latents)]
    if labels is not None:
        inputs.append(tf.constant(labels, tf.int32))
    mapped = mapping_of(generator)(inputs if len(inputs) > 1 else inputs[0])
    return np.asarray(mapped[:, 0])

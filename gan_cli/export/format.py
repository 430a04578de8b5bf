"""The interface of an export format, and the generator as a plain function."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

# From latents, float32 [batch, latent_dim], and labels, int32 [batch] or None, to images.
Generate = Callable[[np.ndarray, np.ndarray | None], np.ndarray]


@dataclass(frozen=True)
class Format:
    """Writes a generator in one format, and reads it back by the format's own runtime.

    Attributes:
      file_name: name of the file or folder to write.
      runtime: name of the runtime, for the model card.
      tolerance: largest deviation of a value of an image, nominally in [-1, 1], from the
        generator's own; None: the deviation is measured, but has no bound.
      write: writes a generator to a path; takes the distribution of its latents, too.
      load: loads the file by its runtime.
    """

    file_name: str
    runtime: str
    tolerance: float | None
    write: Callable[[keras.Model, str, Path], None]
    load: Callable[[Path], Generate]


def is_conditional(generator: keras.Model) -> bool:
    """Returns whether a generator takes labels."""
    return len(generator.inputs) > 1


def as_function(generator: keras.Model) -> tf.types.experimental.PolymorphicFunction:
    """Returns a function from `latents` (and `labels`) to `images`, for any batch size."""
    latents = tf.TensorSpec([None, generator.inputs[0].shape[-1]], tf.float32, name="latents")
    if not is_conditional(generator):
        return tf.function(
            lambda latents: {"images": generator(latents, training=False)},
            input_signature=[latents],
            autograph=False,
        )
    return tf.function(
        lambda latents, labels: {"images": generator([latents, labels], training=False)},
        input_signature=[latents, tf.TensorSpec([None], tf.int32, name="labels")],
        autograph=False,
    )


def named_inputs(latents: np.ndarray, labels: np.ndarray | None) -> dict[str, np.ndarray]:
    """Returns the inputs of an exported generator by name."""
    inputs = {"latents": np.asarray(latents, np.float32)}
    return inputs if labels is None else inputs | {"labels": np.asarray(labels, np.int32)}

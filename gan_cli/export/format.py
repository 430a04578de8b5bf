"""What an export format is, and the generator as a plain function, where most formats start."""

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
    """One way to write a generator, and how its own runtime reads it back.

    Attributes:
      file_name: what is written, a file or a folder.
      runtime: what reads it, for the model card.
      tolerance: how far a value of an image, meant for [-1, 1], may lie from the generator's own;
        None: the deviation is measured, and has no bound.
      write: writes a generator, with the distribution of its latents, to a path.
      load: what the runtime makes of the file.
    """

    file_name: str
    runtime: str
    tolerance: float | None
    write: Callable[[keras.Model, str, Path], None]
    load: Callable[[Path], Generate]


def is_conditional(generator: keras.Model) -> bool:
    return len(generator.inputs) > 1


def as_function(generator: keras.Model) -> tf.types.experimental.PolymorphicFunction:
    """From `latents`, and `labels` where it is conditional, to `images`; any batch size."""
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
    inputs = {"latents": np.asarray(latents, np.float32)}
    return inputs if labels is None else inputs | {"labels": np.asarray(labels, np.int32)}

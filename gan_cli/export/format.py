"""The interface of an export format, and the generator as a plain function."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

# From latents, float32 [batch, latent_dim], and labels, int32 [batch] or None, to images.
Generate = Callable[[np.ndarray, np.ndarray | None], np.ndarray]

# What the output of a generator of strings means.
TOKENS = "int32 [batch, places]; 0 ends a string, 1 is the alphabet's first character, and so on"


@dataclass(frozen=True)
class About:
    """What a file says about its generator, to programs that know nothing else of it.

    Attributes:
      name: the run's name.
      latent_distribution: `normal` or `uniform`.
      class_names: empty for an unconditional generator.
      weights_sha256: SHA-256 of the generator's weights.
      licence: of the generator; None: it has not been stated.
      truncates_latents: whether latents that are cut off make cleaner images; with styles, the
        styles would have to be.
      alphabet: of a generator of strings, whose outputs are tokens; empty: it makes images.
    """

    name: str
    latent_distribution: str
    class_names: Sequence[str] = ()
    weights_sha256: str = ""
    licence: str | None = None
    truncates_latents: bool = True
    alphabet: str = ""

    def metadata(self) -> dict[str, str]:
        """Returns texts by key, in which lists are JSON."""
        texts = {
            "name": self.name,
            "images": "float32 [batch, height, width, channels]; -1 is black, 1 white",
            "value_range": "[-1, 1]",
            "latents": f"float32 [batch, latent_dim], independent, {self.latent_distribution}",
            "latent_distribution": self.latent_distribution,
            "truncates_latents": json.dumps(self.truncates_latents),
            "weights_sha256": self.weights_sha256,
            "licence": self.licence or "not stated",
        }
        if self.alphabet:
            del texts["value_range"]
            texts["images"] = TOKENS
            texts["alphabet"] = json.dumps(self.alphabet, ensure_ascii=False)
        if self.class_names:
            texts["labels"] = f"int32 [batch], 0 to {len(self.class_names) - 1}"
            texts["class_names"] = json.dumps(list(self.class_names), ensure_ascii=False)
        return texts


@dataclass(frozen=True)
class Format:
    """Writes a generator in one format, and reads it back by the format's own runtime.

    Attributes:
      file_name: name of the file or folder to write.
      runtime: name of the runtime, for the model card.
      tolerance: largest deviation of a value of an image, nominally in [-1, 1], from the
        generator's own; None: the deviation is measured, but has no bound.
      write: writes a generator to a path; takes what the file is to say about it, too.
      load: loads the file by its runtime.
      code: Python that draws the images `images` with the file, for the model card.
    """

    file_name: str
    runtime: str
    tolerance: float | None
    write: Callable[[keras.Model, About, Path], None]
    load: Callable[[Path], Generate]
    code: str = ""


def is_conditional(generator: keras.Model) -> bool:
    """Returns whether a generator takes labels."""
    return len(generator.inputs) > 1


def as_function(
    generator: keras.Model, batch_size: int | None = None
) -> tf.types.experimental.PolymorphicFunction:
    """Returns a function from `latents` (and `labels`) to `images`.

    Args:
      batch_size: the only size of a batch that it takes; None: any.
    """
    latents = tf.TensorSpec([batch_size, generator.inputs[0].shape[-1]], tf.float32, name="latents")
    if not is_conditional(generator):
        return tf.function(
            lambda latents: {"images": generator(latents, training=False)},
            input_signature=[latents],
            autograph=False,
        )
    return tf.function(
        lambda latents, labels: {"images": generator([latents, labels], training=False)},
        input_signature=[latents, tf.TensorSpec([batch_size], tf.int32, name="labels")],
        autograph=False,
    )


def named_inputs(latents: np.ndarray, labels: np.ndarray | None) -> dict[str, np.ndarray]:
    """Returns the inputs of an exported generator by name."""
    inputs = {"latents": np.asarray(latents, np.float32)}
    return inputs if labels is None else inputs | {"labels": np.asarray(labels, np.int32)}

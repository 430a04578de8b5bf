"""TensorFlow's SavedModel, for TensorFlow Serving, which needs none of our code.

Its signatures are `serving_default`, from latents (and labels) to images, and `generate`, which
draws the latents itself.
"""

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from gan_cli.export.format import About, Format, Generate, as_function, is_conditional, named_inputs
from gan_cli.io.plain_names import plain_folder
from gan_cli.models.contract import has_styles, mapping_of, synthesis_of
from gan_cli.models.truncation import towards_mean


def draw_latents(
    seeds: tf.Tensor, truncation: tf.Tensor, latent_dim: int, distribution: str
) -> tf.Tensor:
    """Draws one latent for each seed, independent of the rest of the batch.

    Truncation is that of `sampling.latents`. The random numbers are TensorFlow's, by the Philox
    algorithm on every device; those of gan-sample are different.

    Args:
      seeds: int64 [batch].
      truncation: float32 []; 0: no truncation.
      distribution: `normal` or `uniform`.

    Returns:
      float32 [batch, latent_dim].
    """

    def one(seed: tf.Tensor) -> tf.Tensor:
        draw = (
            tf.random.stateless_uniform if distribution == "uniform" else tf.random.stateless_normal
        )
        bounds = {"minval": -1.0, "maxval": 1.0} if distribution == "uniform" else {}
        key = tf.stack([seed, tf.zeros_like(seed)])
        return draw([latent_dim], key, alg="philox", **bounds)

    drawn = tf.map_fn(one, seeds, fn_output_signature=tf.TensorSpec([latent_dim], tf.float32))
    if distribution == "uniform":
        return tf.where(truncation > 0.0, truncation, 1.0) * drawn
    # float64: ranks near 1 would be rounded to 1, where the inverse is infinite.
    half = tf.constant(0.5, tf.float64)
    root = tf.sqrt(half)

    def rank(values: tf.Tensor) -> tf.Tensor:
        return half * tf.math.erfc(-root * tf.cast(values, tf.float64))

    low = rank(-truncation)
    cut = tf.math.ndtri(low + (1.0 - 2.0 * low) * rank(drawn))
    return tf.where(truncation > 0.0, tf.cast(cut, tf.float32), drawn)


def write(generator: keras.Model, about: About, path: Path) -> None:
    """Writes a SavedModel folder."""
    latent_dim = generator.inputs[0].shape[-1]
    seed = tf.TensorSpec([None], tf.int64, name="seed")
    truncation = tf.TensorSpec([], tf.float32, name="truncation")

    def images(seed: tf.Tensor, truncation: tf.Tensor, *labels: tf.Tensor) -> dict[str, tf.Tensor]:
        # If there are styles, they are truncated in place of the latents, as by gan-sample.
        cut = tf.constant(0.0) if has_styles(generator) else truncation
        latents = draw_latents(seed, cut, latent_dim, about.latent_distribution)
        inputs = [latents, *labels] if labels else latents
        if has_styles(generator):
            styles = mapping_of(generator)(inputs, training=False)
            nearer = towards_mean(generator, styles, truncation)
            styles = tf.where(truncation > 0.0, nearer, styles)
            images = synthesis_of(generator)(styles, training=False)
        else:
            images = generator(inputs, training=False)
        return {"images": images, "latents": latents}

    if is_conditional(generator):
        classes = tf.TensorSpec([None], tf.int32, name="classes")
        generate = tf.function(
            lambda seed, classes, truncation: images(seed, truncation, classes),
            input_signature=[seed, classes, truncation],
            autograph=False,
        )
    else:
        generate = tf.function(
            lambda seed, truncation: images(seed, truncation),
            input_signature=[seed, truncation],
            autograph=False,
        )
    module = tf.Module()
    module.generator = generator
    # Layers may hold other layers in ways that Keras tracks and TensorFlow does not.
    module.weights = [variable.value for variable in generator.variables]
    signatures = {"serving_default": as_function(generator), "generate": generate}
    with plain_folder(path.parent) as folder:
        tf.saved_model.save(module, f"{folder}/{path.name}", signatures=signatures)


def load(path: Path) -> Generate:
    """Loads the folder by TensorFlow."""
    # The signature holds its variables only as long as the module lives.
    with plain_folder(path) as folder:
        module = tf.saved_model.load(folder)

    def generate(latents: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
        inputs = {name: tf.constant(value) for name, value in named_inputs(latents, labels).items()}
        return module.signatures["serving_default"](**inputs)["images"].numpy()

    return generate


_CODE = """\
import tensorflow as tf

model = tf.saved_model.load("saved_model")
images = model.signatures["serving_default"]({named})["images"].numpy()"""
FORMAT = Format("saved_model", "TensorFlow, TensorFlow Serving", 1e-4, write, load, _CODE)

"""A run's trained networks, in the form in which metrics call them."""

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from gan_cli.assembly.loading import LoadedGenerator, load_discriminator
from gan_cli.data.dataset import DataSplits
from gan_cli.metrics.comparison import GanAccess
from gan_cli.models.contract import has_styles, mapping_of, synthesis_of
from gan_cli.run.directory import RunDirectory

_BATCH_SIZE = 64


def gan_access(run: RunDirectory, loaded: LoadedGenerator, data: DataSplits) -> GanAccess:
    """Returns access to a generator and to the discriminator of the same checkpoint.

    There is no access to a discriminator that judges several images together (`model.pack`).

    Raises:
      UserError: the checkpoint is gone or damaged.
    """
    model, data_labels = loaded.config.model, data.train.labels
    generator = loaded.generator
    is_normal = model.latent_distribution == "normal"

    def draw_latents(count: int, rng: np.random.Generator) -> np.ndarray:
        shape = (count, model.latent_dim)
        drawn = rng.standard_normal(shape) if is_normal else rng.uniform(-1.0, 1.0, shape)
        return drawn.astype(np.float32)

    def draw_labels(count: int, rng: np.random.Generator) -> np.ndarray:
        assert data_labels is not None  # A conditional generator learnt from labels.
        return rng.choice(data_labels, count).astype(np.int32)

    conditional = bool(loaded.num_classes)
    styled = has_styles(generator)
    return GanAccess(
        draw_latents=draw_latents,
        draw_labels=draw_labels if conditional else None,
        synthesize=_by_batches(generator),
        spherical=is_normal,
        map_latents=_by_batches(mapping_of(generator)) if styled else None,
        synthesize_styles=_by_batches(synthesis_of(generator)) if styled else None,
        discriminate=_by_batches(load_discriminator(run, loaded)) if model.pack == 1 else None,
    )


def _by_batches(model: keras.Model) -> Callable[[np.ndarray, np.ndarray | None], np.ndarray]:
    """Returns a function that calls a model in batches of one size, and drops unused labels."""
    shapes = [[_BATCH_SIZE, *tensor.shape[1:]] for tensor in model.inputs]

    @tf.function(
        input_signature=[
            tf.TensorSpec(shape, tensor.dtype)
            for shape, tensor in zip(shapes, model.inputs, strict=True)
        ],
        autograph=False,
    )
    def run(*inputs: tf.Tensor) -> tf.Tensor:
        outputs = model(list(inputs) if len(inputs) > 1 else inputs[0], training=False)
        return outputs["logits"] if isinstance(outputs, dict) else outputs

    def call(first: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
        arrays = [np.asarray(first, np.float32)]
        if len(shapes) > 1:
            arrays.append(np.asarray(labels, np.int32))
        results = []
        for start in range(0, len(first), _BATCH_SIZE):
            parts = [each[start : start + _BATCH_SIZE] for each in arrays]
            missing = _BATCH_SIZE - len(parts[0])
            padded = [np.pad(each, [(0, missing)] + [(0, 0)] * (each.ndim - 1)) for each in parts]
            results.append(run(*(tf.constant(each) for each in padded)).numpy()[: len(parts[0])])
        return np.concatenate(results)

    return call

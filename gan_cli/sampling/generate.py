"""Samples from a generator, in batches of one size, so that each depends on its latent alone."""

import logging
import math
from collections.abc import Iterator, Sequence

import keras
import numpy as np
import tensorflow as tf

from gan_cli.devices import in_order
from gan_cli.domains.domain import Domain

BATCH_SIZE = 64
# Batches at once on CPUs: while one waits for its slowest core, another occupies the rest.
_ABREAST = 2
# For larger images, each operation keeps all cores busy, and two batches would fill the memory.
_MOST_PIXELS_ABREAST = 128**2


def _is_worth_reporting(record: logging.LogRecord) -> bool:
    # Every generator is compiled once, which TensorFlow takes for one that is compiled repeatedly.
    return "<function Sampler." not in record.getMessage()


logging.getLogger("tensorflow").addFilter(_is_worth_reporting)


class Sampler:
    """Turns latents, and labels if the generator is conditional, into samples.

    The generator is compiled for one batch size, and the last batch is padded to it: with another
    batch size, the processor could add numbers in another order.

    Attributes:
      sample_bytes: size of one sample in the form that is returned.

    Args:
      domain: the kind of sample that the generator makes.
      devices: that batches are spread over; fewer than two: the one at hand.
    """

    def __init__(self, generator: keras.Model, domain: Domain, devices: Sequence[str] = ()):
        latent_dim = generator.inputs[0].shape[-1]
        conditional = len(generator.inputs) > 1
        shape = generator.outputs[0].shape
        if len(devices) < 2 and not tf.config.list_logical_devices("GPU"):
            small = math.prod(shape[1:-1]) <= _MOST_PIXELS_ABREAST
            devices = ("CPU:0",) * _ABREAST if small else ()

        @tf.function(
            input_signature=[
                tf.TensorSpec([BATCH_SIZE, latent_dim], tf.float32),
                tf.TensorSpec([BATCH_SIZE], tf.int32),
            ],
            autograph=False,
        )
        def run(latents: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
            inputs = [latents, labels] if conditional else latents
            return domain.from_model(generator(inputs, training=False))

        self._run, self._devices = run, devices
        self.sample_bytes = math.prod(domain.stored_shape) * np.dtype(domain.stored_dtype).itemsize

    def batches(
        self, latents: np.ndarray, labels: np.ndarray | None = None
    ) -> Iterator[np.ndarray]:
        """Yields samples, [up to 64, *domain.stored_shape], in the order of the latents."""
        if labels is None:
            labels = np.zeros(len(latents), np.int32)

        def images_from(start: int) -> np.ndarray:
            part = latents[start : start + BATCH_SIZE]
            part_labels = labels[start : start + BATCH_SIZE]
            missing = BATCH_SIZE - len(part)
            if missing:
                part = np.pad(part, ((0, missing), (0, 0)))
                part_labels = np.pad(part_labels, (0, missing))
            images = self._run(tf.constant(part, tf.float32), tf.constant(part_labels, tf.int32))
            return images.numpy()[: BATCH_SIZE - missing]

        starts = range(0, len(latents), BATCH_SIZE)
        return in_order(images_from, starts, self._devices if len(starts) > 1 else ())

    def images(self, latents: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
        """Returns all samples: [len(latents), *domain.stored_shape]."""
        return np.concatenate(list(self.batches(latents, labels)))

"""Searches for the latents whose image fits best, by gradient descent from many starts."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

# Random latents that are tried for each class before descent begins.
_FIRST_LOOK = 512
_BATCH = 64
# Weight of the latents' mean square: holds latents that the image does not depend on.
_PRIOR = 1e-4
_LARGEST_STEP = 0.05

# From images, float32 [n, height, width, channels] in [-1, 1], to the misfit of each, float32 [n].
Misfit = Callable[[tf.Tensor], tf.Tensor]


@dataclass(frozen=True)
class Fit:
    """The best latents of a search.

    Attributes:
      latents: float32 [latent_dim].
      label: their class; None for an unconditional generator.
      misfit: of their image.
      first_misfit: smallest misfit of the random latents, before descent.
      misfit_by_step: smallest misfit after each step.
    """

    latents: np.ndarray
    label: int | None
    misfit: float
    first_misfit: float
    misfit_by_step: list[float]


def fit_latents(
    generator: keras.Model,
    misfit: Misfit,
    *,
    draw: Callable[[int], np.ndarray],
    uniform: bool,
    classes: list[int] | None,
    starts: int,
    steps: int,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Fit:
    """Tries many random latents, and descends from the best of them.

    Adam with a cosine schedule, the same for all starts, minimises the misfit plus a small multiple
    of the latents' mean square, their prior. All classes are tried with the same latents, and the
    starts are the best of all classes.

    Args:
      generator: its weights stay unchanged.
      misfit: what is minimised.
      draw: returns that many latents, float32 [count, latent_dim], the same at every call.
      uniform: whether latents are kept within [-1, 1].
      classes: classes that the image may have; None for an unconditional generator.
      starts: number of descents, in one batch.
      steps: steps of each descent.
      on_progress: called with the numbers of steps done and in all.
    """
    pool = draw(_FIRST_LOOK)
    labels = np.repeat(np.array(classes or [0], np.int32), len(pool))
    pool = np.tile(pool, (len(classes or [0]), 1))

    def images_of(latents: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        inputs = latents if classes is None else [latents, labels]
        return tf.cast(generator(inputs, training=False), tf.float32)

    look = tf.function(lambda latents, labels: misfit(images_of(latents, labels)), autograph=False)
    missed = np.concatenate(
        [
            look(tf.constant(pool[at : at + _BATCH]), tf.constant(labels[at : at + _BATCH])).numpy()
            for at in range(0, len(pool), _BATCH)
        ]
    )
    chosen = np.argsort(missed, kind="stable")[:starts]
    found = tf.Variable(pool[chosen])
    own = tf.constant(labels[chosen])
    optimizer = keras.optimizers.Adam(_LARGEST_STEP)
    optimizer.build([found])

    @tf.function(autograph=False)
    def descend(rate: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            each = misfit(images_of(tf.convert_to_tensor(found), own))
            prior = _PRIOR * tf.reduce_mean(tf.square(found), axis=1)
            # No start depends on another, and Adam ignores the scale of gradients.
            loss = tf.reduce_sum(each + prior)
        optimizer.learning_rate.assign(rate)
        optimizer.apply_gradients([(tape.gradient(loss, found), found)])
        if uniform:
            found.assign(tf.clip_by_value(found, -1.0, 1.0))
        return each

    best, best_latents, best_label, by_step = math.inf, pool[chosen[0]], labels[chosen[0]], []
    for step in range(steps):
        before = found.numpy()
        rate = _LARGEST_STEP * 0.5 * (1.0 + math.cos(math.pi * step / steps))
        each = descend(tf.constant(rate, tf.float32)).numpy()
        index = int(np.argmin(each))
        if each[index] < best:
            best, best_latents = float(each[index]), before[index]
            best_label = labels[chosen[index]]
        by_step.append(best)
        on_progress(step + 1, steps)
    label = None if classes is None else int(best_label)
    return Fit(best_latents, label, best, float(missed[chosen[0]]), by_step)


def psnr_db(one: np.ndarray, other: np.ndarray) -> float:
    """Returns the peak signal-to-noise ratio of uint8 images, in dB; equal images: infinity."""
    error = np.mean((one.astype(np.float64) - other.astype(np.float64)) ** 2)
    return math.inf if error == 0 else 10 * math.log10(255**2 / error)

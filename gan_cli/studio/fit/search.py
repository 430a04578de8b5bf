"""The latents whose images come nearest to what is wanted, by gradient descent from many starts."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

# Latents that are looked at before descent begins, for each class.
_FIRST_LOOK = 512
_BATCH = 64
# Of the squares of latents: enough to hold those that the image says nothing about.
_PRIOR = 1e-4
_LARGEST_STEP = 0.05

# From images, float32 [n, height, width, channels] in [-1, 1], to how far each is off, float32 [n].
Misfit = Callable[[tf.Tensor], tf.Tensor]


@dataclass(frozen=True)
class Fit:
    """What was found.

    Attributes:
      latents: float32 [latent_dim].
      label: its class, None for an unconditional generator.
      misfit: how far its image is off; at the best of the first look; and by the step.
    """

    latents: np.ndarray
    label: int | None
    misfit: float
    first_misfit: float
    course: list[float]


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
    """Takes the best of many random latents, and goes down from the best few.

    Adam with a cosine schedule, the same for all starts, on the misfit and a little of the latents'
    own length, as under their prior. Classes are tried alike: the starts are the best of all.

    Args:
      generator: with weights that are left alone.
      misfit: what is minimised.
      draw: so many latents, float32 [count, latent_dim], the same at every call.
      uniform: whether latents are kept within [-1, 1].
      classes: that the image may be of; None for an unconditional generator.
      starts: how many descents, in one batch.
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
            # Starts do not share a gradient; Adam is invariant to its scale.
            loss = tf.reduce_sum(each + prior)
        optimizer.learning_rate.assign(rate)
        optimizer.apply_gradients([(tape.gradient(loss, found), found)])
        if uniform:
            found.assign(tf.clip_by_value(found, -1.0, 1.0))
        return each

    best, best_latents, best_label, course = math.inf, pool[chosen[0]], labels[chosen[0]], []
    for step in range(steps):
        before = found.numpy()
        rate = _LARGEST_STEP * 0.5 * (1.0 + math.cos(math.pi * step / steps))
        each = descend(tf.constant(rate, tf.float32)).numpy()
        index = int(np.argmin(each))
        if each[index] < best:
            best, best_latents = float(each[index]), before[index]
            best_label = labels[chosen[index]]
        course.append(best)
        on_progress(step + 1, steps)
    label = None if classes is None else int(best_label)
    return Fit(best_latents, label, best, float(missed[chosen[0]]), course)


def psnr_db(one: np.ndarray, other: np.ndarray) -> float:
    """Peak signal-to-noise ratio of uint8 images, in dB; infinite where they are equal."""
    error = np.mean((one.astype(np.float64) - other.astype(np.float64)) ** 2)
    return math.inf if error == 0 else 10 * math.log10(255**2 / error)

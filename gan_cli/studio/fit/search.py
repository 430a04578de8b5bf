"""Searches for the latents whose image fits best, by gradient descent from many starts."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

# Random latents that are tried for each class before descent begins.
FIRST_LOOK = 512
_BATCH = 64
# Weight of the latents' mean square: holds latents that the image does not depend on.
_PRIOR = 1e-4
_LARGEST_STEP = 0.05
# Part of the steps over which noise fades away: Karras et al. 2020, appendix D.
_NOISY_PART = 0.75

# From images, float32 [n, height, width, channels] in [-1, 1], to the misfit of each, float32 [n].
Misfit = Callable[[tf.Tensor], tf.Tensor]


@dataclass(frozen=True)
class Fit:
    """The best latents of a search.

    Attributes:
      latents: float32 [latent_dim]; in `w`, styles.
      label: their class; None for an unconditional generator.
      misfit: of their image.
      first_misfit: smallest misfit of the random latents, before descent.
      misfit_by_step: smallest misfit after each step.
      space: `z` or `w`, as of `SavedLatents`.
    """

    latents: np.ndarray
    label: int | None
    misfit: float
    first_misfit: float
    misfit_by_step: list[float]
    space: str = "z"


def fit_latents(
    generator: keras.Model,
    misfit: Misfit,
    *,
    pool: np.ndarray,
    labels: np.ndarray | None,
    uniform: bool,
    starts: int,
    steps: int,
    noise: float = 0.0,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Fit:
    """Tries many latents, and descends from the best of them.

    Adam with a cosine schedule, the same for all starts, minimises the misfit plus a small multiple
    of the latents' mean square, their prior.

    Args:
      generator: its weights stay unchanged.
      misfit: what is minimised.
      pool: latents that are tried, float32 [count, latent_dim].
      labels: their classes, int32 [count]; None for an unconditional generator.
      uniform: whether latents are kept within [-1, 1].
      starts: number of descents, in one batch.
      steps: steps of each descent.
      noise: standard deviation of what is added to the latents of the first step, and of which
        less and less is added to those of the next.
      on_progress: called with the numbers of steps done and in all.
    """
    has_classes, is_conditional = labels is not None, len(generator.inputs) > 1
    labels = np.zeros([len(pool)], np.int32) if labels is None else labels

    def images_of(latents: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        inputs = [latents, labels] if is_conditional else latents
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
    def descend(rate: tf.Tensor, shift: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            each = misfit(images_of(tf.convert_to_tensor(found) + shift, own))
            prior = _PRIOR * tf.reduce_mean(tf.square(found), axis=1)
            # No start depends on another, and Adam ignores the scale of gradients.
            loss = tf.reduce_sum(each + prior)
        optimizer.learning_rate.assign(rate)
        optimizer.apply_gradients([(tape.gradient(loss, found), found)])
        if uniform:
            found.assign(tf.clip_by_value(found, -1.0, 1.0))
        return each

    rng = np.random.default_rng(0)
    best, best_latents, best_label, by_step = math.inf, pool[chosen[0]], labels[chosen[0]], []
    for step in range(steps):
        left = max(0.0, 1.0 - step / (_NOISY_PART * steps)) ** 2
        shift = (noise * left * rng.standard_normal(found.shape)).astype(np.float32)
        before = found.numpy() + shift
        rate = _LARGEST_STEP * 0.5 * (1.0 + math.cos(math.pi * step / steps))
        each = descend(tf.constant(rate, tf.float32), tf.constant(shift)).numpy()
        index = int(np.argmin(each))
        if each[index] < best:
            best, best_latents = float(each[index]), before[index]
            best_label = labels[chosen[index]]
        by_step.append(best)
        on_progress(step + 1, steps)
    label = int(best_label) if has_classes else None
    return Fit(best_latents, label, best, float(missed[chosen[0]]), by_step)


def psnr_db(one: np.ndarray, other: np.ndarray) -> float:
    """Returns the peak signal-to-noise ratio of uint8 images, in dB; equal images: infinity."""
    error = np.mean((one.astype(np.float64) - other.astype(np.float64)) ** 2)
    return math.inf if error == 0 else 10 * math.log10(255**2 / error)

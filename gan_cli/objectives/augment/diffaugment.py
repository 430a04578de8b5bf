"""DiffAugment: Zhao et al. 2020, "Differentiable Augmentation for Data-Efficient GAN Training".

Ranges and rounding that the paper does not give are those of the authors' code
(mit-han-lab/data-efficient-gans). Each policy takes images [batch, height, width, channels] and
`Draws`.
"""

from collections.abc import Sequence

import tensorflow as tf

from gan_cli.objectives.augment.augmentation import Augmentation
from gan_cli.objectives.augment.draws import Draws
from gan_cli.objectives.augment.pixels import gather_pixels

UNIFORMS_PER_POLICY = 3


def color(images: tf.Tensor, draws: Draws) -> tf.Tensor:
    """Adds U(-0.5, 0.5) to brightness, and scales saturation by U(0, 2), contrast by U(0.5, 1.5).

    Saturation is the distance of a pixel's channels from their mean, contrast the distance of all
    values from the mean of the image.
    """
    brightness, saturation, contrast = (
        tf.reshape(draws.uniform(low, high), [-1, 1, 1, 1])
        for low, high in [(-0.5, 0.5), (0.0, 2.0), (0.5, 1.5)]
    )
    # Not by slices, whose gradients are slow on CPUs.
    colors, *alpha = tf.split(images, [3, 1], axis=3) if images.shape[3] == 4 else [images]
    colors += brightness
    gray = tf.reduce_mean(colors, axis=3, keepdims=True)
    colors = gray + saturation * (colors - gray)
    mean = tf.reduce_mean(colors, axis=[1, 2, 3], keepdims=True)
    colors = mean + contrast * (colors - mean)
    return tf.concat([colors, *alpha], axis=3)


def translation(images: tf.Tensor, draws: Draws) -> tf.Tensor:
    """Shifts images by up to an eighth of each side, in whole pixels, and fills with zeros."""
    height, width = images.shape[1:3]
    rows, down_inside = _moved(height, draws)
    columns, right_inside = _moved(width, draws)
    inside = tf.cast(down_inside[:, :, None] & right_inside[:, None, :], images.dtype)
    return gather_pixels(images, rows[:, :, None], columns[:, None, :]) * inside[..., None]


def _moved(size: int, draws: Draws) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns the source of each coordinate, int32 [batch, size], and whether it is inside."""
    furthest = int(size * 0.125 + 0.5)
    shift = tf.cast(draws.integer(-furthest, furthest), tf.int32)
    source = tf.range(size) - shift[:, None]
    return tf.clip_by_value(source, 0, size - 1), (source >= 0) & (source < size)


def cutout(images: tf.Tensor, draws: Draws) -> tf.Tensor:
    """Sets a rectangle of half the image's sides to 0; its centre is anywhere in the image."""
    height, width = images.shape[1:3]
    cut = _cut(height, draws)[:, :, None] & _cut(width, draws)[:, None, :]
    return images * tf.cast(~cut, images.dtype)[..., None]


def _cut(size: int, draws: Draws) -> tf.Tensor:
    """Returns whether each coordinate is within the rectangle: bool [batch, size]."""
    length = int(size * 0.5 + 0.5)
    # The centre of an even length is between two pixels, for which there is one more place.
    centre = draws.integer(0, size - length % 2)
    first = tf.cast(centre, tf.int32)[:, None] - length // 2
    position = tf.range(size)
    return (position >= first) & (position < first + length)


POLICIES = {"color": color, "translation": translation, "cutout": cutout}


def diffaugment(
    images: tf.Tensor, probability: tf.Tensor, seed: tf.Tensor, policies: Sequence[str]
) -> tf.Tensor:
    """Applies all policies to an image, or, with probability 1 - p, none."""
    batch = tf.shape(images)[0]
    draws = Draws(seed, batch, 1 + UNIFORMS_PER_POLICY * len(policies))
    happens = draws.happens(probability)
    augmented = images
    for name in policies:
        augmented = POLICIES[name](augmented, draws)
    return tf.where(happens[:, None, None, None], augmented, images)


DIFFAUGMENT = Augmentation(diffaugment, tuple(POLICIES))

"""The cutout of ADA, a mid-gray rectangle of half the sides (Karras et al. 2020, appendix B).

Its centre lies anywhere in the image, between pixels too, so that a part of it may be outside.
"""

from typing import NamedTuple

import tensorflow as tf

from gan_cli.objectives.augment.draws import Draws

CUTOUT_SIZE = 0.5
CUTOUT_UNIFORMS = 3


class Cutout(NamedTuple):
    """Rectangles, float32 [batch], in shares of the image's sides."""

    row: tf.Tensor  # of the centre
    column: tf.Tensor  # of the centre
    size: tf.Tensor  # of both sides; 0: none


def draw_cutout(draws: Draws, probability: tf.Tensor) -> Cutout:
    """Draws a rectangle for each image with probability p, and an empty one otherwise."""
    row, column = draws.uniform(), draws.uniform()
    return Cutout(row, column, tf.where(draws.happens(probability), CUTOUT_SIZE, 0.0))


def cut(images: tf.Tensor, cutout: Cutout) -> tf.Tensor:
    """Sets the pixels whose centre is within the rectangle to 0, all channels of them."""
    height, width = images.shape[1:3]
    rows = _within(height, cutout.row, cutout.size)
    columns = _within(width, cutout.column, cutout.size)
    hidden = rows[:, :, None] & columns[:, None, :]
    return images * tf.cast(~hidden, images.dtype)[..., None]


def _within(side: int, centre: tf.Tensor, size: tf.Tensor) -> tf.Tensor:
    """Returns whether each coordinate is within the rectangle: bool [batch, side]."""
    position = (tf.range(side, dtype=tf.float32) + 0.5) / side
    return tf.abs(position - centre[:, None]) < size[:, None] / 2.0

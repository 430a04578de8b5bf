"""The colour part of ADA as one matrix per image: Karras et al. 2020, appendix B.

A matrix, [batch, 4, 4], maps a colour (red, green, blue, 1) to another. Luma is the component along
(1, 1, 1); only brightness and contrast change it, and the luma flip negates it.
"""

import math
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from gan_cli.objectives.augment.draws import Draws
from gan_cli.objectives.augment.homogeneous import compose, matrix

BRIGHTNESS_DEVIATION = 0.2
CONTRAST_DEVIATION = 0.5
SATURATION_DEVIATION = 1.0

COLOR_UNIFORMS = 7
COLOR_NORMALS = 3

# LUMA projects onto the luma axis; TURN, v -> (1, 1, 1)/sqrt(3) x v, generates rotations about it.
LUMA = np.pad(np.full((3, 3), 1.0 / 3.0), [(0, 1), (0, 1)]).astype(np.float32)
TURN = np.zeros((4, 4), np.float32)
TURN[:3, :3] = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / np.sqrt(3.0)
CHROMA = np.diag([1.0, 1.0, 1.0, 0.0]).astype(np.float32) - LUMA


class Color(NamedTuple):
    """Parameters of the colour transforms, float32 [batch], in the order of their application."""

    brightness: tf.Tensor  # added
    contrast: tf.Tensor  # factor about mid-gray
    luma_flip: tf.Tensor  # 1: swaps black and white and keeps hues, 0: does nothing
    hue: tf.Tensor  # rotation about the luma axis, radians
    saturation: tf.Tensor  # factor of the distance from the luma axis

    def matrix(self) -> tf.Tensor:
        """Returns the product of all transforms: [batch, 4, 4]."""
        identity = tf.eye(4)
        flip, hue, saturation = (
            value[:, None, None] for value in (self.luma_flip, self.hue, self.saturation)
        )
        c, b = self.contrast, self.brightness
        # Written as the identity plus a change, so that neutral values give the identity exactly.
        return compose(
            identity + (saturation - 1.0) * CHROMA,
            identity + tf.sin(hue) * TURN + (tf.cos(hue) - 1.0) * CHROMA,
            identity - 2.0 * flip * LUMA,
            matrix([[c, 0, 0, 0], [0, c, 0, 0], [0, 0, c, 0], [0, 0, 0, 1]]),
            matrix([[1, 0, 0, b], [0, 1, 0, b], [0, 0, 1, b], [0, 0, 0, 1]]),
        )

    def gray_factor_and_offset(self) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns the effect on grays, [batch] each, which hue and saturation do not change."""
        factor = self.contrast * (1.0 - 2.0 * self.luma_flip)
        return factor, factor * self.brightness


def draw_color(draws: Draws, probability: tf.Tensor) -> Color:
    """Draws each transform with probability p.

    Brightness + N(0, 0.2^2), contrast times 2^N(0, 0.5^2), saturation times 2^N(0, 1), any hue. A
    luma flip that is drawn still happens only half of the time, as in the paper.
    """
    brightness = draws.normal(BRIGHTNESS_DEVIATION)
    contrast = 2.0 ** draws.normal(CONTRAST_DEVIATION)
    saturation = 2.0 ** draws.normal(SATURATION_DEVIATION)
    flip = draws.integer(0, 1)
    hue = draws.uniform(-math.pi, math.pi)
    return Color(
        brightness=tf.where(draws.happens(probability), brightness, 0.0),
        contrast=tf.where(draws.happens(probability), contrast, 1.0),
        luma_flip=tf.where(draws.happens(probability), flip, 0.0),
        hue=tf.where(draws.happens(probability), hue, 0.0),
        saturation=tf.where(draws.happens(probability), saturation, 1.0),
    )


def recolor(images: tf.Tensor, color: Color) -> tf.Tensor:
    """Changes the colours of images of 1, 3 or 4 channels; alpha keeps its values."""
    if images.shape[3] == 1:
        factor, offset = (value[:, None, None, None] for value in color.gray_factor_and_offset())
        return images * factor + offset
    entry = color.matrix()[:, None, None, :3, :]
    # Not by slices, whose gradients are slow on CPUs, and not `tf.matmul`: see `homogeneous`.
    channels = tf.split(images, images.shape[3], axis=3)
    changed = entry[..., 3] + sum(channels[index] * entry[..., index] for index in range(3))
    return tf.concat([changed, *channels[3:]], axis=3)

"""The geometric part of ADA as one matrix per image: Karras et al. 2020, appendix B.

Coordinates are (x, y, 1) in pixels from the image's centre, with y downwards. A matrix maps an
output pixel to its source, so it is the product of the inverses, in the order of the transforms.
"""

import math
from typing import NamedTuple

import tensorflow as tf

from gan_cli.objectives.augment.draws import Draws
from gan_cli.objectives.augment.homogeneous import compose, rotation, scaling, translation

FURTHEST_SHIFT = 0.125
SCALE_DEVIATION = 0.2
SHIFT_DEVIATION = 0.125

BLIT_UNIFORMS = 7
WARP_UNIFORMS = 7
WARP_NORMALS = 4


class Blit(NamedTuple):
    """Moves pixels onto pixels: flips, then turns, then shifts. All values are float32 [batch]."""

    flip: tf.Tensor  # 1: mirrored left to right, 0: not
    quarter_turns: tf.Tensor  # counter-clockwise on the screen, 0 to 3
    shift_x: tf.Tensor  # whole pixels to the right
    shift_y: tf.Tensor  # and down

    def source(self) -> tf.Tensor:
        """Returns the map from output to source pixels: [batch, 3, 3], whole numbers."""
        odd = self.quarter_turns % 2.0
        # The exact cosine and sine of quarter turns; tf.cos(pi / 2) is not 0.
        sign = tf.where(self.quarter_turns < 2.0, 1.0, -1.0)
        return compose(
            scaling(1.0 - 2.0 * self.flip, tf.ones_like(self.flip)),
            rotation((1.0 - odd) * sign, odd * sign),
            translation(-self.shift_x, -self.shift_y),
        )


class Warp(NamedTuple):
    """Moves pixels to positions between pixels. Values are float32 [batch], applied in order."""

    scale: tf.Tensor
    rotation_before: tf.Tensor  # radians, counter-clockwise on the screen
    stretch: tf.Tensor  # factor on the width; the height is divided by it
    rotation_after: tf.Tensor
    shift_x: tf.Tensor  # pixels to the right
    shift_y: tf.Tensor  # and down

    def source(self) -> tf.Tensor:
        """Returns the map from output to source pixels: [batch, 3, 3]."""
        return compose(
            scaling(1.0 / self.scale, 1.0 / self.scale),
            rotation(tf.cos(self.rotation_before), tf.sin(self.rotation_before)),
            scaling(1.0 / self.stretch, self.stretch),
            rotation(tf.cos(self.rotation_after), tf.sin(self.rotation_after)),
            translation(-self.shift_x, -self.shift_y),
        )

    def moves(self) -> tf.Tensor:
        """Returns whether the map is not the identity: bool [batch]."""
        neutral = (1.0, 0.0, 1.0, 0.0, 0.0, 0.0)
        different = [value != at_rest for value, at_rest in zip(self, neutral, strict=True)]
        return tf.reduce_any(tf.stack(different), axis=0)


def draw_blit(draws: Draws, height: int, width: int, probability: tf.Tensor) -> Blit:
    """Draws each transform with probability p: a flip, 0 to 3 quarter turns, shifts by an eighth.

    An image that is not square gets half turns only, because a quarter turn would change its shape.
    Neutral values are among those drawn, as in the paper.
    """
    turns = draws.integer(0, 3) if height == width else 2.0 * draws.integer(0, 1)
    flip = draws.integer(0, 1)
    shift_x = tf.round(draws.uniform(-FURTHEST_SHIFT, FURTHEST_SHIFT) * width)
    shift_y = tf.round(draws.uniform(-FURTHEST_SHIFT, FURTHEST_SHIFT) * height)
    flips, turning, shifting = (draws.happens(probability) for _ in range(3))
    return Blit(
        flip=tf.where(flips, flip, 0.0),
        quarter_turns=tf.where(turning, turns, 0.0),
        shift_x=tf.where(shifting, shift_x, 0.0),
        shift_y=tf.where(shifting, shift_y, 0.0),
    )


def draw_warp(draws: Draws, height: int, width: int, probability: tf.Tensor) -> Warp:
    """Draws each transform with probability p: scale 2^N(0, 0.2^2), any angle, shift N(0, 0.125^2).

    The two rotations together have probability p: 1 - sqrt(1 - p) each.
    """
    scale, stretch = (2.0 ** draws.normal(SCALE_DEVIATION) for _ in range(2))
    before, after = (draws.uniform(-math.pi, math.pi) for _ in range(2))
    shift_x = draws.normal(SHIFT_DEVIATION) * width
    shift_y = draws.normal(SHIFT_DEVIATION) * height
    scaling_, stretching, shifting = (draws.happens(probability) for _ in range(3))
    rotating = 1.0 - tf.sqrt(1.0 - probability)
    return Warp(
        scale=tf.where(scaling_, scale, 1.0),
        rotation_before=tf.where(draws.happens(rotating), before, 0.0),
        stretch=tf.where(stretching, stretch, 1.0),
        rotation_after=tf.where(draws.happens(rotating), after, 0.0),
        shift_x=tf.where(shifting, shift_x, 0.0),
        shift_y=tf.where(shifting, shift_y, 0.0),
    )

"""The augmentation of configs/r3gan.yaml, against the multipliers in the authors' code."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from gan_cli.catalog import CHOICES
from gan_cli.config.load import load_config
from gan_cli.objectives.augment import AUGMENTATIONS

CONFIG = Path(__file__).parents[3] / "configs/r3gan.yaml"
# Of the authors' AugmentPipe: brightness, contrast, lumaflip, hue and saturation; and cutout.
COLOR, CUTOUT = 0.5, 1.0
COUNT, PROBABILITY = 4_000, 0.5


def test_it_cuts_out_at_the_probability_and_changes_colours_at_half_of_it():
    config = load_config(CONFIG, [], CHOICES).objective.augmentation
    ramp = config.probability
    assert (ramp.start, ramp.end, ramp.until_kimg) == (0.0, 0.55, 20_000)
    augmentation = AUGMENTATIONS.load(config.name).only(config.policies)
    # Of one colour, which no move of pixels changes.
    color = np.float32([0.5, -0.3, 0.2])
    images = tf.constant(np.tile(color, [COUNT, 8, 8, 1]))
    seed = tf.constant([3, 11], tf.int32)
    found = augmentation.apply(images, tf.constant(PROBABILITY), seed).numpy()
    hidden = (found == 0).all(axis=3)
    shown = np.where(hidden, -np.inf, found[..., 0]).reshape(COUNT, -1).argmax(axis=1)
    pixels = found.reshape(COUNT, -1, 3)[np.arange(COUNT), shown]
    assert hidden.any(axis=(1, 2)).mean() == pytest.approx(PROBABILITY * CUTOUT, abs=0.025)
    unchanged = (np.abs(pixels - color) < 1e-4).all(axis=1).mean()
    # Five transforms; a luma flip that is drawn still happens only half of the time.
    each = PROBABILITY * COLOR
    assert unchanged == pytest.approx((1 - each) ** 4 * (1 - each / 2), abs=0.025)

"""ADA's cutout, and the policies that apply only where they are named."""

import numpy as np
import pytest
import tensorflow as tf

from gan_cli.errors import UserError
from gan_cli.objectives.augment.ada import ADA
from gan_cli.objectives.augment.ada_cutout import Cutout, cut, draw_cutout
from gan_cli.objectives.augment.draws import Draws

SEED = tf.constant([3, 11], tf.int32)


@pytest.mark.parametrize(("height", "width"), [(8, 8), (5, 12)])
def test_it_hides_the_pixels_whose_centre_is_within_a_quarter_of_the_sides(height, width):
    row, column, size = np.float32([[0.1, 0.5, 0.93], [0.4, 0.02, 0.8], [0.5, 0.5, 0.0]])
    images = np.random.default_rng(0).uniform(0.1, 1, (3, height, width, 4)).astype(np.float32)
    cutout = Cutout(*(tf.constant(values) for values in (row, column, size)))
    expected = images.copy()
    for image in range(3):
        for y in range(height):
            for x in range(width):
                down, right = (y + 0.5) / height - row[image], (x + 0.5) / width - column[image]
                if max(abs(down), abs(right)) < size[image] / 2:
                    expected[image, y, x] = 0
    np.testing.assert_array_equal(cut(tf.constant(images), cutout), expected)
    assert (expected[:2] == 0).any()


def test_it_happens_with_the_probability_anywhere():
    count = 20_000
    drawn = draw_cutout(Draws(SEED, tf.constant(count), 3), tf.constant(0.3))
    assert np.mean(drawn.size) == pytest.approx(0.3 * 0.5, abs=0.005)
    for centre in (drawn.row, drawn.column):
        np.testing.assert_allclose(np.histogram(centre, 4, (0, 1))[0] / count, 0.25, atol=0.015)


def test_it_hides_a_part_of_what_the_other_policies_make():
    images = tf.random.stateless_uniform([64, 16, 16, 3], [1, 2], 0.2, 1.0)
    names = ["blit", "half_color"]
    without = ADA.only(names).apply(images, tf.constant(0.5), SEED).numpy()
    found = ADA.only([*names, "cutout"]).apply(images, tf.constant(0.5), SEED).numpy()
    hidden = (found == 0).all(axis=3)
    np.testing.assert_array_equal(found[~hidden], without[~hidden])
    assert 0.3 < hidden.any(axis=(1, 2)).mean() < 0.7


def test_half_color_is_color_at_half_the_probability():
    images = tf.random.stateless_uniform([16, 8, 8, 3], [1, 2], -1.0, 1.0)
    half = ADA.only(["half_color"]).apply(images, tf.constant(0.8), SEED)
    np.testing.assert_array_equal(half, ADA.only(["color"]).apply(images, tf.constant(0.4), SEED))
    with pytest.raises(UserError, match="name 'color' or 'half_color', not both"):
        ADA.only(["color", "half_color"])


def test_neither_is_applied_unless_named():
    assert ADA.only(["blit", "geometry", "color"]) == ADA
    assert ADA.only(["cutout"]).policies == ("cutout",)

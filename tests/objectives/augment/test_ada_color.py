"""ADA's colour transforms, each alone and all together, against float64 by definition."""

import colorsys

import numpy as np
import pytest
import tensorflow as tf
from parameters import make_color
from scipy.linalg import expm

from gan_cli.objectives.augment.ada_color import draw_color, recolor
from gan_cli.objectives.augment.draws import Draws

AXIS = np.ones(3) / np.sqrt(3)
CASES = [
    {"brightness": 0.3},
    {"contrast": 1.7},
    {"luma_flip": 1.0},
    {"hue": 0.9},
    {"hue": -2.5},
    {"saturation": 0.2},
    {"saturation": 3.0},
    {"brightness": -0.2, "contrast": 0.6, "luma_flip": 1.0, "hue": 2.0, "saturation": 1.8},
]


def by_definition(color, brightness=0.0, contrast=1.0, luma_flip=0.0, hue=0.0, saturation=1.0):
    """One float64 colour [3], one transform after the other."""
    color = (color + brightness) * contrast
    if luma_flip:
        # Mirrored at the plane through mid-gray across the luma axis.
        color = color - 2 * (color @ AXIS) * AXIS
    x, y, z = AXIS * hue
    color = expm(np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])) @ color
    luma = (color @ AXIS) * AXIS
    return luma + saturation * (color - luma)


def recolored(images, **values):
    color = make_color(len(images), **values)
    return recolor(tf.constant(images, tf.float32), color).numpy()


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("values", CASES, ids=lambda v: "+".join(v))
def test_equals_a_loop_over_pixels_in_float64(values, channels):
    images = np.random.default_rng(0).uniform(-1, 1, (2, 3, 4, channels))
    expected = images.copy()
    for pixel in expected.reshape(-1, channels):
        if channels == 1:
            # A gray image is an RGB one of three equal channels, and stays one.
            color = by_definition(np.repeat(pixel, 3), **values)
            assert np.ptp(color) < 1e-12
            pixel[:] = color[0]
        else:
            pixel[:3] = by_definition(pixel[:3], **values)
    np.testing.assert_allclose(recolored(images, **values), expected, atol=3e-6)


def test_neutral_values_change_nothing_at_all():
    images = np.random.default_rng(0).uniform(-1, 1, (2, 3, 4, 3)).astype(np.float32)
    np.testing.assert_array_equal(recolored(images), images)


def test_a_third_of_a_turn_of_hue_takes_red_to_green_to_blue():
    red = np.array([1.0, -1.0, -1.0]).reshape(1, 1, 1, 3)
    green = recolored(red, hue=2 * np.pi / 3)
    np.testing.assert_allclose(green.ravel(), [-1, 1, -1], atol=1e-6)
    np.testing.assert_allclose(recolored(green, hue=2 * np.pi / 3).ravel(), [-1, -1, 1], atol=1e-6)
    hue = colorsys.rgb_to_hsv(*((green.ravel() + 1) / 2))[0]
    assert hue == pytest.approx(1 / 3, abs=1e-6)


def test_draws_follow_the_paper():
    count, probability = 40_000, 0.4
    draws = Draws(tf.constant([1, 2]), tf.constant(count), 7, 3)
    drawn = {k: v.numpy() for k, v in draw_color(draws, tf.constant(probability))._asdict().items()}
    neutral = {k: v.numpy()[0] for k, v in make_color()._asdict().items()}
    changed = {name: values[values != neutral[name]] for name, values in drawn.items()}
    for name, values in changed.items():
        # Half of the luma flips that are to happen do.
        share = probability / 2 if name == "luma_flip" else probability
        assert len(values) / count == pytest.approx(share, abs=0.012), name
    assert changed["brightness"].std() == pytest.approx(0.2, rel=0.03)
    assert changed["brightness"].mean() == pytest.approx(0.0, abs=0.01)
    for name, deviation in [("contrast", 0.5), ("saturation", 1.0)]:
        logarithm = np.log2(changed[name])
        assert logarithm.std() == pytest.approx(deviation, rel=0.03)
        assert logarithm.mean() == pytest.approx(0.0, abs=0.05 * deviation)
    assert np.var(changed["hue"]) == pytest.approx(np.pi**2 / 3, rel=0.03)
    assert np.abs(changed["hue"]).max() == pytest.approx(np.pi, abs=0.01)
    happened = np.stack([drawn[name] != neutral[name] for name in drawn])
    correlation = np.corrcoef(happened) - np.eye(len(drawn))
    assert np.abs(correlation).max() < 0.03

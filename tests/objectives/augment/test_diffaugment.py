"""DiffAugment against loops over pixels, and its draws against the published ranges."""

import numpy as np
import pytest
import tensorflow as tf

from gan_cli.objectives.augment.diffaugment import DIFFAUGMENT, color, cutout, translation


class Forced:
    """Hands out numbers as `Draws` does, but those it is given, the same for every image."""

    def __init__(self, batch, *values):
        self.batch, self.values, self.ranges = batch, list(values), []

    def uniform(self, low=0.0, high=1.0):
        self.ranges.append((low, high))
        return tf.fill([self.batch], float(self.values.pop(0)))

    integer = uniform


def make_images(*shape):
    return np.random.default_rng(0).uniform(-1, 1, shape)


def augmented(policy, images, *values):
    draws = Forced(len(images), *values)
    return policy(tf.constant(images, tf.float32), draws).numpy(), draws.ranges


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("values", [(0.3, 1.7, 1.2), (-0.5, 0.0, 0.5)])
def test_color_equals_a_loop_over_pixels(channels, values):
    images = make_images(2, 5, 4, channels)
    got, ranges = augmented(color, images, *values)
    assert ranges == [(-0.5, 0.5), (0.0, 2.0), (0.5, 1.5)]
    brightness, saturation, contrast = values
    colors = min(channels, 3)
    expected = images.copy()
    for image in expected:
        for pixel in image.reshape(-1, channels):
            pixel[:colors] += brightness
            mean = pixel[:colors].mean()
            pixel[:colors] = mean + saturation * (pixel[:colors] - mean)
        mean = image[..., :colors].mean()
        image[..., :colors] = mean + contrast * (image[..., :colors] - mean)
    np.testing.assert_allclose(got, expected, atol=1e-6)


@pytest.mark.parametrize(
    ("shape", "furthest"), [((16, 16), (2, 2)), ((28, 12), (4, 2)), ((11, 9), (1, 1))]
)
@pytest.mark.parametrize("down", [-1, 0, 1])
@pytest.mark.parametrize("right", [-1, 1])
def test_translation_equals_a_loop_over_pixels(shape, furthest, down, right):
    images = make_images(2, *shape, 3)
    down, right = down * furthest[0], right * furthest[1]
    got, ranges = augmented(translation, images, down, right)
    assert ranges == [(-limit, limit) for limit in furthest]
    expected = np.zeros_like(images)
    for row in range(shape[0]):
        for column in range(shape[1]):
            if 0 <= row - down < shape[0] and 0 <= column - right < shape[1]:
                expected[:, row, column] = images[:, row - down, column - right]
    np.testing.assert_array_equal(got, expected.astype(np.float32))


@pytest.mark.parametrize("shape", [(16, 16), (10, 14), (13, 9), (9, 9)])
def test_cutout_zeros_a_rectangle_of_half_the_sides_wherever_its_centre_is(shape):
    images = make_images(1, *shape, 2) + 2.0
    lengths = [int(side / 2 + 0.5) for side in shape]
    last = [side - length % 2 for side, length in zip(shape, lengths, strict=True)]
    for centre in [(0, 0), tuple(last), (last[0] // 2, last[1] // 3)]:
        got, ranges = augmented(cutout, images, *centre)
        assert ranges == [(0, last[0]), (0, last[1])]
        expected = images.copy()
        for i in range(lengths[0]):
            for j in range(lengths[1]):
                row, column = centre[0] - lengths[0] // 2 + i, centre[1] - lengths[1] // 2 + j
                if 0 <= row < shape[0] and 0 <= column < shape[1]:
                    expected[:, row, column] = 0.0
        np.testing.assert_array_equal(got, expected.astype(np.float32))
        assert (got == 0).any()


def apply(images, probability, policies, seed=0):
    return (
        DIFFAUGMENT.only(policies)
        .apply(tf.constant(images, tf.float32), tf.constant(probability), tf.constant([seed, 1]))
        .numpy()
    )


def test_the_probability_is_the_share_of_images_that_are_changed_and_then_by_all_policies():
    images = np.full((4000, 8, 8, 1), 0.25)
    changed = apply(images, 0.3, ["color", "cutout"])
    cut, shifted = (changed == 0).any((1, 2, 3)), (changed[:, 0] != 0.25).any((1, 2))
    moved = (changed != 0.25).any((1, 2, 3))
    assert moved.mean() == pytest.approx(0.3, abs=4 * np.sqrt(0.21 / 4000))
    np.testing.assert_array_equal(cut, moved)
    assert shifted.any()


def test_draws_are_spread_evenly_over_their_ranges():
    images = np.zeros((8000, 16, 16, 1))
    # Brightness is the mean of what was black; nothing else changes a flat gray image's mean.
    brightness = apply(images, 1.0, ["color"]).mean((1, 2, 3))
    assert brightness.min() == pytest.approx(-0.5, abs=0.002)
    assert brightness.max() == pytest.approx(0.5, abs=0.002)
    assert np.var(brightness) == pytest.approx(1 / 12, rel=0.05)

    images[:, 8, 8] = 1.0
    moved = apply(images, 1.0, ["translation"])
    rows, columns = (np.argmax(moved[..., 0].sum(axis), axis=1) - 8 for axis in (2, 1))
    for shifts in (rows, columns):
        values, counts = np.unique(shifts, return_counts=True)
        assert values.tolist() == [-2, -1, 0, 1, 2]
        np.testing.assert_allclose(counts / 8000, 0.2, atol=4 * np.sqrt(0.16 / 8000))
    assert abs(np.corrcoef(rows, columns)[0, 1]) < 0.05

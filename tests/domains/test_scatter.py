"""Scatter plots of points."""

import numpy as np
import pytest

from gan_cli.config.schema import DataConfig
from gan_cli.data.sources.points import mixture_of
from gan_cli.domains.images import Images
from gan_cli.domains.points import points_of
from gan_cli.domains.scatter import scatter_plot

RING = mixture_of(DataConfig(source="points"))


def red(picture):
    """The centres of mass of red pixels, as shares of width and height from the lower left."""
    pixels = np.asarray(picture).astype(int)
    is_red = pixels[..., 0] - pixels[..., 1] > 60
    is_red[:60] = False  # The legend, whose marker is red as well.
    rows, columns = np.nonzero(is_red)
    return columns.mean() / 480, 1 - rows.mean() / 480


def test_a_point_is_drawn_where_it_lies():
    real = RING.draw(100, 0)[0]
    places = {
        xy: red(scatter_plot(np.array([xy], np.float32), real))
        for xy in [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (-1.0, -1.0)]
    }
    origin = np.array(places[0.0, 0.0])
    right, up = places[1.0, 0.0] - origin, places[0.0, 1.0] - origin
    assert right[0] == pytest.approx(up[1], rel=0.03)
    assert right[0] > 0.25
    np.testing.assert_allclose([right[1], up[0]], 0, atol=0.01)
    np.testing.assert_allclose(places[-1.0, -1.0] - origin, -(right + up), atol=0.01)


def test_points_outside_change_the_picture_and_cannot_break_it():
    real = RING.draw(100, 0)[0]
    alone = np.zeros((1, 2), np.float32)
    beside = np.array([[0, 0], [9, 0], [np.nan, np.inf]], np.float32)
    one, other = (np.asarray(scatter_plot(points, real)) for points in (alone, beside))
    assert one.shape == other.shape == (480, 480, 3)
    # The others cannot be drawn: what differs is the line that counts them.
    assert not np.array_equal(one, other)


def test_images_are_laid_out_and_points_scattered():
    images = np.zeros((4, 8, 8, 1), np.uint8)
    assert Images((8, 8, 1)).picture(images, 2, images).size == (8 * 22, 8 * 22)
    points = RING.draw(4, 0)[0].reshape(4, 1, 1, 2)
    assert points_of(RING).picture(points, 2, points).size == (480, 480)

"""Grids of images: where every pixel stands."""

import numpy as np
import pytest
from PIL import Image

from gan_cli.domains.grid import image_grid, split_grid, to_pillow, without_gutters
from gan_cli.domains.tile_layout import TileLayout


def test_every_pixel_is_where_it_belongs():
    images = np.random.default_rng(0).integers(0, 256, (5, 32, 30, 3), dtype=np.uint8)
    grid = np.asarray(image_grid(images, columns=2, layout=TileLayout(padding=1)))
    assert grid.shape == (2 * (3 * 33 + 1), 2 * (2 * 31 + 1), 3)
    small = grid[::2, ::2]
    np.testing.assert_array_equal(grid[1::2, 1::2], small)
    for index, (top, left) in enumerate([(1, 1), (1, 32), (34, 1), (34, 32), (67, 1)]):
        np.testing.assert_array_equal(small[top : top + 32, left : left + 30], images[index])
    assert (small[67:99, 32:62] == 255).all()


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB"), (4, "RGBA")])
def test_modes(channels, mode):
    assert image_grid(np.zeros((2, 70, 70, channels), np.uint8), 2).mode == mode


def test_a_picture_of_another_size_is_no_grid():
    with pytest.raises(ValueError, match="is no grid of images of 12 x 10 pixels"):
        split_grid(Image.new("RGB", (100, 77)), 12, 10, 3)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_lanczos_enlarges_each_image_by_itself(channels):
    """Against Pillow, and no image bleeds into its neighbour."""
    images = np.random.default_rng(1).integers(0, 256, (2, 8, 6, channels), dtype=np.uint8)
    layout = TileLayout(scale=3, resample="lanczos", padding=1)
    grid = np.asarray(image_grid(images, 2, layout)).reshape(30, 45, channels)
    alone = to_pillow(images[1]).resize((18, 24), Image.Resampling.LANCZOS)
    np.testing.assert_array_equal(grid[3:27, 24:42], np.asarray(alone).reshape(24, 18, channels))
    assert (grid[:, 21:24] == 255).all()


def test_gutters_become_clear_and_images_stay():
    images = np.random.default_rng(2).integers(0, 256, (6, 32, 30, 3), dtype=np.uint8)
    grid = image_grid(images, 3)
    cleared = np.asarray(without_gutters(grid, 32, 30))
    assert cleared.shape == (*np.asarray(grid).shape[:2], 4)
    opaque = cleared[..., 3] == 255
    assert set(np.unique(cleared[..., 3])) == {0, 255}
    # All pixels of the enlarged images, and no other.
    assert opaque.sum() == 6 * 4 * 32 * 30
    np.testing.assert_array_equal(cleared[opaque][:, :3], np.asarray(grid)[opaque])


def test_a_picture_that_is_no_grid_of_the_size_stays():
    grid = image_grid(np.zeros((4, 32, 32, 1), np.uint8), 2)
    black = Image.new("L", grid.size)
    assert without_gutters(black, 32, 32) is black
    assert without_gutters(grid, 31, 32) is grid

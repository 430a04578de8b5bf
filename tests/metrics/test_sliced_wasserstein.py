"""The sliced Wasserstein distance and its pyramid against SciPy's."""

import numpy as np
import pytest
from scipy import ndimage, stats

from gan_cli.metrics.maths.pyramid import laplacian_pyramid, random_patches
from gan_cli.metrics.scores.sliced_wasserstein import patch_distances, sliced_wasserstein

FILTER = np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1]) / 256.0


def test_distance_is_the_mean_over_one_dimensional_ones():
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=(80, 6)), rng.gamma(2.0, size=(80, 6))
    found = sliced_wasserstein(one, other, np.random.default_rng(1), repeats=1, directions=20)
    axes = np.random.default_rng(1).standard_normal((6, 20))
    axes /= np.linalg.norm(axes, axis=0)
    expected = [stats.wasserstein_distance(one @ axis, other @ axis) for axis in axes.T]
    assert found == pytest.approx(np.mean(expected), rel=1e-9)
    assert sliced_wasserstein(one, one[::-1], rng) == 0.0


@pytest.mark.parametrize(("shape", "sides"), [((64, 48, 3), [64, 32]), ((67, 70, 1), [70, 35, 18])])
def test_the_pyramid_is_that_of_burt_and_adelson(shape, sides):
    images = np.random.default_rng(2).uniform(0, 255, (2, *shape)).astype(np.float32)
    levels = laplacian_pyramid(images)
    assert [max(level.shape[1:3]) for level in levels] == sides
    kernel = FILTER[None, :, :, None]
    expected, current = [], images.astype(np.float64)
    for _ in sides[1:]:
        smaller = ndimage.convolve(current, kernel, mode="mirror")[:, ::2, ::2]
        spread = np.zeros_like(current)
        spread[:, ::2, ::2] = smaller
        expected.append(current - ndimage.convolve(spread, 4 * kernel, mode="mirror"))
        current = smaller
    for level, correct in zip(levels, [*expected, current], strict=True):
        np.testing.assert_allclose(level, correct, rtol=1e-4, atol=1e-3)


def test_patches_come_from_all_places_of_all_images():
    images = np.arange(3 * 9 * 10 * 2, dtype=np.float32).reshape(3, 9, 10, 2)
    patches = random_patches(images, 200, 7, np.random.default_rng(3))
    assert patches.shape == (600, 7, 7, 2)
    corners = np.unique(patches[:, 0, 0, 0])
    # 3 rows and 4 columns to start at, in each image.
    np.testing.assert_array_equal(corners, images[:, :3, :4, 0].ravel())
    row, column = divmod(int(corners[6]) // 2, 10)
    whole = patches[patches[:, 0, 0, 0] == corners[6]][0]
    np.testing.assert_array_equal(whole, images[0, row : row + 7, column : column + 7])


def test_only_detail_that_is_lost_shows():
    rng = np.random.default_rng(4)
    smooth = ndimage.gaussian_filter(rng.uniform(0, 255, (60, 32, 32, 1)), (0, 3, 3, 0))
    smooth = (smooth - smooth.mean()) * 5 + 128
    noise = rng.normal(0, 20, smooth.shape)
    sharp, blurred = (np.clip(x, 0, 255).astype(np.uint8) for x in (smooth + noise, smooth))
    same = patch_distances(sharp[:30], sharp[30:], rng)
    lost = patch_distances(sharp[:30], blurred[30:], rng)
    assert list(same) == [32, 16]
    assert lost[32] > 4 * same[32]
    assert lost[32] > 2 * lost[16]

"""Nearest neighbours and cells against SciPy's and scikit-learn's."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans

from gan_cli.metrics.maths.clusters import cells_of, k_means
from gan_cli.metrics.maths.nearest import nearest_neighbours


@pytest.mark.parametrize("offset", [0.0, 1000.0])
def test_neighbours_are_those_of_all_distances(offset):
    rng = np.random.default_rng(0)
    points, others = rng.normal(size=(50, 7)) + offset, rng.normal(size=(90, 7)) + offset
    distances = cdist(points, others)
    indices, found = nearest_neighbours(points, others, k=4, block_size=16)
    np.testing.assert_array_equal(indices, np.argsort(distances, axis=1)[:, :4])
    np.testing.assert_allclose(found, np.sort(distances, axis=1)[:, :4], rtol=1e-12)


def test_no_point_is_its_own_neighbour():
    points = np.random.default_rng(1).normal(size=(30, 3))
    # A twin is a neighbour, at no distance.
    points[7] = points[21]
    chosen = np.array([3, 7, 21, 29])
    indices, found = nearest_neighbours(points[chosen], points, k=2, own=chosen)
    distances = cdist(points, points)
    np.fill_diagonal(distances, np.inf)
    np.testing.assert_array_equal(indices, np.argsort(distances[chosen], axis=1)[:, :2])
    np.testing.assert_allclose(found, np.sort(distances[chosen], axis=1)[:, :2], rtol=1e-12)
    assert (indices[1, 0], found[1, 0]) == (21, 0.0)


def test_a_copy_is_at_no_distance_at_all():
    others = np.random.default_rng(2).normal(size=(200, 2048)).astype(np.float32) * 50
    indices, found = nearest_neighbours(others[[5, 150]], others)
    assert indices[:, 0].tolist() == [5, 150]
    assert found[:, 0].tolist() == [0.0, 0.0]


def test_rounding_does_not_pick_the_second_nearest():
    # So far apart that float32 products cannot tell the neighbours of a point.
    rng = np.random.default_rng(5)
    points = rng.normal(size=(40, 16)) * 1e3
    nearer, further = points.copy(), points.copy()
    nearer[:, 0] += 1e-3
    further[:, 1] += 2e-3
    indices, found = nearest_neighbours(points, np.concatenate([further, nearer]), k=1)
    np.testing.assert_array_equal(indices[:, 0], np.arange(40) + 40)
    np.testing.assert_allclose(found, 1e-3, rtol=1e-6)


def test_too_few_or_broken_points():
    with pytest.raises(ValueError, match="3 neighbours need more than 2 points"):
        nearest_neighbours(np.zeros((4, 2)), np.zeros((2, 2)), k=3)
    with pytest.raises(ValueError, match="more than 1 points"):
        nearest_neighbours(np.zeros((1, 2)), np.zeros((1, 2)), own=np.array([0]))
    with pytest.raises(ValueError, match="not finite"):
        nearest_neighbours(np.full((1, 2), np.nan), np.zeros((2, 2)))


def test_cells_are_those_of_lloyds_iterations():
    rng = np.random.default_rng(3)
    middles = rng.normal(size=(6, 5)) * 4
    points = (middles[rng.integers(0, 6, 400)] + rng.normal(size=(400, 5))).astype(np.float32)
    centres = k_means(points, 6, np.random.default_rng(4))
    # What is found is a fixed point, which scikit-learn agrees with.
    other = KMeans(6, init=centres, n_init=1, algorithm="lloyd", max_iter=300).fit(points)
    np.testing.assert_allclose(centres, other.cluster_centers_, rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(cells_of(points, centres), other.labels_)
    assert other.inertia_ < 1.3 * KMeans(6, n_init=20, random_state=0).fit(points).inertia_


def test_cells_of_repeated_points():
    centres = k_means(np.ones((20, 3)), 4, np.random.default_rng(0))
    np.testing.assert_array_equal(centres, np.ones((4, 3)))

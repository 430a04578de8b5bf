"""Paths through the latent space."""

import numpy as np
import pytest
import scipy.spatial
import scipy.stats

from gan_cli.sampling.latent_paths import circle_path, linear_path, spherical_path

NODES = np.random.default_rng(0).standard_normal((3, 6)).astype(np.float32)


@pytest.mark.parametrize("path", [linear_path, spherical_path])
@pytest.mark.parametrize("closed", [False, True])
def test_nodes_are_on_the_path_exactly(path, closed):
    walked = path(NODES, 5, closed)
    assert walked.shape == (15 if closed else 11, 6)
    assert walked.dtype == np.float32
    np.testing.assert_array_equal(walked[::5], NODES)


def test_a_straight_line():
    walked = linear_path(NODES, 4)
    np.testing.assert_allclose(walked[1], 0.75 * NODES[0] + 0.25 * NODES[1], rtol=1e-6)
    closed = linear_path(NODES, 4, closed=True)
    np.testing.assert_allclose(closed[-1], 0.25 * NODES[2] + 0.75 * NODES[0], rtol=1e-5)


def test_an_arc_equals_scipys_on_the_unit_sphere():
    pair = NODES[:2].astype(np.float64)
    pair /= np.linalg.norm(pair, axis=1, keepdims=True)
    expected = scipy.spatial.geometric_slerp(*pair, np.arange(8) / 7)
    np.testing.assert_allclose(spherical_path(pair, 7), expected, atol=1e-6)


@pytest.mark.parametrize("second", [NODES[0], 2 * NODES[0], -NODES[0], 0 * NODES[0]])
def test_arcs_that_are_none_are_straight(second):
    pair = np.stack([NODES[0], second])
    np.testing.assert_allclose(spherical_path(pair, 4), linear_path(pair, 4), atol=1e-6)


def test_points_of_a_circle_are_normal_and_it_closes():
    pairs = np.random.default_rng(1).standard_normal((2, 4000)).astype(np.float32)
    circle = circle_path(*pairs, 3)
    np.testing.assert_array_equal(circle[[0, 3, 6, 9]], [*pairs, -pairs[0], -pairs[1]])
    # 30 degrees on.
    np.testing.assert_allclose(circle[1], np.sqrt(0.75) * pairs[0] + 0.5 * pairs[1], atol=1e-6)
    for point in circle:
        assert scipy.stats.kstest(point, scipy.stats.norm().cdf).pvalue > 0.01
    steps = np.linalg.norm(circle - np.roll(circle, 1, axis=0), axis=1)
    # The two latents are only nearly at a right angle.
    np.testing.assert_allclose(steps, steps.mean(), rtol=0.05)

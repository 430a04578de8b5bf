"""Diversity of features, MS-SSIM and path lengths against direct computations."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import ndimage
from scipy.spatial.distance import pdist

from gan_cli.metrics.maths.similarity import ms_ssim, scale_weights
from gan_cli.metrics.scores.feature_diversity import pairwise_diversity
from gan_cli.metrics.scores.ms_ssim import draw_pairs
from gan_cli.metrics.scores.path_length import lerp, path_lengths, slerp, trimmed


def test_diversity_is_the_mean_over_all_pairs():
    features = np.random.default_rng(0).gamma(2.0, size=(60, 5)).astype(np.float32)
    units = features / np.linalg.norm(features, axis=1, keepdims=True)
    expected = pdist(units.astype(np.float64), "sqeuclidean").mean()
    assert pairwise_diversity(features)[0] == pytest.approx(expected, rel=1e-6)
    assert pairwise_diversity(np.repeat(features[:1], 9, axis=0))[0] == pytest.approx(0, abs=1e-12)


def test_interval_of_diversity_is_the_spread_of_repeated_draws():
    rng = np.random.default_rng(1)
    found = [pairwise_diversity(rng.normal(1.0, size=(100, 4))) for _ in range(300)]
    values, half_widths = zip(*found, strict=True)
    assert np.mean(half_widths) == pytest.approx(1.96 * np.std(values), rel=0.15)


def test_scales_of_ms_ssim():
    assert scale_weights(176) == (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
    assert len(scale_weights(175)) == 4
    assert len(scale_weights(32)) == len(scale_weights(28)) == 2
    assert sum(scale_weights(64)) == pytest.approx(1.0)
    assert scale_weights(8) == ()


def ssim_parts(one: np.ndarray, other: np.ndarray) -> tuple[float, float]:
    """Mean luminance-contrast-structure and contrast-structure of gray images, Wang et al. 2004."""
    taps = np.exp(-(np.arange(-5, 6) ** 2) / (2 * 1.5**2))
    window = np.outer(taps, taps) / taps.sum() ** 2

    def local(image: np.ndarray) -> np.ndarray:
        return ndimage.convolve(image, window)[5:-5, 5:-5]

    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    mean, other_mean = local(one), local(other)
    variances = local(one**2) - mean**2 + local(other**2) - other_mean**2
    covariance = local(one * other) - mean * other_mean
    contrast = (2 * covariance + c2) / (variances + c2)
    luminance = (2 * mean * other_mean + c1) / (mean**2 + other_mean**2 + c1)
    return (luminance * contrast).mean(), contrast.mean()


def test_ms_ssim_with_two_scales_is_that_of_its_definition():
    rng = np.random.default_rng(2)
    one = ndimage.gaussian_filter(rng.uniform(0, 255, (32, 32)), 1.5) * 2 - 100
    one = np.clip(one, 0, 255).round()
    other = np.clip(one + rng.normal(0, 30, one.shape), 0, 255).round()

    def half(image: np.ndarray) -> np.ndarray:
        return image.reshape(16, 2, 16, 2).mean(axis=(1, 3))

    fine, coarse = scale_weights(32)
    expected = ssim_parts(one, other)[1] ** fine * ssim_parts(half(one), half(other))[0] ** coarse
    found = ms_ssim(*(each.astype(np.uint8)[None, ..., None] for each in (one, other)))
    assert 0.1 < expected < 0.95
    assert found == pytest.approx([expected], rel=1e-9)


@pytest.mark.parametrize("sides", [(32, 40), (61, 45), (176, 190)])
def test_ms_ssim_is_tensorflows(sides):
    rng = np.random.default_rng(6)
    smooth = ndimage.gaussian_filter(rng.uniform(0, 255, (3, *sides, 3)), (0, 2, 2, 0)) * 3 - 255
    one = np.clip(smooth, 0, 255).astype(np.uint8)
    other = np.clip(smooth + rng.normal(0, 25, smooth.shape), 0, 255).astype(np.uint8)
    # Of the last pair nothing is alike.
    other[2] = 255 - one[2]
    expected = tf.image.ssim_multiscale(one, other, 255, power_factors=scale_weights(min(sides)))
    assert 0.3 < expected[0] < 0.99
    # TensorFlow computes in float32.
    np.testing.assert_allclose(ms_ssim(one, other), expected, rtol=5e-5, atol=1e-12)


def test_pairs_are_of_different_images_of_one_class():
    labels = np.array([0, 2, 2, 1, 0, 2, 4])
    pairs = draw_pairs(labels, 7, 3000, np.random.default_rng(0))
    assert (pairs[:, 0] != pairs[:, 1]).all()
    np.testing.assert_array_equal(labels[pairs[:, 0]], labels[pairs[:, 1]])
    # 0 with 4, and the three of class 2 in all orders; each image of them equally often.
    seen, counts = np.unique(pairs, axis=0, return_counts=True)
    assert len(seen) == 2 + 6
    assert counts[1:-1].min() > 150
    assert len(pairs) == pytest.approx(5 / 7 * 3000, rel=0.05)
    unlabelled = draw_pairs(None, 4, 2000, np.random.default_rng(0))
    assert len(np.unique(unlabelled, axis=0)) == 12


def test_paths_on_a_straight_line():
    rng = np.random.default_rng(3)
    one, other, matrix = rng.normal(size=(5, 4)), rng.normal(size=(5, 4)), rng.normal(size=(4, 9))
    lengths = path_lengths(
        lambda position: lerp(one, other, position), np.zeros((5, 1)), lambda x: x @ matrix
    )
    expected = (((other - one) @ matrix) ** 2).sum(axis=1)
    # The steps go through float32, as a generator takes them.
    np.testing.assert_allclose(lengths, expected, rtol=5e-3)


def test_paths_on_a_great_circle():
    rng = np.random.default_rng(4)
    one, other = rng.normal(size=(6, 8)), rng.normal(size=(6, 8))
    for position in (0.0, 0.3, 1.0):
        walked = slerp(one, other, np.full((6, 1), position))
        np.testing.assert_allclose(np.linalg.norm(walked, axis=1), 1.0)
    np.testing.assert_allclose(
        slerp(one, other, np.ones((6, 1))), other / np.linalg.norm(other, axis=1, keepdims=True)
    )
    cosines = (
        (one * other).sum(axis=1) / np.linalg.norm(one, axis=1) / np.linalg.norm(other, axis=1)
    )
    lengths = path_lengths(
        lambda position: slerp(one, other, position), rng.random((6, 1)), lambda x: x
    )
    # The speed along the unit circle is the angle.
    np.testing.assert_allclose(lengths, np.arccos(cosines) ** 2, rtol=5e-3)


def test_one_percent_is_trimmed_at_either_end():
    lengths = np.random.default_rng(5).permutation(1000).astype(float)
    kept = trimmed(lengths)
    assert (kept.min(), kept.max(), len(kept)) == (10.0, 989.0, 980)

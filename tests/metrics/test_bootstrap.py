"""Intervals against how much figures really move from draw to draw."""

import numpy as np
import pytest

from gan_cli.metrics.bootstrap import frechet_half_width, mean_half_width
from gan_cli.metrics.frechet import frechet_distance
from gan_cli.metrics.moments import moments_of


def test_half_width_of_a_mean_is_that_of_the_resampled_bootstrap():
    values = np.random.default_rng(0).gamma(2.0, size=300)
    rng = np.random.default_rng(1)
    means = [values[rng.integers(0, 300, 300)].mean() for _ in range(4000)]
    assert mean_half_width(values) == pytest.approx(1.96 * np.std(means), rel=0.06)


def test_half_width_of_the_frechet_distance_is_the_spread_of_repeated_draws():
    rng = np.random.default_rng(2)

    def draw() -> tuple[np.ndarray, np.ndarray]:
        return rng.normal(size=(500, 6)), rng.normal(0.4, 1.2, size=(500, 6))

    pairs = [draw() for _ in range(80)]
    distances = [frechet_distance(moments_of(real), moments_of(fake)) for real, fake in pairs]
    half_widths = [frechet_half_width(real, fake, rng) for real, fake in pairs[:10]]
    assert np.mean(half_widths) == pytest.approx(1.96 * np.std(distances), rel=0.3)

"""Intervals against how much figures really move from draw to draw."""

import numpy as np
import pytest

from gan_cli.metrics.maths.bootstrap import (
    frechet_half_width,
    frechet_influences,
    mean_half_width,
)
from gan_cli.metrics.maths.frechet_distance import frechet_distance
from gan_cli.metrics.maths.moments import Moments, moments_of


def test_half_width_of_a_mean_is_that_of_the_resampled_bootstrap():
    values = np.random.default_rng(0).gamma(2.0, size=300)
    rng = np.random.default_rng(1)
    means = [values[rng.integers(0, 300, 300)].mean() for _ in range(4000)]
    assert mean_half_width(values) == pytest.approx(1.96 * np.std(means), rel=0.06)


@pytest.mark.parametrize("most_resampled", [64, 1])
def test_half_width_of_the_frechet_distance_is_the_spread_of_repeated_draws(most_resampled):
    rng = np.random.default_rng(2)

    def draw() -> tuple[np.ndarray, np.ndarray]:
        return rng.normal(size=(500, 6)), rng.normal(0.4, 1.2, size=(500, 6))

    pairs = [draw() for _ in range(80)]
    distances = [frechet_distance(moments_of(real), moments_of(fake)) for real, fake in pairs]
    half_widths = [
        frechet_half_width(real, fake, rng, most_resampled_dimensions=most_resampled)
        for real, fake in pairs[:10]
    ]
    assert np.mean(half_widths) == pytest.approx(1.96 * np.std(distances), rel=0.3)


@pytest.mark.parametrize(("count", "dimension"), [(40, 5), (12, 30)])
def test_influences_are_how_the_distance_changes_with_a_vectors_weight(count, dimension):
    rng = np.random.default_rng(3)
    real, generated = (
        rng.normal(size=(count + 7, dimension)),
        rng.gamma(2.0, size=(count, dimension)),
    )

    def distance(extra: float) -> float:
        """With vector 4 of the generated ones counted 1 + extra times; moments divided by count."""
        weights = np.ones(count)
        weights[4] += extra
        weights /= weights.sum()
        mean = weights @ generated
        factor = ((generated - mean) * np.sqrt(weights[:, None])).T
        weighted = Moments(count, mean, factor @ factor.T, factor)
        return frechet_distance(moments_of(real), weighted)

    influence = frechet_influences(real, generated)[1]
    step = 1e-4
    slope = (distance(step) - distance(-step)) / (2 * step)
    # A weight moves the share of one vector by 1 / count; shares sum to 1. ddof 1, not 0, in it.
    expected = (influence[4] - influence.mean()) / count
    assert slope == pytest.approx(expected, rel=0.05)

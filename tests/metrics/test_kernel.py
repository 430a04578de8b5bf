"""The kernel distance against a direct loop, and its interval against repeated draws."""

import numpy as np
import pytest

from gan_cli.metrics.maths.kernel_distance import kernel_distance, unbiased_mmd


def direct_mmd(real: np.ndarray, generated: np.ndarray) -> float:
    def kernel(x, y):
        return (sum(a * b for a, b in zip(x, y, strict=True)) / len(x) + 1.0) ** 3

    def mean_over_others(points):
        pairs = [kernel(x, y) for i, x in enumerate(points) for j, y in enumerate(points) if i != j]
        return sum(pairs) / len(pairs)

    between = [kernel(x, y) for x in real for y in generated]
    return mean_over_others(real) + mean_over_others(generated) - 2 * sum(between) / len(between)


def test_estimate_equals_a_direct_loop():
    rng = np.random.default_rng(0)
    real, generated = rng.normal(size=(13, 6)), rng.normal(0.5, 1.3, size=(17, 6))
    assert unbiased_mmd(real, generated) == pytest.approx(direct_mmd(real, generated), rel=1e-6)


def test_subsets_are_drawn_without_replacement():
    rng = np.random.default_rng(1)
    real, generated = rng.normal(size=(30, 4)), rng.normal(0.4, 1.0, size=(40, 4))
    value, half_width = kernel_distance(
        real, generated, np.random.default_rng(2), subsets=5, subset_size=9
    )
    again = np.random.default_rng(2)
    estimates = [
        direct_mmd(
            real[again.choice(30, 9, replace=False)], generated[again.choice(40, 9, replace=False)]
        )
        for _ in range(5)
    ]
    assert value == pytest.approx(np.mean(estimates), rel=1e-6)
    expected = 1.96 * np.std(estimates, ddof=1) * np.sqrt(9 / (30 - 9))
    assert half_width == pytest.approx(expected, rel=1e-6)


def test_no_distance_between_draws_of_one_distribution():
    rng = np.random.default_rng(3)
    values = [
        kernel_distance(rng.normal(size=(100, 5)), rng.normal(size=(100, 5)), rng, subsets=10)[0]
        for _ in range(40)
    ]
    # Unbiased: the values scatter about 0 on both sides.
    assert abs(np.mean(values)) < 4 * np.std(values) / np.sqrt(40)
    assert min(values) < 0 < max(values)


def test_interval_is_at_least_the_spread_of_repeated_draws_and_not_far_more():
    rng = np.random.default_rng(4)
    drawn = [
        kernel_distance(
            rng.normal(size=(400, 5)),
            rng.normal(0.6, 1.0, size=(400, 5)),
            rng,
            subsets=40,
            subset_size=100,
        )
        for _ in range(60)
    ]
    values, half_widths = np.array(drawn).T
    actual = 1.96 * values.std(ddof=1)
    assert 0.8 < half_widths.mean() / actual < 2.0


def test_too_few_vectors():
    with pytest.raises(ValueError, match="at least 4"):
        kernel_distance(np.zeros((3, 2)), np.zeros((9, 2)), np.random.default_rng(0))

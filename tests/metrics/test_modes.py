"""Modes covered, quality and shares: closed forms, SciPy, and a loop written out."""

import numpy as np
import pytest
import scipy.stats

from gan_cli.config.schema import DataConfig
from gan_cli.data.dataset import open_splits
from gan_cli.data.sources.points import mixture_of
from gan_cli.errors import UserError
from gan_cli.metrics.modes.counts import (
    EXPECTED_OUTSIDE,
    MODE_METRICS,
    count_modes,
    high_quality_share,
    mode_divergence,
    mode_error,
    mode_half_widths,
    modes_covered,
)
from gan_cli.metrics.modes.evaluator import ModesEvaluator

RING = mixture_of(DataConfig(source="points"))
GRID = mixture_of(DataConfig(source="points", name="grid25"))


def test_counts_are_those_of_a_loop():
    rng = np.random.default_rng(0)
    points = np.concatenate([RING.draw(300, 1)[0], rng.uniform(-1.5, 1.5, (5000, 2))])
    expected = np.zeros((8, 2), int)
    for x, y in points.astype(float):
        distances = [np.hypot(x - cx, y - cy) for cx, cy in RING.centres]
        mode = int(np.argmin(distances))
        expected[mode, 0 if distances[mode] <= 3 * 0.01 else 1] += 1
    np.testing.assert_array_equal(count_modes(points, RING), expected)


@pytest.mark.parametrize("mixture", [RING, GRID], ids=["ring8", "grid25"])
def test_the_mixture_itself_scores_as_theory_says(mixture):
    # Squared distances over the variance are chi-squared with two degrees of freedom.
    expected = scipy.stats.chi2.cdf(9.0, df=2)
    assert expected == pytest.approx(1 - EXPECTED_OUTSIDE, abs=1e-12)
    counts = count_modes(mixture.draw(40_000, 7)[0], mixture)
    assert modes_covered(counts) == len(mixture.centres)
    error = np.sqrt(expected * (1 - expected) / 40_000)
    assert high_quality_share(counts) == pytest.approx(expected, abs=4 * error)
    assert mode_divergence(counts) < 2 * len(counts) / 40_000
    assert mode_error(counts) < 0.02


def test_a_collapse_to_one_mode_in_closed_form():
    points = np.tile(RING.centres[3], (100, 1))
    counts = count_modes(points, RING)
    assert modes_covered(counts) == 1
    assert high_quality_share(counts) == 1
    assert mode_divergence(counts) == pytest.approx(np.log(8))
    # All probability that the mixture has elsewhere is missing there.
    assert mode_error(counts) == pytest.approx(1 - (1 - np.exp(-4.5)) / 8)


def test_points_between_the_modes_are_of_low_quality():
    angles = np.pi / 8 + np.arange(8) * np.pi / 4
    counts = count_modes(np.stack([np.cos(angles), np.sin(angles)], axis=1), RING)
    assert modes_covered(counts) == 0
    assert high_quality_share(counts) == 0
    assert mode_error(counts) == pytest.approx(1 - np.exp(-4.5))


def test_divergence_and_error_are_scipys_and_a_sums():
    rng = np.random.default_rng(5)
    counts = rng.integers(0, 50, (25, 2))
    counts[4] = 0
    shares = counts.sum(axis=1) / counts.sum()
    expected = scipy.stats.entropy(shares, np.full(25, 1 / 25))
    assert mode_divergence(counts) == pytest.approx(expected, rel=1e-12)
    total = abs(counts[:, 1].sum() / counts.sum() - np.exp(-4.5))
    for good, _ in counts:
        total += abs(good / counts.sum() - (1 - np.exp(-4.5)) / 25)
    assert mode_error(counts) == pytest.approx(total / 2, rel=1e-12)


def test_the_edge_of_quality_is_at_three_standard_deviations():
    centre = GRID.centres[12]
    for factor, expected in ((2.999, 1), (3.001, 0)):
        offset = factor * GRID.std * np.array([0.6, 0.8])
        assert high_quality_share(count_modes(centre + offset[None], GRID)) == expected


def test_points_that_are_not_finite_are_refused():
    with pytest.raises(ValueError, match="not finite"):
        count_modes(np.array([[0.0, np.nan]]), RING)


def test_intervals_are_the_spread_of_repeated_draws():
    rng = np.random.default_rng(3)

    def draw():
        # Two modes rare, and every fifth point off.
        modes = rng.choice(8, 400, p=[0.16] * 6 + [0.02] * 2)
        spread = np.where(rng.random(400) < 0.2, 0.1, 0.01)[:, None]
        return count_modes(RING.centres[modes] + spread * rng.standard_normal((400, 2)), RING)

    tables = [draw() for _ in range(200)]
    half_widths = [mode_half_widths(table, rng) for table in tables[:20]]
    for name in ("high_quality_share", "mode_divergence", "mode_error"):
        metric, _ = MODE_METRICS[name]
        expected = 1.96 * np.std([metric(table) for table in tables])
        assert np.mean([widths[name] for widths in half_widths]) == pytest.approx(expected, rel=0.3)


class TestEvaluator:
    splits = open_splits(DataConfig(source="points", num_points=5000))

    def evaluator(self):
        return ModesEvaluator(RING, self.splits.train, self.splits.holdout)

    def batches(self, points):
        return np.array_split(points.reshape(-1, 1, 1, 2).astype(np.float32), 7)

    def test_fresh_points_of_the_mixture_score_like_the_floor_and_noise_like_the_ceiling(self):
        points, modes = RING.draw(2500, 99)
        evaluation = self.evaluator().evaluate(self.batches(points))
        assert evaluation.num_generated == 2500
        assert set(evaluation.scores) == {*MODE_METRICS, "fd_coordinates"}
        for name, score in evaluation.scores.items():
            assert score.value == pytest.approx(score.floor, abs=0.05), name
            sign = 1 if score.higher_is_better else -1
            if name != "modes_covered":
                assert sign * (score.value - score.ceiling) > 0.003, name
        shares = np.bincount(modes, minlength=8) / 2500
        np.testing.assert_allclose(list(evaluation.class_shares.values()), shares, atol=1e-12)

    def test_ranking_follows_what_matters(self):
        rng = np.random.default_rng(0)
        evaluator = self.evaluator()
        half = RING.centres[rng.integers(0, 4, 2500)] + 0.01 * rng.standard_normal((2500, 2))
        blurred = RING.centres[rng.integers(0, 8, 2500)] + 0.05 * rng.standard_normal((2500, 2))
        tracked = [
            evaluator.track(self.batches(points))
            for points in (RING.draw(2500, 5)[0], half, blurred)
        ]
        assert all(next(iter(scores)) == "mode_error" for scores in tracked)
        good, missing, wide = (scores["mode_error"] for scores in tracked)
        assert good < 0.1
        # Half of the modes; of a round Gaussian five times as wide, 1 - exp(-0.18) are near.
        assert missing == pytest.approx(0.5, abs=0.05)
        assert wide == pytest.approx(np.exp(-0.18) - np.exp(-4.5), abs=0.05)

    def test_too_few_points_are_refused(self):
        with pytest.raises(UserError, match="at least 10 generated points"):
            self.evaluator().evaluate([RING.draw(9, 0)[0]])

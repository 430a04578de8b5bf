"""Streaming moments against NumPy's own."""

import numpy as np
import pytest

from gan_cli.metrics.moments import MomentsAccumulator, moments_of


def test_batches_give_the_moments_of_the_whole():
    features = np.random.default_rng(0).gamma(2.0, size=(501, 7)).astype(np.float32)
    moments = moments_of(np.split(features, [1, 64, 64, 300]))
    whole = features.astype(np.float64)
    assert moments.count == 501
    np.testing.assert_allclose(moments.mean, whole.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(moments.covariance, np.cov(whole, rowvar=False), rtol=1e-10)


def test_a_large_mean_costs_no_digits():
    # Sums of squares would hold 1e16 here and lose all of the spread.
    spread = np.random.default_rng(1).normal(size=(400, 3))
    moments = moments_of(np.split(spread + 1e8, 8))
    np.testing.assert_allclose(
        moments.covariance, np.cov(spread, rowvar=False), rtol=1e-5, atol=1e-7
    )


def test_one_vector_has_no_covariance():
    with pytest.raises(ValueError, match="at least 2"):
        moments_of(np.zeros((1, 4)))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_features_that_are_not_finite_are_refused(bad):
    accumulator = MomentsAccumulator(2)
    with pytest.raises(ValueError, match="not finite"):
        accumulator.add(np.array([[0.0, 1.0], [bad, 0.0], [1.0, 1.0]]))


def test_features_of_both_infinities_are_refused():
    accumulator = MomentsAccumulator(1)
    with np.errstate(invalid="ignore"), pytest.raises(ValueError, match="not finite"):
        accumulator.add(np.array([[np.inf], [-np.inf]]))

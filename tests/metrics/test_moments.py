"""Streaming moments against NumPy's own."""

import numpy as np
import pytest

from gan_cli.metrics.maths.moments import MomentsAccumulator, moments_of


# Blocks that hold less than a batch, several batches, and all of them.
@pytest.mark.parametrize("block_size", [50, 130, 1000])
def test_batches_give_the_moments_of_the_whole(block_size):
    features = np.random.default_rng(0).gamma(2.0, size=(501, 7)).astype(np.float32)
    moments = moments_of(np.split(features, [1, 64, 64, 300]), block_size=block_size)
    whole = features.astype(np.float64)
    assert moments.count == 501
    np.testing.assert_allclose(moments.mean, whole.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(moments.covariance, np.cov(whole, rowvar=False), rtol=1e-10)


def test_how_the_vectors_are_cut_into_batches_changes_nothing():
    features = np.random.default_rng(2).normal(size=(333, 5))
    batches = np.split(features, [3, 90, 100, 299])
    whole, cut = (moments_of(each, block_size=100) for each in (features, batches))
    np.testing.assert_array_equal(whole.mean, cut.mean)
    np.testing.assert_array_equal(whole.covariance, cut.covariance)


def test_moments_so_far():
    features = np.random.default_rng(3).normal(size=(40, 10))
    accumulator = MomentsAccumulator(10, block_size=12)
    for start in range(0, 40, 8):
        accumulator.add(features[start : start + 8])
        so_far, moments = features[: start + 8], accumulator.result()
        np.testing.assert_allclose(moments.mean, so_far.mean(axis=0), rtol=1e-12)
        np.testing.assert_allclose(moments.covariance, np.cov(so_far, rowvar=False), rtol=1e-10)
        np.testing.assert_allclose(moments.root @ moments.root.T, moments.covariance, atol=1e-12)
        # Only of few vectors are they themselves the root.
        assert (moments.factor is not None) == (len(so_far) <= 10)


def test_a_large_mean_costs_no_digits():
    # Sums of squares would hold 1e16 here and lose all of the spread.
    spread = np.random.default_rng(1).normal(size=(400, 3))
    moments = moments_of(np.split(spread + 1e8, 8), block_size=50)
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

"""NDB: bins of the training data that hold too many or too few generated images."""

import numpy as np

from gan_cli.metrics.comparison import Comparison
from gan_cli.metrics.maths.clusters import cells_of, k_means
from gan_cli.metrics.metric import Figure, Measurement, Metric, UnavailableError
from gan_cli.metrics.sample import Sample

_MOST_BINS = 100
# With fewer images, the test's normal approximation does not hold.
_FEWEST_PER_BIN = 10
# Quantile of the standard normal distribution for a two-sided test at a significance of 0.05.
_CRITICAL = 1.959964


def different_bins(real_counts: np.ndarray, generated_counts: np.ndarray) -> np.ndarray:
    """Returns in which bins the shares differ, by the two-proportion z-test with pooled variance.

    Args:
      real_counts, generated_counts: int [bins].

    Returns:
      bool [bins].
    """
    m, n = real_counts.sum(), generated_counts.sum()
    difference = real_counts / m - generated_counts / n
    pooled = (real_counts + generated_counts) / (m + n)
    error = np.sqrt(pooled * (1.0 - pooled) * (1.0 / m + 1.0 / n))
    return np.abs(difference) > _CRITICAL * error


def jensen_shannon(p: np.ndarray, q: np.ndarray) -> float:
    """Returns the Jensen-Shannon divergence of two distributions, in nats.

    It is 0 for equal distributions and log 2 for disjoint ones.
    """
    middle = (p + q) / 2.0

    def divergence(shares: np.ndarray) -> float:
        there = shares > 0
        return float((shares[there] * np.log(shares[there] / middle[there])).sum())

    return (divergence(p) + divergence(q)) / 2.0


def measure(
    sample: Sample, comparison: Comparison, rng: np.random.Generator, thorough: bool
) -> Measurement:
    """Computes `ndb` and `bins_js`; see `metric.Metric`."""
    del rng, thorough
    train = comparison.training.features
    count = min(_MOST_BINS, len(train) // _FEWEST_PER_BIN)
    if count < 2:
        raise UnavailableError(f"needs at least {2 * _FEWEST_PER_BIN} training images")
    centres = comparison.derived(("bins", count), lambda: _bins(train, count))
    real, generated = (
        np.bincount(cells_of(features, centres), minlength=count)
        for features in (train, sample.features)
    )
    share = float(different_bins(real, generated).mean())
    divergence = jensen_shannon(real / real.sum(), generated / generated.sum())
    figures = {
        "ndb": Figure(share, higher_is_better=False),
        "bins_js": Figure(divergence, higher_is_better=False),
    }
    return Measurement(figures, {"bins": count})


def _bins(train: np.ndarray, count: int) -> np.ndarray:
    # A fixed seed, so that all runs on the same data are compared on the same bins.
    return k_means(train, count, np.random.default_rng(0))


METRIC = Metric(
    "Richardson and Weiss 2018: share of 100 bins, of features, that differ at 0.05",
    measure,
    perfect="holdout",
    needs=("train",),
)

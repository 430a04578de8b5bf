"""Diversity: how far generated images are from one another in the network's features."""

import numpy as np

from gan_cli.metrics.comparison import Comparison
from gan_cli.metrics.metric import Figure, Measurement, Metric
from gan_cli.metrics.sample import Sample


def pairwise_diversity(features: np.ndarray) -> tuple[float, float]:
    """Returns the mean squared distance of all pairs of vectors, scaled to length 1: in [0, 4].

    For n unit vectors with mean m, it is 2 n / (n - 1) (1 - |m|^2), so no pair has to be formed.

    Args:
      features: [at least 2, dimension].

    Returns:
      The mean, and the half-width of its 95 % interval, from the influence of each vector.
    """
    features = np.asarray(features, np.float64)
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    units = features / np.where(lengths > 0, lengths, 1.0)
    count, mean = len(units), units.mean(axis=0)
    squares = (units**2).sum(axis=1)
    value = 2.0 * count / (count - 1) * (squares.mean() - mean @ mean)
    influences = 2.0 * squares - 4.0 * units @ mean
    return float(value), float(1.96 * influences.std() / np.sqrt(count))


def measure(
    sample: Sample, comparison: Comparison, rng: np.random.Generator, thorough: bool
) -> Measurement:
    """Computes `diversity_<network>`; see `metric.Metric`."""
    del rng, thorough
    value, half_width = pairwise_diversity(sample.features)
    name = f"diversity_{comparison.network.name}"
    return Measurement({name: Figure(value, higher_is_better=True, interval=half_width)})


METRIC = Metric(
    "after LPIPS (Zhang et al. 2018): squared distance of unit features, over all pairs; the"
    " features are the network's pooled ones, without weights",
    measure,
    # It is about variety alone, of which noise has plenty.
    noise_is_worst=False,
)

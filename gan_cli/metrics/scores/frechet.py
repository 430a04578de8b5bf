"""The Fréchet distance of features; of Inception's features, the FID."""

import numpy as np

from gan_cli.metrics.comparison import Comparison
from gan_cli.metrics.maths.bootstrap import frechet_half_width
from gan_cli.metrics.maths.frechet_distance import frechet_distance
from gan_cli.metrics.metric import Figure, Measurement, Metric
from gan_cli.metrics.sample import Sample


def measure(
    sample: Sample, comparison: Comparison, rng: np.random.Generator, thorough: bool
) -> Measurement:
    """Computes `fid` or `fd_<network>`; see `metric.Metric`."""
    value = frechet_distance(comparison.reference_moments, sample.moments)
    interval = None
    # Statistics from a file come without the vectors that would be resampled.
    if thorough and comparison.statistics is None:
        interval = frechet_half_width(comparison.reference.features, sample.features, rng)
    name = comparison.network.metric_name("fid")
    return Measurement({name: Figure(value, higher_is_better=False, interval=interval)})


METRIC = Metric("Heusel et al. 2017, equation 6; covariances with ddof 1", measure)

"""The Fréchet distance of the features: FID, where they are Inception's."""

import numpy as np

from gan_cli.metrics.comparison import Comparison
from gan_cli.metrics.maths.bootstrap import frechet_half_width
from gan_cli.metrics.maths.frechet_distance import frechet_distance
from gan_cli.metrics.metric import Figure, Measurement, Metric
from gan_cli.metrics.sample import Sample


def measure(
    sample: Sample, comparison: Comparison, rng: np.random.Generator, thorough: bool
) -> Measurement:
    value = frechet_distance(comparison.reference_moments, sample.moments)
    interval = None
    # The vectors behind statistics from a file, which would be resampled, are not known.
    if thorough and comparison.statistics is None:
        interval = frechet_half_width(comparison.reference.features, sample.features, rng)
    name = comparison.network.metric_name("fid")
    return Measurement({name: Figure(value, higher_is_better=False, interval=interval)})


METRIC = Metric("Heusel et al. 2017, equation 6; covariances with ddof 1", measure)

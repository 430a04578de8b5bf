"""The kernel distance of features; of Inception's features, the KID."""

import numpy as np

from gan_cli.metrics.comparison import Comparison
from gan_cli.metrics.maths.kernel_distance import kernel_distance
from gan_cli.metrics.metric import Figure, Measurement, Metric
from gan_cli.metrics.sample import Sample


def measure(
    sample: Sample, comparison: Comparison, rng: np.random.Generator, thorough: bool
) -> Measurement:
    """Computes `kid` or `kd_<network>`; see `metric.Metric`."""
    del thorough
    value, half_width = kernel_distance(comparison.reference.features, sample.features, rng)
    name = comparison.network.metric_name("kid")
    return Measurement({name: Figure(value, higher_is_better=False, interval=half_width)})


METRIC = Metric("Binkowski et al. 2018: unbiased, 100 subsets of up to 1000", measure)

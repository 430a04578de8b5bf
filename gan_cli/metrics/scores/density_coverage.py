"""Density and coverage, which outliers affect less than precision and recall."""

import numpy as np

from gan_cli.metrics.comparison import Comparison
from gan_cli.metrics.metric import Measurement, Metric
from gan_cli.metrics.sample import Sample
from gan_cli.metrics.scores.precision_recall import figures_of


def measure(
    sample: Sample, comparison: Comparison, rng: np.random.Generator, thorough: bool
) -> Measurement:
    """Computes `density` and `coverage`; see `metric.Metric`."""
    return figures_of(("density", "coverage"), sample, comparison)


METRIC = Metric("Naeem et al. 2020, k = 5", measure)

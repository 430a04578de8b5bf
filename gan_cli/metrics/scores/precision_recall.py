"""Improved precision (quality) and recall (variety)."""

import numpy as np

from gan_cli.metrics.comparison import MOST_NEIGHBOURS, Comparison
from gan_cli.metrics.maths.bootstrap import mean_half_width
from gan_cli.metrics.metric import Figure, Measurement, Metric
from gan_cli.metrics.sample import Sample


def measure(
    sample: Sample, comparison: Comparison, rng: np.random.Generator, thorough: bool
) -> Measurement:
    """Computes `precision` and `recall`; see `metric.Metric`."""
    return figures_of(("precision", "recall"), sample, comparison)


def figures_of(names: tuple[str, ...], sample: Sample, comparison: Comparison) -> Measurement:
    """Returns the means of the named fields of `manifold.Neighbourhoods`."""
    near = comparison.neighbourhoods(sample)
    figures = {}
    for name in names:
        per_image = getattr(near, name)
        figures[name] = Figure(
            float(per_image.mean()),
            higher_is_better=True,
            interval=mean_half_width(per_image),
            count=min(sample.count, MOST_NEIGHBOURS),
        )
    return Measurement(figures)


METRIC = Metric("Kynkäänniemi et al. 2019, k = 3", measure)

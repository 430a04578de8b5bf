"""The Fréchet distance extrapolated to infinitely many generated images."""

import numpy as np

from gan_cli.metrics.comparison import Comparison
from gan_cli.metrics.maths.frechet_distance import frechet_distance
from gan_cli.metrics.maths.moments import Moments, moments_of
from gan_cli.metrics.metric import Figure, Measurement, Metric, UnavailableError
from gan_cli.metrics.sample import Sample

_POINTS = 15
_FEWEST, _LEAST_SUBSET = 100, 5000


def frechet_infinity(real: Moments, generated: np.ndarray, rng: np.random.Generator) -> float:
    """Returns the intercept of the line through the Fréchet distances of subsets over 1 / size.

    There are 15 subsets, drawn without replacement, whose sizes are evenly spaced from 5,000 (from
    a tenth of the images where there are fewer than 10,000) to all images.

    Args:
      generated: features, [count, dimension].
    """
    count = len(generated)
    least = _LEAST_SUBSET if count >= 2 * _LEAST_SUBSET else max(count // 10, 2)
    sizes = np.unique(np.linspace(least, count, _POINTS).astype(np.int64))
    distances = [
        frechet_distance(real, moments_of(generated[rng.choice(count, size, replace=False)]))
        for size in sizes
    ]
    return float(np.polyfit(1.0 / sizes, distances, deg=1)[1])


def measure(
    sample: Sample, comparison: Comparison, rng: np.random.Generator, thorough: bool
) -> Measurement:
    """Computes `fid_infinity` or `fd_infinity_<network>`; see `metric.Metric`."""
    del thorough
    if len(sample.features) < _FEWEST:
        raise UnavailableError(f"needs at least {_FEWEST} images")
    value = frechet_infinity(comparison.reference_moments, sample.features, rng)
    name = comparison.network.metric_name("fid").replace("d", "d_infinity", 1)
    if comparison.network.name != "inception":
        name = f"fd_infinity_{comparison.network.name}"
    return Measurement({name: Figure(value, higher_is_better=False)})


METRIC = Metric(
    "Chong and Forsyth 2020; subsets of one set of images; the reference stays finite", measure
)

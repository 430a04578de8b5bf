"""How far a figure would move with other images: half-widths of 95 % intervals."""

import numpy as np

from gan_cli.metrics.frechet import frechet_distance
from gan_cli.metrics.moments import moments_of

# Standard deviations in half of an interval that holds 95 % of a normal distribution.
_NORMAL_95 = 1.96


def mean_half_width(values: np.ndarray) -> float:
    """Half-width for the mean of independent values.

    The bootstrap of a mean needs no resampling: its standard error is that of the values divided by
    the root of their number (Efron and Tibshirani 1993, section 5.3).
    """
    return float(_NORMAL_95 * np.std(values) / np.sqrt(len(values)))


def frechet_half_width(
    real: np.ndarray, generated: np.ndarray, rng: np.random.Generator, resamples: int = 50
) -> float:
    """Half-width for the Fréchet distance: the spread over resamples of both sets.

    They are drawn with replacement. Only the spread is used: the distance of finite sets is too
    large on average, and that of their resamples, which repeat images, is so once more.

    Args:
      real, generated: features, [count, dimension].
    """

    def resample(features: np.ndarray) -> np.ndarray:
        return features[rng.integers(0, len(features), len(features))]

    distances = [
        frechet_distance(moments_of(resample(real)), moments_of(resample(generated)))
        for _ in range(resamples)
    ]
    return float(_NORMAL_95 * np.std(distances, ddof=1))

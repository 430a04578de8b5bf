"""Half-widths of 95 % intervals: how far a figure would move with other images."""

import numpy as np

from gan_cli.metrics.maths.frechet_distance import frechet_distance
from gan_cli.metrics.maths.moments import Moments, moments_of

# Half-width, in standard deviations, of the interval that holds 95 % of a normal distribution.
_NORMAL_95 = 1.96
# In more dimensions than this, resampling takes too long.
_MOST_RESAMPLED_DIMENSIONS = 64
# Share of the largest singular value. Smaller ones, being roots of squares, hold no correct digits.
_LEAST_SHARE = 1e-6


def mean_half_width(values: np.ndarray) -> float:
    """Returns the half-width for the mean of independent values, [count].

    The bootstrap of a mean needs no resampling: its standard error is the standard deviation of the
    values divided by the root of their number (Efron and Tibshirani 1993, section 5.3).
    """
    return float(_NORMAL_95 * np.std(values) / np.sqrt(len(values)))


def frechet_half_width(
    real: np.ndarray,
    generated: np.ndarray,
    rng: np.random.Generator,
    resamples: int = 50,
    *,
    most_resampled_dimensions: int = _MOST_RESAMPLED_DIMENSIONS,
) -> float:
    """Returns the half-width for the Fréchet distance, from its spread over resamples of both sets.

    The resamples are drawn with replacement. Only their spread is used, not their mean: finite sets
    overestimate the distance, and resamples, which repeat images, overestimate it once more. In
    many dimensions the spread comes from `frechet_influences` instead.

    Args:
      real, generated: features, [count, dimension].
      resamples: number of resamples.
      most_resampled_dimensions: the largest dimension of features that are resampled.
    """
    if real.shape[1] > most_resampled_dimensions:
        influences = frechet_influences(real, generated)
        variance = sum(np.var(each) / len(each) for each in influences)
        return float(_NORMAL_95 * np.sqrt(variance))

    def resample(features: np.ndarray) -> np.ndarray:
        return features[rng.integers(0, len(features), len(features))]

    distances = [
        frechet_distance(moments_of(resample(real)), moments_of(resample(generated)))
        for _ in range(resamples)
    ]
    return float(_NORMAL_95 * np.std(distances, ddof=1))


def frechet_influences(real: np.ndarray, generated: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns how fast the Fréchet distance grows with the weight of each vector.

    The spread of these influences equals the bootstrap's to first order in 1 / count, without any
    resampling: the infinitesimal jackknife (Efron 1982, chapter 6). Let A A^T and B B^T be the
    covariances, and A^T B = U s V^T. The trace of the root then grows with the weight of a centred
    vector c of the second set by |s^(-1/2) U^T A^T c|^2 / 2.

    Args:
      real, generated: features, [count, dimension].

    Returns:
      float64 [count] for each set.
    """
    one, other = moments_of(real), moments_of(generated)
    product = one.root.T @ other.root
    squares, left = np.linalg.eigh(product @ product.T)
    # Takes less than half the time of singular vectors; the values left out add next to nothing.
    kept = squares > _LEAST_SHARE**2 * squares[-1]
    singular, left = np.sqrt(squares[kept]), left[:, kept]
    right = product.T @ left / singular
    weights = 1.0 / np.sqrt(singular)
    return (
        _influence(real, one, other, other.root @ right * weights),
        _influence(generated, other, one, one.root @ left * weights),
    )


def _influence(
    features: np.ndarray, own: Moments, other: Moments, directions: np.ndarray
) -> np.ndarray:
    centred = features - own.mean
    straight = 2.0 * centred @ (own.mean - other.mean) + (centred**2).sum(axis=1)
    return straight - ((centred @ directions) ** 2).sum(axis=1)

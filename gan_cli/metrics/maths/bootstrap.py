"""How far a figure would move with other images: half-widths of 95 % intervals."""

import numpy as np

from gan_cli.metrics.maths.frechet_distance import frechet_distance
from gan_cli.metrics.maths.moments import Moments, moments_of

# Standard deviations in half of an interval that holds 95 % of a normal distribution.
_NORMAL_95 = 1.96
# Above it resamples take long.
_MOST_RESAMPLED_DIMENSIONS = 64
# Of the largest singular value: smaller ones have no digits left as roots of squares.
_LEAST_SHARE = 1e-6


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
    In many dimensions the spread is that of `frechet_influences` instead.

    Args:
      real, generated: features, [count, dimension].
    """
    if real.shape[1] > _MOST_RESAMPLED_DIMENSIONS:
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
    """How fast the Fréchet distance grows with the weight of each vector, float64 [count] each.

    Their spread is the bootstrap's, to first order in 1 / count and without resampling: the
    infinitesimal jackknife (Efron 1982, chapter 6). With A A^T, B B^T the covariances and
    A^T B = U s V^T, the trace of the root grows with the share of a centred vector c of the second
    set by |s^(-1/2) U^T A^T c|^2 / 2.
    """
    one, other = moments_of(real), moments_of(generated)
    product = one.root.T @ other.root
    squares, left = np.linalg.eigh(product @ product.T)
    # Less than half the time of singular vectors; what is left out adds next to nothing.
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

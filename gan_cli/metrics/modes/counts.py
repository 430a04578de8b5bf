"""Which modes of a known mixture generated points reach, and how closely.

The figures of Srivastava et al. 2017 (VEEGAN, section 4.1) and Lin et al. 2018 (PacGAN, section
4.1): a point is of high quality within three standard deviations of the nearest centre, and a mode
is covered that has one such point. All are functions of one table of counts.
"""

import numpy as np

from gan_cli.domains.mixture import QUALITY_RADIUS, Mixture

# Share of a round Gaussian in the plane that lies beyond the radius: exp(-r^2 / 2), 1.1 %.
EXPECTED_OUTSIDE = float(np.exp(-(QUALITY_RADIUS**2) / 2))
_CHUNK_SIZE = 4096


def count_modes(points: np.ndarray, mixture: Mixture) -> np.ndarray:
    """Counts points by the mode whose centre is nearest, and by quality.

    Args:
      points: [count, 2] of any float type.

    Returns:
      int64 [modes, 2]: points of high quality, and the others.

    Raises:
      ValueError: a coordinate is not finite.
    """
    points = np.asarray(points, np.float64)
    if not np.isfinite(points).all():
        raise ValueError("points are not finite")
    counts = np.zeros((len(mixture.centres), 2), np.int64)
    for start in range(0, len(points), _CHUNK_SIZE):
        offsets = points[start : start + _CHUNK_SIZE, None] - mixture.centres
        distances = np.linalg.norm(offsets, axis=2)
        nearest = distances.argmin(axis=1)
        is_far = distances.min(axis=1) > QUALITY_RADIUS * mixture.std
        np.add.at(counts, (nearest, is_far.astype(np.int64)), 1)
    return counts


def modes_covered(counts: np.ndarray) -> float:
    """Number of modes with at least one point of high quality."""
    return float((counts[:, 0] > 0).sum())


def high_quality_share(counts: np.ndarray) -> float:
    """Share of all points that are of high quality; 1 - exp(-4.5) = 0.989 of the mixture's own."""
    return float(counts[:, 0].sum() / counts.sum())


def mode_divergence(counts: np.ndarray) -> float:
    """KL divergence, in nats, of the shares of the modes from equal shares.

    Every point counts for the nearest mode. 0: all alike; log(modes): one mode alone.
    """
    shares = counts.sum(axis=1) / counts.sum()
    held = shares[shares > 0]
    return float(max(held @ np.log(held * len(shares)), 0.0))


def mode_error(counts: np.ndarray) -> float:
    """Total variation between the points and the mixture, as far as modes and quality tell.

    The outcomes are: of high quality for mode 1, 2, ..., or of none. 0: each as often as in the
    mixture itself; near 1: no point is of high quality. Unlike the number of modes it sees how
    unequal they are, and unlike the share of high quality it sees those that are missing.
    """
    shares = np.append(counts[:, 0], counts[:, 1].sum()) / counts.sum()
    expected = np.full(len(shares), (1.0 - EXPECTED_OUTSIDE) / len(counts))
    expected[-1] = EXPECTED_OUTSIDE
    return float(np.abs(shares - expected).sum() / 2)


# By name: the function of the counts, and whether more is better.
MODE_METRICS = {
    "mode_error": (mode_error, False),
    "modes_covered": (modes_covered, True),
    "high_quality_share": (high_quality_share, True),
    "mode_divergence": (mode_divergence, False),
}


def mode_half_widths(
    counts: np.ndarray, rng: np.random.Generator, resamples: int = 200
) -> dict[str, float]:
    """Half-widths of 95 % intervals: the spread over resamples of the points with replacement."""
    total = counts.sum()
    drawn = rng.multinomial(total, counts.reshape(-1) / total, resamples)
    tables = drawn.reshape(resamples, *counts.shape)
    return {
        name: float(1.96 * np.std([metric(table) for table in tables], ddof=1))
        for name, (metric, _) in MODE_METRICS.items()
    }

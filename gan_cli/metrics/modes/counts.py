"""Which modes of a known mixture the generated points cover, and how closely.

The figures are those of Srivastava et al. 2017 (VEEGAN, section 4.1) and Lin et al. 2018 (PacGAN,
section 4.1). A point is of high quality if it lies within three standard deviations of the nearest
centre; a mode is covered if it has one such point. All figures are computed from a table of counts.
"""

import numpy as np

from gan_cli.domains.mixture import QUALITY_RADIUS, Mixture

# Share of a round Gaussian in the plane beyond the radius: exp(-r^2 / 2), 1.1 %.
EXPECTED_OUTSIDE = float(np.exp(-(QUALITY_RADIUS**2) / 2))
_CHUNK_SIZE = 4096


def count_modes(points: np.ndarray, mixture: Mixture) -> np.ndarray:
    """Counts points by their nearest mode and by their quality.

    Args:
      points: [count, 2] of any float type.

    Returns:
      int64 [modes, 2]: the numbers of points of high quality and of all other points.

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
    """Returns the number of modes with at least one point of high quality."""
    return float((counts[:, 0] > 0).sum())


def high_quality_share(counts: np.ndarray) -> float:
    """Returns the share of points of high quality; for the mixture itself 1 - exp(-4.5) = 0.989."""
    return float(counts[:, 0].sum() / counts.sum())


def mode_divergence(counts: np.ndarray) -> float:
    """Returns the KL divergence, in nats, of the modes' shares from equal shares.

    Every point counts for its nearest mode. The divergence is 0 for equal shares, and log(modes) if
    all points are in one mode.
    """
    shares = counts.sum(axis=1) / counts.sum()
    held = shares[shares > 0]
    return float(max(held @ np.log(held * len(shares)), 0.0))


def mode_error(counts: np.ndarray) -> float:
    """Returns the total variation distance between points and mixture, over modes and quality.

    Each point has one of these outcomes: high quality in mode 1, in mode 2, ..., or low quality.
    The error is 0 if every outcome is as frequent as in the mixture itself, and near 1 if no point
    is of high quality. Unlike the number of modes, it depends on how unequal their shares are;
    unlike the share of high quality, it shows missing modes.
    """
    shares = np.append(counts[:, 0], counts[:, 1].sum()) / counts.sum()
    expected = np.full(len(shares), (1.0 - EXPECTED_OUTSIDE) / len(counts))
    expected[-1] = EXPECTED_OUTSIDE
    return float(np.abs(shares - expected).sum() / 2)


# By name: a function of the table of counts, and whether a higher value is better.
MODE_METRICS = {
    "mode_error": (mode_error, False),
    "modes_covered": (modes_covered, True),
    "high_quality_share": (high_quality_share, True),
    "mode_divergence": (mode_divergence, False),
}


def mode_half_widths(
    counts: np.ndarray, rng: np.random.Generator, resamples: int = 200
) -> dict[str, float]:
    """Returns half-widths of 95 % intervals by name, from resamples of the points with replacement.

    Args:
      counts: as `count_modes` returns them.
    """
    total = counts.sum()
    drawn = rng.multinomial(total, counts.reshape(-1) / total, resamples)
    tables = drawn.reshape(resamples, *counts.shape)
    return {
        name: float(1.96 * np.std([metric(table) for table in tables], ddof=1))
        for name, (metric, _) in MODE_METRICS.items()
    }

"""Latents by seed: a seed always gives the same latent, whatever is sampled beside it."""

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np

from gan_cli.errors import UserError
from gan_cli.sampling.seeding import generators

_NORMAL = NormalDist()


def latents_for_seeds(
    seeds: Sequence[int], latent_dim: int, distribution: str, truncation: float | None = None
) -> np.ndarray:
    """Returns one latent for each seed, each drawn from a generator of its own.

    Args:
      distribution: `normal`, N(0, 1), or `uniform`, U(-1, 1).
      truncation: t > 0. Normal latents follow N(0, 1) cut off at -t and t, the truncation trick of
        Brock et al. 2019, section 3.1; uniform ones shrink to U(-t, t). A seed's latent changes
        continuously with t, and is the untruncated one as t grows (normal) or reaches 1 (uniform).

    Returns:
      float32 [len(seeds), latent_dim].
    """
    if truncation is not None and truncation <= 0:
        raise UserError(f"must be more than 0, got {truncation:g}", key="truncation")
    drawn = np.empty([len(seeds), latent_dim], np.float32)
    scale = 1.0 if truncation is None else truncation
    for row, generator in zip(drawn, generators(seeds), strict=True):
        if distribution == "uniform":
            row[:] = scale * generator.uniform(-1.0, 1.0, latent_dim)
        else:
            latent = generator.standard_normal(latent_dim)
            row[:] = latent if truncation is None else _truncate(latent, truncation)
    return drawn


def _truncate(latent: np.ndarray, bound: float) -> np.ndarray:
    """Maps normal values to truncated normal ones of the same rank."""
    low = _NORMAL.cdf(-bound)
    ranks = [low + (1.0 - 2.0 * low) * _NORMAL.cdf(value) for value in latent]
    # Rounding must not carry a rank to 0 or 1, where the inverse is infinite.
    tiny = 2.0**-53
    return np.array([_NORMAL.inv_cdf(min(max(rank, tiny), 1.0 - tiny)) for rank in ranks])

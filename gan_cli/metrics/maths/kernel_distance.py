"""The kernel distance: squared MMD with a cubic kernel (Binkowski et al. 2018)."""

import numpy as np


def polynomial_kernel(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Returns (x . y / dimension + 1)^3 for all pairs: float64 [len(one), len(other)]."""
    root = one @ other.T / one.shape[1] + 1.0
    # NumPy's power is ten times slower than products.
    return root * root * root


def unbiased_mmd(real: np.ndarray, generated: np.ndarray) -> float:
    """Returns the unbiased estimate of the squared MMD (Gretton et al. 2012, equation 3).

    The estimate may be below zero.

    Args:
      real, generated: float64 [at least 2, dimension].
    """
    m, n = len(real), len(generated)
    within_real = polynomial_kernel(real, real)
    within_generated = polynomial_kernel(generated, generated)
    between = polynomial_kernel(real, generated)
    return float(
        (within_real.sum() - np.trace(within_real)) / (m * (m - 1))
        + (within_generated.sum() - np.trace(within_generated)) / (n * (n - 1))
        - 2.0 * between.mean()
    )


def kernel_distance(
    real: np.ndarray,
    generated: np.ndarray,
    rng: np.random.Generator,
    subsets: int = 100,
    subset_size: int = 1000,
) -> tuple[float, float]:
    """Returns the mean estimate over random subsets, and its uncertainty.

    The subsets are drawn without replacement. They overlap, so their spread divided by the root of
    their number would show only how well they represent the two sets, not how well the two sets
    represent all images. Let s be the spread of subsets of m images, out of N in the smaller set.
    The standard error of the whole is then at most s * sqrt(m / (N - m)), by subsampling (Politis
    and Romano 1994) with a correction for finite sets.

    Args:
      real, generated: features, [at least 4, dimension].
      subset_size: images in a subset; at most half of the smaller set.

    Returns:
      The kernel distance, and the half-width of its 95 % interval, which errs on the wide side.

    Raises:
      ValueError: a set has fewer than 4 vectors.
    """
    smaller = min(len(real), len(generated))
    size = min(subset_size, smaller // 2)
    if size < 2:
        raise ValueError(f"the kernel distance needs at least 4 vectors in each set, got {smaller}")
    real, generated = np.asarray(real, np.float64), np.asarray(generated, np.float64)
    estimates = [
        unbiased_mmd(
            real[rng.choice(len(real), size, replace=False)],
            generated[rng.choice(len(generated), size, replace=False)],
        )
        for _ in range(subsets)
    ]
    half_width = 1.96 * float(np.std(estimates, ddof=1)) * np.sqrt(size / (smaller - size))
    return float(np.mean(estimates)), float(half_width)

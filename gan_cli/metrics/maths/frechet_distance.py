"""The Fréchet distance between two Gaussians (Dowson and Landau 1982; Heusel et al. 2017)."""

import numpy as np

from gan_cli.metrics.maths.moments import Moments

# Singular values below this share of the largest one lose too many digits when squared.
_SAFE_SHARE = 1e-5


def frechet_distance(real: Moments, generated: Moments) -> float:
    """Returns |m1 - m2|^2 + Tr(S1 + S2 - 2 (S1 S2)^(1/2)); 0 for equal moments.

    This is the square of the metric, as is usual. With S1 = A A^T and S2 = B B^T, the trace of the
    root is the sum of the singular values of A^T B. These need no general matrix root, are real,
    come from a matrix with no more rows and columns than there were vectors, and stay exact where
    the covariances lack full rank. Roots of the eigenvalues of S1 S2 would turn rounding errors of
    1e-16 into errors of 1e-8.
    """
    shift = real.mean - generated.mean
    traces = np.trace(real.covariance) + np.trace(generated.covariance)
    trace_of_root = _nuclear_norm_of_product(real.root, generated.root)
    return float(max(shift @ shift + traces - 2.0 * trace_of_root, 0.0))


def _nuclear_norm_of_product(one: np.ndarray, other: np.ndarray) -> float:
    """Returns the sum of the singular values of one.T @ other."""
    product = one.T @ other
    # The diagonals of triangular roots show cheaply where squares would lose too many digits.
    if one.shape == other.shape and _least_share(one) * _least_share(other) > _SAFE_SHARE:
        # Takes a third of the time of the singular values below.
        squares = np.linalg.eigvalsh(product @ product.T)
        if squares[0] > _SAFE_SHARE**2 * squares[-1]:
            return float(np.sqrt(squares).sum())
    return float(np.linalg.svd(product, compute_uv=False).sum())


def _least_share(root: np.ndarray) -> float:
    """Returns the smallest element of the diagonal over the largest one."""
    diagonal = np.abs(np.diag(root))
    return float(diagonal.min() / diagonal.max()) if diagonal.any() else 0.0

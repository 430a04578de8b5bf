"""The Fréchet distance between two Gaussians (Dowson and Landau 1982; Heusel et al. 2017)."""

import numpy as np

from gan_cli.metrics.moments import Moments


def frechet_distance(real: Moments, generated: Moments) -> float:
    """Returns |m1 - m2|^2 + Tr(S1 + S2 - 2 (S1 S2)^(1/2)); 0 for equal moments.

    It is the square of the metric, as is usual.
    The trace of the root is the sum of the singular values of S1^(1/2) S2^(1/2). That needs no
    general matrix root, stays real, and holds its digits where the covariances do not have full
    rank: roots of eigenvalues of the product would turn rounding errors of 1e-16 into 1e-8.
    """
    shift = real.mean - generated.mean
    roots = _square_root(real.covariance) @ _square_root(generated.covariance)
    trace_of_root = np.linalg.svd(roots, compute_uv=False).sum()
    traces = np.trace(real.covariance) + np.trace(generated.covariance)
    return float(max(shift @ shift + traces - 2.0 * trace_of_root, 0.0))


def _square_root(covariance: np.ndarray) -> np.ndarray:
    eigenvalues, vectors = np.linalg.eigh(covariance)
    return (vectors * np.sqrt(np.maximum(eigenvalues, 0.0))) @ vectors.T

"""Nearest neighbours, block by block: memory grows with the number of points, not its square."""

import numpy as np

_BLOCK_SIZE = 1024
# Additional candidates, so that rounding in the quick distances cannot drop the true neighbour.
_SPARE = 4


def nearest_neighbours(
    points: np.ndarray,
    others: np.ndarray,
    k: int = 1,
    own: np.ndarray | None = None,
    *,
    block_size: int = _BLOCK_SIZE,
) -> tuple[np.ndarray, np.ndarray]:
    """Finds the `k` of `others` that are nearest to each point.

    Candidates are found by matrix products in float32, in which an exact copy would seem to lie at
    a small distance. The candidates' distances are then computed directly, in float64.

    Args:
      points, others: features, [count, dimension].
      own: int64 [count], the index of each point in `others`, where it does not count as a
        neighbour; None: the sets share no points.
      block_size: points whose distances to all others are held in memory at once.

    Returns:
      Indices into `others`, int64 [count, k], and distances, float64 [count, k], ascending.

    Raises:
      ValueError: there are too few others, or a feature is not finite.
    """
    if len(others) < k + (own is not None):
        raise ValueError(f"{k} neighbours need more than {len(others)} points")
    if not (np.isfinite(points).all() and np.isfinite(others).all()):
        raise ValueError("features are not finite")
    # Moving the origin changes no distance, and keeps digits that large coordinates would cost.
    centre = others.mean(axis=0, dtype=np.float64)
    quick = (others - centre).astype(np.float32)
    norms = (quick**2).sum(axis=1)
    number = min(k + _SPARE + (own is not None), len(others))
    indices = np.empty((len(points), k), np.int64)
    distances = np.empty((len(points), k))
    for start in range(0, len(points), block_size):
        rows = slice(start, min(start + block_size, len(points)))
        block = np.asarray(points[rows], np.float64)
        squares = norms - 2.0 * (block - centre).astype(np.float32) @ quick.T
        if own is not None:
            squares[np.arange(len(block)), own[rows]] = np.inf
        near = np.argpartition(squares, min(number, len(others) - 1), axis=1)[:, :number]
        exact = np.empty(near.shape)
        for rank in range(number):
            exact[:, rank] = ((block - others[near[:, rank]]) ** 2).sum(axis=1)
        if own is not None:
            exact[near == own[rows, None]] = np.inf
        order = np.argsort(exact, axis=1, kind="stable")[:, :k]
        indices[rows] = np.take_along_axis(near, order, axis=1)
        distances[rows] = np.sqrt(np.take_along_axis(exact, order, axis=1))
    return indices, distances

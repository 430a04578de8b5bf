"""Precision, recall, density and coverage: who lies in whose neighbourhood.

The manifold of a set is a union of balls, one around each point; its radius is the distance to the
k-th nearest other point of the set. Distances are computed block by block, so memory grows with the
number of points and not with its square.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

_BLOCK_SIZE = 1024


@dataclass(frozen=True)
class Neighbourhoods:
    """Values for each image; their means are the metrics.

    Attributes:
      precision: for each generated image, 1 if it lies in a ball of the real images, else 0.
      recall: for each real image, 1 if it lies in a ball of the generated images, else 0. Precision
        and recall use k = 3 (Kynkäänniemi et al. 2019, equations 1 to 3).
      density: for each generated image, the number of real balls that contain it, divided by k.
      coverage: for each real image, 1 if its ball contains a generated image, else 0. Density and
        coverage use k = 5 (Naeem et al. 2020, equations 5 and 6).
    """

    precision: np.ndarray
    recall: np.ndarray
    density: np.ndarray
    coverage: np.ndarray


class RealManifold:
    """The real images' balls, computed once for all sets of generated images.

    Args:
      real: features, [count, dimension].
      manifold_k: which neighbour a ball reaches to, for precision and recall.
      density_k: which neighbour a ball reaches to, for density and coverage.
      block_size: rows of the matrix of distances that are held in memory at once.

    Raises:
      ValueError: there are too few points to have a k-th nearest neighbour.
    """

    def __init__(
        self,
        real: np.ndarray,
        manifold_k: int = 3,
        density_k: int = 5,
        *,
        block_size: int = _BLOCK_SIZE,
    ):
        _require_more_than(max(manifold_k, density_k), real)
        self.manifold_k, self.density_k = manifold_k, density_k
        self._block_size = block_size
        # Moving the origin changes no distance, and keeps digits that large coordinates would cost.
        self._centre = real.mean(axis=0, dtype=np.float64)
        self._real = real - self._centre
        self._radii = squared_radii(self._real, [manifold_k, density_k], block_size=block_size)

    def compare(self, generated: np.ndarray) -> Neighbourhoods:
        """Compares generated features, [count, dimension], with the real ones.

        Raises:
          ValueError: there are too few points to have a k-th nearest neighbour.
        """
        _require_more_than(self.manifold_k, generated)
        generated = generated - self._centre
        (generated_radii,) = squared_radii(
            generated, [self.manifold_k], block_size=self._block_size
        )
        precision = np.zeros(len(generated))
        density = np.zeros(len(generated))
        recall = np.zeros(len(self._real), bool)
        nearest_generated = np.full(len(self._real), np.inf)
        for rows, squares in _squared_distances(generated, self._real, self._block_size):
            precision[rows] = (squares <= self._radii[0]).any(axis=1)
            density[rows] = (squares < self._radii[1]).sum(axis=1) / self.density_k
            recall |= (squares <= generated_radii[rows, None]).any(axis=0)
            nearest_generated = np.minimum(nearest_generated, squares.min(axis=0))
        coverage = nearest_generated < self._radii[1]
        return Neighbourhoods(precision, recall.astype(float), density, coverage.astype(float))


def _require_more_than(k: int, features: np.ndarray) -> None:
    if len(features) <= k:
        raise ValueError(f"neighbour number {k} needs more than {k} points, got {len(features)}")


def squared_radii(
    features: np.ndarray, ks: list[int], *, block_size: int = _BLOCK_SIZE
) -> list[np.ndarray]:
    """Returns each point's squared distance to its k-th nearest other point: float64 [count].

    Args:
      features: [count, dimension].
      ks: one array is returned for each k.
      block_size: rows of the matrix of distances that are held in memory at once.
    """
    radii = np.empty((len(ks), len(features)))
    for rows, squares in _squared_distances(features, features, block_size):
        # A point is its own nearest neighbour, at rank 0.
        squares[np.arange(len(squares)), np.arange(len(features))[rows]] = 0.0
        ordered = np.partition(squares, ks, axis=1)
        radii[:, rows] = ordered[:, ks].T
    return list(radii)


def _squared_distances(
    points: np.ndarray, others: np.ndarray, block_size: int
) -> Iterator[tuple[slice, np.ndarray]]:
    """Yields the rows of the matrix of squared distances, block by block."""
    other_norms = (others**2).sum(axis=1)
    for start in range(0, len(points), block_size):
        rows = slice(start, min(start + block_size, len(points)))
        block = points[rows]
        squares = (block**2).sum(axis=1)[:, None] + other_norms - 2.0 * block @ others.T
        yield rows, np.maximum(squares, 0.0)

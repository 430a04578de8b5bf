"""Mean and covariance of feature vectors, accumulated batch by batch in float64."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

# A pivot below this share of the largest variance counts as a rounding error.
_SMALLEST_PIVOT = 1e-12
# Vectors in one matrix product. Adding the product up costs as much as multiplying some hundred.
_BLOCK_SIZE = 8192


@dataclass(frozen=True)
class Moments:
    """First and second moments of a set of vectors.

    Attributes:
      count: how many vectors there were.
      mean: float64 [dimension].
      covariance: float64 [dimension, dimension], unbiased (divided by count - 1).
      factor: float64 [dimension, count], the exact root of the covariance, computed from the
        vectors themselves; None where there were more vectors than dimensions.
    """

    count: int
    mean: np.ndarray
    covariance: np.ndarray
    factor: np.ndarray | None = None

    @cached_property
    def root(self) -> np.ndarray:
        """Matrix A, float64 [dimension, rank], with A A^T = covariance."""
        if self.factor is not None:
            return self.factor
        try:
            root = np.linalg.cholesky(self.covariance)
            if np.diag(root).min() ** 2 > _SMALLEST_PIVOT * np.diag(self.covariance).max():
                return root
        except np.linalg.LinAlgError:
            pass
        eigenvalues, vectors = np.linalg.eigh(self.covariance)
        rounding = len(eigenvalues) * np.finfo(np.float64).eps * max(eigenvalues[-1], 0.0)
        kept = eigenvalues > rounding
        return vectors[:, kept] * np.sqrt(eigenvalues[kept])


class MomentsAccumulator:
    """Accumulates moments from batches, in constant memory.

    Vectors are collected into blocks, so that BLAS computes each product as one symmetric matrix,
    however small the batches are. Blocks are merged by the pairwise update of Chan, Golub and
    LeVeque (1979). Unlike sums of squares, it keeps its digits where the mean is large compared
    with the spread.

    Args:
      dimension: length of the vectors.
      block_size: vectors held in memory at once; at least `dimension` are.
    """

    def __init__(self, dimension: int, *, block_size: int = _BLOCK_SIZE):
        self._mean = np.zeros(dimension)
        self._scatter = np.zeros((dimension, dimension))
        self._merged = 0
        # At least as many rows as dimensions: as long as there are no more vectors than that,
        # `result` takes the root from the vectors. One row more, for the shift of the mean.
        self._rows = np.empty((max(block_size, dimension) + 1, dimension))
        self._waiting = 0

    def add(self, features: np.ndarray) -> None:
        """Adds a batch, [count, dimension] of any float type.

        Raises:
          ValueError: a feature is not finite.
        """
        room = len(self._rows) - 1
        start = 0
        while start < len(features):
            part = features[start : start + room - self._waiting]
            if not np.isfinite(part).all():
                raise ValueError("features are not finite")
            self._rows[self._waiting : self._waiting + len(part)] = part
            self._waiting += len(part)
            start += len(part)
            if self._waiting == room:
                self._merge()

    def _merge(self) -> None:
        total = self._merged + self._waiting
        rows = self._rows[: self._waiting]
        mean = rows.mean(axis=0)
        shift = mean - self._mean
        rows -= mean
        self._rows[self._waiting] = shift * np.sqrt(self._merged * self._waiting / total)
        rows = self._rows[: self._waiting + 1]
        self._scatter += rows.T @ rows
        self._mean += shift * (self._waiting / total)
        self._merged, self._waiting = total, 0

    def result(self) -> Moments:
        """Returns the moments so far.

        Raises:
          ValueError: there are fewer than two vectors, which have no covariance.
        """
        count = self._merged + self._waiting
        if count < 2:
            raise ValueError(f"a covariance needs at least 2 vectors, got {count}")
        if count <= len(self._mean) and not self._merged:
            mean = self._rows[:count].mean(axis=0)
            factor = (self._rows[:count] - mean).T / np.sqrt(count - 1)
            return Moments(count, mean, factor @ factor.T, factor)
        if self._waiting:
            self._merge()
        return Moments(count, self._mean.copy(), self._scatter / (count - 1))


def moments_of(
    batches: np.ndarray | Iterable[np.ndarray], *, block_size: int = _BLOCK_SIZE
) -> Moments:
    """Returns the moments of one array of vectors, or of all batches together.

    Args:
      batches: [count, dimension] each, of any float type.
      block_size: as for `MomentsAccumulator`.

    Raises:
      ValueError: there are fewer than two vectors, or a feature is not finite.
    """
    parts = iter([batches] if isinstance(batches, np.ndarray) else batches)
    first = np.asarray(next(parts, np.empty((0, 0))))
    accumulator = MomentsAccumulator(first.shape[1], block_size=block_size)
    accumulator.add(first)
    for batch in parts:
        accumulator.add(batch)
    return accumulator.result()

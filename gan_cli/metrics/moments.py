"""Mean and covariance of feature vectors, gathered batch by batch in float64."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

# A pivot below this share of the largest variance is taken for rounding.
_SMALLEST_PIVOT = 1e-12
# Larger ones spend more time on fresh memory than they save.
_BLOCK = 4096


@dataclass(frozen=True)
class Moments:
    """First and second moments of a set of vectors.

    Attributes:
      count: how many vectors there were.
      mean: float64 [dimension].
      covariance: float64 [dimension, dimension], unbiased (divided by count - 1).
      factor: float64 [dimension, at most dimension], the covariance's exact root from the vectors
        themselves, where they were no more than dimensions.
    """

    count: int
    mean: np.ndarray
    covariance: np.ndarray
    factor: np.ndarray | None = None

    @cached_property
    def root(self) -> np.ndarray:
        """A, float64 [dimension, rank], with A A^T = covariance."""
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
    """Gathers moments from batches, with memory that does not grow.

    Batches are merged by the pairwise update of Chan, Golub and LeVeque (1979), which loses no
    digits where the mean is large beside the spread, as sums of squares do.
    """

    def __init__(self, dimension: int):
        self._count = 0
        self._mean = np.zeros(dimension)
        self._scatter = np.zeros((dimension, dimension))
        # All vectors, while they are no more than dimensions.
        self._few: list[np.ndarray] | None = []

    def add(self, features: np.ndarray) -> None:
        """Takes in a batch, [count, dimension] of any float type.

        Raises:
          ValueError: a feature is not finite.
        """
        batch = np.asarray(features, np.float64)
        if not len(batch):
            return
        mean = batch.mean(axis=0)
        # One number that is not finite makes its mean so.
        if not np.isfinite(mean).all():
            raise ValueError("features are not finite")
        centred = batch - mean
        total = self._count + len(batch)
        shift = mean - self._mean
        self._scatter += centred.T @ centred
        self._scatter += np.outer(shift, shift) * (self._count * len(batch) / total)
        self._mean += shift * (len(batch) / total)
        self._count = total
        if self._few is not None:
            self._few.append(batch)
            if total > len(self._mean):
                self._few = None

    def result(self) -> Moments:
        """Returns the moments so far.

        Raises:
          ValueError: fewer than two vectors have no covariance.
        """
        if self._count < 2:
            raise ValueError(f"at least 2 vectors have a covariance, got {self._count}")
        factor = None
        if self._few is not None:
            centred = np.concatenate(self._few) - self._mean
            factor = centred.T / np.sqrt(self._count - 1)
        covariance = self._scatter / (self._count - 1)
        return Moments(self._count, self._mean.copy(), covariance, factor)


def moments_of(batches: np.ndarray | Iterable[np.ndarray]) -> Moments:
    """Returns the moments of one array of vectors, or of all batches together."""
    if isinstance(batches, np.ndarray):
        # In float64 a part at a time, not all at once.
        whole = batches
        batches = (whole[start : start + _BLOCK] for start in range(0, len(whole), _BLOCK))
    parts = iter(batches)
    first = np.asarray(next(parts, np.empty((0, 0))))
    accumulator = MomentsAccumulator(first.shape[1])
    accumulator.add(first)
    for batch in parts:
        accumulator.add(batch)
    return accumulator.result()

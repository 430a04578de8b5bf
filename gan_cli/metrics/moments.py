"""Mean and covariance of feature vectors, gathered batch by batch in float64."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Moments:
    """First and second moments of a set of vectors.

    Attributes:
      count: how many vectors there were.
      mean: float64 [dimension].
      covariance: float64 [dimension, dimension], unbiased (divided by count - 1).
    """

    count: int
    mean: np.ndarray
    covariance: np.ndarray


class MomentsAccumulator:
    """Gathers moments from batches, with memory that does not grow.

    Batches are merged by the pairwise update of Chan, Golub and LeVeque (1979), which loses no
    digits where the mean is large beside the spread, as sums of squares do.
    """

    def __init__(self, dimension: int):
        self._count = 0
        self._mean = np.zeros(dimension)
        self._scatter = np.zeros((dimension, dimension))

    def add(self, features: np.ndarray) -> None:
        """Takes in a batch, [count, dimension] of any float type.

        Raises:
          ValueError: a feature is not finite.
        """
        batch = np.asarray(features, np.float64)
        if not np.isfinite(batch).all():
            raise ValueError("features are not finite")
        if not len(batch):
            return
        mean = batch.mean(axis=0)
        centred = batch - mean
        total = self._count + len(batch)
        shift = mean - self._mean
        self._scatter += centred.T @ centred
        self._scatter += np.outer(shift, shift) * (self._count * len(batch) / total)
        self._mean += shift * (len(batch) / total)
        self._count = total

    def result(self) -> Moments:
        """Returns the moments so far.

        Raises:
          ValueError: fewer than two vectors have no covariance.
        """
        if self._count < 2:
            raise ValueError(f"at least 2 vectors have a covariance, got {self._count}")
        return Moments(self._count, self._mean.copy(), self._scatter / (self._count - 1))


def moments_of(batches: np.ndarray | Iterable[np.ndarray]) -> Moments:
    """Returns the moments of one array of vectors, or of all batches together."""
    parts = iter([batches] if isinstance(batches, np.ndarray) else batches)
    first = np.asarray(next(parts, np.empty((0, 0))))
    accumulator = MomentsAccumulator(first.shape[1])
    accumulator.add(first)
    for batch in parts:
        accumulator.add(batch)
    return accumulator.result()

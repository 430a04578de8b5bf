"""Draws a part of the samples: the same ones in every run."""

import numpy as np

# Not the seed of a run, on which the held-out samples must not depend.
_SEED = 20_140_610


def choose_evenly(indices: np.ndarray, labels: np.ndarray | None, count: int) -> np.ndarray:
    """Chooses `count` of `indices` at random, every class in proportion.

    This is a systematic sample of the shuffled classes, one after another: of a class with m of the
    n indices, count * m / n are chosen, rounded up or down.

    Args:
      indices: int64 [n], indices of samples.
      labels: int32, label of every sample, or None: all are of one class.
      count: from 0 to n.

    Returns:
      int64 [count], ascending.
    """
    rng = np.random.default_rng(_SEED)
    shuffled = rng.permutation(indices)
    if labels is not None:
        shuffled = shuffled[np.argsort(labels[shuffled], kind="stable")]
    places = (np.arange(count) + 0.5) * len(indices) / max(count, 1)
    return np.sort(shuffled[places.astype(np.int64)])

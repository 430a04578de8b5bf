"""Which images are taken where not all are: the same ones in every run."""

import numpy as np

# Of its own: the held-out images must not depend on the seed of a run.
_SEED = 20_140_610


def choose_evenly(indices: np.ndarray, labels: np.ndarray | None, count: int) -> np.ndarray:
    """Chooses `count` of `indices` at random, every class by its share.

    A systematic sample of the shuffled classes, one after another: of a class with m of the n
    indices, count * m / n are chosen, rounded up or down.

    Args:
      indices: int64 [n], of images.
      labels: int32, by image, or None: all are of one class.
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

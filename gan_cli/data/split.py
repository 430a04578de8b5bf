"""Draws a part of the samples: the same ones in every run."""

from collections.abc import Sequence

import numpy as np

# Held-out samples of one evaluation: density and coverage need a fifth neighbour.
FEWEST_HELD_OUT = 6
# Images from which on a data set of the default `holdout_fraction` has that many.
FEWEST_TO_EVALUATE = 60
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


def leaving_each_class(held: np.ndarray, indices: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Returns held-out samples without the first one of each class that is held out whole.

    A class of which nothing is left to train on would be drawn all the same.

    Args:
      held: int64, a part of `indices`.
      indices: int64 [n], indices of samples.
      labels: int32, label of every sample.
    """
    left = np.setdiff1d(indices, held)
    classes, first = np.unique(labels[held], return_index=True)
    lost = ~np.isin(classes, labels[left])
    return np.delete(held, first[lost])


def choose_groups(
    indices: np.ndarray, labels: np.ndarray | None, groups: np.ndarray, count: int
) -> np.ndarray:
    """Chooses whole groups at random, of about `count` samples in all, every class in proportion.

    At least one group is chosen, and of every class one is left, except where all groups are of
    different classes: there, one group is chosen whatever its class.

    Args:
      indices: int64 [n], indices of samples, of at least two groups.
      labels: int32, label of every sample, or None: all are of one class.
      groups: int32, group of every sample; a group's class is that of its first sample.

    Returns:
      int64, the indices of the chosen groups, ascending.
    """
    rng = np.random.default_rng(_SEED)
    names, first, sizes = np.unique(groups[indices], return_index=True, return_counts=True)
    classes = np.zeros(len(names), np.int32) if labels is None else labels[indices[first]]
    shuffled = rng.permutation(len(names))
    chosen: list[int] = []
    # What one class gives too little or too much, the next one makes up for.
    missing = 0.0
    for label in np.unique(classes):
        own = shuffled[classes[shuffled] == label]
        missing += count * sizes[own].sum() / len(indices)
        for group in own[:-1]:
            if sizes[group] / 2 <= missing:
                chosen.append(group)
                missing -= sizes[group]
    if not chosen:
        several = np.bincount(classes)[classes] > 1
        allowed = np.flatnonzero(several) if several.any() else np.arange(len(names))
        chosen = [allowed[np.argmin(sizes[allowed])]]
    return np.sort(indices[np.isin(groups[indices], names[chosen])])


def choose_by_content(
    indices: np.ndarray,
    labels: np.ndarray | None,
    digests: Sequence[bytes],
    groups: np.ndarray,
    fraction: float,
) -> np.ndarray:
    """Chooses those of `indices` whose content has a hash in the lowest `fraction` of all hashes.

    What is chosen depends on each sample alone: adding samples moves none of the others, except
    copies. The samples of a group stay together: one of them decides for all, that of the lowest
    second half of its hash. Two rules come before this one in small sets. At least one sample is
    chosen, and `FEWEST_HELD_OUT` where there are `FEWEST_TO_EVALUATE`: those of the lowest hashes.
    Of every class, the sample of the highest hash is left, and with it its group.

    Args:
      indices: int64 [n], indices of samples.
      labels: int32, label of every sample, or None: all are of one class.
      digests: [n], a SHA-256 of the content of each of `indices`.
      groups: int64 [n], the group of each of `indices`.
      fraction: from 0, which chooses none, to 1.

    Returns:
      int64, ascending.
    """
    if not fraction or len(indices) < 2:
        return indices[:0]
    halves = np.frombuffer(b"".join(each[:16] for each in digests), ">u8").reshape(-1, 2)
    # The first of each group in the order of (group, second half) decides.
    order = np.lexsort((halves[:, 1], groups))
    _, first, group = np.unique(groups[order], return_index=True, return_inverse=True)
    hashes = np.empty(len(indices), np.uint64)
    hashes[order] = halves[order[first], 0].astype(np.uint64)[group]
    classes = np.zeros(len(indices), int) if labels is None else labels[indices]
    highest = {label: hashes[classes == label].max() for label in np.unique(classes)}
    stays = np.isin(hashes, list(highest.values()))
    least = FEWEST_HELD_OUT if len(indices) >= FEWEST_TO_EVALUATE else 1
    lowest = np.sort(hashes[~stays])
    bound = max(int(fraction * 2**64), int(lowest[:least][-1]) if lowest.size else 0)
    return np.sort(indices[(hashes <= np.uint64(min(bound, 2**64 - 1))) & ~stays])

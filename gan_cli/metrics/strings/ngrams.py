"""Counts of n-grams in strings, and how far apart two such distributions are."""

import numpy as np

from gan_cli.domains.tokens import END

LONGEST = 4


def framed(tokens: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Puts one start sign before each string and one end sign after it.

    A string ends before its first `END`. What follows is no text, and is not counted.

    Args:
      tokens: uint8 [count, places].

    Returns:
      int64 [count, places + 2], the token of each place plus 1, where 0 is the start and 1 the end;
      and the number of places of each string with both signs, int64 [count].
    """
    count, places = tokens.shape
    signs = np.ones([count, places + 2], np.int64)
    signs[:, 0] = 0
    ends = np.concatenate([tokens == END, np.ones([count, 1], bool)], axis=1)
    lengths = ends.argmax(axis=1)
    inside = np.arange(places) < lengths[:, np.newaxis]
    signs[:, 1:-1] = np.where(inside, tokens.astype(np.int64) + 1, 1)
    return signs, lengths + 2


def ngram_keys(tokens: np.ndarray, order: int, vocabulary: int) -> np.ndarray:
    """Returns a number for each n-gram of `order` signs in the strings, int64 [n-grams].

    Args:
      tokens: uint8 [count, places].
      vocabulary: number of tokens, `END` included.
    """
    signs, lengths = framed(tokens)
    windows = np.lib.stride_tricks.sliding_window_view(signs, order, axis=1)
    num_windows = signs.shape[1] - order + 1
    keys = np.zeros([len(signs), num_windows], np.int64)
    for place in range(order):
        keys = keys * (vocabulary + 1) + windows[:, :, place]
    whole = np.arange(num_windows) + order <= lengths[:, np.newaxis]
    return keys[whole]


def jensen_shannon_divergence(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Returns the Jensen-Shannon divergence between two samples of n-grams, in bits: 0 to 1.

    Args:
      ours, theirs: int64, as `ngram_keys` returns them.
    """
    _, places = np.unique(np.concatenate([ours, theirs]), return_inverse=True)
    size = int(places.max()) + 1
    p = np.bincount(places[: len(ours)], minlength=size) / len(ours)
    q = np.bincount(places[len(ours) :], minlength=size) / len(theirs)
    middle = (p + q) / 2

    def divergence(shares: np.ndarray) -> float:
        held = shares > 0
        return float(shares[held] @ np.log2(shares[held] / middle[held]))

    return max((divergence(p) + divergence(q)) / 2, 0.0)

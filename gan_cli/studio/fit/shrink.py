"""Antialiased shrinking as two matrix products, so that it has gradients of every order."""

import numpy as np


def shrinking_matrix(size: int, smaller: int) -> np.ndarray:
    """Returns the triangle filter of Pillow's BILINEAR as a matrix: float32 [smaller, size].

    The filter is as wide as the factor of shrinking. Each row holds the weights of one pixel of the
    result and sums to 1.
    """
    scale = size / smaller
    centres = (np.arange(smaller) + 0.5) * scale
    places = np.arange(size) + 0.5
    weights = np.maximum(1.0 - np.abs(places[None] - centres[:, None]) / max(scale, 1.0), 0.0)
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)

"""The operations of convolutional networks in NumPy and float64, for references of whole blocks."""

import numpy as np


def exact(variable) -> np.ndarray:
    return np.asarray(variable, np.float64)


def convolve(x, kernel, bias=0.0, stride=1, padding=None):
    """[batch, height, width, in] by [rows, columns, in, out]; by default, padded to keep the size.

    Args:
      padding: zeros before and after both sides.
    """
    kernel = exact(kernel)
    rows, columns = kernel.shape[:2]
    if padding is None:
        padding = (rows // 2, rows // 2)
    x = np.pad(exact(x), [(0, 0), padding, padding, (0, 0)])
    height = (x.shape[1] - rows) // stride + 1
    width = (x.shape[2] - columns) // stride + 1
    result = np.empty((len(x), height, width, kernel.shape[-1]))
    for row in range(height):
        for column in range(width):
            top, left = row * stride, column * stride
            patch = x[:, top : top + rows, left : left + columns]
            result[:, row, column] = np.einsum("bhwi,hwio->bo", patch, kernel)
    return result + exact(bias)


def standardize(x, epsilon):
    """Batch normalisation without scale and shift, by the batch's own statistics."""
    axes = tuple(range(x.ndim - 1))
    return (x - x.mean(axes)) / np.sqrt(x.var(axes) + epsilon)


def upsample(x):
    return x.repeat(2, axis=1).repeat(2, axis=2)


def pool(x):
    """Means of 2x2 pixels."""
    batch, height, width, channels = x.shape
    return x.reshape(batch, height // 2, 2, width // 2, 2, channels).mean(axis=(2, 4))


def relu(x):
    return np.maximum(x, 0.0)


def leaky(x):
    return np.where(x > 0, x, 0.2 * x)

"""Structural similarity of pairs of images at several scales (Wang, Simoncelli and Bovik 2003)."""

import numpy as np

# Weights of the five scales, the finest first (section 3.2). They sum to 1.0001, as published.
SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
FILTER_SIDE, _FILTER_DEVIATION = 11, 1.5
_WHITE = 255.0
_C1, _C2 = (0.01 * _WHITE) ** 2, (0.03 * _WHITE) ** 2


def scale_weights(side: int) -> tuple[float, ...]:
    """Returns the weights of the scales at which an image of this side is as large as the filter.

    Where scales are left out, the weights of the others are divided by their sum.
    """
    fitting = [
        weight for scale, weight in enumerate(SCALE_WEIGHTS) if side // 2**scale >= FILTER_SIDE
    ]
    if len(fitting) == len(SCALE_WEIGHTS):
        return SCALE_WEIGHTS
    return tuple(weight / sum(fitting) for weight in fitting)


def ms_ssim(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Returns the MS-SSIM of each pair, averaged over channels: float64 [count].

    Uses the scales at which the images are as large as the filter. Computes in float64, since
    variances are small differences of large squares.

    Args:
      one, other: uint8 [count, height, width, channels], both sides of at least 11 pixels.
    """
    x, y = (np.moveaxis(images.astype(np.float64), 3, 1) for images in (one, other))
    weights = scale_weights(min(one.shape[1:3]))
    product = np.ones(x.shape[:2])
    for scale, weight in enumerate(weights):
        luminance, contrast = _ssim_maps(x, y)
        is_last = scale == len(weights) - 1
        mean = (luminance * contrast if is_last else contrast).mean(axis=(2, 3))
        # A negative value means opposite structures, which count as no similarity.
        product *= np.maximum(mean, 0.0) ** weight
        x, y = _halved(x), _halved(y)
    return product.mean(axis=1)


def _ssim_maps(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns luminance, and contrast times structure, where the filter fits (Wang et al. 2004)."""
    rows, columns = (_filter(side) for side in x.shape[2:])

    def local(values: np.ndarray) -> np.ndarray:
        return rows @ values @ columns.T

    mean_x, mean_y = local(x), local(y)
    squares, product = mean_x**2 + mean_y**2, mean_x * mean_y
    luminance = (2.0 * product + _C1) / (squares + _C1)
    variances, covariance = local(x**2 + y**2) - squares, local(x * y) - product
    return luminance, (2.0 * covariance + _C2) / (variances + _C2)


def _filter(side: int) -> np.ndarray:
    """Returns the matrix of Gaussian means over 11 neighbours: float64 [side - 10, side]."""
    taps = np.exp(-0.5 * (np.arange(FILTER_SIDE) - FILTER_SIDE // 2) ** 2 / _FILTER_DEVIATION**2)
    matrix = np.zeros((side - FILTER_SIDE + 1, side))
    for row in range(len(matrix)):
        matrix[row, row : row + FILTER_SIDE] = taps / taps.sum()
    return matrix


def _halved(planes: np.ndarray) -> np.ndarray:
    """Averages 2x2 pixels; the last pixel of an odd side counts twice."""
    height, width = planes.shape[2:]
    even = np.pad(planes, [(0, 0), (0, 0), (0, height % 2), (0, width % 2)], mode="edge")
    return (
        even[..., ::2, ::2] + even[..., 1::2, ::2] + even[..., ::2, 1::2] + even[..., 1::2, 1::2]
    ) / 4.0

"""Laplacian pyramids and patches of images, for the sliced Wasserstein distance."""

import numpy as np

_SMALLEST_SIDE = 16
# One direction of the separable 5x5 binomial filter.
_TAPS = np.array([1.0, 4.0, 6.0, 4.0, 1.0], np.float32) / 16.0


def laplacian_pyramid(images: np.ndarray) -> list[np.ndarray]:
    """Splits images into bands of detail, the finest first (Burt and Adelson 1983).

    Each level has half the side of the one before, down to 16 pixels. The last level is the small
    image itself.

    Args:
      images: float32 [count, height, width, channels].
    """
    levels = [images]
    while min(levels[-1].shape[1:3]) >= 2 * _SMALLEST_SIDE:
        smaller = _blur(levels[-1])[:, ::2, ::2]
        levels[-1] = levels[-1] - _expand(smaller, levels[-1].shape)
        levels.append(smaller)
    return levels


def random_patches(
    images: np.ndarray, per_image: int, side: int, rng: np.random.Generator
) -> np.ndarray:
    """Cuts out squares at random places: float32 [count * per_image, side, side, channels]."""
    count, height, width, _ = images.shape
    windows = np.lib.stride_tricks.sliding_window_view(images, (side, side), axis=(1, 2))
    which = np.repeat(np.arange(count), per_image)
    rows = rng.integers(0, height - side + 1, len(which))
    columns = rng.integers(0, width - side + 1, len(which))
    return np.moveaxis(windows[which, rows, columns], 1, -1)


def _blur(images: np.ndarray) -> np.ndarray:
    """Filters with the border mirrored, its own pixels not repeated."""
    for axis in (1, 2):
        padding = [(2, 2) if each == axis else (0, 0) for each in range(4)]
        padded = np.moveaxis(np.pad(images, padding, mode="reflect"), axis, 0)
        size = images.shape[axis]
        blurred = sum(tap * padded[shift : shift + size] for shift, tap in enumerate(_TAPS))
        images = np.moveaxis(blurred, 0, axis)
    return images


def _expand(images: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    spread = np.zeros(shape, np.float32)
    spread[:, ::2, ::2] = images
    # Three of four pixels are zeros, so the mean is a quarter.
    return 4.0 * _blur(spread)

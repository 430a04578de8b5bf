"""Images: stored as uint8 pixels, seen by the networks as float32 in [-1, 1]."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from gan_cli.domains.domain import ALL_FEATURES, Domain

if TYPE_CHECKING:
    import tensorflow as tf
    from PIL import Image

_LONGEST_KIMG, _SHORTEST_KIMG, _EPOCHS = 25_000.0, 500.0, 40
# Images are averaged down to at most this side before they are compared, so that noise counts
# for little.
_MOST_PIXELS_COMPARED = 16


class Images(Domain):
    """Images of one size with 1, 3 or 4 channels."""

    name: ClassVar[str] = "images"
    stored_dtype: ClassVar[str] = "uint8"
    supports: ClassVar[frozenset[str]] = ALL_FEATURES
    evaluator: ClassVar[str] = "features"
    # D learns 300 images by heart, and not 3,000: docs/data_sizes.md.
    few_samples: ClassVar[int] = 1000

    def to_model(self, stored: tf.Tensor) -> tf.Tensor:
        """Converts uint8 [0, 255] to float32 [-1, 1]."""
        return to_model_range(stored)

    def from_model(self, generated: tf.Tensor) -> tf.Tensor:
        """Converts float32 to uint8, rounded; what lies outside [-1, 1] is clipped."""
        return to_uint8(generated)

    def picture(self, samples: np.ndarray, columns: int, real: np.ndarray | None) -> Image.Image:
        """Lays images out row by row; `real` is not drawn."""
        from gan_cli.domains.grid import image_grid

        return image_grid(samples, columns)

    def default_kimg(self, num_samples: int) -> float:
        """Returns 40 epochs, but at least 500 and at most 25,000 kimg."""
        return min(max(_EPOCHS * num_samples / 1000, _SHORTEST_KIMG), _LONGEST_KIMG)

    def default_features(self, num_classes: int) -> str | None:
        """Returns `classifier` where there are labels to train one on, else `random`."""
        return "classifier" if num_classes >= 2 else "random"

    def diversity(self, generated: np.ndarray, real: np.ndarray) -> float | None:
        """Returns the mean distance of two generated images over that of two real ones."""
        return diversity_ratio(generated, real)


def to_model_range(images: tf.Tensor) -> tf.Tensor:
    """Converts uint8 images in [0, 255] to float32 in [-1, 1]."""
    import tensorflow as tf

    return tf.cast(images, tf.float32) / 127.5 - 1.0


def to_uint8(images: tf.Tensor) -> tf.Tensor:
    """Converts float32 images in [-1, 1] to uint8 in [0, 255], rounded and clipped."""
    import tensorflow as tf

    return tf.cast(tf.clip_by_value(tf.round((images + 1.0) * 127.5), 0.0, 255.0), tf.uint8)


def diversity_ratio(
    generated: np.ndarray, real: np.ndarray, most_pixels: int = _MOST_PIXELS_COMPARED
) -> float:
    """Returns the mean distance between two generated images over that between two real ones.

    Args:
      generated, real: uint8 or float32 [n, height, width, channels], n of at least 2.
      most_pixels: longest side at which images are compared.
    """
    distances = [_mean_distance(_pooled(images, most_pixels)) for images in (generated, real)]
    return distances[0] / max(distances[1], 1e-12)


def _pooled(images: np.ndarray, most_pixels: int) -> np.ndarray:
    images = images.astype(np.float64)
    factor = -(-max(images.shape[1:3]) // most_pixels)
    height, width = (side // factor * factor for side in images.shape[1:3])
    if not height or not width:
        return images
    cut = images[:, :height, :width]
    shape = [len(images), height // factor, factor, width // factor, factor, images.shape[3]]
    return cut.reshape(shape).mean(axis=(2, 4))


def _mean_distance(images: np.ndarray) -> float:
    """Euclidean, over all pairs of different images."""
    vectors = images.reshape(len(images), -1)
    squares = (vectors**2).sum(axis=1)
    pairs = squares[:, None] + squares[None] - 2 * vectors @ vectors.T
    count = len(vectors)
    return float(np.sqrt(np.maximum(pairs, 0.0)).sum() / (count * (count - 1)))

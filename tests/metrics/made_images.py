"""Small labelled images, made for the feature networks and the evaluator."""

import numpy as np

from gan_cli.data.dataset import ImageDataset, fingerprint


def dataset(images: np.ndarray, labels: np.ndarray | None, names: tuple[str, ...]) -> ImageDataset:
    return ImageDataset(images, labels, names, fingerprint(images, labels, names))


def stripes(count: int, shape: tuple[int, int, int], seed: int) -> ImageDataset:
    """Noisy images, brighter above (class 0) or below (class 1)."""
    rng = np.random.default_rng(seed)
    labels = (np.arange(count) % 2).astype(np.int32)
    images = rng.integers(0, 120, (count, *shape), dtype=np.uint8)
    half = shape[0] // 2
    images[labels == 0, :half] += 100
    images[labels == 1, half:] += 100
    return dataset(images, labels, ("above", "below"))

"""The sliced Wasserstein distance between patches of images, by level of detail."""

import numpy as np

from gan_cli.metrics.comparison import Comparison
from gan_cli.metrics.maths.pyramid import laplacian_pyramid, random_patches
from gan_cli.metrics.metric import Figure, Measurement, Metric, UnavailableError
from gan_cli.metrics.sample import Sample

_MOST_IMAGES, _PATCHES_PER_IMAGE, _PATCH_SIDE = 1024, 64, 7
_REPEATS, _DIRECTIONS = 4, 128


def sliced_wasserstein(
    one: np.ndarray,
    other: np.ndarray,
    rng: np.random.Generator,
    repeats: int = _REPEATS,
    directions: int = _DIRECTIONS,
) -> float:
    """Returns the mean distance of the sorted projections onto random directions.

    Args:
      one, other: [count, dimension], of the same count.
    """
    distances = []
    for _ in range(repeats):
        axes = rng.standard_normal((one.shape[1], directions)).astype(one.dtype)
        axes /= np.linalg.norm(axes, axis=0)
        apart = np.sort(one @ axes, axis=0) - np.sort(other @ axes, axis=0)
        distances.append(np.abs(apart).mean(dtype=np.float64))
    return float(np.mean(distances))


def patch_distances(
    real: np.ndarray, generated: np.ndarray, rng: np.random.Generator, repeats: int = _REPEATS
) -> dict[int, float]:
    """Returns 1000 times the distance for each level of the Laplacian pyramid, by its larger side.

    The channels of each set's patches are first normalised to mean 0 and standard deviation 1.

    Args:
      real, generated: uint8 [count, height, width, channels], of the same count.
      repeats: how often random directions are drawn, 128 each time.
    """
    levels = [laplacian_pyramid(images.astype(np.float32)) for images in (real, generated)]
    distances = {}
    for real_level, generated_level in zip(*levels, strict=True):
        descriptors = []
        for level in (real_level, generated_level):
            patches = random_patches(level, _PATCHES_PER_IMAGE, _PATCH_SIDE, rng)
            centred = patches - patches.mean(axis=(0, 1, 2), dtype=np.float64)
            deviation = centred.std(axis=(0, 1, 2))
            scaled = centred / np.where(deviation > 0, deviation, 1.0)
            descriptors.append(scaled.reshape(len(patches), -1).astype(np.float32))
        side = max(real_level.shape[1:3])
        of_real, of_generated = descriptors
        distances[side] = 1000.0 * sliced_wasserstein(of_real, of_generated, rng, repeats)
    return distances


def measure(
    sample: Sample,
    comparison: Comparison,
    rng: np.random.Generator,
    thorough: bool,
    repeats: int = _REPEATS,
) -> Measurement:
    """Computes `swd_<side>` of each level, and their mean `swd`; see `metric.Metric`.

    Args:
      repeats: as for `patch_distances`.
    """
    del thorough
    real, generated = comparison.reference.images, sample.images
    if min(real.shape[1:3]) < _PATCH_SIDE:
        raise UnavailableError(f"needs images of at least {_PATCH_SIDE} pixels")
    count = min(len(real), len(generated), _MOST_IMAGES)
    real, generated = (images[rng.permutation(len(images))[:count]] for images in (real, generated))
    by_side = patch_distances(real, generated, rng, repeats)
    figures = {f"swd_{side}": value for side, value in by_side.items()}
    if len(figures) > 1:
        figures["swd"] = float(np.mean(list(by_side.values())))
    return Measurement({name: Figure(value, False, count=count) for name, value in figures.items()})


METRIC = Metric(
    "Karras et al. 2018, section 5: 7x7 patches, 512 directions, times 1000; 64 patches of up to"
    " 1024 images instead of 128 of 16384",
    measure,
)

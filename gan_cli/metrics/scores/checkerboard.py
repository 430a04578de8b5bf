"""Patterns of period two in generated images, compared with those in real images.

Networks that raise the resolution by pixel shuffle or by strided convolution leave checkerboards
and stripes that are locked to the grid of pixels (Odena et al. 2016, "Deconvolution and
Checkerboard Artifacts"). In real images, such patterns have no fixed phase and cancel out.
"""

import numpy as np

from gan_cli.metrics.comparison import Comparison
from gan_cli.metrics.maths.bootstrap import mean_half_width
from gan_cli.metrics.metric import Figure, Measurement, Metric, UnavailableError
from gan_cli.metrics.sample import Sample

_BATCH_SIZE = 256
# Variance of rounding to whole gray levels.
_ROUNDING = 1.0 / 12.0


def pattern_energy(images: np.ndarray) -> np.ndarray:
    """Returns the energy of period two in each image: float64 [count], squared gray levels.

    It is the sum of the squared means of the image times +-1 that alternates along the rows, along
    the columns, and along both, averaged over the channels.

    Args:
      images: uint8 [count, height, width, channels]; the last row or column of an odd number is
        left out.
    """
    height, width = (side - side % 2 for side in images.shape[1:3])
    down, across = ((-1.0) ** np.arange(side) / side for side in (height, width))
    energies = []
    for start in range(0, len(images), _BATCH_SIZE):
        x = images[start : start + _BATCH_SIZE, :height, :width].astype(np.float64)
        alternating = np.einsum("nhwc,h->nwc", x, down)
        mean = x.mean(axis=1)
        patterns = (
            alternating.mean(axis=1),
            np.einsum("nwc,w->nc", mean, across),
            np.einsum("nwc,w->nc", alternating, across),
        )
        energies.append(sum(np.square(pattern).mean(axis=1) for pattern in patterns))
    return np.concatenate(energies)


def coarser_energy(images: np.ndarray) -> np.ndarray:
    """Returns the energy of period four in each image: float64 [count], squared gray levels.

    It is the variance of the mean 4x4 square of an image, without what repeats every two pixels,
    averaged over the channels. A network whose last step but one leaves a pattern of period two
    shows it at period four, where `pattern_energy` sees its harmonics alone.

    Args:
      images: uint8 [count, height, width, channels], of at least 4 pixels a side; what remains of
        other sides than multiples of 4 is left out.
    """
    height, width = (side - side % 4 for side in images.shape[1:3])
    energies = []
    for start in range(0, len(images), _BATCH_SIZE):
        x = images[start : start + _BATCH_SIZE, :height, :width].astype(np.float64)
        squares = x.reshape(len(x), height // 4, 4, width // 4, 4, -1).mean(axis=(1, 3))
        power = np.square(np.abs(np.fft.fft2(squares, axes=(1, 2)) / 16))
        power[:, ::2, ::2] = 0.0
        energies.append(power.sum(axis=(1, 2)).mean(axis=1))
    return np.concatenate(energies)


def measure(
    sample: Sample, comparison: Comparison, rng: np.random.Generator, thorough: bool
) -> Measurement:
    """Computes `checkerboard`; see `metric.Metric`."""
    del rng, thorough
    height, width = sample.images.shape[1:3]
    if min(height, width) < 2:
        raise UnavailableError("needs images of at least 2 pixels")
    real = comparison.derived(
        "checkerboard", lambda: float(pattern_energy(comparison.reference.images).mean())
    )
    # What rounding adds keeps the ratio finite where real images have no such pattern at all.
    rounding = 3.0 * _ROUNDING / (height * width)
    energies = pattern_energy(sample.images)
    energy = float(energies.mean())
    ratio = np.sqrt((energy + rounding) / (real + rounding))
    figure = Figure(
        float(ratio),
        higher_is_better=False,
        interval=float(ratio * mean_half_width(energies) / (2.0 * (energy + rounding))),
        count=len(energies),
    )
    levels = {"generated_gray_levels": energy**0.5, "real_gray_levels": real**0.5}
    if min(height, width) >= 4:
        coarser = comparison.derived(
            "checkerboard_of_period_4",
            lambda: float(coarser_energy(comparison.reference.images).mean()),
        )
        levels |= {
            "generated_gray_levels_of_period_4": float(coarser_energy(sample.images).mean()) ** 0.5,
            "real_gray_levels_of_period_4": coarser**0.5,
        }
    return Measurement({"checkerboard": figure}, levels)


METRIC = Metric(
    "amplitude of period two along rows, columns and both, locked to the grid of pixels, as a"
    " multiple of that of held-out images",
    measure,
)

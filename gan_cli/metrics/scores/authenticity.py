"""AuthPct: the percentage of generated images that are not too close to a training image."""

import numpy as np

from gan_cli.metrics.comparison import MOST_NEIGHBOURS, Comparison
from gan_cli.metrics.maths.bootstrap import mean_half_width
from gan_cli.metrics.maths.nearest import nearest_neighbours
from gan_cli.metrics.metric import Figure, Measurement, Metric
from gan_cli.metrics.sample import Sample


def authentic(generated: np.ndarray, train: np.ndarray) -> np.ndarray:
    """Returns which generated images are authentic.

    An image is authentic if it lies further from the nearest training image than that training
    image lies from all other training images (Alaa et al. 2022, section 4).

    Args:
      generated, train: features, [count, dimension].

    Returns:
      bool [count].
    """
    nearest, distances = nearest_neighbours(generated, train)
    used, positions = np.unique(nearest[:, 0], return_inverse=True)
    _, apart = nearest_neighbours(train[used], train, own=used)
    return distances[:, 0] > apart[positions, 0]


def measure(
    sample: Sample, comparison: Comparison, rng: np.random.Generator, thorough: bool
) -> Measurement:
    """Computes `auth_pct`; see `metric.Metric`."""
    del thorough
    generated = sample.part(MOST_NEIGHBOURS, rng)
    per_image = 100.0 * authentic(generated, comparison.training.features)
    figure = Figure(
        float(per_image.mean()),
        higher_is_better=True,
        interval=mean_half_width(per_image),
        count=len(generated),
    )
    return Measurement({"auth_pct": figure})


METRIC = Metric(
    "Alaa et al. 2022, section 4; floor: held-out images, ceiling: training images",
    measure,
    perfect="holdout",
    worst="train",
    needs=("train",),
)

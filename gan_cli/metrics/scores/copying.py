"""C_T: whether generated images lie nearer to training images than held-out images do."""

import numpy as np

from gan_cli.metrics.comparison import MOST_NEIGHBOURS, Comparison
from gan_cli.metrics.maths.clusters import cells_of, k_means
from gan_cli.metrics.maths.nearest import nearest_neighbours
from gan_cli.metrics.metric import Figure, Measurement, Metric
from gan_cli.metrics.sample import Sample

_MOST_CELLS = 10
_FEWEST_PER_CELL = 20


def rank_z(generated: np.ndarray, held_out: np.ndarray) -> float:
    """Returns the Mann-Whitney statistic, standardised to a standard normal one.

    It is below 0 where `generated` is smaller. Ties count half, and lower the variance.

    Args:
      generated, held_out: numbers, [count] each.
    """
    m, n = len(generated), len(held_out)
    both = np.concatenate([generated, held_out])
    _, inverse, counts = np.unique(both, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2.0)[inverse]
    statistic = ranks[:m].sum() - m * (m + 1) / 2.0
    total = m + n
    ties = (counts.astype(np.float64) ** 3 - counts).sum() / (total * (total - 1))
    deviation = np.sqrt(m * n / 12.0 * (total + 1 - ties))
    return float((statistic - m * n / 2.0) / deviation) if deviation > 0 else 0.0


def copying_z(
    generated: np.ndarray,
    held_out: np.ndarray,
    generated_cells: np.ndarray,
    held_out_cells: np.ndarray,
) -> float:
    """Returns the mean of `rank_z` over cells, weighted by their numbers of held-out images.

    Only cells with at least 20 images of both sets count. Where there is none, all images together
    are one cell (Meehan et al. 2020).

    Args:
      generated, held_out: distances to the nearest training image, [count] each.
      generated_cells, held_out_cells: the cell of each image, int [count] each.
    """
    scores, weights = [], []
    for cell in np.unique(held_out_cells):
        near, far = generated[generated_cells == cell], held_out[held_out_cells == cell]
        if min(len(near), len(far)) >= _FEWEST_PER_CELL:
            scores.append(rank_z(near, far))
            weights.append(len(far))
    return float(np.average(scores, weights=weights)) if scores else rank_z(generated, held_out)


def measure(
    sample: Sample, comparison: Comparison, rng: np.random.Generator, thorough: bool
) -> Measurement:
    """Computes `c_t`; see `metric.Metric`."""
    del thorough
    train = comparison.training.features
    held_out = comparison.reference.part(MOST_NEIGHBOURS, np.random.default_rng(0))
    generated = sample.part(MOST_NEIGHBOURS, rng)
    count = max(min(_MOST_CELLS, len(held_out) // (2 * _FEWEST_PER_CELL)), 1)
    centres = comparison.derived(
        ("copying", count), lambda: k_means(train, min(count, len(train)), np.random.default_rng(0))
    )
    of_held_out = comparison.derived(
        "held-out distances", lambda: nearest_neighbours(held_out, train)[1][:, 0]
    )
    of_generated = nearest_neighbours(generated, train)[1][:, 0]
    value = copying_z(
        of_generated, of_held_out, cells_of(generated, centres), cells_of(held_out, centres)
    )
    # No interval: without copying, the z of one cell has a standard deviation of 1 by construction.
    figure = Figure(value, higher_is_better=True, count=len(generated))
    return Measurement({"c_t": figure})


METRIC = Metric(
    "Meehan et al. 2020; far below 0: copies; floor: held-out images, ceiling: training images",
    measure,
    perfect="holdout",
    worst="train",
    needs=("train",),
)

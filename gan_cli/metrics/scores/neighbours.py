"""The training images nearest to generated ones, and how many images are suspiciously near.

Details: `samples`, the first generated images, and `closest`, the generated images nearest to a
training image. Each entry has its index, `generated`, and the indices, `train`, and `distances` of
the training images nearest to it. `suspicious_distance`: 1 % of the held-out images lie nearer to a
training image than this.
"""

from typing import Any

import numpy as np

from gan_cli.metrics.comparison import MOST_NEIGHBOURS, Comparison
from gan_cli.metrics.maths.bootstrap import mean_half_width
from gan_cli.metrics.maths.nearest import nearest_neighbours
from gan_cli.metrics.metric import Figure, Measurement, Metric
from gan_cli.metrics.sample import Sample

_SHOWN, _NEIGHBOURS = 8, 5
_SUSPICIOUS_QUANTILE = 0.01


def measure(
    sample: Sample, comparison: Comparison, rng: np.random.Generator, thorough: bool
) -> Measurement:
    """Computes `near_copies_pct`; see `metric.Metric`."""
    training = comparison.training
    held_out = comparison.reference.part(MOST_NEIGHBOURS, np.random.default_rng(0))
    of_held_out = comparison.derived(
        "held-out distances", lambda: nearest_neighbours(held_out, training.features)[1][:, 0]
    )
    limit = float(np.quantile(of_held_out, _SUSPICIOUS_QUANTILE))
    rows = np.arange(len(sample.features))
    if len(rows) > MOST_NEIGHBOURS:
        rows = np.sort(rng.choice(rows, MOST_NEIGHBOURS, replace=False))
    k = min(_NEIGHBOURS, len(training.features))
    nearest, distances = nearest_neighbours(sample.features[rows], training.features, k)
    near = 100.0 * (distances[:, 0] < limit)
    figure = Figure(
        float(near.mean()), higher_is_better=False, interval=mean_half_width(near), count=len(rows)
    )

    def shown(chosen: np.ndarray) -> list[dict[str, Any]]:
        return [
            {
                "generated": int(sample.indices[rows[row]]),
                "train": training.indices[nearest[row]].tolist(),
                "distances": distances[row].tolist(),
            }
            for row in chosen
        ]

    details = {
        "samples": shown(np.arange(min(_SHOWN, len(rows)))),
        "closest": shown(np.argsort(distances[:, 0], kind="stable")[:_SHOWN]),
        "suspicious_distance": limit,
    }
    return Measurement({"near_copies_pct": figure}, details if thorough else None)


METRIC = Metric(
    "nearer to a training image than 99 % of the held-out images; 1 % is expected by chance",
    measure,
    perfect="holdout",
    worst="train",
    needs=("train",),
)

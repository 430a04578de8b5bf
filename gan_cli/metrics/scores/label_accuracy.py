"""How often a classifier of real images names the class that the generator was asked for.

Details, by asked class: the `accuracy` on its images, their `count`, and the class that they are
most often `taken_for` where the classifier errs (None: it never does).
"""

from typing import Any

import numpy as np

from gan_cli.metrics.comparison import Comparison
from gan_cli.metrics.maths.bootstrap import mean_half_width
from gan_cli.metrics.metric import Figure, Measurement, Metric, UnavailableError
from gan_cli.metrics.sample import Sample


def measure(
    sample: Sample, comparison: Comparison, rng: np.random.Generator, thorough: bool
) -> Measurement:
    """Computes `label_accuracy`; see `metric.Metric`."""
    del rng, thorough
    if sample.labels is None:
        raise UnavailableError("needs a class-conditional generator")
    assert sample.probabilities is not None  # `needs` lists the classifier.
    named = sample.probabilities.argmax(axis=1)
    right = (named == sample.labels).astype(np.float64)
    names = comparison.holdout.class_names
    figure = Figure(float(right.mean()), higher_is_better=True, interval=mean_half_width(right))
    details = {
        name: _details(named[sample.labels == number], number, names)
        for number, name in enumerate(names)
        if number in sample.labels
    }
    return Measurement({"label_accuracy": figure}, details)


def _details(named: np.ndarray, asked: int, names: tuple[str, ...]) -> dict[str, Any]:
    counts = np.bincount(named, minlength=len(names))
    accuracy = float(counts[asked] / counts.sum())
    counts[asked] = 0
    taken_for = names[counts.argmax()] if counts.any() else None
    return {"accuracy": accuracy, "count": len(named), "taken_for": taken_for}


METRIC = Metric(
    "GAN-test of Shmelkov et al. 2018, section 3.2",
    measure,
    # The classifier has learnt the training images.
    perfect="holdout",
    needs=("labels", "classifier"),
)

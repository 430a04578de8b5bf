"""Which classes are generated, and how far their shares are from the data's.

Details: by class, `share` of generated and `data_share` of real images, and whether `covered`.
"""

import numpy as np

from gan_cli.metrics.comparison import Comparison
from gan_cli.metrics.metric import Figure, Measurement, Metric
from gan_cli.metrics.sample import Sample

# Of its share of the data: a classifier errs, so that one image does not show a class.
COVERED_SHARE = 0.1
_RESAMPLES = 200


def label_divergence(shares: np.ndarray, data_shares: np.ndarray) -> np.ndarray:
    """KL(shares || data_shares) in nats, over the last axis."""
    positive = shares > 0
    ratio = np.where(positive, shares / data_shares, 1.0)
    return (shares * np.log(ratio)).sum(axis=-1)


def measure(
    sample: Sample, comparison: Comparison, rng: np.random.Generator, thorough: bool
) -> Measurement:
    del thorough
    names = comparison.holdout.class_names
    source = comparison.holdout if comparison.train is None else comparison.train
    assert source.labels is not None  # Both stand in the metric's needs.
    assert sample.probabilities is not None
    counts = np.bincount(source.labels, minlength=len(names))
    # Half an image for a class without any: it cannot be ruled out, and divides.
    data_shares = np.maximum(counts, 0.5) / counts.sum()
    classes = sample.probabilities.argmax(axis=1)
    shares = np.bincount(classes, minlength=len(names)) / len(classes)
    resampled = rng.multinomial(len(classes), shares, size=_RESAMPLES) / len(classes)
    figures = {}
    for name, rises, function in (
        ("classes_covered", True, _covered),
        ("label_kl", False, label_divergence),
    ):
        interval = 1.96 * float(np.std(function(resampled, data_shares), ddof=1))
        value = float(function(shares, data_shares))
        figures[name] = Figure(value, higher_is_better=rises, interval=interval)
    details = {
        name: {
            "share": float(share),
            "data_share": float(data_share),
            "covered": bool(share >= COVERED_SHARE * data_share),
        }
        for name, share, data_share in zip(names, shares, data_shares, strict=True)
    }
    return Measurement(figures, details)


def _covered(shares: np.ndarray, data_shares: np.ndarray) -> np.ndarray:
    return (shares >= COVERED_SHARE * data_shares).sum(axis=-1)


METRIC = Metric(
    "Metz et al. 2017, section 3.3.1; a class counts from a tenth of its share of the data on",
    measure,
    needs=("labels", "classifier"),
)

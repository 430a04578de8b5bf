"""Which classes are generated, and how far their shares are from the data's.

Details, by class: its `share` of the generated and its `data_share` of the real images, and whether
it is `covered`.
"""

import numpy as np

from gan_cli.metrics.comparison import Comparison
from gan_cli.metrics.metric import Figure, Measurement, Metric
from gan_cli.metrics.sample import Sample

# A class is covered from this part of its share of the data on. Classifiers err, so a single image
# does not prove that a class is generated.
COVERED_SHARE = 0.1
_RESAMPLES = 200


def label_divergence(shares: np.ndarray, data_shares: np.ndarray) -> np.ndarray:
    """Returns KL(shares || data_shares) in nats, over the last axis."""
    positive = shares > 0
    ratio = np.where(positive, shares / data_shares, 1.0)
    return (shares * np.log(ratio)).sum(axis=-1)


def measure(
    sample: Sample, comparison: Comparison, rng: np.random.Generator, thorough: bool
) -> Measurement:
    """Computes `classes_covered` and `label_kl`; see `metric.Metric`."""
    del thorough
    names = comparison.holdout.class_names
    source = comparison.holdout if comparison.train is None else comparison.train
    assert source.labels is not None  # `needs` lists both.
    assert sample.probabilities is not None
    counts = np.bincount(source.labels, minlength=len(names))
    # A class without images counts as half an image, so that no share is divided by zero.
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
    "Metz et al. 2017, section 3.3.1; a class is covered from a tenth of its share of the data on",
    measure,
    needs=("labels", "classifier"),
)

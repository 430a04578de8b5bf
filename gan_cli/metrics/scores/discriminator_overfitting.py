"""r_v: whether the discriminator has memorised the training images."""

import numpy as np

from gan_cli.metrics.comparison import Comparison
from gan_cli.metrics.metric import Figure, Measurement, Metric, UnavailableError
from gan_cli.metrics.sample import Sample

_MOST_IMAGES, _BATCH_SIZE = 2000, 100
_RESAMPLES = 200


def overfitting_ratio(
    train: np.ndarray, held_out: np.ndarray, generated: np.ndarray
) -> float | np.ndarray:
    """Returns (E D(train) - E D(held-out)) / (E D(train) - E D(generated)), over the last axis.

    It is 0 for a discriminator that treats held-out images like training images, and 1 for one that
    treats them like generated images. Only differences of logits enter, so the ratio does not
    depend on their offset, which some losses leave open.

    Args:
      train, held_out, generated: logits, [..., count].
    """
    mean = train.mean(axis=-1)
    return (mean - held_out.mean(axis=-1)) / (mean - generated.mean(axis=-1))


def measure(
    sample: Sample, comparison: Comparison, rng: np.random.Generator, thorough: bool
) -> Measurement:
    """Computes `r_v`; see `metric.Metric`."""
    del thorough
    train, holdout = comparison.train, comparison.holdout
    discriminate = comparison.gan.discriminate
    assert train is not None  # `needs` lists both.
    assert discriminate is not None

    def logits(images: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
        chosen = np.sort(rng.permutation(len(images))[:_MOST_IMAGES])
        parts = []
        for start in range(0, len(chosen), _BATCH_SIZE):
            rows = chosen[start : start + _BATCH_SIZE]
            scaled = images[rows].astype(np.float32) / 127.5 - 1.0
            of_rows = None if labels is None else labels[rows]
            judged = discriminate(scaled, of_rows)
            parts.append(np.asarray(judged, np.float64).reshape(len(rows)))
        return np.concatenate(parts)

    # The discriminator is class-conditional if the generator is.
    conditional = sample.image_labels is not None
    sets = [
        logits(train.images, train.labels if conditional else None),
        logits(holdout.images, holdout.labels if conditional else None),
        logits(sample.images, sample.image_labels),
    ]
    value = float(overfitting_ratio(*sets))
    resampled = [each[rng.integers(0, len(each), (_RESAMPLES, len(each)))] for each in sets]
    spread = np.std(overfitting_ratio(*resampled), ddof=1)
    if not np.isfinite(value + spread):
        raise UnavailableError("the discriminator scores training and generated images alike")
    figure = Figure(
        value,
        higher_is_better=False,
        interval=float(1.96 * spread),
        count=min(len(sample.images), _MOST_IMAGES),
        floor=0.0,
        ceiling=1.0,
    )
    return Measurement({"r_v": figure})


METRIC = Metric(
    "Karras et al. 2020 (ADA), equation 1",
    measure,
    perfect=None,
    worst=None,
    needs=("train", "discriminator"),
)

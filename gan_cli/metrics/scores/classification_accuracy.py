"""CAS: how well a classifier trained on generated images recognises held-out real ones.

Details, by class: the `accuracy` on its held-out images, and their `count`.
"""

import numpy as np

from gan_cli.data.dataset import ImageDataset
from gan_cli.metrics.comparison import Comparison
from gan_cli.metrics.features.classifier import train_model, untrained
from gan_cli.metrics.features.network import FeatureNetwork
from gan_cli.metrics.maths.bootstrap import mean_half_width
from gan_cli.metrics.metric import Figure, Measurement, Metric, UnavailableError
from gan_cli.metrics.sample import Sample


def measure(
    sample: Sample,
    comparison: Comparison,
    rng: np.random.Generator,
    thorough: bool,
    steps: int | None = None,
) -> Measurement:
    """Computes `classification_accuracy`; see `metric.Metric`.

    Args:
      steps: number of training steps of the classifier; None: as in `classifier.build`.
    """
    del rng, thorough
    if sample.image_labels is None:
        raise UnavailableError("needs a class-conditional generator")
    holdout = comparison.holdout
    model = untrained(sample.images.shape[1:], len(holdout.class_names))
    generated = ImageDataset(
        sample.images, sample.image_labels, holdout.class_names, fingerprint=""
    )
    train_model(model, generated, steps=steps)
    probabilities = FeatureNetwork("classification_accuracy", model).probabilities(holdout.images)
    assert probabilities is not None  # The network ends in classes.
    assert holdout.labels is not None  # `needs` lists them.
    right = (probabilities.argmax(axis=1) == holdout.labels).astype(np.float64)
    counts = np.bincount(holdout.labels, minlength=len(holdout.class_names))
    right_counts = np.bincount(holdout.labels, right, minlength=len(holdout.class_names))
    details = {
        name: {"accuracy": float(right_count / count), "count": int(count)}
        for name, right_count, count in zip(holdout.class_names, right_counts, counts, strict=True)
        if count
    }
    # After training on noise, a classifier can at best name the most frequent class.
    figure = Figure(
        float(right.mean()),
        higher_is_better=True,
        interval=mean_half_width(right),
        count=len(sample.images),
        ceiling=float(counts.max() / counts.sum()),
    )
    return Measurement({"classification_accuracy": figure}, details)


METRIC = Metric(
    "Ravuri and Vinyals 2019, with gan-cli's own small classifier in place of a ResNet",
    measure,
    worst=None,
    needs=("labels",),
)

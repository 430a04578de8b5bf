"""The Fréchet distance within each class, for class-conditional generators.

Details, by class: the distance, `value`; the numbers of generated images, `count`, and of held-out
images, `num_reference`.
"""

import numpy as np

from gan_cli.metrics.comparison import Comparison
from gan_cli.metrics.maths.frechet_distance import frechet_distance
from gan_cli.metrics.maths.moments import moments_of
from gan_cli.metrics.metric import Figure, Measurement, Metric, UnavailableError
from gan_cli.metrics.sample import Sample


def measure(
    sample: Sample, comparison: Comparison, rng: np.random.Generator, thorough: bool
) -> Measurement:
    """Computes `intra_fid` or `intra_fd_<network>`; see `metric.Metric`."""
    del rng, thorough
    if sample.labels is None:
        raise UnavailableError("needs a class-conditional generator")
    reference = comparison.reference
    by_class = {}
    for label, class_name in enumerate(comparison.holdout.class_names):
        real = reference.features[reference.labels == label]
        generated = sample.features[sample.labels == label]
        if not len(real) and not len(generated):
            continue
        if min(len(real), len(generated)) < 2:
            raise UnavailableError(
                f"class '{class_name}' has {len(generated)} generated and {len(real)} held-out"
                " images; at least 2 of each are needed"
            )
        value = frechet_distance(moments_of(real), moments_of(generated))
        by_class[class_name] = {
            "value": value,
            "count": len(generated),
            "num_reference": len(real),
        }
    value = float(np.mean([each["value"] for each in by_class.values()]))
    name = f"intra_{comparison.network.metric_name('fid')}"
    return Measurement({name: Figure(value, higher_is_better=False)}, by_class)


METRIC = Metric("Miyato and Koyama 2018, section 5: mean over classes", measure, needs=("labels",))

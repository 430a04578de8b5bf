"""The Inception score: how confident a classifier is, and how varied its answers are."""

import numpy as np

from gan_cli.metrics.comparison import Comparison
from gan_cli.metrics.metric import Figure, Measurement, Metric, UnavailableError
from gan_cli.metrics.sample import Sample

SPLITS = 10


def inception_score(probabilities: np.ndarray, splits: int = SPLITS) -> np.ndarray:
    """Returns exp(mean KL(p(y|x) || p(y))) of each part: float64 [splits].

    Args:
      probabilities: [at least splits, classes], each row summing to 1.
    """
    scores = []
    for part in np.array_split(np.asarray(probabilities, np.float64), splits):
        marginal = part.mean(axis=0)
        # Where p is 0, its term is 0, the limit of p log p.
        ratio = np.where(part > 0, part / np.where(marginal > 0, marginal, 1.0), 1.0)
        scores.append(np.exp((part * np.log(ratio)).sum(axis=1).mean()))
    return np.array(scores)


def measure(
    sample: Sample, comparison: Comparison, rng: np.random.Generator, thorough: bool
) -> Measurement:
    """Computes `is` or `is_<network>`; see `metric.Metric`."""
    del thorough
    if sample.probabilities is None:
        raise UnavailableError(f"'{comparison.network.name}' is not a classifier")
    if len(sample.probabilities) < SPLITS:
        raise UnavailableError(f"needs at least {SPLITS} images")
    # Data sets may be sorted by class, and the parts must be alike.
    scores = inception_score(rng.permutation(sample.probabilities))
    interval = float(1.96 * scores.std(ddof=1) / np.sqrt(SPLITS))
    figure = Figure(float(scores.mean()), higher_is_better=True, interval=interval)
    return Measurement({comparison.network.metric_name("is"): figure})


METRIC = Metric("Salimans et al. 2016, section 4: mean over 10 splits", measure)

"""MS-SSIM of pairs of generated images: high where the generator repeats itself."""

import numpy as np

from gan_cli.metrics.comparison import Comparison
from gan_cli.metrics.maths.bootstrap import mean_half_width
from gan_cli.metrics.maths.similarity import FILTER_SIDE, ms_ssim, scale_weights
from gan_cli.metrics.metric import Figure, Measurement, Metric, UnavailableError
from gan_cli.metrics.sample import Sample

_PAIRS = 1000
_BATCH_BYTES = 2**25


def draw_pairs(
    labels: np.ndarray | None, count: int, pairs: int, rng: np.random.Generator
) -> np.ndarray:
    """Draws pairs of different images, of the same class where labels are known.

    Returns:
      int64 [at most pairs, 2].
    """
    first = rng.integers(0, count, pairs)
    if labels is None:
        second = (first + rng.integers(1, count, pairs)) % count
        return np.stack([first, second], axis=1)
    order = np.argsort(labels, kind="stable")
    sizes = np.bincount(labels)
    starts = np.cumsum(sizes) - sizes
    classes = labels[first]
    places = np.empty(count, np.int64)
    places[order] = np.arange(count)
    alone = sizes[classes] < 2
    steps = 1 + np.floor(rng.random(pairs) * (sizes[classes] - 1)).astype(np.int64)
    within = (places[first] - starts[classes] + steps) % sizes[classes]
    second = order[starts[classes] + within]
    return np.stack([first, second], axis=1)[~alone]


def measure(
    sample: Sample,
    comparison: Comparison,
    rng: np.random.Generator,
    thorough: bool,
    most_pairs: int = _PAIRS,
) -> Measurement:
    """Computes `ms_ssim`; see `metric.Metric`.

    Args:
      most_pairs: number of pairs drawn; where classes are known, some may be dropped.
    """
    del comparison, thorough
    images = sample.images
    if not scale_weights(min(images.shape[1:3])):
        raise UnavailableError(f"needs images of at least {FILTER_SIDE} pixels")
    pairs = draw_pairs(sample.image_labels, len(images), most_pairs, rng)
    if not len(pairs):
        raise UnavailableError("needs two images of the same class")
    values = []
    # Several maps of float64, each with eight times the bytes of the images, exist at a time.
    size = max(_BATCH_BYTES // (8 * images[0].nbytes), 1)
    for start in range(0, len(pairs), size):
        one, other = (images[side] for side in pairs[start : start + size].T)
        values.append(ms_ssim(one, other))
    per_pair = np.concatenate(values)
    figure = Figure(
        float(per_pair.mean()),
        higher_is_better=False,
        interval=mean_half_width(per_pair),
        count=len(pairs),
    )
    return Measurement({"ms_ssim": figure})


METRIC = Metric(
    "Odena et al. 2017, section 4.2: pairs of the same class where classes are known; below 176"
    " pixels, at the scales where the filter fits",
    measure,
    # It is about variety alone, of which noise has plenty.
    noise_is_worst=False,
)

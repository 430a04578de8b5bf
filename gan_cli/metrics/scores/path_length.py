"""PPL: how far features move when a latent vector moves a little."""

import functools
from collections.abc import Callable

import numpy as np

from gan_cli.metrics.comparison import Comparison, GanAccess
from gan_cli.metrics.maths.bootstrap import mean_half_width
from gan_cli.metrics.metric import Figure, Measurement, Metric
from gan_cli.metrics.sample import Sample

_PATHS, _BATCH_SIZE = 2000, 50
_STEP = 1e-4
# Share of the longest and of the shortest paths that is dropped, as in StyleGAN's code.
_TRIMMED = 0.01


def slerp(one: np.ndarray, other: np.ndarray, position: np.ndarray) -> np.ndarray:
    """Interpolates along the great circle between the directions of vectors (Shoemake 1985).

    Args:
      one, other: [count, dimension].
      position: [count, 1], from 0 at `one` to 1 at `other`.

    Returns:
      Vectors of length 1, float64 [count, dimension].
    """

    def unit(vectors: np.ndarray) -> np.ndarray:
        wide = np.asarray(vectors, np.float64)
        return wide / np.linalg.norm(wide, axis=1, keepdims=True)

    start = unit(one)
    cosine = (start * unit(other)).sum(axis=1, keepdims=True)
    angle = position * np.arccos(np.clip(cosine, -1.0, 1.0))
    across = unit(unit(other) - cosine * start)
    return start * np.cos(angle) + across * np.sin(angle)


def lerp(one: np.ndarray, other: np.ndarray, position: np.ndarray) -> np.ndarray:
    """Interpolates along the straight line; `position` is [count, 1, ...]."""
    wide = np.asarray(one, np.float64)
    return wide + position * (np.asarray(other, np.float64) - wide)


def path_lengths(
    walk: Callable[[np.ndarray], np.ndarray],
    positions: np.ndarray,
    features: Callable[[np.ndarray], np.ndarray],
) -> np.ndarray:
    """Returns |f(walk(t + step)) - f(walk(t))|^2 / step^2: float64 [count].

    Args:
      walk: maps positions t to latents.
      positions: [count, 1, ...].
      features: f, which maps latents to features.
    """
    near, far = (
        np.asarray(features(walk(each).astype(np.float32)), np.float64)
        for each in (positions, positions + _STEP)
    )
    return ((far - near) ** 2).sum(axis=1) / _STEP**2


def trimmed(lengths: np.ndarray) -> np.ndarray:
    """Returns the lengths without the longest and the shortest 1 %."""
    low, high = np.quantile(lengths, [_TRIMMED, 1.0 - _TRIMMED])
    return lengths[(lengths >= low) & (lengths <= high)]


def measure(
    sample: Sample,
    comparison: Comparison,
    rng: np.random.Generator,
    thorough: bool,
    paths: int = _PATHS,
) -> Measurement:
    """Computes `ppl_z_<network>` and, for generators with styles, `ppl_wend_<network>`.

    The other parameters are those of `metric.Metric`.

    Args:
      paths: number of paths, of which each figure is the mean.
    """
    del sample, thorough
    gan = comparison.gan
    assert gan.draw_latents is not None  # `needs` lists a generator.
    assert gan.synthesize is not None

    def features_by(synthesize: Callable, labels: np.ndarray | None) -> Callable:
        def features(latents: np.ndarray) -> np.ndarray:
            pixels = (np.asarray(synthesize(latents, labels), np.float32) + 1.0) * 127.5
            return comparison.network.features_of_floats(pixels)

        return features

    lengths: dict[str, list[np.ndarray]] = {}
    for start in range(0, paths, _BATCH_SIZE):
        count = min(_BATCH_SIZE, paths - start)
        one, other = gan.draw_latents(count, rng), gan.draw_latents(count, rng)
        labels = gan.draw_labels(count, rng) if gan.draw_labels else None
        positions = rng.random((count, 1))
        found = path_lengths(
            _walk_in_latents(gan, one, other), positions, features_by(gan.synthesize, labels)
        )
        lengths.setdefault("z", []).append(found)
        if gan.map_latents is not None and gan.synthesize_styles is not None:
            styles = [np.asarray(gan.map_latents(each, labels)) for each in (one, other)]
            zeros = np.zeros((count, *[1] * (styles[0].ndim - 1)))
            found = path_lengths(
                functools.partial(lerp, *styles),
                zeros,
                features_by(gan.synthesize_styles, labels),
            )
            lengths.setdefault("wend", []).append(found)
    figures = {}
    for space, parts in lengths.items():
        kept = trimmed(np.concatenate(parts))
        name = f"ppl_{space}_{comparison.network.name}"
        figures[name] = Figure(
            float(kept.mean()),
            higher_is_better=False,
            interval=mean_half_width(kept),
            count=len(kept),
        )
    return Measurement(figures)


def _walk_in_latents(gan: GanAccess, one: np.ndarray, other: np.ndarray) -> Callable:
    if not gan.spherical:
        return lambda positions: lerp(one, other, positions)
    # Normal latents have about this length in every direction.
    length = np.sqrt(one.shape[1])
    return lambda positions: length * slerp(one, other, positions)


METRIC = Metric(
    "Karras et al. 2019, section 4.1, in the network's pooled features instead of VGG16's: z along"
    " the great circle, w at the ends of its paths (wend); step 1e-4, 1 % trimmed at both ends",
    measure,
    perfect=None,
    worst=None,
    needs=("generator",),
)

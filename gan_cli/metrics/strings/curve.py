"""Quality against diversity, of a generator at several truncations and of n-grams at temperatures.

Caccia et al. 2018 ("Language GANs Falling Short") compare models of text by such curves: a model
that looks better at one point may only have traded diversity for quality.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from gan_cli.domains.domain import Domain
from gan_cli.metrics.comparison import GanAccess
from gan_cli.metrics.strings.witten_bell import WittenBell

_TRUNCATIONS = (0.5, 0.7, 1.0, 1.5, None)
_TEMPERATURES = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
_MOST_STRINGS = 5000

Judge = Callable[[np.ndarray], tuple[float, float]]


def quality_and_diversity(
    gan: GanAccess | None,
    domain: Domain,
    model: WittenBell,
    judge: Judge,
    count: int,
    rng: np.random.Generator,
) -> dict[str, list[dict[str, Any]]]:
    """Returns the points of both curves, each with `judge_bits` and `reverse_bits`.

    Points of `generated` have their `truncation` (None: none), those of `ngram_model` their
    `temperature`. There are no points of `generated` without networks, or where latents are not
    normal.

    Args:
      judge: from strings, uint8 [count, places], to `judge_bits` and `reverse_bits`.
      count: strings of each point; at most 5,000.
    """
    count = min(count, _MOST_STRINGS)

    def point(strings: np.ndarray, **at: float | None) -> dict[str, Any]:
        quality, diversity = judge(strings)
        return {**at, "judge_bits": quality, "reverse_bits": diversity}

    curves = {
        "ngram_model": [
            point(model.draw(count, rng, temperature), temperature=temperature)
            for temperature in _TEMPERATURES
        ]
    }
    if gan is None or gan.synthesize is None or not gan.spherical or gan.map_latents is not None:
        return curves
    curves["generated"] = [
        point(_generated(gan, domain, count, bound, rng), truncation=bound)
        for bound in _TRUNCATIONS
    ]
    return curves


def _generated(
    gan: GanAccess, domain: Domain, count: int, bound: float | None, rng: np.random.Generator
) -> np.ndarray:
    assert gan.draw_latents is not None
    assert gan.synthesize is not None
    latents = gan.draw_latents(count, rng)
    if bound is not None:
        while (outside := np.abs(latents) > bound).any():
            latents[outside] = rng.standard_normal(int(outside.sum())).astype(np.float32)
    labels = None if gan.draw_labels is None else gan.draw_labels(count, rng)
    samples = domain.from_model(tf.constant(gan.synthesize(latents, labels)))
    return np.asarray(samples).reshape(count, -1)

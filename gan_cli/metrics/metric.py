"""What a metric is: its needs, its measurement and its source."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from gan_cli.metrics.comparison import Comparison
from gan_cli.metrics.sample import Sample

Need = Literal["train", "labels", "classifier", "generator", "discriminator"]


@dataclass(frozen=True)
class Figure:
    """One number.

    Attributes:
      interval: half-width of the 95 % interval; None where it is not defined.
      count: images, or pairs of images, that the figure was computed from; None: all.
      floor, ceiling: values known by definition; None: measured on other images, see `Metric`.
    """

    value: float
    higher_is_better: bool
    interval: float | None = None
    count: int | None = None
    floor: float | None = None
    ceiling: float | None = None


@dataclass(frozen=True)
class Measurement:
    """Figures by name, and details for tables and pages, in JSON's own types."""

    figures: dict[str, Figure]
    details: Any = None


class UnavailableError(Exception):
    """A metric has no value for these images; the message is the reason."""


@dataclass(frozen=True)
class Metric:
    """One metric, or several that are computed together.

    Attributes:
      source: the paper and, where published programs differ, the choices made.
      measure: (images to judge, what to compare them with, random generator, thorough) ->
        `Measurement`. It may raise `UnavailableError`. Where `thorough` is False, intervals and
        details are not needed: the images then serve to measure the floor or the ceiling.
      perfect: the floor is measured on these images, as if a perfect generator had made them;
        None: there is no floor.
      worst: the ceiling is measured on uniform noise, or on training images, as if a generator had
        copied them; None: there is no ceiling.
      needs: what the metric cannot do without.
    """

    source: str
    measure: Callable[[Sample, Comparison, np.random.Generator, bool], Measurement]
    perfect: Literal["train", "holdout"] | None = "train"
    worst: Literal["noise", "train"] | None = "noise"
    needs: tuple[Need, ...] = ()

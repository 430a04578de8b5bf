"""What a metric is: what it needs, what it measures, and where that comes from."""

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
      interval: half-width of its 95 % interval, where it is defined.
      count: images, or pairs of them, that it was taken from, if not all.
      floor, ceiling: where they are known without images to stand in.
    """

    value: float
    higher_is_better: bool
    interval: float | None = None
    count: int | None = None
    floor: float | None = None
    ceiling: float | None = None


@dataclass(frozen=True)
class Measurement:
    """Figures by name, and what a table or page may show of them, in JSON's own types."""

    figures: dict[str, Figure]
    details: Any = None


class UnavailableError(Exception):
    """The metric has no value for these images; the message says why."""


@dataclass(frozen=True)
class Metric:
    """One metric, or several that are taken together.

    Attributes:
      source: the paper and, where codes differ, the choices made.
      measure: takes the images to be judged, what they are compared with, a source of randomness,
        and whether intervals and details are wanted, which the stand-ins do without.
      perfect: held-out or training images, which stand in for those of a perfect generator to give
        the floor; None: there is none.
      worst: uniform noise, or training images as from a generator that copies, for the ceiling.
      needs: without these the metric is unavailable.
    """

    source: str
    measure: Callable[[Sample, Comparison, np.random.Generator, bool], Measurement]
    perfect: Literal["train", "holdout"] | None = "train"
    worst: Literal["noise", "train"] | None = "noise"
    needs: tuple[Need, ...] = ()

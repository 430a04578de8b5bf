"""What a metric is: its needs, its measurement and its source."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from gan_cli.errors import UserError
from gan_cli.metrics.comparison import Comparison
from gan_cli.metrics.sample import Sample
from gan_cli.registry import own_code

Need = Literal["train", "labels", "classifier", "generator", "discriminator"]


# The needs in words.
NEEDED: dict[str, str] = {
    "train": "the training images",
    "labels": "images with labels",
    "classifier": "features: classifier",
    "generator": "the generator of a run",
    "discriminator": "the discriminator of a run",
}


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
      noise_is_worst: whether noise should score worse than real images. It need not where a figure
        is about variety alone.
    """

    source: str
    measure: Callable[[Sample, Comparison, np.random.Generator, bool], Measurement]
    perfect: Literal["train", "holdout"] | None = "train"
    worst: Literal["noise", "train"] | None = "noise"
    needs: tuple[Need, ...] = ()
    noise_is_worst: bool = True

    def measured(
        self,
        name: str,
        sample: Sample,
        comparison: Comparison,
        rng: np.random.Generator,
        thorough: bool,
    ) -> Measurement:
        """Calls `measure`.

        Args:
          name: what the config calls the metric.

        Raises:
          UnavailableError: the metric has no value for these images.
          UserError: a metric of the user's own fails, or returns something else.
        """
        unavailable = None
        with own_code(f"metric '{name}'", name):
            try:
                found = self.measure(sample, comparison, rng, thorough)
            except UnavailableError as error:
                unavailable = error
        if unavailable is not None:
            raise unavailable
        if not isinstance(found, Measurement):
            raise UserError(
                f"metric '{name}': must return Measurement({{name: Figure(value, ...)}}), got"
                f" {type(found).__name__}"
            )
        wrong = [key for key, figure in found.figures.items() if not isinstance(figure, Figure)]
        if wrong:
            raise UserError(
                f"metric '{name}': '{wrong[0]}' must be Figure(value, higher_is_better), got"
                f" {type(found.figures[wrong[0]]).__name__}"
            )
        return found

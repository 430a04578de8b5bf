"""The scores of one set of generated samples."""

from dataclasses import dataclass, field
from typing import Any

# Between the scores of real images and of noise, as a share of the larger one.
LEAST_GAIN = 0.1
TRAINING_IMAGES, HALF = "training images", "one half against the other"


@dataclass(frozen=True)
class Score:
    """One figure.

    Attributes:
      interval: half-width of the 95 % interval; None where it is not defined.
      floor: the score of a perfect generator, measured on training images in place of generated
        ones, or on one half of the reference against the other; of figures that find copies of the
        training set, on held-out images. None where there are no such images.
      ceiling: the score of uniform noise; of figures that find copies, of training images.
      source: the paper that defines the figure, and the choices made where the paper leaves any.
      count: images, or pairs of images, that the figure was computed from.
      baseline: the score of the simple model that `Evaluation.baseline` names; None: there is none.
      separates: whether floor and ceiling are so far apart that the score tells good images from
        bad ones; None: one of them is unknown, or the figure is not about quality.
    """

    value: float
    interval: float | None
    floor: float | None
    ceiling: float | None
    higher_is_better: bool
    source: str = ""
    count: int = 0
    baseline: float | None = None
    separates: bool | None = None

    @property
    def arrow(self) -> str:
        """Points to the better direction."""
        return "↑" if self.higher_is_better else "↓"


def separates(
    floor: float | None,
    ceiling: float | None,
    higher_is_better: bool,
    interval: float | None = None,
) -> bool | None:
    """Returns whether the floor is better than the ceiling by a tenth of the larger of the two.

    Args:
      interval: half-width of a score's interval, by which they must differ as well: both may be 0
        but for chance.
    """
    if floor is None or ceiling is None:
        return None
    gain = floor - ceiling if higher_is_better else ceiling - floor
    return gain > max(LEAST_GAIN * max(abs(floor), abs(ceiling)), interval or 0.0)


@dataclass(frozen=True)
class Evaluation:
    """All scores of one set of generated samples, and how its classes are spread.

    Attributes:
      scores: by figure. The Fréchet distance, the kernel distance and the Inception score are named
        after the feature network.
      num_reference: held-out images that the generated ones were compared with.
      num_floor: real images that the floor was computed from; 0 where there are none.
      floor_of: which ones: `TRAINING_IMAGES`, or one `HALF` of the reference.
      class_shares: share of the generated images that a classifier puts into each class; empty for
        networks that know no classes.
      details: by metric, in JSON's own types; each metric's file describes its details.
      skipped: the metrics without a value, each with the reason.
      baseline: the simple model, fitted to the same training samples, that scores stand beside, in
        two or three words; empty: there is none.
    """

    scores: dict[str, Score]
    num_generated: int
    num_reference: int
    num_floor: int
    class_shares: dict[str, float] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    baseline: str = ""
    floor_of: str = TRAINING_IMAGES

"""Points of the plane, drawn from a mixture whose modes are known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from gan_cli.domains.domain import Domain
from gan_cli.domains.mixture import Mixture

if TYPE_CHECKING:
    import tensorflow as tf
    from PIL import Image

# A point is stored as an image of one pixel, whose two channels are its coordinates.
POINT_SHAPE = (1, 1, 2)


@dataclass(frozen=True)
class Points(Domain):
    """Points of the plane, float32 [1, 1, 2], as they are.

    Attributes:
      mixture: the distribution that the real points come from.
    """

    mixture: Mixture

    name: ClassVar[str] = "points"
    stored_dtype: ClassVar[str] = "float32"
    supports: ClassVar[frozenset[str]] = frozenset()
    evaluator: ClassVar[str] = "modes"
    # Measured: modes are far narrower than the space between them.
    gamma: ClassVar[float | None] = 0.01
    most_evaluated: ClassVar[int] = 2_500
    training_picture_samples: ClassVar[int] = 2_000
    default_samples: ClassVar[int] = 2_500

    @property
    def array_shape(self) -> tuple[int, ...]:
        """A point is written as its two coordinates."""
        return (2,)

    @property
    def num_modes(self) -> int | None:
        """Number of Gaussians in the mixture."""
        return len(self.mixture.centres)

    def to_model(self, stored: tf.Tensor) -> tf.Tensor:
        """Returns the points unchanged."""
        return stored

    def from_model(self, generated: tf.Tensor) -> tf.Tensor:
        """Returns the points unchanged."""
        return generated

    def picture(self, samples: np.ndarray, columns: int, real: np.ndarray | None) -> Image.Image:
        """Draws a scatter plot over real points: `real`, or new ones of the mixture."""
        from gan_cli.domains.scatter import MOST_REAL_POINTS, scatter_plot

        if real is None:
            real, _ = self.mixture.draw(MOST_REAL_POINTS, seed=0)
        return scatter_plot(samples, real)

    def picture_spaces(self, count: int, columns: int) -> int:
        """A scatter plot has no empty spaces."""
        return count

    def default_kimg(self, num_samples: int) -> float:
        """Returns 1,000 kimg, which take seconds; there are as many points as one likes."""
        return 1000.0

    def default_features(self, num_classes: int) -> str | None:
        """Returns None: points are compared as they are."""
        return None


def points_of(mixture: Mixture) -> Points:
    """Returns the domain of points that are drawn from a mixture."""
    return Points(POINT_SHAPE, mixture)

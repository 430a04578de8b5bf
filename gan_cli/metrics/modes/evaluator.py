"""Scores generated points by the modes of the mixture that the real ones were drawn from."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from gan_cli.data.dataset import ImageDataset
from gan_cli.domains.mixture import Mixture
from gan_cli.errors import UserError
from gan_cli.metrics.evaluate import FEWEST_IMAGES, Evaluation, Score
from gan_cli.metrics.maths.bootstrap import frechet_half_width
from gan_cli.metrics.maths.frechet_distance import frechet_distance
from gan_cli.metrics.maths.moments import moments_of
from gan_cli.metrics.modes.counts import MODE_METRICS, count_modes, mode_half_widths

_FRECHET = "fd_coordinates"


@dataclass(frozen=True)
class Coordinates:
    """What stands in for a feature network: points are compared as they are."""

    name: str
    sha256: str
    accuracy: None = None


class PointsEvaluator:
    """Takes the place of `evaluate.Evaluator` where the images are points of the plane.

    The modes are known, so that nothing real is needed to count them; the Fréchet distance of the
    coordinates is taken to the held-out points.

    Raises:
      UserError: too few points are held out.
    """

    def __init__(self, mixture: Mixture, train: ImageDataset, holdout: ImageDataset):
        if len(holdout.images) < FEWEST_IMAGES:
            raise UserError(
                f"data: at least {FEWEST_IMAGES} held-out points are needed to evaluate, got"
                f" {len(holdout.images)}; raise data.num_points or data.holdout_fraction"
            )
        self.mixture, self.train = mixture, train.images.reshape(-1, 2)
        self.network = Coordinates("coordinates", mixture.sha256)
        self.reference = holdout.images.reshape(-1, 2)

    @property
    def tracked(self) -> tuple[str, ...]:
        """Names of what is followed during training. The smallest of the first marks the best."""
        return tuple(MODE_METRICS)

    def track(self, generated: Iterable[np.ndarray]) -> dict[str, float]:
        """The values of those.

        Args:
          generated: batches of points, float32 [count, 1, 1, 2].
        """
        counts = count_modes(_points(generated), self.mixture)
        return {name: metric(counts) for name, (metric, _) in MODE_METRICS.items()}

    def evaluate(
        self,
        generated: Iterable[np.ndarray],
        seed: int = 0,
        labels: np.ndarray | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> Evaluation:
        """Scores batches of points, float32 [count, 1, 1, 2].

        The floor is of training points, the ceiling of points spread evenly over [-1, 1] x [-1, 1].

        Args:
          seed: draws resamples and the noise.
          labels, progress: of `Evaluator`, without use here.

        Raises:
          UserError: too few points were given.
        """
        del labels, progress
        points = _points(generated)
        if len(points) < FEWEST_IMAGES:
            raise UserError(
                f"at least {FEWEST_IMAGES} generated points are needed to evaluate, got"
                f" {len(points)}"
            )
        rng = np.random.default_rng(seed)
        real = self.train[np.sort(rng.permutation(len(self.train))[: len(points)])]
        noise = rng.uniform(-1.0, 1.0, points.shape)
        values, floor, ceiling = (self._measure(each) for each in (points, real, noise))
        intervals = mode_half_widths(count_modes(points, self.mixture), rng)
        intervals[_FRECHET] = frechet_half_width(self.reference, points, rng)
        rises = {name: rising for name, (_, rising) in MODE_METRICS.items()}
        scores = {
            name: Score(value, intervals[name], floor[name], ceiling[name], rises.get(name, False))
            for name, value in values.items()
        }
        counts = count_modes(points, self.mixture).sum(axis=1)
        shares = {str(mode): float(count / len(points)) for mode, count in enumerate(counts)}
        return Evaluation(scores, len(points), len(self.reference), len(real), shares)

    def _measure(self, points: np.ndarray) -> dict[str, float]:
        distance = frechet_distance(moments_of(self.reference), moments_of(points))
        return {**self.track([points]), _FRECHET: distance}


def _points(batches: Iterable[np.ndarray]) -> np.ndarray:
    return np.concatenate([np.reshape(batch, (-1, 2)) for batch in batches])

"""Scores generated points by the modes of the mixture that the real points were drawn from."""

from collections.abc import Callable, Iterable
from typing import cast

import numpy as np

from gan_cli.data.dataset import ImageDataset
from gan_cli.domains.mixture import Mixture
from gan_cli.domains.points import Points
from gan_cli.metrics.comparison import GanAccess
from gan_cli.metrics.evaluation import Evaluation, Score
from gan_cli.metrics.maths.bootstrap import frechet_half_width
from gan_cli.metrics.maths.frechet_distance import frechet_distance
from gan_cli.metrics.maths.moments import moments_of
from gan_cli.metrics.modes.counts import MODE_METRICS, count_modes, mode_half_widths
from gan_cli.metrics.run_evaluator import (
    EvaluatorInputs,
    FeatureFacts,
    refuse_image_settings,
    require_generated,
    require_held_out,
)

_FRECHET = "fd_coordinates"


def build(inputs: EvaluatorInputs) -> "ModesEvaluator":
    """Builds the evaluator for the mixture of `inputs.data.domain`.

    Raises:
      UserError: features, metrics or statistics are requested, or too few points are held out.
    """
    refuse_image_settings(inputs, "points are scored by the modes they cover")
    data = inputs.data
    return ModesEvaluator(cast(Points, data.domain).mixture, data.train, data.holdout)


class ModesEvaluator:
    """Counts the modes that points of the plane cover; see `run_evaluator.RunEvaluator`.

    The modes are known, so counting them takes no real points. The Fréchet distance is computed
    between coordinates, to the held-out points.

    Raises:
      UserError: too few points are held out.
    """

    def __init__(self, mixture: Mixture, train: ImageDataset, holdout: ImageDataset):
        require_held_out(
            holdout.images, "points", remedy="data.num_points or data.holdout_fraction"
        )
        self.mixture, self.train = mixture, train.images.reshape(-1, 2)
        self.reference = holdout.images.reshape(-1, 2)

    @property
    def features(self) -> FeatureFacts:
        """The coordinates themselves, and the hash of the mixture."""
        return FeatureFacts("coordinates", self.mixture.sha256)

    @property
    def tracked(self) -> tuple[str, ...]:
        """Names of the mode metrics, `mode_error` first."""
        return tuple(MODE_METRICS)

    def track(self, generated: Iterable[np.ndarray]) -> dict[str, float]:
        """Computes the mode metrics by name.

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

        The floor is measured on training points, the ceiling on points spread evenly over
        [-1, 1] x [-1, 1].

        Args:
          seed: decides the resamples and the noise.
          labels, progress: not used; part of the protocol.

        Raises:
          UserError: there are too few points.
        """
        del labels, progress
        points = _points(generated)
        require_generated(points, "points")
        rng = np.random.default_rng(seed)
        real = self.train[np.sort(rng.permutation(len(self.train))[: len(points)])]
        noise = rng.uniform(-1.0, 1.0, points.shape)
        values, floor, ceiling = (self._measure(each) for each in (points, real, noise))
        intervals = mode_half_widths(count_modes(points, self.mixture), rng)
        intervals[_FRECHET] = frechet_half_width(self.reference, points, rng)
        higher_is_better = {name: rises for name, (_, rises) in MODE_METRICS.items()}
        scores = {
            name: Score(
                value,
                intervals[name],
                floor[name],
                ceiling[name],
                higher_is_better.get(name, False),
            )
            for name, value in values.items()
        }
        counts = count_modes(points, self.mixture).sum(axis=1)
        shares = {str(mode): float(count / len(points)) for mode, count in enumerate(counts)}
        return Evaluation(scores, len(points), len(self.reference), len(real), shares)

    def interpret(self, evaluation: Evaluation) -> tuple[str, ...]:
        """Says what it means that a mode is covered."""
        del evaluation
        return (
            "A mode is covered that has a point within three standard deviations of its centre.",
        )

    def classify(self, samples: np.ndarray) -> np.ndarray | None:
        """Returns None: the report shows points in no table of classes."""
        del samples
        return None

    def use_networks(self, gan: GanAccess) -> None:
        """Ignores the networks: all figures are computed from points."""

    def _measure(self, points: np.ndarray) -> dict[str, float]:
        distance = frechet_distance(moments_of(self.reference), moments_of(points))
        return {**self.track([points]), _FRECHET: distance}


def _points(batches: Iterable[np.ndarray]) -> np.ndarray:
    return np.concatenate([np.reshape(batch, (-1, 2)) for batch in batches])

"""Scores generated images against held-out real ones, beside a floor and a ceiling."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from gan_cli.data.dataset import ImageDataset
from gan_cli.errors import UserError
from gan_cli.metrics.bootstrap import frechet_half_width, mean_half_width
from gan_cli.metrics.features.network import FeatureNetwork
from gan_cli.metrics.frechet import frechet_distance
from gan_cli.metrics.kernel import kernel_distance
from gan_cli.metrics.manifold import RealManifold
from gan_cli.metrics.moments import MomentsAccumulator, moments_of

# Of each set, at most, for the neighbourhood metrics, whose time grows with the square.
MOST_NEIGHBOURS = 10_000
# The fifth neighbour of density and coverage has to exist.
FEWEST_IMAGES = 6
_BATCH_SIZE = 256


@dataclass(frozen=True)
class Score:
    """One metric.

    Attributes:
      interval: half-width of the 95 % interval; see `bootstrap` and `kernel`.
      floor: the metric of training images in place of generated ones, as of a perfect generator.
      ceiling: the metric of uniform noise.
    """

    value: float
    interval: float
    floor: float
    ceiling: float
    higher_is_better: bool


@dataclass(frozen=True)
class Evaluation:
    """All scores of one set of generated images, and how its classes are spread.

    Attributes:
      scores: by metric; the Fréchet and kernel distances are named after the feature network.
      num_reference: held-out images that the generated ones were compared with.
      num_floor: training images that the floor was taken with.
      class_shares: share of the generated images that a classifier puts into each class; empty for
        networks that know no classes.
    """

    scores: dict[str, Score]
    num_generated: int
    num_reference: int
    num_floor: int
    class_shares: dict[str, float] = field(default_factory=dict)


class Evaluator:
    """Holds the real side of the comparison, computed once.

    The reference are all held-out images, so that copying the training set earns nothing beyond the
    floor. With few of them all distances are too large; so is the floor, which says by how much.

    Raises:
      UserError: too few images are held out.
    """

    def __init__(self, network: FeatureNetwork, train: ImageDataset, holdout: ImageDataset):
        if len(holdout.images) < FEWEST_IMAGES:
            raise UserError(
                f"data: at least {FEWEST_IMAGES} held-out images are needed to evaluate, got"
                f" {len(holdout.images)}; add images or raise data.holdout_fraction"
            )
        self.network, self.train = network, train
        self.class_names = train.class_names
        self.reference = network.features(_batches(holdout.images))
        self._reference_moments = moments_of(self.reference)

    def frechet(self, generated: Iterable[np.ndarray]) -> float:
        """Fréchet distance of batches of uint8 images, in memory independent of their number."""
        accumulator = MomentsAccumulator(self.network.dimension)
        for batch in generated:
            accumulator.add(self.network.features(batch))
        return frechet_distance(self._reference_moments, accumulator.result())

    def track(self, generated: Iterable[np.ndarray]) -> dict[str, float]:
        """What is followed during training. The smallest of the first one marks the best."""
        return {self.network.frechet_name: self.frechet(generated)}

    def evaluate(self, generated: Iterable[np.ndarray], seed: int = 0) -> Evaluation:
        """Scores batches of uint8 images.

        Args:
          seed: draws subsets, resamples and the noise images.

        Raises:
          UserError: too few images were given.
        """
        features, probabilities = self.network.features_and_probabilities(generated)
        count = len(features)
        if count < FEWEST_IMAGES:
            raise UserError(
                f"at least {FEWEST_IMAGES} generated images are needed to evaluate, got {count}"
            )
        rng = np.random.default_rng(seed)
        chosen = rng.permutation(len(self.train.images))[:count]
        floor_features = self.network.features(_batches(self.train.images, np.sort(chosen)))
        noise_features = self.network.features(_noise(count, self.train.images.shape[1:], rng))
        values, intervals = self._measure(features, rng)
        floor, _ = self._measure(floor_features, rng)
        ceiling, _ = self._measure(noise_features, rng)
        # Apart from the others: it takes long, and the floor and ceiling go without.
        intervals[self.network.frechet_name] = frechet_half_width(self.reference, features, rng)
        scores = {
            name: Score(
                value,
                intervals[name],
                floor[name],
                ceiling[name],
                higher_is_better=name not in (self.network.frechet_name, self.network.kernel_name),
            )
            for name, value in values.items()
        }
        return Evaluation(
            scores, count, len(self.reference), len(floor_features), self._shares(probabilities)
        )

    @cached_property
    def _manifold(self) -> RealManifold:
        return RealManifold(_at_most(self.reference, np.random.default_rng(0)))

    def _measure(
        self, features: np.ndarray, rng: np.random.Generator
    ) -> tuple[dict[str, float], dict[str, float]]:
        """Returns every metric's value, and the half-widths of all but the Fréchet distance's."""
        frechet = frechet_distance(self._reference_moments, moments_of(features))
        kernel_name = self.network.kernel_name
        kernel, kernel_half_width = kernel_distance(self.reference, features, rng)
        near = self._manifold.compare(_at_most(features, rng))
        values = {self.network.frechet_name: frechet, kernel_name: kernel}
        half_widths = {kernel_name: kernel_half_width}
        for name in ("precision", "recall", "density", "coverage"):
            per_image = getattr(near, name)
            values[name] = float(per_image.mean())
            half_widths[name] = mean_half_width(per_image)
        return values, half_widths

    def _shares(self, probabilities: np.ndarray | None) -> dict[str, float]:
        # Only a classifier of this data's own classes has an accuracy: Inception knows others.
        if probabilities is None or self.network.accuracy is None:
            return {}
        counts = np.bincount(probabilities.argmax(axis=1), minlength=len(self.class_names))
        return dict(zip(self.class_names, (counts / len(probabilities)).tolist(), strict=True))


def _at_most(features: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A random part where there are too many: data sets are often sorted by class."""
    if len(features) <= MOST_NEIGHBOURS:
        return features
    return features[rng.choice(len(features), MOST_NEIGHBOURS, replace=False)]


def _batches(images: np.ndarray, indices: np.ndarray | None = None) -> Iterator[np.ndarray]:
    """Yields the images at `indices`, or all; few at a time, as they may be a memory map."""
    chosen = np.arange(len(images)) if indices is None else indices
    for start in range(0, len(chosen), _BATCH_SIZE):
        yield images[chosen[start : start + _BATCH_SIZE]]


def _noise(
    count: int, image_shape: tuple[int, ...], rng: np.random.Generator
) -> Iterator[np.ndarray]:
    for start in range(0, count, _BATCH_SIZE):
        size = min(_BATCH_SIZE, count - start)
        yield rng.integers(0, 256, (size, *image_shape), dtype=np.uint8)

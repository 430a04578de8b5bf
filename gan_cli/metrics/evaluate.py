"""Scores generated images against held-out real ones, beside a floor and a ceiling.

    evaluator = Evaluator(network, train, holdout, metrics=("frechet", "authenticity"), gan=gan)
    evaluation = evaluator.evaluate(batches_of_uint8_images, seed=0, labels=labels)

`metrics` are names from `scores.METRICS`, or `("all",)`; `gan` gives access to the trained networks
for the metrics that ask them (`comparison.GanAccess`); `labels` are the classes that the images
were generated as. All three may be left out. `Evaluation.scores` holds the figures, `details` what
pages show of single metrics, `skipped` why a metric of "all" has no value.
"""

import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, get_args

import numpy as np

from gan_cli.data.dataset import ImageDataset
from gan_cli.errors import UserError
from gan_cli.metrics.comparison import Comparison, GanAccess
from gan_cli.metrics.features.network import FeatureNetwork
from gan_cli.metrics.floor_and_ceiling import StandIns
from gan_cli.metrics.maths.frechet_distance import frechet_distance
from gan_cli.metrics.maths.moments import Moments, MomentsAccumulator
from gan_cli.metrics.metric import Measurement, Metric, Need, UnavailableError
from gan_cli.metrics.sample import Sample, gather
from gan_cli.metrics.scores import DEFAULT_METRICS, METRICS

# The fifth neighbour of density and coverage has to exist.
FEWEST_IMAGES = 6


@dataclass(frozen=True)
class Score:
    """One figure.

    Attributes:
      interval: half-width of the 95 % interval; None where it is not defined.
      floor: what a perfect generator gets: the figure of training images in place of generated
        ones, or of held-out ones where copies of the training set are what is looked for; None
        where nothing can stand in.
      ceiling: the figure of uniform noise, or of training images where copies are looked for.
      source: the paper that defines it, and choices made.
      count: images, or pairs of them, that it was taken from.
    """

    value: float
    interval: float | None
    floor: float | None
    ceiling: float | None
    higher_is_better: bool
    source: str = ""
    count: int = 0


@dataclass(frozen=True)
class Evaluation:
    """All scores of one set of generated images, and how its classes are spread.

    Attributes:
      scores: by figure; those of the Fréchet and kernel distance and of the Inception score are
        named after the feature network.
      num_reference: held-out images that the generated ones were compared with.
      num_floor: training images that the floor was taken with; 0 where there are none.
      class_shares: share of the generated images that a classifier puts into each class; empty for
        networks that know no classes.
      details: by metric, in JSON's own types; each metric's file says what.
      skipped: metrics without a value, and why.
    """

    scores: dict[str, Score]
    num_generated: int
    num_reference: int
    num_floor: int
    class_shares: dict[str, float] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)


class Evaluator:
    """Holds the real side of the comparison, computed once.

    The reference are all held-out images, so that copying the training set earns nothing beyond the
    floor. With few of them all distances are too large; so is the floor, which says by how much.

    Args:
      train: None where it is not known what the generator learnt from: there is no floor then.
      metrics: names from `scores.METRICS`, or `("all",)` for those that have a value.
      gan: the trained networks, for metrics that ask them.
      statistics: what the Fréchet distance is taken to, in place of the held-out images.

    Raises:
      UserError: too few images are held out, or a metric is unknown or cannot be had here.
    """

    def __init__(
        self,
        network: FeatureNetwork,
        train: ImageDataset | None,
        holdout: ImageDataset,
        metrics: tuple[str, ...] = DEFAULT_METRICS,
        gan: GanAccess | None = None,
        statistics: Moments | None = None,
    ):
        if len(holdout.images) < FEWEST_IMAGES:
            raise UserError(
                f"data: at least {FEWEST_IMAGES} held-out images are needed to evaluate, got"
                f" {len(holdout.images)}; add images or raise data.holdout_fraction"
            )
        self.network, self.train = network, train
        self.comparison = Comparison(network, train, holdout, gan, statistics)
        self.class_names = holdout.class_names
        self._stand_ins: StandIns | None = None
        self._takes_all = "all" in metrics
        names = METRICS.names if self._takes_all else metrics
        self._metrics: dict[str, Metric] = {name: METRICS.load(name) for name in names}
        # The trained networks may be unknown so far, as while training.
        self._require(("train", "labels", "classifier"))

    def frechet(self, generated: Iterable[np.ndarray]) -> float:
        """Fréchet distance of batches of uint8 images, in memory independent of their number."""
        accumulator = MomentsAccumulator(self.network.dimension)
        for features, _ in self.network.blocks(generated):
            accumulator.add(features)
        return frechet_distance(self.comparison.reference_moments, accumulator.result())

    @property
    def tracked(self) -> tuple[str, ...]:
        """Names of what is followed during training. The smallest of the first marks the best."""
        return (self.network.frechet_name,)

    def track(self, generated: Iterable[np.ndarray]) -> dict[str, float]:
        """The values of those."""
        return {self.network.frechet_name: self.frechet(generated)}

    def evaluate(
        self,
        generated: Iterable[np.ndarray],
        seed: int = 0,
        labels: np.ndarray | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> Evaluation:
        """Scores batches of uint8 images.

        Args:
          seed: draws subsets, resamples and the noise images.
          labels: int32, the class that each image was generated as, in their order.
          progress: called with the name of each metric before it is taken.

        Raises:
          UserError: too few images were given, or a metric has no value for them.
        """
        self._require(get_args(Need))
        try:
            sample = gather(self.network, generated, labels, seed)
            count = sample.count
        except ValueError as error:
            raise UserError(f"generated images: {error}") from error
        if count < FEWEST_IMAGES:
            raise UserError(
                f"at least {FEWEST_IMAGES} generated images are needed to evaluate, got {count}"
            )
        if self._stand_ins is None or not self._stand_ins.serve(sample, seed):
            self._stand_ins = StandIns(self.comparison, sample, seed)
        scores: dict[str, Score] = {}
        details: dict[str, Any] = {}
        skipped: dict[str, str] = {}
        for name, metric in self._metrics.items():
            reason = self._lacks(metric.needs)
            if reason is None:
                if progress is not None:
                    progress(name)
                try:
                    measurement, measured = self._score(name, metric, sample, seed)
                except UnavailableError as error:
                    reason = str(error)
            if reason is None:
                scores |= measured
                if measurement.details is not None:
                    details[name] = measurement.details
            elif self._takes_all:
                skipped[name] = reason
            else:
                raise UserError(f"metric '{name}': {reason}")
        return Evaluation(
            scores,
            count,
            len(self.comparison.holdout.images),
            0 if self.train is None else min(count, len(self.train.images)),
            self._shares(sample.probabilities),
            details,
            skipped,
        )

    def _score(
        self, name: str, metric: Metric, sample: Sample, seed: int
    ) -> tuple[Measurement, dict[str, Score]]:
        def measure(images: Sample, thorough: bool = False) -> Measurement:
            # Of its own, so that a figure does not depend on which others are taken.
            rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
            return metric.measure(images, self.comparison, rng, thorough)

        assert self._stand_ins is not None  # `evaluate` made them for this sample.
        stand_ins = self._stand_ins
        measurement = measure(sample, thorough=True)
        bounds = [stand_ins.figures(name, kind, measure) for kind in (metric.perfect, metric.worst)]
        scores = {}
        for figure_name, figure in measurement.figures.items():
            floor, ceiling = (
                own
                if own is not None
                else bound[figure_name].value
                if figure_name in bound
                else None
                for own, bound in zip((figure.floor, figure.ceiling), bounds, strict=True)
            )
            scores[figure_name] = Score(
                figure.value,
                figure.interval,
                floor,
                ceiling,
                figure.higher_is_better,
                metric.source,
                figure.count or sample.count,
            )
        return measurement, scores

    def _require(self, needs: tuple[str, ...]) -> None:
        if self._takes_all:
            return
        for name, metric in self._metrics.items():
            reason = self._lacks(tuple(need for need in metric.needs if need in needs))
            if reason:
                raise UserError(f"metric '{name}': {reason}")

    def _lacks(self, needs: tuple[str, ...]) -> str | None:
        """Why a metric with these needs cannot be had here, or None."""
        gan = self.comparison.gan
        there = {
            "train": (self.train is not None, "the training images"),
            "labels": (self.comparison.holdout.labels is not None, "images with labels"),
            "classifier": (self.network.knows_own_classes, "features: classifier"),
            "generator": (gan.synthesize is not None, "the generator of a run"),
            "discriminator": (gan.discriminate is not None, "the discriminator of a run"),
        }
        return next((f"needs {there[need][1]}" for need in needs if not there[need][0]), None)

    def _shares(self, probabilities: np.ndarray | None) -> dict[str, float]:
        # Only a classifier of this data's own classes can tell: Inception knows others.
        if probabilities is None or not self.network.knows_own_classes:
            return {}
        counts = np.bincount(probabilities.argmax(axis=1), minlength=len(self.class_names))
        return dict(zip(self.class_names, (counts / len(probabilities)).tolist(), strict=True))

"""Scores generated images against held-out real ones, with a floor and a ceiling.

    evaluator = FeatureEvaluator(network, train, holdout, metrics=("frechet", "copying"), gan=gan)
    evaluation = evaluator.evaluate(batches_of_uint8_images, seed=0, labels=labels)

`metrics` are names from `scores.METRICS`, or `("all",)`; `gan` gives access to the trained networks
for the metrics that call them (`comparison.GanAccess`); `labels` are the classes that the images
were generated as. All three are optional.
"""

import zlib
from collections.abc import Callable, Iterable
from typing import Any, get_args

import numpy as np

from gan_cli.config.limits import FEWEST_IMAGES
from gan_cli.data.dataset import ImageDataset
from gan_cli.data.split import FEWEST_HELD_OUT
from gan_cli.errors import UserError
from gan_cli.metrics.comparison import Comparison, GanAccess
from gan_cli.metrics.evaluation import HALF, TRAINING_IMAGES, Evaluation, Score, separates
from gan_cli.metrics.features.network import FeatureNetwork
from gan_cli.metrics.floor_and_ceiling import FloorAndCeiling
from gan_cli.metrics.interpretation import interpret
from gan_cli.metrics.maths.frechet_distance import frechet_distance
from gan_cli.metrics.maths.moments import Moments, MomentsAccumulator
from gan_cli.metrics.metric import NEEDED, Measurement, Metric, Need, UnavailableError
from gan_cli.metrics.run_evaluator import FeatureFacts
from gan_cli.metrics.sample import Sample, gather
from gan_cli.metrics.scores import DEFAULT_METRICS, METRICS


class FeatureEvaluator:
    """Compares images with held-out ones in a network's features; see `run_evaluator.RunEvaluator`.

    The features of the real images are computed once. The reference is all held-out images, so
    copying the training set earns no more than the floor. With few held-out images all distances
    are too large, and so is the floor, which shows by how much.

    Args:
      train: the images that the generator learnt from; None: unknown, and there is no floor.
      metrics: names from `scores.METRICS`, or `("all",)` for every metric that has a value.
      gan: the trained networks, for metrics that call them.
      statistics: what the Fréchet distance is computed to, in place of the held-out images.

    Raises:
      UserError: too few images are held out, or a metric is unknown or not available here.
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
        if len(holdout.images) < FEWEST_HELD_OUT:
            raise UserError(
                f"data: at least {FEWEST_HELD_OUT} held-out images are needed to evaluate, got"
                f" {len(holdout.images)}; add images or raise data.holdout_fraction"
            )
        self.network, self.train = network, train
        self.comparison = Comparison(network, train, holdout, gan, statistics)
        self.class_names = holdout.class_names
        self._bounds: FloorAndCeiling | None = None
        self._computes_all = "all" in metrics
        names = METRICS.names if self._computes_all else metrics
        self._metrics: dict[str, Metric] = {name: METRICS.load(name) for name in names}
        # The trained networks come later where a run is being trained.
        self._require(("train", "labels", "classifier"))

    def frechet(self, generated: Iterable[np.ndarray]) -> float:
        """Computes the Fréchet distance of batches of uint8 images, in constant memory."""
        accumulator = MomentsAccumulator(self.network.dimension)
        for features, _ in self.network.blocks(generated):
            accumulator.add(features)
        return frechet_distance(self.comparison.reference_moments, accumulator.result())

    @property
    def features(self) -> FeatureFacts:
        """Name, hash and accuracy of the feature network."""
        network = self.network
        return FeatureFacts(network.name, network.sha256, network.accuracy)

    @property
    def tracked(self) -> tuple[str, ...]:
        """The name of the Fréchet distance."""
        return (self.network.frechet_name,)

    def track(self, generated: Iterable[np.ndarray]) -> dict[str, float]:
        """Computes the Fréchet distance of batches of uint8 images, by its name."""
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
          seed: decides every random choice: subsets, resamples and noise.
          labels: int32 [count], the class that each image was generated as, in their order.
          progress: called with the name of each metric before it is computed.

        Raises:
          UserError: there are too few images, or a metric has no value for them.
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
        if self._bounds is None or not self._bounds.fits(sample, seed):
            self._bounds = FloorAndCeiling(self.comparison, sample, seed)
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
            elif self._computes_all:
                skipped[name] = reason
            else:
                raise UserError(f"metric '{name}': {reason}")
        return Evaluation(
            scores,
            count,
            len(self.comparison.holdout.images),
            self._bounds.num_floor,
            self._shares(sample.probabilities),
            details,
            skipped,
            floor_of=TRAINING_IMAGES if self.train is not None else HALF,
        )

    def interpret(self, evaluation: Evaluation) -> tuple[str, ...]:
        """Puts the scores into sentences; see `interpretation.interpret`."""
        return interpret(evaluation, self.network.name)

    def classify(self, samples: np.ndarray) -> np.ndarray | None:
        """Returns the class of each uint8 image, int [count], if the network knows the classes."""
        known = self.network.knows_own_classes
        probabilities = self.network.probabilities(samples) if known else None
        return None if probabilities is None else probabilities.argmax(axis=1)

    def use_networks(self, gan: GanAccess) -> None:
        """Takes the trained networks of another checkpoint, for the metrics that call them."""
        self.comparison.gan = gan

    def _score(
        self, name: str, metric: Metric, sample: Sample, seed: int
    ) -> tuple[Measurement, dict[str, Score]]:
        def measure(images: Sample, comparison: Comparison, thorough: bool = False) -> Measurement:
            # A generator for each metric, so that no figure depends on which others are computed.
            rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
            return metric.measured(name, images, comparison, rng, thorough)

        assert self._bounds is not None  # `evaluate` made them for this sample.
        kinds = metric.perfect, metric.worst
        measurement = measure(sample, self.comparison, thorough=True)
        bounds = [self._bounds.figures(name, kind, measure) for kind in kinds]
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
                separates=separates(floor, ceiling, figure.higher_is_better, figure.interval)
                if metric.noise_is_worst
                else None,
            )
        return measurement, scores

    def _require(self, needs: tuple[str, ...]) -> None:
        if self._computes_all:
            return
        for name, metric in self._metrics.items():
            reason = self._lacks(tuple(need for need in metric.needs if need in needs))
            if reason:
                raise UserError(f"metric '{name}': {reason}")

    def _lacks(self, needs: tuple[str, ...]) -> str | None:
        """Returns why a metric with these needs is not available here, or None."""
        gan = self.comparison.gan
        there = {
            "train": self.train is not None,
            "labels": self.comparison.holdout.labels is not None,
            "classifier": self.network.knows_own_classes,
            "generator": gan.synthesize is not None,
            "discriminator": gan.discriminate is not None,
        }
        return next((f"needs {NEEDED[need]}" for need in needs if not there[need]), None)

    def _shares(self, probabilities: np.ndarray | None) -> dict[str, float]:
        # Only for a classifier of this data's own classes: Inception knows others.
        if probabilities is None or not self.network.knows_own_classes:
            return {}
        counts = np.bincount(probabilities.argmax(axis=1), minlength=len(self.class_names))
        return dict(zip(self.class_names, (counts / len(probabilities)).tolist(), strict=True))

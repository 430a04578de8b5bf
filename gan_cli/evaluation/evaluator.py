"""What scores a run: features for images, the known modes for points."""

import dataclasses
from pathlib import Path

from gan_cli.config.resolved import ResolvedConfig
from gan_cli.data.dataset import DataSplits, ImageDataset
from gan_cli.domains.points import Points
from gan_cli.errors import UserError
from gan_cli.metrics.comparison import GanAccess
from gan_cli.metrics.evaluate import Evaluator
from gan_cli.metrics.features import FEATURE_NETWORKS
from gan_cli.metrics.features.network import FeatureNetwork
from gan_cli.metrics.points import PointsEvaluator
from gan_cli.metrics.scores import DEFAULT_METRICS
from gan_cli.metrics.statistics import read_statistics, write_statistics
from gan_cli.training.cluster import local_devices


def build_evaluator(
    config: ResolvedConfig,
    data: DataSplits,
    features: str | None = None,
    metrics: tuple[str, ...] | None = None,
    gan: GanAccess | None = None,
    statistics: Path | None = None,
) -> Evaluator | PointsEvaluator:
    """Builds what scores images like those of `data`, with `features` and `metrics` in place of
    the config's.

    Args:
      statistics: see `image_evaluator`.

    Raises:
      UserError: there is no such feature network, or too little is held out.
    """
    if isinstance(data.domain, Points):
        if features or metrics or statistics:
            raise UserError(
                "--features, --metrics and --stats are for images; points are counted by mode"
            )
        return PointsEvaluator(data.domain.mixture, data.train, data.holdout)
    return image_evaluator(
        features or config.evaluation.features,
        data.train,
        data.holdout,
        metrics or _unless_default(config.evaluation.metrics),
        gan,
        statistics,
        config.training.strategy,
    )


def image_evaluator(
    features: str,
    train: ImageDataset | None,
    reference: ImageDataset,
    metrics: tuple[str, ...] | None,
    gan: GanAccess | None = None,
    statistics: Path | None = None,
    strategy: str = "auto",
) -> Evaluator:
    """Builds what compares images with `reference`.

    Args:
      train: what the generator learnt from, where it is known.
      metrics: None: the usual ones, and of those that find what is wrong the ones that can be had.
      statistics: an npz of mean and covariance. Where it is, the Fréchet distance is taken to it;
        where it is not, those of the reference are written there.
      strategy: the devices that share the work, as `training.strategy` names them.

    Raises:
      UserError: as `build_evaluator`.
    """
    learnt_from = reference if train is None else train
    network = feature_network(features, learnt_from, reference, strategy)
    if metrics is None:
        metrics = DEFAULT_METRICS
        metrics += ("class_modes",) if network.knows_own_classes else ()
        metrics += ("copying", "neighbours") if train is not None else ()
    known = None
    if statistics is not None and statistics.is_file():
        known = read_statistics(statistics, network)
    evaluator = Evaluator(network, train, reference, metrics, gan, known)
    if statistics is not None and known is None:
        write_statistics(statistics, evaluator.comparison.reference_moments, network)
    return evaluator


def feature_network(
    features: str, train: ImageDataset, reference: ImageDataset, strategy: str = "auto"
) -> FeatureNetwork:
    """Builds a feature network, whose passes are spread over the devices of `strategy`.

    Raises:
      UserError: it cannot be had.
    """
    network = FEATURE_NETWORKS.load(features)(train, reference)
    return dataclasses.replace(network, devices=local_devices(strategy))


def _unless_default(metrics: tuple[str, ...]) -> tuple[str, ...] | None:
    return None if metrics == DEFAULT_METRICS else metrics

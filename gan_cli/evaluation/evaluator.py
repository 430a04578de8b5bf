"""From a run's config and data, or from images alone, to the evaluator that scores them."""

import dataclasses
from pathlib import Path

from gan_cli.config.resolved import ResolvedConfig
from gan_cli.data.dataset import DataSplits, ImageDataset
from gan_cli.errors import UserError
from gan_cli.evaluation import EVALUATORS
from gan_cli.listener import PREPARING_FEATURES, Listener, Quiet
from gan_cli.metrics.comparison import GanAccess
from gan_cli.metrics.feature_evaluator import FeatureEvaluator
from gan_cli.metrics.features import FEATURE_NETWORKS
from gan_cli.metrics.features.network import FeatureNetwork
from gan_cli.metrics.metric import NEEDED
from gan_cli.metrics.run_evaluator import EvaluatorInputs, RunEvaluator
from gan_cli.metrics.scores import DEFAULT_METRICS, METRICS
from gan_cli.metrics.statistics import read_statistics, write_statistics
from gan_cli.registry import own_code
from gan_cli.training.cluster import local_devices

# The feature network for images without labels to train a classifier on.
WITHOUT_LABELS = "random"


def build_evaluator(
    config: ResolvedConfig,
    data: DataSplits,
    features: str | None = None,
    metrics: tuple[str, ...] | None = None,
    gan: GanAccess | None = None,
    statistics: Path | None = None,
    listener: Listener | None = None,
) -> RunEvaluator:
    """Builds what scores samples like those of `data`.

    Args:
      features, metrics, statistics, gan, listener: as in `EvaluatorInputs`.

    Raises:
      UserError: there is no such evaluator, feature network or metric, or too little is held out.
    """
    build = EVALUATORS.load(data.domain.evaluator)
    inputs = EvaluatorInputs(
        data,
        config.evaluation,
        features,
        metrics,
        statistics,
        gan,
        config.training.strategy,
        listener or Quiet(),
    )
    return build(inputs)


def build_feature_evaluator(inputs: EvaluatorInputs) -> FeatureEvaluator:
    """Builds the evaluator of a run whose samples are images.

    A classifier that the run's config names, and that is right on no more held-out images than
    guessing would be, gives way to the network for images without labels.

    Raises:
      UserError: the feature network, a metric or the statistics cannot be used, or too few images
        are held out.
    """
    train, holdout = inputs.data.train, inputs.data.holdout
    metrics = inputs.metrics or inputs.config.metrics

    def network_of(features: str) -> FeatureNetwork:
        return feature_network(features, train, holdout, inputs.strategy, inputs.listener)

    network = network_of(inputs.features or inputs.config.features or WITHOUT_LABELS)
    accuracy, chance = network.accuracy, 1 / max(len(train.class_names), 1)
    if inputs.features is None and accuracy is not None and accuracy <= chance:
        needing = [each for each in metrics or () if _needs_classifier(each)]
        left_out = f"; without {', '.join(needing)}" if needing else ""
        inputs.listener.message(
            f"note: the classifier is right on {accuracy:.1%} of {len(holdout.images):,} held-out"
            f" samples, and guessing would be on {chance:.1%}: it does not choose the best"
            f" checkpoint; scores use features '{WITHOUT_LABELS}'{left_out}"
        )
        network = network_of(WITHOUT_LABELS)
        metrics = tuple(each for each in metrics or () if each not in needing) or None
    return _evaluator_of(network, train, holdout, metrics, inputs.gan, inputs.statistics)


def needs_only_images(config: ResolvedConfig) -> bool:
    """Returns whether the features of a run need neither a file nor a network nor foreign code."""
    return config.evaluation.features in FEATURE_NETWORKS.of_images


def check_metrics(config: ResolvedConfig, data: DataSplits) -> None:
    """Checks, before anything is trained, that a run's metrics have what they need.

    Where features come from elsewhere, only the evaluator itself can say so.

    Raises:
      UserError: a metric needs labels, or a classifier of the data's own classes.
    """
    if not needs_only_images(config):
        return
    there = {
        "labels": data.holdout.labels is not None,
        "classifier": config.evaluation.features in FEATURE_NETWORKS.needing_labels,
    }
    for name in config.evaluation.metrics or ():
        needs = METRICS.load(name).needs if name != "all" else ()
        lacking = [need for need in needs if not there.get(need, True)]
        if lacking:
            raise UserError(f"metric '{name}': needs {NEEDED[lacking[0]]}")


def _needs_classifier(metric: str) -> bool:
    return metric in METRICS.names and "classifier" in METRICS.load(metric).needs


def image_evaluator(
    features: str,
    train: ImageDataset | None,
    reference: ImageDataset,
    metrics: tuple[str, ...] | None,
    gan: GanAccess | None = None,
    statistics: Path | None = None,
    strategy: str = "auto",
    listener: Listener | None = None,
) -> FeatureEvaluator:
    """Builds what compares images with `reference`.

    Args:
      train: what the generator learnt from; None: unknown.
      metrics: None: `DEFAULT_METRICS`, and where the network and the data allow them, the metrics
        of missing classes and of copies.
      statistics: an npz of mean and covariance that the Fréchet distance is computed to. If there
        is no such file, the statistics of the reference are written there.
      strategy: the devices that share the work, as `training.strategy` names them.
      listener: hears how far the feature network is, where it is trained or downloaded.

    Raises:
      UserError: as `build_feature_evaluator`.
    """
    learnt_from = reference if train is None else train
    network = feature_network(features, learnt_from, reference, strategy, listener)
    return _evaluator_of(network, train, reference, metrics, gan, statistics)


def _evaluator_of(
    network: FeatureNetwork,
    train: ImageDataset | None,
    reference: ImageDataset,
    metrics: tuple[str, ...] | None,
    gan: GanAccess | None,
    statistics: Path | None,
) -> FeatureEvaluator:
    if metrics is None:
        metrics = DEFAULT_METRICS
        metrics += ("class_modes",) if network.knows_own_classes else ()
        metrics += ("copying", "neighbours") if train is not None else ()
    known = None
    if statistics is not None and statistics.is_file():
        known = read_statistics(statistics, network)
    evaluator = FeatureEvaluator(network, train, reference, metrics, gan, known)
    if statistics is not None and known is None:
        write_statistics(statistics, evaluator.comparison.reference_moments, network)
    return evaluator


def feature_network(
    features: str,
    train: ImageDataset,
    reference: ImageDataset,
    strategy: str = "auto",
    listener: Listener | None = None,
) -> FeatureNetwork:
    """Builds a feature network, whose passes are spread over the devices of `strategy`.

    Raises:
      UserError: there is no such network, or it cannot be built from these images.
    """
    build = FEATURE_NETWORKS.load(features)
    own = own_code(f"feature network '{features}'", features)
    with (listener or Quiet()).during(PREPARING_FEATURES) as progress, own:
        network = build(train, reference, progress)
    if not isinstance(network, FeatureNetwork):
        raise UserError(
            f"feature network '{features}': must return a FeatureNetwork of"
            f" gan_cli.metrics.features.network, got {type(network).__name__}"
        )
    return dataclasses.replace(network, devices=local_devices(strategy))

"""What scores a run: features for images, the known modes for points."""

from gan_cli.config.schema import Config
from gan_cli.data.dataset import DataSplits
from gan_cli.data.mixture import is_points, mixture_of
from gan_cli.errors import UserError
from gan_cli.metrics.comparison import GanAccess
from gan_cli.metrics.evaluate import Evaluator
from gan_cli.metrics.features import FEATURE_NETWORKS
from gan_cli.metrics.points import PointsEvaluator


def build_evaluator(
    config: Config,
    data: DataSplits,
    features: str | None = None,
    metrics: tuple[str, ...] | None = None,
    gan: GanAccess | None = None,
) -> Evaluator | PointsEvaluator:
    """Builds what scores images like those of `data`, with `features` and `metrics` in place of
    the config's.

    Raises:
      UserError: there is no such feature network, or too little is held out.
    """
    if is_points(data.train.images.shape):
        if features:
            raise UserError(f"--features: points are compared as they are, not by '{features}'")
        return PointsEvaluator(mixture_of(config.data), data.train, data.holdout)
    build = FEATURE_NETWORKS.load(features or config.evaluation.features)
    network = build(data.train, data.holdout)
    return Evaluator(network, data.train, data.holdout, metrics or config.evaluation.metrics, gan)
